"""The checklist of a task's author: what makes a task good, and what the stored evidence says of it.

A task is worth training on when a model passes it some of the time, when the prompt asks for exactly what is checked,
when right answers pass and wrong ones do not, and when runs fail for a variety of reasons, none of them beside the
task. Nothing is run for this and nothing is taken for granted: what is stored shows that a line is met, or that it is
not, or shows neither.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from dropout_core.analysis.asked import is_asked
from dropout_core.analysis.band_terms import band_terms
from dropout_core.analysis.failure_rates import counted_verdicts, suite_versions
from dropout_core.analysis.review.audit_evidence import (
    AuditEvidence,
    accepts_right_answers,
    refuses_wrong_answers,
)
from dropout_core.analysis.review.audit_figures import AuditFigures, audited
from dropout_core.analysis.review.flagged_trials import flagged
from dropout_core.analysis.review.rate_warnings import (
    failures_beside_task,
    warning_of_copies,
    warning_of_cut_off,
)
from dropout_core.analysis.review.repeated_verdicts import repeats_of_runs
from dropout_core.analysis.review.stored_evidence import NO_EVIDENCE, StoredEvidence
from dropout_core.analysis.training_words import as_many_causes
from dropout_core.state.duplicate_replies import same_code
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.trial_state import Status, TrialState
from dropout_core.static_analysis.code_shape import UNPARSED, code_shape
from dropout_core.statistics.pass_rate import Band, Decision, probability_in_band, rate_range_with_voids
from dropout_core.statistics.variety import variety_of
from dropout_core.task.definition import Task
from dropout_core.task.requirement import RUNS
from dropout_core.tasks.chosen import what_changed
from dropout_core.values.config import ANY_TEXT
from dropout_core.values.words.percent import percent
from dropout_core.verdict.isolation_levels import NOT_RUN, falls_short
from dropout_core.verdict.sole_failures import fails_only
from dropout_core.verdict.verdict import CheckStatus, Verdict

FEWEST_RUNS = 10
MOST_LINES = 300
"""Of a task's file, to be short enough to be reviewed."""
LARGEST_SHARE = 0.5
"""Of the failures that one cause may make up, for the others to count as a variety."""
MOST_NAMED = 10


class Met(StrEnum):
    """What the evidence shows of one line."""

    MET = "met"
    NOT_MET = "not met"
    NOT_SHOWN = "not shown"


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """One line of the checklist."""

    title: str
    met: Met
    evidence: str
    """What it is read off."""
    runs: tuple[int, ...] = ()
    """The runs that are to be looked at for it."""
    command: str = ""
    """What shows more of it."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What the checklist is read off."""

    state: EvaluationState
    task: Task | None
    """`None` where it is no longer there."""
    why_no_task: str = ""
    source: str | None = None
    """Of the task's file, where it has one that has not changed."""
    stored: StoredEvidence = NO_EVIDENCE
    """What is stored beside the evaluation."""


def review(reviewed: Reviewed) -> tuple[ReviewLine, ...]:
    """The whole checklist, in the order in which an author works on it."""
    state = reviewed.state
    return (
        _in_the_band(state),
        _stated(reviewed),
        _every_check_refuses(reviewed),
        _right_answers_pass(reviewed),
        _whatever_the_seed(reviewed),
        _variety(state),
        _beside_the_task(state),
        _voids(state),
        _rerolled(state),
        _samples_of_the_model(state),
        _kept_apart(state),
        _unflagged(state),
        _rules_of_today(reviewed),
        *_short(reviewed),
    )


def _in_the_band(state: EvaluationState) -> ReviewLine:
    config, tally = state.config, state.tally
    title = f"The pass rate is in the band of {config.band} %"
    if state.pass_rate is None:
        return ReviewLine(title, Met.NOT_SHOWN, "no run was graded")
    said = f"{_rate(state)}; decision: {state.decision}"
    said = "; ".join([said, *band_terms(state)])
    passed = _runs_with(state, lambda verdict: verdict.passed)
    if config.is_sample:
        said = f"{said}; the sample answers are built in, and no model's"
        return ReviewLine(title, Met.NOT_SHOWN, said, passed)
    if tally.graded < FEWEST_RUNS:
        return ReviewLine(
            title, Met.NOT_SHOWN, f"{said}; {FEWEST_RUNS} graded runs are the fewest that count"
        )
    if state.decision is Decision.UNDECIDED:
        chance = probability_in_band(state.in_order.passed, state.in_order.graded, config.band)
        return ReviewLine(title, Met.NOT_SHOWN, f"{said}, P(in band) {percent(chance)}%")
    if state.band_chosen_after:
        return ReviewLine(title, Met.NOT_SHOWN, f"{said}, so it takes a new evaluation to show it")
    return ReviewLine(title, Met.MET if state.decision is Decision.IN else Met.NOT_MET, said)


