"""What the pass rate does not say by itself: failures no check is to blame for, too many replies cut off
or the same."""

from __future__ import annotations

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from dropout_core.analysis.review.rate_warnings import failures_beside_task, warnings
from dropout_core.state.evaluation_state import EvaluationState

_GAP = "   "


class WarningLine(Widget):
    """The warnings about the pass rate, in a line or two; hidden while there are none."""

    DEFAULT_CSS = """
    WarningLine {
        height: auto;
        padding: 0 1;
        &.-empty { display: none; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.add_class("-empty")
        self._said: tuple[str | None, str | None] = (None, None)

    def show(self, state: EvaluationState) -> None:
        """Show the warnings about `state`."""
        said = (failures_beside_task(state), warnings(state))
        if said != self._said:
            self._said = said
            self.set_class(not any(said), "-empty")
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """As many lines as it takes."""
        return len(lines(*self._said, width))

    def render(self) -> Content:
        """The lines."""
        return Content("\n").join(lines(*self._said, self.content_size.width))


def lines(beside: str | None, warning: str | None, width: int) -> list[Content]:
    """Both warnings on one line if they fit, otherwise one under the other."""
    said = [Content(beside)] if beside else []
    if warning:
        said.append(Content.styled(f"! {warning}", "$text-warning"))
    together = Content(_GAP).join(said)
    if together.cell_length <= width:
        return [together]
    return [line for each in said for line in each.wrap(max(1, width))]
