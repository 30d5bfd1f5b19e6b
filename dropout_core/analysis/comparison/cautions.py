"""Why the pass rates of evaluations may not be comparable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dropout_core.analysis.failure_rates import suite_versions
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.values.config import EvaluationConfig


def cautions(states: Sequence[EvaluationState]) -> tuple[str, ...]:
    """The reasons, a sentence each, for two or more evaluations."""
    return tuple(_cautions(states, [state.config for state in states], are_two=len(states) == 2))


def _cautions(
    states: Sequence[EvaluationState], configs: Sequence[EvaluationConfig], *, are_two: bool
) -> Iterator[str]:
    everywhere = "on both sides" if are_two else "in all of them"
    versions = {versions for state in states if (versions := suite_versions(state))}
    if len({config.task for config in configs}) > 1:
        yield f"The tasks differ, so passing does not mean the same {everywhere}."
    elif len({config.suite for config in configs}) > 1:
        yield f"The suites differ, so passing does not mean the same {everywhere}."
    elif len(versions) > 1:
        ones = "one" if are_two else "the older ones"
        yield f"The suite has changed between them; regrade {ones} to compare under the same checks."
    if len({config.refusals for config in configs}) > 1:
        somewhere = ("on one side", "on the other") if are_two else ("in some", "in others")
        yield f"Refusals count as failed {somewhere[0]} and are void {somewhere[1]}."
    if not are_two and len({config.band for config in configs}) > 1:
        yield "The bands differ; each rate is held against its own."
    if not are_two and any(state.band_chosen_after for state in states):
        yield "A band was chosen after runs had been graded; what is decided of it is not as safe."
    seeds = [config.seed for config in configs if config.is_sample]
    if seeds:
        yield "Sample answers are built in; their rate says nothing about any model."
    if len(set(seeds)) < len(seeds):
        who = "both" if are_two else "some"
        yield f"With one seed {who} were given the same sample answers, so the intervals do not hold."
    for place, config in enumerate(configs):
        if config.imported is not None:
            which = "AB"[place] if are_two else "One"
            yield f"{which} is {config.notice}."
    digests = [config.imported_digest for config in configs if config.imported_digest is not None]
    if len(set(digests)) < len(digests):
        who = "Both" if are_two else "Some"
        yield f"{who} were imported from the same file, so the intervals do not hold."
    if not all(state.settled for state in states):
        yield "Not every run has ended, so the rates may still move."
