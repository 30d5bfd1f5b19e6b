"""``dropout-tui regrade``: stored answers under today's checks, without API calls."""

from __future__ import annotations

import json
from pathlib import Path

from dropout_core.opened_grader import opened_grader
from dropout_core.regrading import Regraded, regrade
from dropout_core.requirements import UnknownSuite, suite_named
from dropout_core.sandbox import SandboxBroken
from dropout_core.state import EvaluationState
from dropout_core.store import UnknownEvaluation
from dropout_core.verdict import Outcome
from dropout_tui.event_loop import run_to_its_end
from dropout_tui.exit_status import EXIT_USAGE
from dropout_tui.opened_store import Complain, opened_store
from dropout_tui.visible import visible_line


def regrade_evaluation(
    path: Path,
    number: int,
    suite: str | None,
    complain: Complain,
    *,
    as_json: bool,
    allow_weak_sandbox: bool,
) -> int:
    """Print what today's grading says of the answers of one evaluation, and what changed. Stores nothing."""
    with opened_store(path, complain, create=False) as store:
        if store is None:
            return EXIT_USAGE
        try:
            state = store.state(number)
            chosen = suite or state.config.suite
            suite_named(chosen)
        except (UnknownEvaluation, UnknownSuite) as error:
            complain(str(error))
            return EXIT_USAGE
        try:
            return run_to_its_end(
                lambda: _regrade(
                    number, state, chosen, as_json=as_json, allow_weak_sandbox=allow_weak_sandbox
                )
            )
        except SandboxBroken as error:
            complain(str(error))
            return EXIT_USAGE


async def _regrade(
    number: int, state: EvaluationState, suite: str, *, as_json: bool, allow_weak_sandbox: bool
) -> int:
    results: list[Regraded] = []
    async with opened_grader(suite, allow_weak_sandbox=allow_weak_sandbox) as grader:
        async for result in regrade(state, grader):
            results.append(result)
            if as_json:
                print(json.dumps(_object(result)), flush=True)
            elif result.outcome_changed or result.changed_checks:
                print(_line(result), flush=True)
    counted = [result for result in results if result.counted]
    before = sum(result.before.passed for result in counted)
    after = sum(result.after.passed for result in counted)
    changed = sum(result.outcome_changed for result in results)
    if as_json:
        summary = {
            "type": "summary",
            "id": number,
            "suite": suite,
            "regraded": len(results),
            "changed": changed,
        }
        print(json.dumps({**summary, "graded": len(counted), "passed_before": before, "passed_after": after}))
    else:
        print(
            f"Evaluation {number}, suite {suite}: {len(results)} answers graded again, {changed} outcomes changed"
        )
        print(f"Passed: {before}/{len(counted)} before, {after}/{len(counted)} now")
    return 0 if all(result.after.outcome is not Outcome.VOID for result in results) else 1


def _line(result: Regraded) -> str:
    name = f"Run {result.trial}" + (f", attempt {result.attempt}" if result.attempt > 1 else "")
    checks = f" ({', '.join(result.changed_checks)})" if result.changed_checks else ""
    if not result.outcome_changed:
        return f"  {name}: still {result.after.outcome}, but other checks{checks}"
    return f"  {name}: {result.before.outcome} -> {result.after.outcome}: {visible_line(result.after.reason)}{checks}"


def _object(result: Regraded) -> dict[str, object]:
    return {
        "type": "regraded",
        "trial": result.trial,
        "attempt": result.attempt,
        "counted": result.counted,
        "before": str(result.before.outcome),
        "after": str(result.after.outcome),
        "changed_checks": list(result.changed_checks),
        "reason": result.after.reason,
        "checks": [check.to_json() for check in result.after.checks],
    }
