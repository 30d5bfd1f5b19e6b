"""A box of lines about two evaluations."""

from __future__ import annotations

from abc import abstractmethod

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from dropout_core.analysis.comparison.comparison import Comparison


class ComparisonBox(Widget):
    """As high as its lines; subclasses make them in `lines_about`."""

    DEFAULT_CSS = """
    ComparisonBox {
        height: auto;
        padding: 0 1;
        border: round $foreground 30%;
        border-title-color: $foreground 80%;
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._comparison: Comparison | None = None

    def show(self, comparison: Comparison) -> None:
        """Show the lines about `comparison`."""
        self._comparison = comparison
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """As many lines as there are."""
        return len(self._lines(width))

    def render(self) -> Content:
        """The lines."""
        return Content("\n").join(self._lines(self.size.width))

    def _lines(self, width: int) -> list[Content]:
        if self._comparison is None or width < 1:
            return [Content("")]
        return self.lines_about(self._comparison, width)

    @abstractmethod
    def lines_about(self, comparison: Comparison, width: int) -> list[Content]:
        """The lines, each at most `width` cells."""