def _rate(state: EvaluationState) -> str:
    low, high = state.interval
    rate = state.tally.passed / state.tally.graded
    return f"{state.tally.passed} of {state.tally.graded} passed, {rate:.1%}, 95 % interval {low:.1%} to {high:.1%}"


def _stated(reviewed: Reviewed) -> ReviewLine:
    title = "The prompt says exactly what is checked"
    state, config, task = reviewed.state, reviewed.state.config, reviewed.task
    if task is None:
        return ReviewLine(title, Met.NOT_SHOWN, reviewed.why_no_task)
    asked = {one.id: is_asked(config, task, one) for one in task.suite(config.suite)}
    if unasked := [id_ for id_, is_so in asked.items() if is_so is False]:
        failed = _runs_with(state, lambda verdict: not _failed_checks(verdict).isdisjoint(unasked))
        return ReviewLine(title, Met.NOT_MET, f"never asked for: {', '.join(unasked)}", failed)
    if task.whole_prompt is not None:
        return ReviewLine(title, Met.NOT_SHOWN, "the folder's own grader checks what only its author knows")
    if unknown := [id_ for id_, is_so in asked.items() if is_so is None]:
        return ReviewLine(title, Met.NOT_SHOWN, f"nothing tells whether it states {', '.join(unknown)}")
    return ReviewLine(title, Met.MET, f"it states all {len(asked)}: {', '.join(asked)}")


def _every_check_refuses(reviewed: Reviewed) -> ReviewLine:
    """Which of the checks have been seen to fail an answer."""
    state = reviewed.state
    title = "Every requirement is checked: wrong answers are refused"
    verdicts = counted_verdicts(state)
    made = dict.fromkeys(id_ for verdict in verdicts for id_, _ in verdict.statuses)
    failed = Counter(
        id_ for verdict in verdicts for id_, status in verdict.statuses if status is CheckStatus.FAILED
    )
    never = [id_ for id_ in made if not failed[id_]]
    seen = f"{len(made) - len(never)} of {len(made)} checks have failed an answer here"
    if never:
        seen += f"; never: {', '.join(never)}"
    refused = _runs_with(state, lambda verdict: bool(_failed_checks(verdict)))
    task = reviewed.task
    checks = made if task is None else [one.id for one in task.suite(state.config.suite)]
    own = [id_ for id_ in checks if id_ != RUNS]
    line = _by_audit(
        reviewed,
        title,
        lambda figures: refuses_wrong_answers(figures, own),
        "whether they let a wrong one pass",
    )
    return replace(line, evidence=f"{line.evidence}; {seen}", runs=refused)


def _by_audit(
    reviewed: Reviewed, title: str, shown_by: Callable[[AuditFigures], AuditEvidence], what: str
) -> ReviewLine:
    """What the stored audits show of a line."""
    figures, why = audited(reviewed.state, reviewed.stored.audits)
    changed = reviewed.task is not None and what_changed(reviewed.state.config, reviewed.task) is not None
    if figures is None:
        command = _audit(reviewed)
        said = f"{why}; {what} is shown by {command}"
        if changed:
            command, said = "", f"{why}; the task has changed since, and an audit is of what it is now"
        return ReviewLine(title, Met.NOT_SHOWN, said, (), command)
    evidence = shown_by(figures)
    met = Met.NOT_SHOWN if evidence.is_met is None else Met.MET if evidence.is_met else Met.NOT_MET
    command = _audit(reviewed, evidence.missing_seeds) if met is Met.NOT_SHOWN and not changed else ""
    return ReviewLine(title, met, evidence.said, (), command)


def _audit(reviewed: Reviewed, seeds: int = 0) -> str:
    """The command that audits, with as many more seeds as are missing, if that is known."""
    config = reviewed.state.config
    words = ["dropout-tui", "audit", "--task", config.task_file or config.task, "--suite", config.suite]
    return shlex.join([*words, *(("--seeds", str(seeds)) if seeds else ()), *reviewed.stored.store_option])


