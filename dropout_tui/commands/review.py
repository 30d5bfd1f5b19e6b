"""``dropout-tui review``: the author's checklist of a stored evaluation, with its evidence, as Markdown or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from dropout_core.analysis.review.review import review as review_of
from dropout_core.analysis.review.sources import reviewed
from dropout_core.analysis.review.stored_evidence import stored_evidence
from dropout_core.reports.review_markdown import review_markdown
from dropout_core.reports.review_object import review_object
from dropout_core.version import __version__
from dropout_tui.command_line.complaints import PROGRAM
from dropout_tui.command_line.open_store import Complain, opened_store, state_of
from dropout_tui.command_line.written_report import write_report
from dropout_tui.settings.store_option import store_option


def review(path: Path, number: int, out: str, complain: Complain, *, as_json: bool, force: bool) -> int:
    """Write the checklist to `out`, ``-`` for the output; an existing file only with `force`."""
    with opened_store(path, create=False) as store:
        state = state_of(store, number, complain)
        annotation = store.annotation(number)
        evidence = stored_evidence(store, number, state.config, store_option(path))
    lines = review_of(reviewed(state, evidence))
    text: Iterable[str]
    if as_json:
        text = [json.dumps(review_object(number, state, lines, annotation)), "\n"]
    else:
        text = review_markdown(number, state, lines, f"{PROGRAM} {__version__}", annotation)
    title = f"Review of evaluation {number}"
    return write_report(text, out, path, complain, title=title, force=force)
