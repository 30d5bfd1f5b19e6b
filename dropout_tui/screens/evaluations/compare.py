"""Two evaluations side by side: whether their rates differ, which checks fail more or less often, what else differs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.getters import query_one
from textual.widgets import Static

from dropout_core.analysis.comparison.comparison import Comparison, compare
from dropout_core.storage.store import DamagedEvaluation, Store, StoreUnusable, UnknownEvaluation
from dropout_tui.screens.full_screen import FullScreen
from dropout_tui.text.prompt_diff import coloured_diff
from dropout_tui.text.sanitize import visible_line
from dropout_tui.widgets.evaluations.check_changes import ChecksMoved
from dropout_tui.widgets.evaluations.rate_comparison import RateComparison
from dropout_tui.widgets.heading import Heading
from dropout_tui.widgets.key_line import KeyLine
from dropout_tui.widgets.too_small import FLAT, SLIVER, TooSmall

LEAST = (36, 8)
"""Columns and lines."""


class CompareScreen(FullScreen[tuple[int, int]]):
    """Evaluation B beside evaluation A. Returns their numbers in the order they were shown last."""

    TITLE = "Compare"
    HELP = """\
# Two evaluations

The axes show each rate `●` with its 95 % interval `├──┤`, and below them the difference B − A with its own.
When that interval holds 0 it is too early to say which is higher.

A check's share is of the runs that reached it. **t** changes A for B; **a** and **b** open them.
"""
    AUTO_FOCUS = "#page"
    BINDINGS = [
        Binding("escape,backspace", "back", "Back", id="compare.back", tooltip="Back to the history"),
        Binding("t", "swap", "Turn", id="compare.swap", tooltip="Swap A and B"),
        Binding("a", "open(0)", "Open A", id="compare.open_a", tooltip="Open A with everything it had"),
        Binding("b", "open(1)", "Open B", id="compare.open_b", tooltip="Open B with everything it had"),
        Binding("j", "scroll(1)", "Down", show=False, id="compare.down", tooltip="One line down"),
        Binding("k", "scroll(-1)", "Up", show=False, id="compare.up", tooltip="One line up"),
        Binding("g", "scroll_to_end(-1)", "Top", show=False, id="compare.top", tooltip="To the top"),
        Binding("G", "scroll_to_end(1)", "End", show=False, id="compare.end", tooltip="To the end"),
        Binding("question_mark", "app.toggle_help", "Help", id="app.help", key_display="?", tooltip="What the keys do"),
        Binding("q", "app.leave", "Quit", id="app.quit", tooltip="Leave; asks first when runs are in flight"),
    ]  # fmt: skip

    HORIZONTAL_BREAKPOINTS = [(0, SLIVER), (LEAST[0], "-narrow"), (150, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, FLAT), (LEAST[1], "-high")]
    DEFAULT_CSS = """
    CompareScreen {
        & #page { height: 1fr; scrollbar-size-vertical: 1; }
        & #body { height: auto; }
        & ChecksMoved { width: 1fr; }
        & #others { width: 1fr; height: auto; }
        & .compare--box {
            height: auto;
            padding: 0 1;
            border: round $foreground 30%;
            border-title-color: $foreground 80%;
        }
        &.-narrow #body { layout: vertical; }
        &.-narrow ChecksMoved, &.-narrow #others { width: 100%; }
    }
    """

    heading = query_one(Heading)
    rates = query_one(RateComparison)
    checks = query_one(ChecksMoved)
    settings = query_one("#settings", Static)
    prompt = query_one("#prompt", Static)
    page = query_one("#page", VerticalScroll)

    def __init__(self, store: Store, first: int, second: int, *, open_one: Callable[[int], None]) -> None:
        """Compare `second` with `first`, both read from `store`; `open_one` opens one of them."""
        super().__init__()
        self._store = store
        self._numbers = (first, second)
        self._open_one = open_one

    def compose(self) -> ComposeResult:
        """Rates above, checks and what else differs below."""
        yield Heading("Compare")
        with VerticalScroll(id="page"):
            yield RateComparison()
            with Horizontal(id="body"):
                yield ChecksMoved()
                with VerticalScroll(id="others", can_focus=False):
                    yield Static(id="settings", classes="compare--box", markup=False)
                    yield Static(id="prompt", classes="compare--box", markup=False)
        yield KeyLine()
        yield TooSmall(*LEAST, "esc goes back.")

    def on_mount(self) -> None:
        """Read both."""
        self.settings.border_title = "Settings that differ"
        self.prompt.border_title = "Prompt"
        self._read()

    @work(group="comparing", exclusive=True, exit_on_error=False)
    async def _read(self) -> None:
        try:
            comparison, damaged = await asyncio.to_thread(_compared, self._store, *self._numbers)
        except (StoreUnusable, UnknownEvaluation) as error:
            self.notify(str(error), severity="error", markup=False)
            self.dismiss(self._numbers)
            return
        for number, damage in damaged:
            self.notify(str(DamagedEvaluation(number, damage)), severity="error", markup=False)
        first, second = self._numbers
        self.heading.show(f"A #{first} with B #{second}")
        self.rates.show(comparison)
        self.checks.show(comparison)
        self.settings.update(_settings(comparison))
        self.prompt.update(_prompt(comparison))

    def action_swap(self) -> None:
        """Swap A and B."""
        self._numbers = (self._numbers[1], self._numbers[0])
        self._read()

    def action_open(self, side: int) -> None:
        """Open one of the two."""
        self._open_one(self._numbers[side])

    def action_back(self) -> None:
        """Go back."""
        self.dismiss(self._numbers)

    def action_scroll(self, lines: int) -> None:
        """Scroll by lines."""
        self.page.scroll_relative(y=lines, animate=False)

    def action_scroll_to_end(self, direction: int) -> None:
        """Scroll to the top or the end."""
        (self.page.scroll_home if direction < 0 else self.page.scroll_end)(animate=False)


def _compared(store: Store, first: int, second: int) -> tuple[Comparison, list[tuple[int, str]]]:
    """Problems reading either evaluation, then the comparison."""
    sides = [(number, store.state(number)) for number in (first, second)]
    return compare(*sides), [(number, state.damage[0]) for number, state in sides if state.damage]


def _settings(comparison: Comparison) -> Content:
    if not comparison.settings:
        return Content.styled("all the same", "$foreground-muted")
    longest = max(len(setting.name) for setting in comparison.settings)
    return Content("\n").join(
        Content.assemble(
            (f"{setting.name.replace('_', ' '):<{longest}}  ", "$foreground-muted"),
            visible_line(setting.first),
            (" → ", "$foreground-muted"),
            (visible_line(setting.second), "bold"),
        )
        for setting in comparison.settings
    )


def _prompt(comparison: Comparison) -> Content:
    between = (
        coloured_diff(comparison.prompt)
        if comparison.prompt
        else Content.styled("the same, letter by letter", "$foreground-muted")
    )
    return Content("\n\n").join((between, *map(coloured_diff, comparison.prompt_origins)))