def _right_answers_pass(reviewed: Reviewed) -> ReviewLine:
    title = "Every right solution is accepted"
    state, task = reviewed.state, reviewed.task
    if task is not None:
        unasked = {
            one.id for one in task.suite(state.config.suite) if is_asked(state.config, task, one) is False
        }
        only = [
            trial.number
            for trial in state.trials
            if (counted := trial.counted) is not None
            and counted.verdict is not None
            and fails_only(counted.verdict, unasked)
        ]
        if only:
            said = f"{_runs(only)} failed only what the prompt never asked for"
            return ReviewLine(title, Met.NOT_MET, said, tuple(only))
    if twins := _failed_as(state.trials, str.strip):
        said = f"{_runs(twins)} failed with the very code that passed elsewhere: false rejects suspected"
        return ReviewLine(title, Met.NOT_MET, said, tuple(twins))
    alike = [] if state.config.function == ANY_TEXT else _failed_as(state.trials, code_shape)
    said = f"{_runs(alike) if alike else 'no run'} failed with code of the shape of code that passed"
    line = _by_audit(reviewed, title, accepts_right_answers, "whether right ones pass")
    return replace(line, evidence=f"{line.evidence}; {said}", runs=tuple(alike))


def _whatever_the_seed(reviewed: Reviewed) -> ReviewLine:
    title = "A verdict is the same whatever the seed"
    repeats = repeats_of_runs(reviewed.state, reviewed.stored.repeats)
    if not repeats:
        said = "no answer was graded again; t on the screen of a run does it, with 20 fresh seeds"
        return ReviewLine(title, Met.NOT_SHOWN, said)
    others = {number: one for number, one in repeats.items() if one.others}
    if others:
        named = "; ".join(f"run {number}: {one}" for number, one in list(others.items())[:MOST_NAMED])
        said = f"{len(others)} of {len(repeats)} runs graded again came out otherwise: {named}"
        return ReviewLine(title, Met.NOT_MET, said, tuple(others))
    made = sum(len(one.said) for one in repeats.values())
    said = f"{made} of {made} the same, of {_runs(list(repeats))}"
    if len(repeats) < FEWEST_RUNS:
        said = f"{said}; {FEWEST_RUNS} runs graded again are the fewest that count"
        return ReviewLine(title, Met.NOT_SHOWN, said, tuple(repeats))
    return ReviewLine(title, Met.MET, said, tuple(repeats))


def _failed_as(trials: Sequence[TrialState], alike: Callable[[str], str]) -> list[int]:
    """The runs that failed by a check with code like that of one that passed; `alike` gives what must be equal."""
    passed, failed = set(), {}
    for trial in trials:
        counted = trial.counted
        if counted is None or counted.verdict is None or counted.code is None:
            continue
        if counted.verdict.passed:
            passed.add(alike(counted.code))
        elif counted.verdict.task_related:
            failed[trial.number] = alike(counted.code)
    return [number for number, code in failed.items() if code in passed - {UNPARSED}]


def _variety(state: EvaluationState) -> ReviewLine:
    title = "Runs fail for a variety of reasons"
    causes = {name: checks.first for name, checks in state.checks if checks.first}
    variety = variety_of(causes)
    if variety is None:
        return ReviewLine(title, Met.NOT_SHOWN, "no run failed")
    low, high = variety.interval
    most = f"most are {variety.largest}, {variety.count} of {variety.total} ({low:.0%} to {high:.0%})"
    said = f"as varied as {as_many_causes(variety)}; {most}; all: {_counted(causes)}"
    met = Met.MET if high < LARGEST_SHARE else Met.NOT_MET if low > LARGEST_SHARE else Met.NOT_SHOWN
    return ReviewLine(title, met, said, _runs_with(state, lambda verdict: verdict.cause == variety.largest))


def _counted(causes: Mapping[str, int]) -> str:
    often = sorted(causes.items(), key=lambda cause: -cause[1])
    return ", ".join(f"{name} {count}" for name, count in often)


def _beside_the_task(state: EvaluationState) -> ReviewLine:
    title = "None of the reasons is beside the task"
    if not state.tally.failed:
        return ReviewLine(title, Met.NOT_SHOWN, "no run failed")
    said = [text for text in (failures_beside_task(state), warning_of_cut_off(state)) if text]
    if said:
        beside = _runs_with(state, lambda verdict: not verdict.passed and not verdict.task_related)
        return ReviewLine(title, Met.NOT_MET, "; ".join(said), beside)
    return ReviewLine(title, Met.MET, f"all {state.tally.failed} failures are a check's")


def _voids(state: EvaluationState) -> ReviewLine:
    title = "Void runs cannot change what is said of the rate"
    tally, band = state.tally, state.config.band
    bounds = rate_range_with_voids(tally.passed, tally.failed, tally.void)
    if bounds is None:
        return ReviewLine(title, Met.NOT_SHOWN, "no run has ended")
    if not tally.void:
        return ReviewLine(title, Met.MET, "no run is void")
    said = f"{tally.void} void; had all of them failed or passed, the rate were {bounds[0]:.1%} to {bounds[1]:.1%}"
    sides = {_side(rate, band) for rate in bounds}
    void = tuple(trial.number for trial in state.trials if trial.status is Status.VOID)
    return ReviewLine(title, Met.MET if len(sides) == 1 else Met.NOT_MET, said, void)


