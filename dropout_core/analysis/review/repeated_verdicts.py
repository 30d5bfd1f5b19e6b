"""What other seeds say of the stored answers, by the rules that judged them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.storage.kept.gradings import rules_of
from dropout_core.storage.kept.repeats import KeptRepeat
from dropout_core.values.config import EvaluationConfig
from dropout_core.verdict.repeats import Repeats
from dropout_core.verdict.verdict import Verdict

Place = tuple[int, int]
"""A trial and one of its attempts."""


def repeats_of(
    place: Place, verdict: Verdict, config: EvaluationConfig, kept: Iterable[KeptRepeat]
) -> Repeats:
    """What is kept of one answer; what was graded by other rules than its verdict says nothing of the seed."""
    by = (verdict.suite, rules_of(verdict.suite_version, config.task_digest))
    said = (one.said for one in kept if (one.trial, one.attempt) == place and (one.suite, one.rules) == by)
    return Repeats(Repeats.of(verdict).before, tuple(said))


def repeats_of_runs(state: EvaluationState, kept: Iterable[KeptRepeat]) -> Mapping[int, Repeats]:
    """What is kept of the answers that count, by the numbers of their runs, where there is something."""
    by_trial: dict[int, list[KeptRepeat]] = {}
    for one in kept:
        by_trial.setdefault(one.trial, []).append(one)
    found = {}
    for trial in state.trials:
        attempt = trial.counted
        if attempt is None or attempt.verdict is None or trial.number not in by_trial:
            continue
        place = (trial.number, attempt.number)
        repeats = repeats_of(place, attempt.verdict, state.config, by_trial[trial.number])
        if repeats.said:
            found[trial.number] = repeats
    return found
