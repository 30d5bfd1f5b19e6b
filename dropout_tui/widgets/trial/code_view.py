"""A view of source code: highlighted, with line numbers and one marked line."""

from __future__ import annotations

from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.style import Style
from textual.theme import Theme
from textual.visual import Visual
from textual.widgets import Static

from dropout_tui.text.highlighting import coloured_code
from dropout_tui.text.sanitize import visible
from dropout_tui.text.search_matches import places_in, with_places
from dropout_tui.widgets.text_search import PlacesChanged


class CodeLines(ScrollView, can_focus=True):
    """The lines of one source text. Long lines scroll sideways, beside a fixed gutter."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", "Down", show=False, id="code.down", tooltip="One line down"),
        Binding("k", "scroll_up", "Up", show=False, id="code.up", tooltip="One line up"),
        Binding("h", "scroll_left", "Left", show=False, id="code.left", tooltip="Scroll left"),
        Binding("l", "scroll_right", "Right", show=False, id="code.right", tooltip="Scroll right"),
        Binding("g", "scroll_home", "Top", show=False, id="code.top", tooltip="To the beginning"),
        Binding("G,shift+g", "scroll_end", "Bottom", show=False, id="code.bottom", tooltip="To the end"),
    ]

    COMPONENT_CLASSES: ClassVar[set[str]] = {"code-lines--number", "code-lines--marked"}

    DEFAULT_CSS = """
    CodeLines {
        height: 1fr;
        text-wrap: nowrap;
        scrollbar-size: 1 1;
        & > .code-lines--number { color: $foreground 40%; }
        & > .code-lines--marked { color: $text-error; background: $error 25%; text-style: bold; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._source = ""
        self._lines: list[Content] = []
        self._marked: int | None = None
        self._sought: int | None = None
        """A marked line that is still to be scrolled to."""
        self._strips: dict[int, Strip] = {}
        self._words = ""
        """The text searched for."""
        self._places: list[tuple[int, int, int]] = []
        """The matches: a line, from 0, and its characters."""
        self._place: int | None = None

    @property
    def source(self) -> str:
        """The source on screen."""
        return self._source

    @property
    def marked(self) -> int | None:
        """The number of the marked line, from 1."""
        return self._marked

    def on_mount(self) -> None:
        """Highlight again when the theme changes: ANSI themes have colours of their own."""
        self.app.theme_changed_signal.subscribe(self, self._recolour)

    def show(self, source: str) -> None:
        """Show `source` from its beginning, with no line marked."""
        self._source = source
        self._marked = self._sought = self._place = None
        self._colour()
        self._find()
        width = max((line.cell_length for line in self._lines), default=0)
        self.virtual_size = Size(self._gutter + width + 1, len(self._lines))
        self.scroll_to(0, 0, animate=False)

    def mark(self, number: int | None) -> None:
        """Mark a line and scroll to it; ``None``, or a line that does not exist, marks none."""
        if number is not None and not 1 <= number <= len(self._lines):
            number = None
        if number == self._marked:
            return
        self._marked = number
        self._strips.clear()
        self._sought = number
        self.refresh()
        self.call_after_refresh(self._bring_into_sight)

    @property
    def places_found(self) -> int:
        """See `Searched`."""
        return len(self._places)

    @property
    def current_place(self) -> int | None:
        """See `Searched`."""
        return self._place

    @property
    def place_in_sight(self) -> int:
        """See `Searched`."""
        top = round(self.scroll_target_y)
        return next((index for index, (line, _, _) in enumerate(self._places) if line >= top), 0)

    def seek(self, sought: str) -> None:
        """See `Searched`."""
        if sought != self._words:
            self._words, self._place = sought, None
            self._find()

    def be_at_place(self, index: int | None) -> None:
        """See `Searched`."""
        self._place = index
        self._strips.clear()
        self.refresh()
        if index is not None:
            line, start, end = self._places[index]
            plain = self._lines[line]
            left, width = plain[:start].cell_length, plain[start:end].cell_length
            self.scroll_to_region(Region(left, line, width + self._gutter, 1), animate=False)

    def _find(self) -> None:
        self._places = [
            (number, *place)
            for number, line in enumerate(self._lines)
            for place in places_in(line.plain, self._words)
        ]
        self._strips.clear()
        self.refresh()
        self.post_message(PlacesChanged())

    def _with_places(self, number: int) -> Content:
        """A line, from 1, with its matches marked."""
        line = number - 1
        here = [(place, spot) for place, spot in enumerate(self._places) if spot[0] == line]
        current = next((index for index, (place, _) in enumerate(here) if place == self._place), None)
        return with_places(self._lines[line], [(start, end) for _, (_, start, end) in here], current)

    def on_show(self) -> None:
        """Scroll to a line that was marked while the widget was hidden."""
        self._bring_into_sight()

    def _bring_into_sight(self) -> None:
        if self._sought is not None and self.is_on_screen:
            self.scroll_to_region(Region(0, self._sought - 1, 1, 1), animate=False, x_axis=False)
            self._sought = None

    def render_line(self, y: int) -> Strip:
        """One line as the terminal shows it."""
        scroll_x, scroll_y = self.scroll_offset
        number = scroll_y + y + 1
        width = self.size.width
        if number > len(self._lines):
            return Strip.blank(width, self.rich_style)
        component = "code-lines--marked" if number == self._marked else "code-lines--number"
        gutter_style = self.get_visual_style(component).rich_style
        pointer = "▶" if number == self._marked else " "
        gutter = Content(f"{pointer}{number:>{self._gutter - 2}} ").render_segments()
        line_style = gutter_style if number == self._marked else self.rich_style
        line = self._strip(number).crop_extend(scroll_x, scroll_x + max(0, width - self._gutter), line_style)
        return Strip.join([Strip(gutter).apply_style(gutter_style), line.apply_offsets(scroll_x, number - 1)])

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected code, without line numbers."""
        return selection.extract("\n".join(line.plain for line in self._lines)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:  # noqa: ARG002
        """Repaint the selection."""
        self._strips.clear()
        self.refresh()

    def notify_style_update(self) -> None:
        """Repaint in the new styles."""
        self._strips.clear()
        super().notify_style_update()

    @property
    def _gutter(self) -> int:
        """The cells left of the code: the pointer, the number and a blank."""
        return max(2, len(str(len(self._lines)))) + 2

    def _strip(self, number: int) -> Strip:
        if number not in self._strips:
            content = self._with_places(number)
            selected = self.text_selection.get_span(number - 1) if self.text_selection is not None else None
            if selected is not None:
                start, end = selected
                style = Style.from_styles(self.screen.get_component_styles("screen--selection"))
                content = content.stylize(style, start, None if end == -1 else end)
            marked = ("code-lines--marked",) if number == self._marked else ()
            base = self.get_visual_style(*marked)
            width = max(1, content.cell_length)
            strips = Visual.to_strips(self, content, width, 1, base, apply_selection=False)
            self._strips[number] = strips[0] if strips else Strip([])
        return self._strips[number]

    def _colour(self) -> None:
        # A final line end does not start another line.
        self._lines = []
        # The first highlighting creates the lexer; an empty source need not wait for that.
        if self._source:
            self._lines = coloured_code(self._source.removesuffix("\n"), self.app).split(
                "\n", allow_blank=True
            )
        self._strips.clear()
        self.refresh()

    def _recolour(self, _theme: Theme) -> None:
        self._colour()


class CodeView(Vertical):
    """The code of an answer, or the reason why there is none."""

    DEFAULT_CSS = """
    CodeView {
        & > VerticalScroll { padding: 1 2; scrollbar-size-vertical: 1; }
        & Static { width: 1fr; color: $text-muted; }
    }
    """

    _why = ""
    lines = getters.query_one(CodeLines)
    _absence = getters.query_one("#absence", VerticalScroll)
    _reason = getters.query_one("#absence-reason", Static)

    def compose(self) -> ComposeResult:
        """The code, and the text in its place."""
        yield CodeLines()
        with VerticalScroll(id="absence"):
            yield Static(id="absence-reason", markup=False)

    def on_mount(self) -> None:
        """Begin with nothing to show."""
        self.explain("")

    def show(self, source: str) -> None:
        """Show `source`; the same source again keeps the scroll position."""
        if not self.lines.display or self.lines.source != source:
            self.lines.show(source)
        self._swap(code=True)

    def explain(self, why: str) -> None:
        """Show why there is no code."""
        if self._absence.display and why == self._why:
            return
        self._why = why
        self.lines.show("")
        self._reason.update(Content(visible(why)))
        self._swap(code=False)

    def mark(self, number: int | None) -> None:
        """Mark the line that a check refers to."""
        self.lines.mark(number)

    def _swap(self, *, code: bool) -> None:
        self.lines.display = code
        self._absence.display = not code
