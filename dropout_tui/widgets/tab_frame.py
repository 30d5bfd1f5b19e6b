"""A frame that shows one of several widgets, whose names stand in its upper border."""

from __future__ import annotations

from textual import getters
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import ContentSwitcher


class TabFrame(Vertical):
    """Tabs that cost no line: the border carries them, numbered by the keys that show them."""

    DEFAULT_CSS = """
    TabFrame {
        link-style: none;
        link-color: $foreground 80%;
        & > ContentSwitcher { height: 1fr; }
    }
    """

    _switcher = getters.query_one(ContentSwitcher)

    def __init__(self, *tabs: tuple[str, Widget], initial: str) -> None:
        """Each tab is a title and a widget; the widget's id is the tab's name. Begins at the tab `initial`."""
        super().__init__()
        self._tabs = tabs
        self._initial = initial

    def compose(self) -> ComposeResult:
        """All tabs, of which one is visible."""
        with ContentSwitcher(initial=self._initial):
            for _, widget in self._tabs:
                yield widget

    def on_mount(self) -> None:
        """Name the tabs."""
        self._name_tabs()

    @property
    def current(self) -> str:
        """The name of the tab on screen."""
        return self._switcher.current or self._initial

    def action_show(self, name: str) -> None:
        """Show the tab called `name`."""
        self._switcher.current = name
        self._name_tabs()

    def _name_tabs(self) -> None:
        self.border_title = Content(" ").join(
            Content.from_markup(
                "[bold reverse]$label[/]"
                if widget.id == self.current
                else f"[@click=show('{widget.id}')]$label[/]",
                label=f" {number} {title} ",
            )
            for number, (title, widget) in enumerate(self._tabs, 1)
        )
