"""Where a conversation says what is searched for, and at which of these places the reader is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from textual.content import Content

from dropout_tui.presenters.conversation_parts import Kind, Part
from dropout_tui.text.search_matches import line_holding, places_in, with_places


class ConversationPlaces:
    """Places are counted through the bodies of all parts, whether they are folded or not."""

    def __init__(self) -> None:
        self.sought = ""
        self.current: int | None = None
        """The index of the place the reader is at."""
        self._found: list[tuple[Part, int]] = []
        """A part, and which of the places in it."""

    def __len__(self) -> int:
        return len(self._found)

    def seek(self, sought: str) -> None:
        """Search for something else, as `find` does next."""
        self.sought, self.current = sought, None

    def find(self, parts: Iterable[Part], content_of: Callable[[Part], Content]) -> None:
        """Search in `parts`. The reader stays at a place that is still there: what was said does not change."""
        before = None if self.current is None else self._found[self.current]
        bodies = (part for part in parts if self.sought and part.kind is not Kind.SPEAKER)
        self._found = [
            (part, nth)
            for part in bodies
            for nth, _ in enumerate(places_in(content_of(part).plain, self.sought))
        ]
        keys = [(part.key, nth) for part, nth in self._found]
        here = None if before is None else (before[0].key, before[1])
        self.current = keys.index(here) if here in keys else None

    def part_of(self, index: int) -> Part:
        """The part that holds the place of this index."""
        return self._found[index][0]

    def first_in(self, keys: set[tuple[int, int]]) -> int:
        """The index of the first place in the parts with these keys; 0 when there is none."""
        return next((index for index, (part, _) in enumerate(self._found) if part.key in keys), 0)

    def marked(self, part: Part, content: Content) -> Content:
        """The body of `part` with what is searched for."""
        at = None if self.current is None else self._found[self.current]
        current = at[1] if at is not None and at[0].key == part.key else None
        return with_places(content, places_in(content.plain, self.sought), current)

    def line_of(self, index: int, content: Content, lines: Sequence[Content]) -> int:
        """Which of `lines`, the wrapped body of its part, holds the place of this index."""
        start, _ = places_in(content.plain, self.sought)[self._found[index][1]]
        return line_holding([line.plain for line in lines], content.plain, start)
