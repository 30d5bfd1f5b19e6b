"""Details of the highlighted evaluation, for which the list has no room."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content
from textual.widget import Widget

from dropout_core.analysis.band_terms import chosen_after_words
from dropout_core.models.request_settings import setting_words
from dropout_core.statistics.pass_rate import pass_at_shown
from dropout_tui.presenters.evaluations.stored_evaluation import (
    Row,
    StoredEvaluation,
    UnreadableRow,
    mark_of_stored_status,
)
from dropout_tui.text.labels import mark_of_decision
from dropout_tui.text.numbers import pluralize
from dropout_tui.text.sanitize import visible_line
from dropout_tui.widgets.fitting import Item, fitting
from dropout_tui.widgets.rate_axis import axis, labels


class EvaluationDetail(Widget):
    """The pass rate drawn against its band, the settings, and what ended it."""

    DEFAULT_CSS = """
    EvaluationDetail {
        height: 6;
        padding: 0 1;
        border: round $foreground 30%;
        border-title-color: $foreground 80%;
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._row: Row | None = None

    def show(self, row: Row | None) -> None:
        """Show `row`."""
        if row is not self._row:
            self._row = row
            self.border_title = None if row is None else Content(_title(row))
            note = row.summary.annotation.note if isinstance(row, StoredEvaluation) else ""
            self.border_subtitle = Content(visible_line(note)) if note else None
            self.refresh()

    def render(self) -> Content:
        """Four lines."""
        row, width = self._row, self.size.width
        if row is None or width < 1:
            return Content("")
        if isinstance(row, UnreadableRow):
            return Content.styled(str(row), "$text-warning")
        config = row.summary.config
        interval = row.interval if row.graded else None
        lines = [
            labels(width, config.band),
            axis(width, config.band, interval, row.rate),
            fitting(_outcome(row), width),
            fitting(_settings(row), width),
        ]
        return Content("\n").join(lines)


def _title(row: Row) -> str:
    label = row.label if isinstance(row, StoredEvaluation) else ""
    return f"Evaluation {row.number}" + (f": {label}" if label else "")


def _outcome(row: StoredEvaluation) -> list[Item]:
    items = []
    if row.rate is not None:
        lo, hi = row.interval
        rate = Content.assemble((f"{row.rate:.1%}", "bold"), f"  {row.passed} of {row.graded} passed")
        items.append(Item(rate, 9))
        items.append(Item(Content(f"95 % {lo * 100:.0f}–{hi * 100:.0f}"), 6))
        at_k = [f"pass@{k} {rate:.0%}" for k, rate in pass_at_shown(row.passed, row.graded)]
        if at_k:
            items.append(Item(Content("  ".join(at_k)), 3))
    else:
        items.append(Item(Content("no run graded"), 9))
    mark, by = mark_of_decision(row.decision), row.summary.in_order.graded
    whose = "" if by == row.graded else f" by the first {by:,}"
    items.append(Item(Content.styled(f"{mark}{whose}", mark.colour), 8))
    for words in chosen_after_words(row.summary.band_chosen_after):
        items.append(Item(Content.styled(f"band {words}", "$text-warning"), 8))
    if row.void:
        items.append(Item(Content.styled(f"⊘ {row.void} void", "$text-warning"), 5))
    mark = mark_of_stored_status(row.status)
    said = f"{mark}: {row.why_interrupted}" if row.why_interrupted else str(mark)
    items.append(Item(Content.styled(said, mark.colour), 7))
    if notices := row.summary.config.short_notices:
        # Never left out: the rate would be taken for that of a model that was asked.
        items.insert(1, Item(Content.styled(notices[0], "$text-warning"), 10))
    return items


def _settings(row: StoredEvaluation) -> list[Item]:
    config = row.summary.config
    started = datetime.fromtimestamp(row.started_at)
    at_once = config.runs > 1 and config.imported is None
    said = [
        (row.model, 9),
        (f"{started:%Y-%m-%d %H:%M}", 7),
        (f"{visible_line(config.prompt)} · {config.asked} · {config.mode}", 8),
        (pluralize(config.runs, "run") + (f", {config.slots} at once" if at_once else ""), 6),
        (config.reply_words, 3),
        *((visible_line(words), 4) for words in setting_words(config)),
        (f"{config.max_steps} steps" if config.mode == "agent" else "", 2),
        (f"tolerance {config.tolerance * 100:g} points" if config.tolerance else "", 4),
        ("refusals are void" if config.refusals == "void" else "", 3),
        (visible_line(config.base_url or ""), 5),
        (f"seed {config.seed}", 4),
    ]
    return [Item(Content.styled(text, "$foreground-muted"), weight) for text, weight in said if text]
