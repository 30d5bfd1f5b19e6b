"""Any number of evaluations, ranked: rates against the band, and how often each check fails in each of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.getters import query_one
from textual.widgets import OptionList, Static

from dropout_core.analysis.comparison.ranking import CheckAcross, Compared, Ranked, Ranking, rank
from dropout_core.storage.store import DamagedEvaluation, Store, StoreUnusable, UnknownEvaluation
from dropout_tui.presenters.trials.trial_filter import Choice, Failing
from dropout_tui.screens.evaluations.compare import CompareScreen
from dropout_tui.screens.full_screen import FullScreen
from dropout_tui.text.numbers import pluralize
from dropout_tui.text.sanitize import visible_line
from dropout_tui.text.words.ranking import higher_than, how_sure, in_full, share_in_full, title_across
from dropout_tui.widgets.evaluations.checks_across import ChecksAcross
from dropout_tui.widgets.evaluations.forest import Forest
from dropout_tui.widgets.heading import Heading
from dropout_tui.widgets.key_line import KeyLine
from dropout_tui.widgets.too_small import FLAT, SLIVER, TooSmall

LEAST = (36, 12)
"""Columns and lines."""
READING = "Reading…"
NO_CHECK_FAILED = "No check failed in any of them"


class ForestScreen(FullScreen[None]):
    """A forest plot of evaluations over a table of their failing checks."""

    TITLE = "Ranking"
    HELP = """\
# Evaluations, ranked

The highest rate first: `●` with its 95 % interval `├──┤` against the band `╫░╫`, and the decision about the band. Each
interval is of 95 % by itself. *Higher than* and *lower than* are said at any time, although the evaluations go on,
with an error of 5 % over all pairs together.

Below, a line a check and a column an evaluation: the share that failed of the runs that reached the check. **tab** goes
from one to the other, **h** and **l** from evaluation to evaluation, and **enter** shows the runs behind a share, or
opens an evaluation.

