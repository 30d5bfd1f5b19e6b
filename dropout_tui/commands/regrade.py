"""``dropout-tui regrade``: grades stored answers with today's checks, without API calls."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial, reduce
from pathlib import Path

from dropout_core.analysis.asked import never_asked
from dropout_core.running.graders.regrading import Regraded, regrade
from dropout_core.sandbox import SandboxBroken
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.storage.store import Store
from dropout_core.task.changes import SuiteChange
from dropout_core.task.definition import Task
from dropout_core.task.requirement import UnknownSuite
from dropout_core.task.unusable import TaskUnusable
from dropout_core.tasks.chosen import task_of, what_changed
from dropout_core.verdict.isolation_levels import NOT_RUN, weaker, words_of
from dropout_core.verdict.sole_failures import fails_only
from dropout_core.verdict.verdict import CheckStatus, Outcome
from dropout_tui.command_line.event_loop import run_to_its_end
from dropout_tui.command_line.grading_place import GradingPlace
from dropout_tui.command_line.open_store import Complain, opened_store, state_of
from dropout_tui.exit_codes import EXIT_USAGE
from dropout_tui.text.numbers import pluralize
from dropout_tui.text.sanitize import visible_line


def regrade_evaluation(
    path: Path,
    number: int,
    suite: str | None,
    complain: Complain,
    place: GradingPlace,
    *,
    checks: str | None = None,
    as_json: bool,
) -> int:
    """Grade the stored answers of one evaluation again, and print what changed. Stores nothing."""
    with opened_store(path, create=False) as store:
        try:
            state = state_of(store, number, complain)
            task = task_of(state.config)
            chosen = suite or state.config.suite
            task.suite(chosen)
            chosen = chosen if checks is None else task.own_suite(chosen, checks)
            unasked = never_asked(state.config, task, chosen)
        except (UnknownSuite, TaskUnusable) as error:
            complain(str(error))
            return EXIT_USAGE
        if (changed := what_changed(state.config, task)) is not None:
            complain(changed)
        try:
            return run_to_its_end(
                lambda: _regrade(
                    store,
                    number,
                    state,
                    task,
                    chosen,
                    unasked,
                    place,
                    as_json=as_json,
                )
            )
        except SandboxBroken as error:
            complain(str(error))
            return EXIT_USAGE


async def _regrade(
    store: Store,
    number: int,
    state: EvaluationState,
    task: Task,
    suite: str,
    unasked: tuple[str, ...],
    place: GradingPlace,
    *,
    as_json: bool,
) -> int:
    results: list[Regraded] = []
    async with place.grader(suite, task) as grader:
        async for result in regrade(state, grader, partial(store.conversation, number)):
            results.append(result)
            if as_json:
                print(json.dumps(_object(result, unasked)), flush=True)
            elif result.outcome_changed or result.changed_checks:
                print(_line(result, unasked), flush=True)
    if as_json:
        print(json.dumps(_summary_object(number, task, suite, results, unasked)))
    else:
        print(*_summary_lines(number, task, suite, results, unasked), sep="\n")
    return 0 if all(result.after.outcome is not Outcome.VOID for result in results) else 1


def _summary_object(
    number: int, task: Task, suite: str, results: Sequence[Regraded], unasked: Sequence[str]
) -> dict[str, object]:
    return {
        "type": "summary",
        "id": number,
        "task": task.name,
        "suite": suite,
        "suite_version": task.version,
        "versions_before": _versions_before(results, suite),
        "suite_changes": [asdict(change) for change in _changes(results, task, suite)],
        "unasked": list(unasked),
        **asdict(_Totals.of(results)),
        "failed_only_unasked": _only_unasked(results, unasked),
        "isolation": _isolation(results),
    }


def _summary_lines(
    number: int, task: Task, suite: str, results: Sequence[Regraded], unasked: Sequence[str]
) -> Iterator[str]:
    totals = _Totals.of(results)
    yield f"Evaluation {number}, suite {suite}: {totals}"
    yield f"Passed: {totals.passed_before}/{totals.graded} before, {totals.now}"
    yield from _unasked_in_words(results, unasked)
    yield from _changes_in_words(results, task, suite)
    if (words := words_of(_isolation(results))) is not None:
        yield f"Warning: {words}"


def _isolation(results: Sequence[Regraded]) -> str:
    """The weakest of all gradings."""
    return reduce(weaker, (result.after.isolation for result in results), NOT_RUN)


def _versions_before(results: Sequence[Regraded], suite: str) -> list[int]:
    """The versions of the suite that judged the answers before."""
    judged = [result.before for result in results if result.before.suite == suite and result.before.checks]
    return sorted({verdict.suite_version for verdict in judged})


def _changes(results: Sequence[Regraded], task: Task, suite: str) -> tuple[SuiteChange, ...]:
    """What the versions since then judge otherwise, as far as the task says."""
    before = _versions_before(results, suite)
    return task.changes_since(suite, before[0]) if before else ()


def _changes_in_words(results: Sequence[Regraded], task: Task, suite: str) -> Iterator[str]:
    changes = _changes(results, task, suite)
    if not changes:
        return
    before = " and ".join(str(version) for version in _versions_before(results, suite))
    yield f"Judged before by version {before} of {suite}; since then, up to version {task.version}:"
    for change in changes:
        yield f"  {', '.join(change.checks) or 'any check'}: {change.what}"


def _unasked_in_words(results: Sequence[Regraded], unasked: Sequence[str]) -> Iterator[str]:
    if unasked:
        only = pluralize(_only_unasked(results, unasked), "run")
        yield f"The prompt never asked for {', '.join(unasked)}; {only} failed nothing else."


def _only_unasked(results: Sequence[Regraded], unasked: Sequence[str]) -> int:
    """How many of those that count failed checks that the prompt never asked for, and passed all others."""
    return sum(result.counted and fails_only(result.after, unasked) for result in results)


def _failed(result: Regraded) -> set[str]:
    return {id_ for id_, status in result.after.statuses if status is CheckStatus.FAILED}


@dataclass(frozen=True, slots=True)
class _Totals:
    """Totals of the results. The last four are of the attempts that count."""

    regraded: int
    without_code: int
    """Attempts without an answer to grade, which had failed for that before."""
    changed: int
    graded: int
    passed_before: int
    passed_after: int
    void_after: int

    @classmethod
    def of(cls, results: Sequence[Regraded]) -> _Totals:
        counted = [result for result in results if result.counted]
        return cls(
            regraded=sum(result.has_code for result in results),
            without_code=sum(not result.has_code for result in results),
            changed=sum(result.outcome_changed for result in results),
            graded=len(counted),
            passed_before=sum(result.before.passed for result in counted),
            passed_after=sum(result.after.passed for result in counted),
            void_after=sum(result.after.outcome is Outcome.VOID for result in counted),
        )

    def __str__(self) -> str:
        without = f", {self.without_code:,} without code" if self.without_code else ""
        graded, changed = pluralize(self.regraded, "answer"), pluralize(self.changed, "outcome")
        return f"{graded} graded again{without}, {changed} changed"

    @property
    def now(self) -> str:
        void = f" ({self.void_after:,} void)" if self.void_after else ""
        return f"{self.passed_after}/{self.graded - self.void_after} now{void}"


def _line(result: Regraded, unasked: Sequence[str]) -> str:
    name = f"Run {result.trial}" + (f", attempt {result.attempt}" if result.attempt > 1 else "")
    never = ", ".join(id_ for id_ in result.changed_checks if id_ in unasked)
    checks = f" ({', '.join(result.changed_checks)})" if result.changed_checks else ""
    if never:
        checks = f" [never asked: {never}]{checks}"
    if not result.outcome_changed:
        return f"  {name}: still {result.after.outcome}, but other checks{checks}"
    return f"  {name}: {result.before.outcome} -> {result.after.outcome}: {visible_line(result.after.reason)}{checks}"


def _object(result: Regraded, unasked: Sequence[str]) -> dict[str, object]:
    return {
        "type": "regraded",
        "trial": result.trial,
        "attempt": result.attempt,
        "counted": result.counted,
        "has_code": result.has_code,
        "before": str(result.before.outcome),
        "after": str(result.after.outcome),
        "changed_checks": list(result.changed_checks),
        "reason": result.after.reason,
        "failed_unasked": [id_ for id_ in unasked if id_ in _failed(result)],
        "checks": [check.to_json() for check in result.after.checks],
    }
