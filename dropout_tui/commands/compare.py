"""``dropout-tui compare``: compares two stored evaluations."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dropout_core.analysis.comparison.comparison import CheckMoved, Comparison, Side, compare
from dropout_core.statistics.difference import Difference
from dropout_tui.command_line.lines.report_lines import RULE
from dropout_tui.command_line.open_store import Complain, opened_store, state_of
from dropout_tui.text.labels import BESIDE_TASK
from dropout_tui.text.sanitize import visible, visible_line
from dropout_tui.text.words.comparison import (
    EACH_ALONE,
    RATES,
    at_any_time,
    headline,
    interval_of,
    mark_of_check,
    rate_line,
    share,
    signed,
    task_of,
)


def compare_evaluations(path: Path, first: int, second: int, complain: Complain, *, as_json: bool) -> int:
    """Print how the second evaluation differs from the first."""
    with opened_store(path, create=False) as store:
        sides = [(number, state_of(store, number, complain)) for number in (first, second)]
        comparison = compare(*sides)
    if as_json:
        print(json.dumps(comparison_object(comparison)))
    else:
        print(*_lines(comparison), sep="\n")
    return 0


def comparison_object(comparison: Comparison) -> dict[str, Any]:
    """The comparison as plain JSON values; rates and differences are fractions."""
    return {
        "type": "comparison",
        "a": _side_object(comparison.first),
        "b": _side_object(comparison.second),
        "difference": _difference_object(comparison.rate),
        "difference_at_any_time": _difference_object(comparison.at_any_time),
        "checks": [
            {
                "id": check.id,
                "task_related": not check.beside_task,
                "a": {"failed": check.first[0], "reached": check.first[1]},
                "b": {"failed": check.second[0], "reached": check.second[1]},
                "difference": _difference_object(check.difference),
            }
            for check in comparison.checks
        ],
        "settings": [asdict(setting) for setting in comparison.settings],
        "prompt_diff": list(comparison.prompt),
        "prompt_origins": [list(changes) for changes in comparison.prompt_origins],
        "cautions": list(comparison.cautions),
    }


def _side_object(side: Side) -> dict[str, Any]:
    return {
        "id": side.number,
        "model": side.config.model,
        "passed": side.passed,
        "failed": side.failed,
        "void": side.void,
        "pass_rate": side.rate,
        "interval": list(side.interval),
    }


def _difference_object(found: Difference) -> dict[str, Any]:
    return {
        "estimate": found.estimate,
        "interval": list(found.interval),
        "direction": str(found.direction),
    }


def _lines(comparison: Comparison) -> Iterator[str]:
    for letter, side in (("A", comparison.first), ("B", comparison.second)):
        yield f"{letter}: #{side.number} {task_of(side.config)}"
        yield f"   {rate_line(side)}"
    yield RULE
    yield f"{RATES[comparison.rate.direction].glyph} {headline(comparison)}"
    if comparison.at_any_time.estimate is not None:
        yield f"  {at_any_time(comparison)}"
    for caution in comparison.cautions:
        yield f"Note: {caution}"
    yield from _checks(comparison)
    if comparison.settings:
        yield "Settings that differ:"
        for setting in comparison.settings:
            yield f"  {setting.name}: {visible_line(setting.first)} -> {visible_line(setting.second)}"
    if comparison.prompt:
        yield "Prompt:"
        for line in comparison.prompt:
            yield f"  {visible(line)}"
    for changes in comparison.prompt_origins:
        yield "Changed in the built-in prompt:"
        for line in changes:
            yield f"  {visible(line)}"
    yield RULE


def _checks(comparison: Comparison) -> Iterator[str]:
    if not comparison.checks:
        yield "No check failed in either."
        return
    checks = [check for check in comparison.checks if not check.beside_task]
    causes = [check for check in comparison.checks if check.beside_task]
    longest = max(16, *(len(visible_line(check.id)) for check in comparison.checks))
    if checks:
        yield "Checks, by how often they failed of the runs that reached them:"
        yield from (_line(check, longest) for check in checks)
    if causes:
        yield f"Failures {BESIDE_TASK}, of all graded runs:"
        yield from (_line(check, longest) for check in causes)
    yield f"  {EACH_ALONE}"


def _line(check: CheckMoved, longest: int) -> str:
    found = check.difference
    said = f"{signed(found):>4} ({interval_of(found)})" if found.estimate is not None else ""
    return (
        f"  {visible_line(check.id):{longest}} {share(check.first):>14} -> {share(check.second):14}"
        f" {said:22} {mark_of_check(check)}"
    )