**c** compares the highlighted evaluation with **A**, checks, settings and prompts too; **space** makes another one
**A**.
"""
    AUTO_FOCUS = "Forest"
    BINDINGS = [
        Binding("escape,backspace", "back", "Back", id="forest.back", tooltip="Back to the history"),
        Binding("tab,shift+tab", "other_pane", "Checks", id="forest.pane",
                tooltip="From the evaluations to the checks, or back"),
        Binding("c", "compare", "Compare", id="forest.compare", tooltip="Compare it with A, in every detail"),
        Binding("space,m", "base", "Make A", id="forest.base", tooltip="Make it A, with which others are compared"),
        Binding("question_mark", "app.toggle_help", "Help", id="app.help", key_display="?", tooltip="What the keys do"),
        Binding("q", "app.leave", "Quit", id="app.quit", tooltip="Leave; asks first when runs are in flight"),
    ]  # fmt: skip

    HORIZONTAL_BREAKPOINTS = [(0, SLIVER), (LEAST[0], "-narrow"), (100, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, FLAT), (LEAST[1], "-low"), (20, "-high")]
    DEFAULT_CSS = """
    ForestScreen {
        & .forest--heads { height: 1; padding: 0 1; text-wrap: nowrap; }
        & Forest { height: auto; max-height: 35%; border: none; padding: 0; }
        & ChecksAcross { height: 1fr; border: none; padding: 0; }
        & #chosen { height: auto; max-height: 2; padding: 0 1; background: $panel; }
        & #notes { height: auto; max-height: 5; padding: 0 1; }
        & #share { height: 1; padding: 0 1; background: $panel; text-wrap: nowrap; text-overflow: ellipsis; }
        &.-low #notes { max-height: 1; }
        &.-low #chosen { max-height: 1; }
    }
    """

    heading = query_one(Heading)
    scale = query_one("#scale", Static)
    forest = query_one(Forest)
    chosen = query_one("#chosen", Static)
    notes = query_one("#notes", Static)
    numbers = query_one("#numbers", Static)
    checks = query_one(ChecksAcross)
    share = query_one("#share", Static)

    def __init__(
        self,
        store: Store,
        numbers: Sequence[int],
        *,
        open_one: Callable[[int, Choice | None], None],
    ) -> None:
        """Rank the evaluations `numbers` of `store`. `open_one` opens one, with all of its runs or some."""
        super().__init__()
        self._store = store
        self._numbers = tuple(numbers)
        self._open_one = open_one
        self._ranking: Ranking | None = None
        self._base = 0

    def compose(self) -> ComposeResult:
        """The forest, what is to be known of it, and the checks."""
        yield Heading("Ranking")
        yield Static(id="scale", classes="forest--heads", markup=False)
        yield Forest()
        yield Static(READING, id="chosen", markup=False)
        yield Static(id="notes", markup=False)
        yield Static(id="numbers", classes="forest--heads", markup=False)
        yield ChecksAcross()
        yield Static(id="share", markup=False)
        yield KeyLine()
        yield TooSmall(*LEAST, "esc goes back.")

    def on_mount(self) -> None:
        """Read all."""
        self._read()

    @work(group="ranking", exclusive=True, exit_on_error=False)
    async def _read(self) -> None:
        try:
            compared = await asyncio.to_thread(_compared, self._store, self._numbers)
            ranking = await asyncio.to_thread(rank, compared)
        except (StoreUnusable, UnknownEvaluation) as error:
            self.notify(str(error), severity="error", markup=False)
            self.dismiss()
            return
        for one in compared:
            if one.state.damage:
                damage = DamagedEvaluation(one.number, one.state.damage[0])
                self.notify(visible_line(str(damage)), severity="error", markup=False)
        self._ranking = ranking
        self.heading.show(pluralize(len(ranking.rows), "evaluation"), str(self._store.path))
        self.notes.update(_notes(ranking))
        self.forest.show(ranking, self._base)
        self.checks.show(ranking, 0)
        self._show_chosen()

    @property
    def _row(self) -> Ranked | None:
        """The highlighted evaluation."""
        at = self.forest.highlighted
        return None if self._ranking is None or at is None else self._ranking.rows[at]

    @property
    def _check(self) -> CheckAcross | None:
        """The highlighted check."""
        at = self.checks.highlighted
        return None if self._ranking is None or at is None else self._ranking.checks[at]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Dim the keys that would have no effect now."""
        if action not in ("compare", "base") or not self.is_mounted:
            return True
        return True if self._row is not None and self.forest.highlighted != self._base else None

    @on(Forest.Fitted)
    def _show_scale(self, fitted: Forest.Fitted) -> None:
        self.scale.update(fitted.scale)

    @on(ChecksAcross.Fitted)
    def _show_numbers(self, fitted: ChecksAcross.Fitted) -> None:
        self.numbers.update(fitted.head)

    @on(OptionList.OptionHighlighted)
    def _show_chosen(self) -> None:
        row, check, ranking = self._row, self._check, self._ranking
        if row is None or ranking is None:
            return
        at = ranking.rows.index(row)
        self.checks.show(ranking, at)
        number = Content.styled(f"#{row.number} ", "bold $text-accent")
        self.chosen.update(Content.assemble(number, in_full(row), " – ", (higher_than(row, ranking), "bold")))
        self.share.update(NO_CHECK_FAILED if check is None else share_in_full(check, at, ranking))
        self.refresh_bindings()

    @on(ChecksAcross.ColumnChosen)
    def _choose(self, event: ChecksAcross.ColumnChosen) -> None:
        self.forest.highlighted = event.column

    def _open_whole(self, number: int) -> None:
        self._open_one(number, None)

    @on(OptionList.OptionSelected)
    def _open(self, event: OptionList.OptionSelected) -> None:
        row, check, ranking = self._row, self._check, self._ranking
        if row is None or ranking is None:
            return
        if event.option_list is self.forest:
            self._open_whole(row.number)
        elif check is not None and check.shares[ranking.rows.index(row)][0]:
            self._open_one(row.number, Failing(check.id))
        elif check is not None:
            self.notify(f"No run of #{row.number} fails: {title_across(check, ranking)}", markup=False)

    def action_other_pane(self) -> None:
        """Go from the evaluations to the checks, or back."""
        (self.forest if self.focused is self.checks else self.checks).focus()

    def action_base(self) -> None:
        """Make the highlighted evaluation the one that others are compared with."""
        if self._ranking is not None and self.forest.highlighted is not None:
            self._base = self.forest.highlighted
            self.forest.show(self._ranking, self._base)
            self.refresh_bindings()

    def action_compare(self) -> None:
        """Compare the highlighted evaluation with the base."""
        row, ranking = self._row, self._ranking
        if row is not None and ranking is not None and row is not ranking.rows[self._base]:
            base = ranking.rows[self._base].number
            self.app.push_screen(CompareScreen(self._store, base, row.number, open_one=self._open_whole))

    def action_back(self) -> None:
        """Go back."""
        self.dismiss()


def _compared(store: Store, numbers: Sequence[int]) -> list[Compared]:
    return [Compared(number, store.state(number), store.annotation(number)) for number in numbers]


def _notes(ranking: Ranking) -> Content:
    """What makes the rates hard to compare, and what the intervals and the order are worth."""
    cautions = "".join(f" ! {caution}" for caution in ranking.cautions)
    return Content.assemble((how_sure(ranking), "$foreground-muted"), (cautions, "$text-warning"))
