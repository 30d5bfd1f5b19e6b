"""A dialog that asks a question with a few answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events, getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static

from dropout_tui.text.sanitize import visible
from dropout_tui.widgets.vim_option_list import VimOptionList


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer."""

    answer: str
    """The result of the screen."""
    key: str
    """The key that chooses it at once."""
    label: str


class ConfirmScreen(ModalScreen[str]):
    """Asks `question` and returns the answer that was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", id="confirm.leave", tooltip="Leave everything as it is"),
    ]

    DEFAULT_CSS = """
    ConfirmScreen {
        align: center middle;
        & > VerticalScroll {
            width: 60;
            max-width: 100%;
            height: auto;
            max-height: 100%;
            padding: 0 1;
            border: round $warning;
            border-title-style: bold;
            background: $surface;
            scrollbar-size-vertical: 1;
        }
        & Static { width: 1fr; padding: 1; }
        & VimOptionList { max-height: 100h; padding: 0; }
    }
    """

    choices = getters.query_one(VimOptionList)

    def __init__(self, question: str, choices: Sequence[Choice], *, safe: str, title: str = "") -> None:
        """`safe` is the answer that changes nothing: it is highlighted first, and escape returns it.

        Raises:
            ValueError: no choice gives the answer `safe`.
        """
        super().__init__()
        self._question = question
        self._choices = tuple(choices)
        self._heading = title
        self._safe = [choice.answer for choice in self._choices].index(safe)

    def compose(self) -> ComposeResult:
        """The question, and under it the choices."""
        with VerticalScroll(can_focus=False) as dialog:
            dialog.border_title = Content(visible(self._heading))
            yield Static(Content(visible(self._question)), id="question")
            yield VimOptionList(*(_line(choice) for choice in self._choices))

    def on_mount(self) -> None:
        """Highlight the safe answer."""
        self.choices.highlighted = self._safe
        self.choices.focus()

    def on_key(self, event: events.Key) -> None:
        """Choose by letter."""
        for choice in self._choices:
            if event.key == choice.key:
                event.stop()
                self.dismiss(choice.answer)

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(self._choices[event.option_index].answer)

    def action_leave(self) -> None:
        """Return the safe answer."""
        self.dismiss(self._choices[self._safe].answer)


FINISH = "finish"
QUIT = "quit"
STAY = "stay"


def quit_dialog(
    under_way: int, *, evaluations: int = 1, queued: int = 0, in_batches: bool = False, kept: bool = True
) -> ConfirmScreen:
    """Asks before leaving cuts off `under_way` trials of so many evaluations, while others are `queued`; returns
    `FINISH`, `QUIT` or `STAY`. With `in_batches` all of them wait for batches, which go on without the program. What is
    not `kept` cannot be gone on with."""
    what = _what_is_batched(under_way) if in_batches else _what_runs(under_way, evaluations, kept)
    return ConfirmScreen(
        " ".join(filter(None, (what, _what_waits(queued)))),
        _WAYS_TO_LEAVE_BATCHES if in_batches else _ways_to_quit(under_way),
        safe=STAY,
        title="Quit?",
    )


def _what_runs(trials: int, evaluations: int, kept: bool) -> str:
    if not trials:
        return ""
    said = "1 trial is" if trials == 1 else f"{trials:,} trials are"
    where = f" in {evaluations} evaluations" if evaluations > 1 else ""
    after = (
        "Every reply and verdict so far is kept; resume goes on from there."
        if kept
        else "Nothing of it is kept."
    )
    return f"{said} running{where}. {after}"


def _what_is_batched(trials: int) -> str:
    said = "1 trial waits" if trials == 1 else f"{trials:,} trials wait"
    return f"{said} for a batch, which goes on at its server. resume takes it up, within 29 days."


def _what_waits(evaluations: int) -> str:
    match evaluations:
        case 0:
            return ""
        case 1:
            return "1 evaluation is queued. It is kept; resume begins it."
        case _:
            return f"{evaluations} evaluations are queued. They are kept; resume begins them."


_WAYS_TO_LEAVE_BATCHES = [
    Choice(QUIT, "y", "Leave it at the server and quit"),
    Choice(FINISH, "f", "Wait for it, begin nothing more, then quit"),
    Choice(STAY, "n", "Stay"),
]


def _ways_to_quit(trials: int) -> list[Choice]:
    stay = Choice(STAY, "n", "Stay")
    if not trials:
        return [Choice(QUIT, "y", "Quit"), stay]
    it = "it" if trials == 1 else "them"
    return [
        Choice(FINISH, "f", f"Finish {it}, begin nothing more, then quit"),
        Choice(QUIT, "y", f"Cut {it} off and quit"),
        stay,
    ]


def _line(choice: Choice) -> Content:
    return Content.assemble((f" {choice.key} ", "bold underline"), f" {visible(choice.label)}")
