"""The pass rate, its interval, and whether it lies in the band: a picture that reads the same without colour."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from importlib import import_module

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.content import Content
from textual.message import Message
from textual.renderables.digits import Digits
from textual.style import Style as ContentStyle
from textual.widget import Widget

from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.settled_prefix import SettledPrefix
from dropout_core.state.trial_state import Status
from dropout_core.statistics.band.outlook import outlook
from dropout_core.statistics.mixed_groups import GROUP_SIZES, mixed_group
from dropout_core.statistics.pass_rate import (
    DECISION_ERROR,
    Band,
    Decision,
    probability_in_band,
    rate_range_with_voids,
)
from dropout_core.values.words.percent import percent
from dropout_core.verdict.verdict import Outcome
from dropout_tui.text.labels import mark_of_decision, mark_of_outcome
from dropout_tui.text.numbers import percent_range
from dropout_tui.text.words.outlook import brief_outlook_words, outlook_words
from dropout_tui.widgets.fitting import Item, fitting
from dropout_tui.widgets.rate_axis import axis, labels, place_on_axis

_WIDE = 100
_ROOM_FOR_DIGITS = (60, 5)
_ROOM_FOR_PICTURE = 40
_NOTHING_YET = "no trial graded yet"
_ON_BAND = ContentStyle.from_meta({"band": True})
"""What makes text know that a click on it is about the band."""


@dataclass(frozen=True, slots=True)
class Rate:
    """The figures of the picture."""

    passed: int
    graded: int
    void: int
    band: Band
    interval: tuple[float, float]
    sequence: tuple[float, float]
    decision: Decision
    decided_by: SettledPrefix
    """The trials that the band decision and its outlook go by."""
    rerolled: int = 0
    """Attempts that the user voided and reran."""
    tolerance: float = 0.0
    decision_error: float = DECISION_ERROR
    band_chosen_after: int = 0
    """Number of graded runs when the band was chosen."""
    has_copies: bool = False
    """Whether too many replies are equal for a decision."""

    @classmethod
    def of(cls, state: EvaluationState) -> Rate:
        """The figures of `state`."""
        tally = state.tally
        return cls(
            passed=tally.passed,
            graded=tally.graded,
            void=tally.void,
            band=state.config.band,
            interval=state.interval,
            sequence=state.sequence,
            decision=state.decision,
            decided_by=state.in_order,
            rerolled=tally.rerolled,
            tolerance=state.config.tolerance,
            decision_error=state.config.decision_error,
            band_chosen_after=state.band_chosen_after,
            has_copies=state.has_copies,
        )

    @property
    def estimate(self) -> float | None:
        """Passed over graded; ``None`` before the first."""
        return self.passed / self.graded if self.graded else None


class PassRate(Widget):
    """Estimate, interval and band. The smaller it is the less it shows, down to a single line."""

    DEFAULT_CSS = """
    PassRate {
        height: 7;
        padding: 0 1;
        border: round $foreground 30%;
        border-title-color: $foreground;
    }
    """

    BORDER_TITLE = "Pass rate"

    @dataclass
    class Chosen(Message):
        """The user clicked on a part that stands for the trials of a status."""

        status: Status

    class BandChosen(Message):
        """The user clicked on the band."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._rate: Rate | None = None
        # Where grading has not imported NumPy yet, that takes a tenth of a second, and the first frame comes first.
        self._with_outlook = "numpy" in sys.modules

    def on_mount(self) -> None:
        """Add the outlook to the first frame, where it waits for NumPy."""
        if not self._with_outlook:
            self.call_after_refresh(self.run_worker, self._add_outlook, exit_on_error=False)

    async def _add_outlook(self) -> None:
        await asyncio.to_thread(import_module, "numpy")
        self._with_outlook = True
        self.refresh()

    def show(self, state: EvaluationState) -> None:
        """Show the rate of `state`."""
        rate = Rate.of(state)
        if rate != self._rate:
            self._rate = rate
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Choose the trials that the clicked part stands for."""
        status = event.style.meta.get("status")
        if status is not None:
            self.post_message(self.Chosen(Status(status)))
        elif event.style.meta.get("band"):
            self.post_message(self.BandChosen())

    def render(self) -> Content:
        """The picture, at the size there is."""
        if self._rate is None:
            return Content(_NOTHING_YET).stylize("$foreground-muted")
        drawn = lines(self._rate, self.size.width, self.size.height, with_outlook=self._with_outlook)
        return Content("\n").join(drawn)


def lines(rate: Rate, width: int, height: int, *, with_outlook: bool = True) -> list[Content]:
    """The picture of `rate` in at most `height` lines of `width` cells."""
    if height <= 1 or width < _ROOM_FOR_PICTURE:
        return _words_only(rate, width, height)
    left = _left(rate, width, height)
    left_width = max(line.cell_length for line in left) + (3 if height >= 4 else 2)
    right_width = width - left_width
    picture = [_axis(rate, right_width)]
    if height >= 3:
        picture.insert(0, labels(right_width, rate.band))
    facts = _facts(rate, wide=width >= _WIDE, with_outlook=with_outlook)
    if height >= 4:
        facts = [*_voids(rate), *facts]
        picture += [Content("")] * (height >= 5)
        picture += [fitting(_legend(rate), right_width), fitting(facts, right_width)]
    else:
        picture.append(fitting([*_legend(rate, brief=True), *facts], right_width, gap=2))
    left += [Content("")] * (len(picture) - len(left))
    picture += [Content("")] * (len(left) - len(picture))
    return [
        Content.assemble(words.pad_right(left_width - words.cell_length), drawn)
        for words, drawn in zip(left, picture, strict=True)
    ][:height]


def _axis(rate: Rate, width: int) -> Content:
    """The axis; a click left of the estimate chooses the passed trials, right of it the failed ones."""
    if rate.estimate is None:
        return axis(width, rate.band)
    drawn = axis(width, rate.band, rate.interval, rate.estimate, rate.sequence)
    split = place_on_axis(rate.estimate, width)
    return drawn.stylize(_clicks(Status.PASSED), 0, split).stylize(_clicks(Status.FAILED), split, width)


def _clicks(status: Status) -> ContentStyle:
    """The style that makes a click on a text choose these trials."""
    return ContentStyle.from_meta({"status": status.value})


def _words_only(rate: Rate, width: int, height: int) -> list[Content]:
    """Everything in words, without a picture; the decision is the last to be left out."""
    decision = Item(_decision(rate), 10)
    band = Item(Content(f"band {_band(rate)}").stylize(_ON_BAND), 8)
    if rate.estimate is None:
        return [fitting([Item(Content(_NOTHING_YET), 9), *_voids(rate), band], width)]
    estimate = Item(
        Content.assemble((f"{percent(rate.estimate)} %", "bold"), f" ({rate.passed}/{rate.graded})"), 9
    )
    interval = Item(Content(f"95 % {percent_range(rate.interval)}"), 6)
    if height <= 1:
        return [fitting([estimate, interval, band, *_voids(rate, brief=True), decision], width, gap=2)]
    rest = fitting([interval, band, *_voids(rate, brief=True)], width, gap=2)
    if height == 2:
        return [fitting([estimate, decision], width, gap=2), rest]
    return [fitting([estimate], width), fitting([decision], width), rest]


def _left(rate: Rate, width: int, height: int) -> list[Content]:
    """The numbers beside the picture, as large as there is room for."""
    # Up to three lines there is no room for a border with a title.
    title = Content.styled(f"{PassRate.BORDER_TITLE} ", "$foreground-muted") if height == 3 else Content("")
    if rate.estimate is None:
        return [title, Content(_NOTHING_YET)] if title else [Content(_NOTHING_YET)]
    number = Content(f"{percent(rate.estimate)} %").stylize("bold")
    graded = Content(f"{rate.passed:,} of {rate.graded:,}").stylize(_clicks(Status.PASSED))
    decision = _decision(rate)
    if width >= _ROOM_FOR_DIGITS[0] and height >= _ROOM_FOR_DIGITS[1]:
        return [*_large(f"{percent(rate.estimate)}%"), graded, decision]
    if height >= 3:
        return [Content.assemble(title, number), graded, decision]
    return [Content.assemble(number, "  ", graded), decision]


def _large(text: str) -> list[Content]:
    pieces = Digits(text, Style.null()).render(Style.null())
    drawn = "".join(piece.text for piece in pieces if isinstance(piece, Segment)).splitlines()
    return [Content(line.rstrip()).stylize("bold") for line in drawn]


def _decision(rate: Rate) -> Content:
    mark = mark_of_decision(rate.decision)
    return Content.styled(str(mark), f"bold {mark.colour}")


def _legend(rate: Rate, *, brief: bool = False) -> list[Item]:
    """The legend of the picture."""
    edges, line, dashes = ("╫", "├┤", "╎╎") if brief else ("╫░╫", "├──┤", "╎╌╌╎")
    drawn = Content.assemble((edges, "$text-success"), f" band {_band(rate)}")
    band = Item(drawn.stylize(_ON_BAND), 9)
    if rate.estimate is None:
        return [band]
    when = "any time" if brief else "at any time"
    by = rate.decided_by.graded
    whose = "" if by == rate.graded or brief else f" by the first {by:,}"
    sequence = f"{dashes} {when} {percent_range(rate.sequence)}{whose}"
    return [
        Item(Content.assemble(("●", "bold $text-accent"), " estimate"), 3),
        Item(Content(f"{line} 95 % {percent_range(rate.interval)}"), 10),
        Item(Content.styled(sequence, "$foreground-muted"), 5),
        band,
    ]


def _facts(rate: Rate, *, wide: bool, with_outlook: bool) -> list[Item]:
    """The decision, the outlook and other lines about the numbers."""
    facts = []
    if rate.band_chosen_after:
        said = f"band chosen after {rate.band_chosen_after:,} runs"
        facts.append(Item(Content.styled(said, "$text-warning"), 7))
    if rate.graded:
        chance = percent(probability_in_band(rate.decided_by.passed, rate.decided_by.graded, rate.band))
        facts.append(Item(Content(f"P(in band) {chance} %"), 4))
        if with_outlook and rate.decision is Decision.UNDECIDED and not rate.has_copies:
            facts += [
                Item(Content(words), weight)
                for words, weight in zip(_outlook(rate, wide=wide), (8, 3), strict=False)
            ]
        group = mixed_group(rate.passed, rate.graded, GROUP_SIZES[0])
        facts.append(Item(Content(f"groups of {group.size} mixed {percent(group.chance)} %"), 2))
    return facts


def _outlook(rate: Rate, *, wide: bool) -> tuple[str, ...]:
    counts = rate.decided_by
    found = outlook(counts.passed, counts.graded, rate.band, rate.tolerance, rate.decision_error)
    return outlook_words(found) if wide else brief_outlook_words(found)


def _voids(rate: Rate, *, brief: bool = False) -> list[Item]:
    """The trials that do not count, and what the rate would be had they all failed, or all passed; and what the user
    rolled again."""
    rerolled = (
        [Item(Content.styled(f"{rate.rerolled:,} re-rolled", "$text-warning"), 7)] if rate.rerolled else []
    )
    open_range = rate_range_with_voids(rate.passed, rate.graded - rate.passed, rate.void)
    if not rate.void or open_range is None:
        return rerolled
    mark = mark_of_outcome(Outcome.VOID)
    could = f": {percent_range(open_range)} % possible" if rate.graded and not brief else ""
    said = Content.styled(f"{mark.glyph} {rate.void:,} {mark.word}{could}", mark.colour)
    return [Item(said.stylize(_clicks(Status.VOID)), 7), *rerolled]


def _band(rate: Rate) -> str:
    tolerance = f" ±{rate.tolerance * 100:g}" if rate.tolerance else ""
    return str(rate.band).replace("-", "–") + tolerance
