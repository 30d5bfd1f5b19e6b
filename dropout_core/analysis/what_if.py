"""The pass rate that the same answers would have by other checks.

An answer is graded once by every check of its task, and that grading says most of what any suite would: an answer
whose checks of a suite all passed passes it, and one of which a check failed fails it. Two things it leaves open.
`runs` is about all calls together, so where it fails, the fewer calls of a smaller suite may be made. And a check that
was not reached, since another spoke of the same fault, may be reached without that one. Such an answer is graded by
the suite in question itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dropout_core.analysis.asked import are_asked, never_asked
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.statistics.band.decision import decide
from dropout_core.statistics.pass_rate import Band, Decision, wilson_interval
from dropout_core.task.definition import Task
from dropout_core.task.requirement import RUNS
from dropout_core.values.config import EvaluationConfig
from dropout_core.verdict.check import CheckStatus
from dropout_core.verdict.verdict import Verdict

Checks = frozenset[str]
NO_CHANGE = "none"


@dataclass(frozen=True, slots=True)
class Change:
    """Another set of checks than the evaluation's, or the same one."""

    name: str
    """``none``, ``-rate``, ``+dtype``, ``-rate,-scaling`` or ``suite strict``."""
    suite: str
    """What to give to ``--suite``, or a grader."""
    checks: Checks
    asked: bool | None
    """Whether the prompt that was sent states all of these checks; `None` where that is not known."""
    unasked: tuple[str, ...]
    """The checks that it does not state."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be known of every answer."""

    changes: tuple[Change, ...]
    """No change is the first."""
    whole: Change
    """To every check that there is."""
    alone: Change | None
    """To the first check of the evaluation's; `None` where it has no other."""


@dataclass(frozen=True, slots=True)
class Known:
    """What one grading says of an answer."""

    checks: Checks
    """Those that were made."""
    passes: bool
    passed: Checks = frozenset()
    failed: Checks = frozenset()


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer that counts of one trial."""

    trial: int
    attempt: int
    seed: int
    code: str | None
    """`None` fails by every suite."""
    decides: bool
    """Whether the trials before it have all ended: only then does it tell where the rate lies."""
    judged: Known | None
    """What was said of it when it was run, by the rules of today."""


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What the rate would be after a change."""

    change: Change
    passed: int
    graded: int
    open: int
    """Answers of which that is not known, or not yet."""
    band: Band
    decision: Decision

    @property
    def rate(self) -> float | None:
        """Passed over graded; `None` before the first."""
        return self.passed / self.graded if self.graded else None

    @property
    def interval(self) -> tuple[float, float]:
        """The Wilson 95 % interval of the rate."""
        return wilson_interval(self.passed, self.graded)

    @property
    def is_in_band(self) -> bool:
        """Whether the rate as it was counted lies in the band, be that decided or not."""
        return self.rate is not None and self.band.lo <= self.rate <= self.band.hi


def plan_of(config: EvaluationConfig, task: Task) -> Plan:
    """The changes to an evaluation's suite: none, then every check less, every check more, and every other suite. Where
    the prompt leaves several checks unsaid, all of them less is a change, too.

    Raises:
        UnknownSuite: the task no longer has the evaluation's suite.
    """
    asked, whole = config.suite, _whole(task)
    named = _suites(asked, whole, never_asked(config, task, asked), task)
    changes = tuple(_change(config, task, *one) for one in named)
    others = [one.id for one in task.suite(asked) if one.id != RUNS][1:]
    alone = task.own_suite(asked, ",".join(f"-{id_}" for id_ in others)) if others else None
    return Plan(
        changes,
        _change(config, task, whole, whole),
        None if alone is None else _change(config, task, alone, alone),
    )


def _whole(task: Task) -> str:
    """The name of the hardest suite, with the checks that only other suites have."""
    hardest = task.suite_names[-1]
    has = {one.id for one in task.suite(hardest)}
    more = dict.fromkeys(
        one.id for suite in task.suite_names for one in task.suite(suite) if one.id not in has
    )
    return task.own_suite(hardest, ",".join(f"+{id_}" for id_ in more)) if more else hardest


def _change(config: EvaluationConfig, task: Task, name: str, suite: str) -> Change:
    clauses = task.suite(suite)
    return Change(
        name,
        suite,
        frozenset(one.id for one in clauses),
        are_asked(config, task, clauses),
        never_asked(config, task, suite),
    )


