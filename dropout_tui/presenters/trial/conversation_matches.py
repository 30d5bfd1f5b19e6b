"""The places in a conversation that match a search, and the current one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from textual.content import Content

from dropout_tui.presenters.trial.conversation_parts import Kind, Part
from dropout_tui.text.search_matches import line_holding, places_in, with_places


class ConversationPlaces:
    """Matches in the bodies of all parts, numbered in order, whether a part is folded or not."""

    def __init__(self) -> None:
        self.sought = ""
        self.current: int | None = None
        """The index of the current place."""
        self._found: list[tuple[Part, int]] = []
        """For each place its part, and its index among the places of that part."""

    def __len__(self) -> int:
        return len(self._found)

    def seek(self, sought: str) -> None:
        """Set what the next `find` searches for."""
        self.sought, self.current = sought, None

    def find(self, parts: Iterable[Part], content_of: Callable[[Part], Content]) -> None:
        """Search in `parts`. The current place stays: earlier parts do not change."""
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
        """The body of `part` with its matches marked."""
        at = None if self.current is None else self._found[self.current]
        current = at[1] if at is not None and at[0].key == part.key else None
        return with_places(content, places_in(content.plain, self.sought), current)

    def line_of(self, index: int, content: Content, lines: Sequence[Content]) -> int:
        """The index in `lines`, the wrapped body of its part, that holds the place with this index."""
        start, _ = places_in(content.plain, self.sought)[self._found[index][1]]
        return line_holding([line.plain for line in lines], content.plain, start)
