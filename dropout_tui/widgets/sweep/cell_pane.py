"""The pane below the matrix of a sweep: the cell under the cursor in full."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from dropout_tui.presenters.sweep.cell_detail import CellDetail


class CellPane(Static):
    """Name, decision, figures, causes, and why the cell cannot run."""

    DEFAULT_CSS = """
    CellPane {
        height: auto;
        padding: 0 1;
        border-top: solid $foreground 30%;
    }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._detail: CellDetail | None = None

    def show(self, detail: CellDetail | None) -> None:
        """Show a cell; ``None`` where the grid has none."""
        if detail != self._detail:
            self._detail = detail
            self.update(Content("") if detail is None else content_of(detail))


def content_of(detail: CellDetail) -> Content:
    """The lines of the pane."""
    head = Content.assemble(
        (detail.name, "bold"),
        f"  {detail.number}" if detail.number else "",
        "  ",
        (str(detail.mark), f"bold {detail.mark.colour}"),
    )
    # What is wrong comes first: the last lines are the first to be out of sight.
    trouble = [Content.styled(detail.trouble, "$text-error")] if detail.trouble else []
    return Content("\n").join([head, *trouble, *(Content(line) for line in detail.lines)])
