"""The title line of screens about more than one evaluation."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from dropout_tui.text.sanitize import visible_line


class Heading(Widget):
    """The program and the name of the screen on the left with what it counts, and the place on the right."""

    DEFAULT_CSS = """
    Heading {
        height: 1;
        padding: 0 1;
        background: $panel;
        color: $text;
    }
    """

    def __init__(self, name: str) -> None:
        """`name` is the screen's."""
        super().__init__()
        self._title = name
        self._said = ""
        self._place = ""

    def show(self, said: str, place: str = "") -> None:
        """Show what the screen counts, and the place."""
        self._said, self._place = visible_line(said), visible_line(place)
        self.refresh()

    def render(self) -> Content:
        """The line; the place is left out first, then the program's name."""
        width = self.size.width
        program = Content.styled("dropout-tui  ", "bold $text-accent")
        rest = Content.assemble((self._title, "bold"), f"  {self._said}" if self._said else "")
        place = Content.styled(self._place, "$foreground-muted")
        gap = width - program.cell_length - rest.cell_length - place.cell_length
        if self._place and gap >= 2:
            return Content.assemble(program, rest, " " * gap, place)
        if program.cell_length + rest.cell_length <= width:
            return Content.assemble(program, rest)
        return rest.truncate(width, ellipsis=True)
