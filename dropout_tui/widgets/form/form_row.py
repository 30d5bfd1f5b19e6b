"""One field of a form: its label, its control, and under them its problem."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Select, Static

from dropout_tui.text.sanitize import visible, visible_line


class FormRow(Widget):
    """A label and a control side by side. A hint and a problem take a line each, only while there is one. The class
    ``-unused`` dims a field that has no meaning beside what the others say."""

    DEFAULT_CSS = """
    FormRow {
        height: auto;
        layout: grid;
        grid-size: 2;
        grid-columns: 15 1fr;
        grid-rows: auto;
        & .form-row--label { color: $foreground 70%; text-wrap: nowrap; }
        & .form-row--problem { column-span: 2; color: $text-error; padding-left: 2; }
        & .form-row--hint {
            column-span: 2; color: $foreground 50%; padding-left: 2; height: 1; text-wrap: nowrap;
            text-overflow: ellipsis;
        }
        &.-unused .form-row--label, &.-unused Input { color: $foreground 40%; }
        &.-entered .form-row--label { color: $text-accent; text-style: bold; }
        &:nocolor.-entered .form-row--label { text-style: reverse; }
    }
    """

    def __init__(self, label: str, control: Field | Menu) -> None:
        super().__init__()
        self._label = label
        self.control = control
        """The input widget; its id is the field's name."""
        self._hint: Static | None = None
        self._problem: Static | None = None
        """The lines below; a form has many rows, and few of them ever have one."""

    def compose(self) -> ComposeResult:
        """The label and the control."""
        yield Static(self._label, markup=False, classes="form-row--label")
        yield self.control

    def on_descendant_focus(self) -> None:
        """Highlight the label."""
        self.add_class("-entered")

    def on_descendant_blur(self) -> None:
        """No longer highlight the label."""
        self.remove_class("-entered")

    def hint(self, words: str) -> None:
        """Show a dim line of help, or none."""
        if words and self._hint is None:
            self._hint = Static(classes="form-row--hint")
            self.mount(self._hint, after=self.control)
        if self._hint is not None:
            self._hint.update(Content(visible_line(words)))
            self._hint.display = bool(words)

    def complain(self, problem: str) -> None:
        """Show a problem, or none."""
        if problem and self._problem is None:
            self._problem = Static(classes="form-row--problem")
            self.mount(self._problem)
        if self._problem is not None:
            self._problem.update(Content(f"✗ {visible_line(problem)}"))
            self._problem.display = bool(problem)


def by_field(rows: Iterable[FormRow]) -> dict[str, FormRow]:
    """The rows by the names of their fields, which are the ids of their controls."""
    return {row.control.id or "": row for row in rows}


def show_problems(rows: Iterable[FormRow], problems: Mapping[str, str]) -> None:
    """Show each field its problem, or none, and go to the first that has one; `problems` by the fields' names."""
    wrong: FormRow | None = None
    for row in rows:
        problem = problems.get(row.control.id or "", "")
        row.complain(problem)
        if problem and wrong is None:
            wrong = row
    if wrong is not None:
        wrong.control.focus()
        wrong.call_after_refresh(wrong.scroll_visible, animate=False)


class Field(Input):
    """A one-line input. Invisible characters are replaced as `visible` replaces them."""

    def __init__(self, id: str, value: str, placeholder: str = "") -> None:  # noqa: A002
        super().__init__(value, placeholder, id=id, compact=True, select_on_focus=False)

    @property
    def entry(self) -> str:
        """The text in it."""
        return self.value

    def validate_value(self, value: str) -> str:
        """Make pasted or given text one visible line. Blanks that are being typed stay."""
        return self.shown(value)

    @staticmethod
    def shown(value: str) -> str:
        """A text as a field shows it, on one line."""
        return visible(value).replace("\n", " ").replace("\t", " ")


class Menu(Select[str], inherit_bindings=False):
    """A choice of a few words. The arrow keys are left to the form, to move between fields."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "show_overlay", "Choose", show=False, id="menu.open", tooltip="Open the menu"),
    ]

    def __init__(self, *words: str, value: str, id: str) -> None:  # noqa: A002
        """Offers `words`, and `value` too when it is none of them."""
        super().__init__(_options(words, value), value=value, allow_blank=False, compact=True, id=id)

    def offer(self, *words: str, value: str) -> None:
        """Offer other words, with one of them chosen."""
        self.set_options(_options(words, value))
        self.value = value

    @property
    def entry(self) -> str:
        """The word that is chosen."""
        return str(self.value)


def _options(words: tuple[str, ...], value: str) -> list[tuple[Content, str]]:
    offered = words if value in words else (*words, value)
    return [(Content(visible_line(word)), word) for word in offered]
