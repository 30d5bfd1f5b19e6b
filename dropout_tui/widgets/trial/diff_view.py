"""A view of the difference between two answers, in one column or side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.style import Style
from textual.theme import Theme
from textual.visual import Visual

from dropout_tui.presenters.trial.code_diff import Change, DiffLine, counts, diff, side_by_side
from dropout_tui.text.highlighting import coloured_code

ROOMY = 100
"""Least cells at which the texts stand side by side, unless the reader says otherwise."""
_SEPARATOR = " │ "
_CLASSES = {Change.REMOVED: "diff--removed", Change.ADDED: "diff--added"}


@dataclass(frozen=True, slots=True)
class Compared:
    """Two texts with their names."""

    old: str
    new: str
    old_name: str
    new_name: str


class DiffView(ScrollView, can_focus=True):
    """The lines of two texts: ``-`` only in the first, ``+`` only in the second. Long lines wrap."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "turn", "Layout", id="diff.layout", tooltip="Side by side, or one under the other"),
        Binding("j", "scroll_down", "Down", show=False, id="diff.down", tooltip="Scroll down"),
        Binding("k", "scroll_up", "Up", show=False, id="diff.up", tooltip="Scroll up"),
        Binding("g", "scroll_home", "Top", show=False, id="diff.top", tooltip="To the beginning"),
        Binding("G,shift+g", "scroll_end", "Bottom", show=False, id="diff.bottom", tooltip="To the end"),
    ]

    COMPONENT_CLASSES: ClassVar[set[str]] = {"diff--removed", "diff--added", "diff--number"}

    DEFAULT_CSS = """
    DiffView {
        height: 1fr;
        padding: 0 1;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        & > .diff--removed { background: $error 18%; }
        & > .diff--added { background: $success 18%; }
        & > .diff--number { color: $foreground 45%; }
        &:ansi > .diff--removed { background: ansi_default; text-style: dim; }
        &:ansi > .diff--added { background: ansi_default; text-style: bold; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._compared: Compared | None = None
        self._lines: tuple[DiffLine, ...] = ()
        self._coloured: tuple[list[Content], list[Content]] = ([], [])
        self._drawn: list[list[tuple[Content, Change | None, int]]] = []
        """For each line on screen its pieces from left to right: text, change, width."""
        self._chosen: bool | None = None

    @property
    def compared(self) -> Compared | None:
        """The difference on screen."""
        return self._compared

    @property
    def beside(self) -> bool:
        """Whether the texts stand side by side."""
        return self.size.width >= ROOMY if self._chosen is None else self._chosen

    def on_mount(self) -> None:
        """Colour anew when the theme changes."""
        self.app.theme_changed_signal.subscribe(self, self._recolour)

    def show(self, compared: Compared | None) -> None:
        """Show the difference from its beginning; the same one again keeps the scroll position."""
        if compared == self._compared:
            return
        self._compared = compared
        self._lines = () if compared is None else diff(compared.old, compared.new)
        self._colour()
        self.scroll_to(0, 0, animate=False)

    def action_turn(self) -> None:
        """Switch between side by side and one column."""
        self._chosen = not self.beside
        self._lay_out()

    def on_resize(self) -> None:
        """Wrap anew."""
        self._lay_out()

    def render_line(self, y: int) -> Strip:
        """One line as the terminal shows it."""
        number = self.scroll_offset.y + y
        width = self.scrollable_content_region.width
        if number >= len(self._drawn):
            return Strip.blank(width, self.rich_style)
        pieces = [self._piece(*piece) for piece in self._drawn[number]]
        return Strip.join(pieces).adjust_cell_length(width, self.rich_style)

    def _piece(self, content: Content, change: Change | None, width: int) -> Strip:
        name = _CLASSES.get(change) if change is not None else None
        style: Style = self.visual_style if name is None else self.get_visual_style(name)
        strips = (
            Visual.to_strips(self, content, max(1, width), 1, style, apply_selection=False) if content else []
        )
        return (strips[0] if strips else Strip([])).adjust_cell_length(width, style.rich_style)

    def _recolour(self, _theme: Theme) -> None:
        self._colour()

    def _colour(self) -> None:
        texts = ("", "") if self._compared is None else (self._compared.old, self._compared.new)
        old, new = (coloured_code(text, self.app).split("\n", allow_blank=True) for text in texts)
        self._coloured = old, new
        self._lay_out()

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        if not width or self._compared is None:
            self._drawn = []
        elif self.beside:
            self._drawn = self._two_columns(self._compared, width)
        else:
            self._drawn = self._one_column(self._compared, width)
        self.virtual_size = Size(0, len(self._drawn))
        self.refresh()

    def _one_column(self, compared: Compared, width: int) -> list[list[tuple[Content, Change | None, int]]]:
        removed, added = counts(self._lines)
        rows: list[list[tuple[Content, Change | None, int]]] = []
        for change, name, number in (
            (Change.REMOVED, compared.old_name, removed),
            (Change.ADDED, compared.new_name, added),
        ):
            heading = Content.assemble(
                (f"{change * 3} {name}", "bold"), (f"   {_lines(number)} only here", "dim")
            )
            rows += [[(part, None, width)] for part in _wrapped(heading, width)]
        digits = self._digits
        for line in self._lines:
            numbers = f"{line.old or '':>{digits}} {line.new or '':>{digits}}"
            rows += [[(part, line.change, width)] for part in self._numbered(numbers, line, width)]
        return rows

    def _two_columns(self, compared: Compared, width: int) -> list[list[tuple[Content, Change | None, int]]]:
        left = (width - len(_SEPARATOR)) // 2
        right = width - len(_SEPARATOR) - left
        bar = (Content.styled(_SEPARATOR, "dim"), None, len(_SEPARATOR))
        removed, added = counts(self._lines)
        names = (
            Content.assemble(
                (f"--- {compared.old_name}", "bold"), (f"   {_lines(removed)} only here", "dim")
            ),
            Content.assemble((f"+++ {compared.new_name}", "bold"), (f"   {_lines(added)} only here", "dim")),
        )
        rows: list[list[tuple[Content, Change | None, int]]] = []
        rows += _beside(
            [(part, None) for part in _wrapped(names[0], left)],
            [(part, None) for part in _wrapped(names[1], right)],
            (left, right),
            bar,
        )
        digits = self._digits
        for old, new in side_by_side(self._lines):
            halves: list[list[tuple[Content, Change | None]]] = []
            for line, room, is_old in ((old, left, True), (new, right, False)):
                if line is None:
                    halves.append([])
                    continue
                number = line.old if is_old else line.new
                parts = self._numbered(f"{number or '':>{digits}}", line, room)
                halves.append([(part, line.change) for part in parts])
            rows += _beside(halves[0], halves[1], (left, right), bar)
        return rows

    @property
    def _digits(self) -> int:
        return len(str(max(map(len, self._coloured))))

    def _numbered(self, numbers: str, line: DiffLine, width: int) -> list[Content]:
        """A line behind its numbers and its glyph, wrapped under itself."""
        texts, number = (self._coloured[0], line.old) if line.new is None else (self._coloured[1], line.new)
        text = texts[number - 1] if number is not None and number <= len(texts) else Content()
        gutter = f"{numbers} {line.change} "
        room = max(1, width - len(gutter))
        parts = [text] if text.cell_length <= room else text.wrap(room)
        blank = " " * len(gutter)
        style = "dim" if line.change is Change.KEPT else "bold"
        return [
            Content.assemble((blank if place else gutter, style), part) for place, part in enumerate(parts)
        ]


def _beside(
    left: Sequence[tuple[Content, Change | None]],
    right: Sequence[tuple[Content, Change | None]],
    widths: tuple[int, int],
    bar: tuple[Content, Change | None, int],
) -> list[list[tuple[Content, Change | None, int]]]:
    nothing: tuple[Content, Change | None] = (Content(), None)
    rows = []
    for number in range(max(len(left), len(right))):
        one = left[number] if number < len(left) else nothing
        other = right[number] if number < len(right) else nothing
        rows.append([(*one, widths[0]), bar, (*other, widths[1])])
    return rows


def _wrapped(content: Content, width: int) -> list[Content]:
    return [content] if content.cell_length <= width else content.wrap(width)


def _lines(number: int) -> str:
    return "1 line" if number == 1 else f"{number} lines"
