"""A dialog that asks for a path and saves a text there."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from dropout_core.reports.writing import IsThereAlready, write_whole
from dropout_tui.screens.confirm import Choice, ConfirmScreen
from dropout_tui.text.sanitize import visible_line
from dropout_tui.widgets.form.form_row import Field

_OVERWRITE, _KEEP = "overwrite", "keep"


class SaveScreen(ModalScreen[Path | None]):
    """Asks for a path; returns it once the text is saved there, or ``None``."""

    TITLE = "Save"
    HELP = (
        "# Save\n\n**enter** saves, **escape** does not. A file that is there already is asked about first."
    )

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", id="save.leave", tooltip="Back without saving"),
    ]

    DEFAULT_CSS = """
    SaveScreen {
        align: center middle;
        & > Vertical {
            width: 70;
            max-width: 100%;
            height: auto;
            padding: 1 2;
            border: round $accent;
            border-title-style: bold;
            background: $surface;
        }
        & #save-problem { color: $text-error; display: none; }
    }
    """

    path = getters.query_one("#save-path", Field)
    _problem = getters.query_one("#save-problem", Static)

    def __init__(self, text: str, what: str, file_name: str) -> None:
        """`what` names the text: ``"code of run 3, attempt 1"``."""
        super().__init__()
        self._text = text
        self._what = what
        self._file_name = file_name

    def compose(self) -> ComposeResult:
        """The path, and what is wrong with it."""
        with Vertical() as box:
            box.border_title = Content(visible_line(f"Save the {self._what}"))
            box.border_subtitle = "enter saves · esc does not"
            yield Field("save-path", self._file_name, "path of a file")
            yield Static(id="save-problem", markup=False)

    def on_mount(self) -> None:
        """Focus the path."""
        self.path.focus()

    @on(Input.Submitted)
    def _save(self) -> None:
        path = Path(self.path.value.strip()).expanduser()
        if not self.path.value.strip():
            self._complain("give the path of a file")
            return
        self._write(path, replace=False)

    def _ask(self, path: Path) -> None:
        def answered(answer: str | None) -> None:
            if answer == _OVERWRITE:
                self._write(path, replace=True)

        question = f"{path} is there already. Overwrite it?"
        choices = [Choice(_OVERWRITE, "y", "Yes, overwrite it"), Choice(_KEEP, "n", "No, keep it")]
        self.app.push_screen(ConfirmScreen(question, choices, safe=_KEEP, title="Overwrite?"), answered)

    @work(group="saving", exclusive=True)
    async def _write(self, path: Path, *, replace: bool) -> None:
        """Write in a thread, since a disk may be slow."""
        text = self._text.removesuffix("\n") + "\n"
        try:
            readable = text.encode("utf-8", "backslashreplace").decode()
            await asyncio.to_thread(write_whole, path, [readable], replace=replace)
        except IsThereAlready:
            self._ask(path)
        except (OSError, ValueError) as error:
            self._complain(str(error))
        else:
            self.dismiss(path)

    def _complain(self, problem: str) -> None:
        self._problem.update(Content(f"✗ {visible_line(problem)}"))
        self._problem.display = True

    def action_leave(self) -> None:
        """Back without saving."""
        self.dismiss(None)
