"""The promised JSON objects of a sweep: one a cell, one closing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dropout_core.analysis.sweep_cells import SweepCell
from dropout_core.analysis.sweep_proposal import proposal
from dropout_core.reports.jsonlines import summary_object
from dropout_core.statistics.pass_rate import DECISION_ERROR, Decision


def cell_object(cell: SweepCell) -> dict[str, Any]:
    """One cell: the summary of its evaluation, and its place in the grid. ``id`` is null where it cannot run."""
    place = dict(cell.place)
    if cell.state is None or cell.number is None:
        nothing = {"runs": 0, "passed": 0, "failed": 0, "void": 0, "pass_rate": None, "interval": [0.0, 1.0]}
        stopped: dict[str, Any] = {
            "decision": str(Decision.UNDECIDED),
            "stop_reason": cell.cannot_run,
            "causes": {},
        }
        return {"type": "cell", "id": None, **place, **nothing, **stopped, "place": place}
    config = cell.state.config
    named = {"prompt": config.prompt, "suite": config.suite, "place": place}
    return {**summary_object(cell.number, cell.state), "type": "cell", **named}


def sweep_object(cells: Sequence[SweepCell], stop_reason: str) -> dict[str, Any]:
    """The whole sweep."""
    return {
        "type": "sweep",
        "cells": len(cells),
        "in_band": [cell.number for cell in cells if cell.decision is Decision.IN],
        "error": DECISION_ERROR,
        "proposal": proposal(cells),
        "stop_reason": stop_reason,
    }