def _side(rate: float, band: Band) -> Decision:
    return Decision.BELOW if rate < band.lo else Decision.ABOVE if rate > band.hi else Decision.IN


def _rerolled(state: EvaluationState) -> ReviewLine:
    title = "No run was voided by hand and made anew"
    count = state.tally.rerolled
    if count:
        said = f"{count} re-rolled: whoever voids a run may have seen how it goes"
        rerolled = tuple(trial.number for trial in state.trials if trial.rerolled)
        return ReviewLine(title, Met.NOT_MET, said, rerolled)
    return ReviewLine(title, Met.MET, "none re-rolled")


def _samples_of_the_model(state: EvaluationState) -> ReviewLine:
    title = "The replies are a sample of what the model writes"
    if state.config.is_sample:
        return ReviewLine(title, Met.NOT_SHOWN, "the sample answers are built in, and no model's")
    if (copies := warning_of_copies(state)) is not None:
        return ReviewLine(title, Met.NOT_MET, copies)
    if not state.copies.replies:
        return ReviewLine(title, Met.NOT_SHOWN, "no replies could be compared")
    counted = (trial.counted for trial in state.trials)
    alike = same_code(attempt.code for attempt in counted if attempt is not None and attempt.code is not None)
    said = (
        f"{state.copies.same} of {state.copies.replies} replies are the same, {alike} have code of one shape"
    )
    return ReviewLine(title, Met.MET, said)


def _kept_apart(state: EvaluationState) -> ReviewLine:
    title = "Answers ran kept apart from the system and from their grader"
    level = state.tally.isolation
    if level == NOT_RUN:
        return ReviewLine(title, Met.NOT_SHOWN, "no answer was run")
    short = _runs_with(state, lambda verdict: falls_short(verdict.isolation))
    return ReviewLine(title, Met.NOT_MET if falls_short(level) else Met.MET, f"isolation: {level}", short)


def _unflagged(state: EvaluationState) -> ReviewLine:
    title = "No answer did what a person should look at"
    if numbers := flagged(state):
        return ReviewLine(title, Met.NOT_MET, f"{_runs(numbers)} flagged", numbers)
    if not state.tally.graded:
        return ReviewLine(title, Met.NOT_SHOWN, "no run was graded")
    return ReviewLine(title, Met.MET, "no flags")


def _rules_of_today(reviewed: Reviewed) -> ReviewLine:
    title = "All answers were judged by the rules of today"
    state, task = reviewed.state, reviewed.task
    if task is None:
        return ReviewLine(title, Met.NOT_SHOWN, reviewed.why_no_task)
    if (changed := what_changed(state.config, task)) is not None:
        return ReviewLine(title, Met.NOT_MET, changed)
    versions = sorted(suite_versions(state))
    if not versions:
        return ReviewLine(title, Met.NOT_SHOWN, "no answer was judged by a check")
    now = task.version
    said = f"version {' and '.join(map(str, versions))} of {state.config.asked}; today's is {now}"
    return ReviewLine(title, Met.MET if versions == [now] else Met.NOT_MET, said)


def _short(reviewed: Reviewed) -> Iterator[ReviewLine]:
    """Only of a task in a file: those that come with the program are not up for review."""
    if reviewed.state.config.task_file is None:
        return
    title = f"The task is short enough to be reviewed: fewer than {MOST_LINES} lines"
    if reviewed.source is None:
        yield ReviewLine(title, Met.NOT_SHOWN, "its file is not there as it was")
        return
    lines = len(reviewed.source.splitlines())
    yield ReviewLine(title, Met.MET if lines < MOST_LINES else Met.NOT_MET, f"{lines} lines")


def _runs_with(state: EvaluationState, holds: Callable[[Verdict], bool]) -> tuple[int, ...]:
    """The runs whose verdict that counts is one that `holds`."""
    counted = ((trial.number, trial.counted) for trial in state.trials)
    return tuple(
        number
        for number, attempt in counted
        if attempt is not None and attempt.verdict is not None and holds(attempt.verdict)
    )


def _failed_checks(verdict: Verdict) -> set[str]:
    return {id_ for id_, status in verdict.statuses if status is CheckStatus.FAILED}


def _runs(numbers: Sequence[int]) -> str:
    """``run 3``, ``4 runs (1, 2, 5, 9)``."""
    if len(numbers) == 1:
        return f"run {numbers[0]}"
    more = " …" if len(numbers) > MOST_NAMED else ""
    return f"{len(numbers)} runs ({', '.join(map(str, numbers[:MOST_NAMED]))}{more})"
