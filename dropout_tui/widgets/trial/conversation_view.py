"""A view of a conversation in parts, with the reply that is still arriving at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.style import Style
from textual.theme import Theme
from textual.visual import Visual

from dropout_core.state.trial_state import StepTaken
from dropout_core.values.conversation import Message
from dropout_tui.presenters.incremental_wrap import IncrementalWrap
from dropout_tui.presenters.trial.conversation_matches import ConversationPlaces
from dropout_tui.presenters.trial.conversation_parts import (
    Kind,
    Part,
    body_of,
    parts_of,
    speaker_line,
    summary_of,
)
from dropout_tui.text.sanitize import visible
from dropout_tui.widgets.text_search import PlacesChanged

_GUTTER = 2
_ARRIVING = "still arriving"


@dataclass(frozen=True, slots=True)
class _Line:
    """One line on screen, and the part it belongs to; ``None`` below the last."""

    content: Content
    kind: Kind | None = None
    part: Part | None = None
    heads: bool = False
    """Whether it is the summary of a part that can be folded."""


class ConversationView(ScrollView, can_focus=True):
    """The turns of one attempt, of which only visible lines are drawn, however long the conversation is.

    New turns and arriving text are added at the end. They move what the reader sees only while the reader is at
    the end; otherwise a note in the last line says how much there is below.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,o", "fold", "Unfold", id="conversation.fold", tooltip="Unfold or fold the marked part"),
        Binding("z", "fold_all", "Unfold all", id="conversation.fold-all", tooltip="Unfold or fold every part"),
        Binding("j,down", "step(1)", "Down", show=False, id="conversation.down", tooltip="Next part, or a line down"),
        Binding("k,up", "step(-1)", "Up", show=False, id="conversation.up", tooltip="Part before, or a line up"),
        Binding("g", "scroll_home", "Top", show=False, id="conversation.top", tooltip="To the beginning"),
        Binding("G,shift+g", "scroll_end", "Bottom", show=False, id="conversation.bottom",
                tooltip="To the end, and follow what arrives"),
    ]  # fmt: skip

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "conversation--text",
        "conversation--thinking",
        "conversation--call",
        "conversation--result",
        "conversation--error",
        "conversation--other",
        "conversation--cursor",
        "conversation--hint",
    }

    DEFAULT_CSS = """
    ConversationView {
        height: 1fr;
        padding: 0 1;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        & > .conversation--text { color: $primary; }
        & > .conversation--thinking { color: $secondary; text-style: italic; }
        & > .conversation--call { color: $accent; }
        & > .conversation--result { color: $foreground 50%; }
        & > .conversation--error { color: $error; }
        & > .conversation--other { color: $foreground 50%; }
        & > .conversation--cursor { background: $block-cursor-blurred-background; text-style: bold; }
        & > .conversation--hint { color: $text; background: $panel; text-style: bold; }
        &:ansi > .conversation--cursor, &:ansi > .conversation--hint { text-style: reverse; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._turns: tuple[Message, ...] = ()
        self._steps: tuple[StepTaken, ...] = ()
        self._parts: tuple[Part, ...] = ()
        self._turned: set[tuple[int, int]] = set()
        """Keys of the parts that the reader folded or unfolded, contrary to how they open."""
        self._cursor: tuple[int, int] | None = None
        self._contents: dict[tuple[int, int], tuple[Part, Content]] = {}
        self._bodies: dict[tuple[int, int], tuple[Content, int, list[Content]]] = {}
        self._places = ConversationPlaces()
        self._text = ""
        self._growing = IncrementalWrap()
        self._words = ""
        self._lines: list[_Line] = []
        self._follows = False
        self._seen = 0
        """How many lines there were when the reader was last at the end."""
        self._laid_out_for = 0

    # ---- what is shown --------------------------------------------------------------------------------------------

    @property
    def turns(self) -> tuple[Message, ...]:
        """The turns on screen."""
        return self._turns

    @property
    def arriving(self) -> str:
        """The text of the unfinished reply on screen."""
        return self._text

    @property
    def new_below(self) -> int:
        """How many lines have been added below the visible ones since the reader left the end."""
        below = len(self._lines) - max(self._seen, round(self.scroll_target_y) + self.size.height)
        return max(0, below) if self._follows else 0

    def on_mount(self) -> None:
        """Highlight again when the theme changes: ANSI themes have colours of their own."""
        self.app.theme_changed_signal.subscribe(self, self._recolour)

    def follow(self, follow: bool) -> None:
        """Start at the end and follow it until the reader scrolls away, or else start at the beginning."""
        self._follows = follow
        self._turned.clear()
        self._cursor = None
        self._scroll(self.max_scroll_y if follow else 0)

    def show(self, turns: Sequence[Message], steps: Sequence[StepTaken] = ()) -> None:
        """Show `turns` with, for the model's, the tokens and time of each reply."""
        turns, steps = tuple(turns), tuple(steps)
        if (turns, steps) != (self._turns, self._steps):
            self._turns, self._steps = turns, steps
            self._parts = parts_of(turns)
            self._find()
            self._change()

    def conclude(self, words: str) -> None:
        """Show a line under the last turn."""
        if words != self._words:
            self._words = words
            self._change()

    def arrive(self, text: str) -> None:
        """Show the text of a reply that is still arriving; none when it is empty."""
        if text != self._text:
            self._text = text
            self._change()

    # ---- layout ---------------------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Wrap anew."""
        if self._laid_out_for != self._width:
            self._change()

    @property
    def _width(self) -> int:
        return max(0, self.scrollable_content_region.width - _GUTTER)

    def _change(self, *, hold: bool = False) -> None:
        """Lay out again. The visible lines stay in place or, at the end of a growing conversation, its end does.

        `hold` keeps the first visible line in place, also at the end.
        """
        at_end = not hold and self.scroll_target_y >= self.max_scroll_y
        first = round(self.scroll_target_y)
        top = self._lines[first] if not at_end and first < len(self._lines) else None
        above = 0 if top is None else self._lines_into(top, first)
        self._lay_out()
        if self._follows and at_end:
            self._seen = len(self._lines)
            self._scroll(self.max_scroll_y)
        elif top is not None and top.part is not None:
            start = self._start_of(top.part.key)
            if start is not None and start + above != self.scroll_target_y:
                self._scroll(min(start + above, self.max_scroll_y))
        self.refresh()

    def _lay_out(self) -> None:
        width = self._laid_out_for = self._width
        if not width:
            return
        lines: list[_Line] = []
        for part in self._parts:
            if part.kind is Kind.SPEAKER:
                lines += [_Line(Content())] if lines else []
                head = speaker_line(part, self._steps, width + _GUTTER)
                lines += [_Line(line, part.kind, part) for line in head.split("\n")]
                continue
            folded = self._is_folded(part)
            if part.foldable:
                lines.append(_Line(summary_of(part, width, folded=folded), part.kind, part, heads=True))
            if not folded:
                lines += [_Line(line, part.kind, part) for line in self._body(part, width)]
        lines += self._ending(width)
        self._lines = lines
        if self.virtual_size.height != len(lines):
            self.virtual_size = Size(0, len(lines))

    def _ending(self, width: int) -> list[_Line]:
        lines: list[_Line] = []
        if self._text:
            self._growing.lay_out(self._text, width)
            lines += [_Line(Content()), _Line(Content.styled(_ARRIVING, "bold dim"), Kind.CALL)]
            lines += [_Line(Content(line), Kind.CALL) for line in self._growing.lines]
        if self._words:
            lines += [_Line(Content())] if self._parts or lines else []
            words = Content.styled(visible(self._words), "dim")
            lines += [_Line(line) for line in _wrapped(words, width + _GUTTER)]
        return lines

    def _body(self, part: Part, width: int) -> list[Content]:
        content = self._places.marked(part, self._content(part))
        known = self._bodies.get(part.key)
        if known is None or known[1] != width or not known[0].is_same(content):
            known = self._bodies[part.key] = (content, width, _wrapped(content, width))
        return known[2]

    def _content(self, part: Part) -> Content:
        known = self._contents.get(part.key)
        if known is None or known[0] != part:
            known = self._contents[part.key] = (part, body_of(part, self.app))
        return known[1]

    def _is_folded(self, part: Part) -> bool:
        return part.opens_folded != (part.key in self._turned)

    def _start_of(self, key: tuple[int, int]) -> int | None:
        """The number of the first line of a part."""
        return next((n for n, line in enumerate(self._lines) if line.part and line.part.key == key), None)

    def _lines_into(self, line: _Line, number: int) -> int:
        start = None if line.part is None else self._start_of(line.part.key)
        return 0 if start is None else number - start

    def _scroll(self, top: int) -> None:
        # Forced: the scrollbar that would allow it appears only with the next layout.
        self.scroll_to(y=top, animate=False, force=True)

    def _recolour(self, _theme: Theme) -> None:
        self._contents.clear()
        self._bodies.clear()
        self._change()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Note when the reader is at the end."""
        super().watch_scroll_y(old_value, new_value)
        if new_value >= self.max_scroll_y:
            self._seen = len(self._lines)
        # The hint is drawn over the last line in sight, wherever that is.
        self.refresh()

    # ---- folding --------------------------------------------------------------------------------------------------

    def action_fold(self) -> None:
        """Unfold or fold the marked part: the first visible one, unless the reader moved to another."""
        key = self._marked
        if key is not None:
            self._cursor = key
            self._turned ^= {key}
            self._change(hold=True)

    def action_fold_all(self) -> None:
        """Unfold every part or, when none is folded, fold every one."""
        foldable = [part for part in self._parts if part.foldable]
        fold = not any(self._is_folded(part) for part in foldable)
        self._turned = {part.key for part in foldable if part.opens_folded != fold}
        self._change(hold=True)

    def action_step(self, by: int) -> None:
        """Mark the next foldable part, if it is visible; otherwise scroll by a line."""
        marked = self._marked
        heads = self._heads_in_sight()
        if marked is not None and marked != self._cursor:
            self._cursor = marked
        if self._cursor in heads:
            place = heads.index(self._cursor) + by
            if 0 <= place < len(heads):
                self._cursor = heads[place]
                self.refresh()
                return
        self._scroll(min(self.max_scroll_y, max(0, round(self.scroll_target_y) + by)))

    def on_click(self, event: events.Click) -> None:
        """Unfold or fold what was clicked; a click on the hint goes to the end."""
        if self.text_selection is not None:
            return
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if self.new_below and offset.y == self.scrollable_content_region.height - 1:
            self.scroll_end(animate=False)
            return
        number = round(self.scroll_offset.y) + offset.y
        if number < len(self._lines) and self._lines[number].heads:
            part = self._lines[number].part
            self._cursor = part.key if part is not None else None
            self.action_fold()

    @property
    def _marked(self) -> tuple[int, int] | None:
        """The part that folding acts on: the one the reader moved to, if it is visible, or the first visible one."""
        heads = self._heads_in_sight()
        return self._cursor if self._cursor in heads else (heads[0] if heads else None)

    def _heads_in_sight(self) -> list[tuple[int, int]]:
        top = round(self.scroll_target_y)
        sight = self._lines[top : top + self.scrollable_content_region.height]
        return [line.part.key for line in sight if line.heads and line.part is not None]

    # ---- searching ------------------------------------------------------------------------------------------------

    @property
    def places_found(self) -> int:
        """See `Searched`; folded parts are searched too."""
        return len(self._places)

    @property
    def current_place(self) -> int | None:
        """See `Searched`."""
        return self._places.current

    @property
    def place_in_sight(self) -> int:
        """See `Searched`."""
        sight = self._lines[round(self.scroll_target_y) :]
        return self._places.first_in({line.part.key for line in sight if line.part is not None})

    def seek(self, sought: str) -> None:
        """See `Searched`."""
        if sought != self._places.sought:
            self._places.seek(sought)
            self._find()
            self._change(hold=True)

    def be_at_place(self, index: int | None) -> None:
        """See `Searched`; the part with the match is unfolded."""
        self._places.current = index
        part = None if index is None else self._places.part_of(index)
        if part is not None and part.foldable:
            self._cursor = part.key
            self._turned ^= {part.key} if self._is_folded(part) else set()
        self._change(hold=True)
        start = None if part is None else self._start_of(part.key)
        if index is not None and part is not None and start is not None:
            line = self._places.line_of(index, self._content(part), self._body(part, self._width))
            self._bring_into_sight(start + part.foldable + line)

    def _find(self) -> None:
        self._places.find(self._parts, self._content)
        self.post_message(PlacesChanged())

    def _bring_into_sight(self, line: int) -> None:
        top, height = round(self.scroll_target_y), self.scrollable_content_region.height
        if not top <= line < top + height - 1:
            self._scroll(min(self.max_scroll_y, max(0, line - height // 3)))

    # ---- drawing --------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """One line as the terminal shows it."""
        height = self.scrollable_content_region.height
        width = self.scrollable_content_region.width
        number = self.scroll_offset.y + y
        below = self.new_below
        if below and y == height - 1:
            style = self.get_visual_style("conversation--hint")
            hint = f" ↓ {below} new {'line' if below == 1 else 'lines'} below · G "
            return _strip(self, Content(hint).truncate(width), width, style)
        if number >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        line = self._lines[number]
        if line.kind is None or line.kind is Kind.SPEAKER:
            gutter, text_width = Strip([]), width
        else:
            colour = self.get_visual_style(f"conversation--{line.kind}")
            gutter, text_width = _strip(self, Content("▎ "), _GUTTER, colour), width - _GUTTER
        base = self.visual_style
        part = line.part
        if line.heads and part is not None and part.key == self._marked and self.has_focus:
            base = self.get_visual_style("conversation--cursor")
        elif line.kind is Kind.THINKING and not line.heads:
            base += Style(italic=True)
        content = line.content
        span = self.text_selection.get_span(number) if self.text_selection is not None else None
        if span is not None:
            start, end = span
            selected = Style.from_styles(self.screen.get_component_styles("screen--selection"))
            content = content.stylize(selected, start, None if end == -1 else end)
        text = _strip(self, content, text_width, base)
        return Strip.join([gutter, text.apply_offsets(0, number)])

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text, without the margin."""
        return selection.extract("\n".join(line.content.plain for line in self._lines)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:  # noqa: ARG002
        """Repaint the selection."""
        self.refresh()


def _strip(view: ConversationView, content: Content, width: int, style: Style) -> Strip:
    strips = (
        Visual.to_strips(view, content, max(1, width), 1, style, apply_selection=False) if content else []
    )
    first = strips[0] if strips else Strip([])
    return first.adjust_cell_length(max(0, width), style.rich_style)


def _wrapped(content: Content, width: int) -> list[Content]:
    """The lines of `content`, none wider than `width`."""
    lines: list[Content] = []
    for line in content.split("\n", allow_blank=True):
        lines += [line] if line.cell_length <= width else line.wrap(width)
    return lines