def _suites(asked: str, whole: str, unasked: Sequence[str], task: Task) -> Iterator[tuple[str, str]]:
    """The name of every change, and the suite that it leads to."""
    yield NO_CHANGE, asked
    now = [one.id for one in task.suite(asked)]
    others = [id_ for id_ in now if id_ != RUNS]
    less = [f"-{id_}" for id_ in others] if len(others) > 1 else []
    unsaid = [id_ for id_ in others if id_ in unasked]
    if 1 < len(unsaid) < len(others):
        less.append(",".join(f"-{id_}" for id_ in unsaid))
    more = [f"+{one.id}" for one in task.suite(whole) if one.id not in now]
    for change in (*less, *more):
        yield change, task.own_suite(asked, change)
    for suite in task.suite_names:
        if {one.id for one in task.suite(suite)} != set(now):
            yield f"suite {suite}", suite


def known_of(checks: Iterable[str], statuses: Iterable[tuple[str, CheckStatus]], *, passes: bool) -> Known:
    """What a grading by `checks` says that ended so."""
    ended = tuple(statuses)
    return Known(
        frozenset(checks),
        passes,
        frozenset(id_ for id_, status in ended if status is CheckStatus.PASSED),
        frozenset(id_ for id_, status in ended if status is CheckStatus.FAILED),
    )


def passes(known: Sequence[Known], checks: Checks) -> bool | None:
    """Whether an answer passes these checks, by what is known of it; `None` where nothing tells.

    A grading by just these checks has the first word.
    """
    for one in known:
        if one.checks == checks:
            return one.passes
    for one in known:
        if checks <= one.passed:
            return True
        if checks & one.failed - {RUNS} or (not one.passes and one.checks <= checks):
            return False
    return None


def answers_of(state: EvaluationState, task: Task) -> tuple[Answer, ...]:
    """The answers that make the pass rate, in the order of the trials.

    Raises:
        UnknownSuite: the task no longer has the evaluation's suite.
    """
    checks = frozenset(one.id for one in task.suite(state.config.suite))
    answers, decides = [], True
    for trial in state.trials:
        decides = decides and trial.status.settled
        attempt = trial.counted
        if attempt is not None and attempt.verdict is not None:
            judged = _judged(attempt.verdict, state.config, task, checks)
            answers.append(Answer(trial.number, attempt.number, attempt.seed, attempt.code, decides, judged))
    return tuple(answers)


def _judged(verdict: Verdict, config: EvaluationConfig, task: Task, checks: Checks) -> Known | None:
    """What a stored verdict says, unless other rules than those of today said it."""
    is_of_today = (verdict.suite, verdict.suite_version) == (config.suite, task.version)
    same_file = config.task_file is None or config.task_digest == task.digest
    if verdict.checks and not (is_of_today and same_file):
        return None
    return known_of(checks, verdict.statuses, passes=verdict.passed)


def what_if(
    config: EvaluationConfig,
    changes: Sequence[Change],
    answers: Sequence[Answer],
    known: Mapping[int, Sequence[Known]],
    *,
    may_decide: bool = True,
) -> tuple[WhatIf, ...]:
    """What each change makes of the answers. `known` are further gradings, by trial; copies of one reply `may_decide`
    nothing."""
    of_each = [
        (answer, () if answer.judged is None else (answer.judged,), known.get(answer.trial, ()))
        for answer in answers
    ]
    rows = []
    for change in changes:
        outcomes = [
            (answer.decides, False if answer.code is None else passes((*judged, *more), change.checks))
            for answer, judged, more in of_each
        ]
        told = [(decides, passed) for decides, passed in outcomes if passed is not None]
        deciding = [passed for decides, passed in told if decides]
        decision = (
            decide(sum(deciding), len(deciding), config.band, config.tolerance, config.decision_error)
            if may_decide
            else Decision.UNDECIDED
        )
        passed = sum(passed for _, passed in told)
        rows.append(WhatIf(change, passed, len(told), len(outcomes) - len(told), config.band, decision))
    return tuple(rows)


def next_suite(plan: Plan, known: Sequence[Known], tried: Collection[str]) -> str | None:
    """By which suite an answer is to be graded next, so that it is known what it does after every change; `None` when
    it is, or nothing helps that was not `tried`."""
    left = [change for change in plan.changes if passes(known, change.checks) is None]
    if not left:
        return None
    if plan.whole.suite not in tried and not any(one.checks >= plan.whole.checks for one in known):
        return plan.whole.suite
    alone = plan.alone
    if alone is not None and alone.suite not in tried and any(RUNS in one.failed for one in known):
        # One check, and then all others: an answer that comes to nothing by both does so by every suite.
        return alone.suite
    left.sort(key=lambda change: len(change.checks))
    return next((change.suite for change in left if change.suite not in tried), None)


def ranked(rows: Sequence[WhatIf]) -> tuple[WhatIf, ...]:
    """No change first; then the checks that are left out, the one first that alone keeps most runs from passing; then
    what is added, and the suites, in their order."""
    first, *others = rows
    less = [row for row in others if row.change.name.startswith("-")]
    rest = [row for row in others if not row.change.name.startswith("-")]
    return (first, *sorted(less, key=lambda row: -row.passed), *rest)
