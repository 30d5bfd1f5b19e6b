"""``dropout-tui history``: the stored evaluations, the newest first."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from dropout_core.analysis.equal_evaluations import equals
from dropout_core.storage.lease import leased_elsewhere
from dropout_core.storage.listing import EvaluationSummary, UnreadableEvaluation
from dropout_tui.command_line.open_store import Complain, opened_store
from dropout_tui.exit_codes import EXIT_USAGE
from dropout_tui.presenters.stored_evaluation import StoredStatus, mark_of_stored_status, stored_status_of
from dropout_tui.text.sanitize import visible_line
from dropout_tui.text.truncate import cut_in_the_middle

_HISTORY_LINE = "{:>4}  {:16}  {:{model}}  {:30}  {:>9}  {:>6}  {:>10}  {:9}  {:6}  {}"
_HEADS = ("ID", "STARTED", "MODEL", "TASK", "PASSED", "RATE", "95 %", "DECISION", "EQUALS", "STATE")
_MODEL_WIDTHS = (24, 40)
"""The least and the most characters of the column of models."""
_STATE_WIDTH = 40
"""The most characters of the reason: a server's own words may be pages long."""


def history(path: Path, complain: Complain, *, as_json: bool) -> int:
    """List the stored evaluations, the newest first."""
    with opened_store(path, complain, create=False) as store:
        if store is None:
            return EXIT_USAGE
        listing = store.listing()
        summaries = listing.readable
        equal = equals((summary.number, summary.config) for summary in summaries)
        if as_json:
            for line in listing.lines:
                print(json.dumps(_object(line, equal)))
        elif not listing.lines:
            print(f"No evaluations yet in {path}; start one with: dropout-tui run")
        else:
            width = _model_width(summaries)
            print(_HISTORY_LINE.format(*_HEADS, model=width))
            elsewhere = leased_elsewhere(path)
            for line in listing.lines:
                if isinstance(line, UnreadableEvaluation):
                    print(visible_line(str(line)))
                else:
                    print(
                        _history_line(line, stored_status_of(line, elsewhere), width, equal.get(line.number))
                    )
    return 0


def _model_width(summaries: Sequence[EvaluationSummary]) -> int:
    least, most = _MODEL_WIDTHS
    longest = max((len(visible_line(summary.config.model)) for summary in summaries), default=0)
    return max(least, min(most, longest))


def _history_line(
    summary: EvaluationSummary, status: StoredStatus, model_width: int, equal: int | None
) -> str:
    config, graded = summary.config, summary.graded
    lo, hi = summary.interval
    return _HISTORY_LINE.format(
        summary.number,
        datetime.fromtimestamp(summary.started_at).strftime("%Y-%m-%d %H:%M"),
        cut_in_the_middle(visible_line(config.model), model_width),
        visible_line(f"{Path(config.prompt).name} · {config.asked} · {config.mode}")[:30],
        f"{summary.passed}/{graded}" if graded else "-",
        f"{summary.passed / graded:.1%}" if graded else "-",
        f"{lo * 100:.0f}-{hi * 100:.0f}" if graded else "-",
        summary.decision,
        "" if equal is None else f"{equal}",
        _state(summary, status),
        model=model_width,
    )


def _state(summary: EvaluationSummary, status: StoredStatus) -> str:
    """The status, in the words of the screen; then the reason, as far as there is room."""
    word = mark_of_stored_status(status).word
    said = f"running {word}" if status is StoredStatus.ELSEWHERE else word
    if summary.void:
        said += f", {summary.void} void"
    if summary.config.imported is not None:
        said += ", imported"
    if status is StoredStatus.INTERRUPTED and summary.stop_reason not in (None, word):
        said += f": {visible_line(summary.stop_reason or '')}"
    return said if len(said) <= _STATE_WIDTH else said[: _STATE_WIDTH - 1] + "…"


def _object(line: EvaluationSummary | UnreadableEvaluation, equal: Mapping[int, int]) -> dict[str, object]:
    if isinstance(line, UnreadableEvaluation):
        return {"type": "unreadable", "id": line.number, "reason": line.why}
    return {**_history_object(line), "equals": equal.get(line.number)}


def _history_object(summary: EvaluationSummary) -> dict[str, object]:
    config, graded = summary.config, summary.graded
    return {
        "type": "evaluation",
        "id": summary.number,
        "started_at": summary.started_at,
        "model": config.model,
        "prompt": config.prompt,
        "task": config.task,
        "suite": config.suite,
        "mode": config.mode,
        "seed": config.seed,
        "runs": config.runs,
        "passed": summary.passed,
        "failed": summary.failed,
        "void": summary.void,
        "pass_rate": summary.passed / graded if graded else None,
        "interval": list(summary.interval),
        "band": [config.band.lo, config.band.hi],
        "decision": summary.decision,
        "tolerance": config.tolerance,
        "stop_reason": summary.stop_reason,
        "imported": config.imported,
    }
