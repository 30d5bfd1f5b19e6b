"""A prompt to be edited in the program, where there is no editor to open."""

from __future__ import annotations

from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static, TextArea

from dropout_tui.presenters.launch.prompt_choice import PromptShown
from dropout_tui.text.sanitize import visible
from dropout_tui.widgets.form.prompt_preview import gaps


class EditPromptScreen(ModalScreen[str | None]):
    """The text, and below it what it does not state. Returns the text, or ``None`` when the user leaves."""

    TITLE = "Edit the prompt"
    HELP = "# Edit the prompt\n\n**ctrl+s** or **F5** takes it over, **escape** leaves it as it was."
    AUTO_FOCUS = "TextArea"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+s,f5", "take", "Take over", id="prompt.take", priority=True, tooltip="Take the text over"
        ),
        Binding(
            "escape", "leave", "Back", id="prompt.leave", priority=True, tooltip="Leave the prompt as it was"
        ),
    ]

    DEFAULT_CSS = """
    EditPromptScreen {
        align: center middle;
        & > Vertical {
            width: 90%;
            height: 90%;
            padding: 0 1;
            border: round $accent;
            border-title-style: bold;
            background: $surface;
        }
        & TextArea { height: 1fr; }
        & #gaps { height: auto; max-height: 4; color: $text-warning; }
    }
    """

    text = getters.query_one(TextArea)
    _gaps = getters.query_one("#gaps", Static)

    def __init__(self, shown: PromptShown) -> None:
        super().__init__()
        self._shown = shown
        self._given = visible(shown.text)

    def compose(self) -> ComposeResult:
        """The text, and what it does not state."""
        with Vertical() as box:
            box.border_title = self.TITLE
            box.border_subtitle = "ctrl+s takes it over · esc does not"
            yield TextArea(self._given, soft_wrap=True, show_line_numbers=False, compact=True)
            yield Static(id="gaps", markup=False)

    @on(TextArea.Changed)
    def on_mount(self) -> None:
        """Say what the text does not state."""
        before = self._shown.before or self._shown.text
        lines = gaps(self.text.text, self._shown.requirements, before=before)
        self._gaps.update(Content("\n".join(lines)))

    def action_take(self) -> None:
        """Give the text back."""
        text = self.text.text
        self.dismiss(None if text == self._given else text)

    def action_leave(self) -> None:
        """Leave the prompt as it was."""
        self.dismiss(None)
