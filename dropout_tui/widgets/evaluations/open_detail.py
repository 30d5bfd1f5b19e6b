"""What the list of the evaluations of this program has no room for, about the one under the cursor."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from dropout_tui.presenters.evaluations.live_evaluation import LiveEvaluation
from dropout_tui.presenters.evaluations.open_evaluations import mark_of_open
from dropout_tui.text.labels import mark_of_decision
from dropout_tui.text.numbers import pluralize
from dropout_tui.text.sanitize import visible_line
from dropout_tui.widgets.fitting import Item, fitting
from dropout_tui.widgets.rate_axis import axis


class OpenDetail(Widget):
    """The pass rate drawn against its band, the settings, and how it stands."""

    DEFAULT_CSS = """
    OpenDetail {
        height: 5;
        padding: 0 1;
        border: round $foreground 30%;
        border-title-color: $foreground 80%;
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._live: LiveEvaluation | None = None

    def show(self, live: LiveEvaluation | None) -> None:
        """Show how `live` stands now."""
        self._live = live
        self.border_title = None if live is None else Content(f"Evaluation {live.number}")
        self.refresh()

    def render(self) -> Content:
        """Three lines."""
        live, width = self._live, self.size.width
        if live is None or width < 1:
            return Content("")
        state = live.state
        tally, config = state.tally, state.config
        interval = state.interval if tally.graded else None
        rate = tally.passed / tally.graded if tally.graded else None
        return Content("\n").join(
            [
                axis(width, config.band, interval, rate),
                fitting(_standing(live), width),
                fitting(_settings(live), width),
            ]
        )


def _standing(live: LiveEvaluation) -> list[Item]:
    state, mark = live.state, mark_of_open(live)
    tally = state.tally
    said = str(mark) if live.place_in_line is None else f"{mark}. in line"
    if live.no_money is not None:
        said = f"{said}: {visible_line(live.no_money)}"
    elif state.stop_reason is not None and mark.word not in state.stop_reason:
        said = f"{said}: {visible_line(state.stop_reason)}"
    items = [Item(Content.styled(said, mark.colour), 9)]
    if notices := state.config.short_notices:
        # Never left out: the rate would be taken for a model's.
        items.append(Item(Content.styled(visible_line(notices[0]), "$text-warning"), 10))
    if tally.graded:
        lo, hi = state.interval
        rate = Content.assemble(
            (f"{tally.passed / tally.graded:.1%}", "bold"), f"  {tally.passed} of {tally.graded} passed"
        )
        decided = mark_of_decision(state.decision)
        items.append(Item(rate, 8))
        items.append(Item(Content(f"95 % {lo * 100:.0f}–{hi * 100:.0f}"), 6))
        items.append(Item(Content.styled(str(decided), decided.colour), 7))
    return items


def _settings(live: LiveEvaluation) -> list[Item]:
    config = live.state.config
    said = [
        (visible_line(config.model), 9),
        (f"{visible_line(config.prompt)} · {visible_line(config.asked)} · {config.mode}", 8),
        (pluralize(config.runs, "run"), 6),
        (f"{live.state.limit} at once", 7),
        (visible_line(config.base_url or ""), 5),
    ]
    return [Item(Content.styled(text, "$foreground-muted"), weight) for text, weight in said if text]
