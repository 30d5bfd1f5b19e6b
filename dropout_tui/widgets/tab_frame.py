"""A frame that shows one of several widgets, with their titles in its upper border."""

from __future__ import annotations

from collections.abc import Callable, Collection
from itertools import pairwise

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget


class TabFrame(Horizontal):
    """Tabs in the border, numbered by the keys that show them, so that they take no line.

    A tab is made when it is first shown. Some of them may stand beside each other where there is room.
    """

    DEFAULT_CSS = """
    TabFrame {
        link-style: none;
        link-color: $foreground 80%;
        & > * { width: 1fr; height: 1fr; }
        & > .-not-first { border-left: vkey $foreground 30%; }
    }
    """

    def __init__(
        self,
        *tabs: tuple[str, Widget],
        initial: str,
        shown: Callable[[], None],
        together: Collection[str] = (),
        beside: bool = False,
    ) -> None:
        """Each tab is a title and a widget; the widget's id is the tab's name. It starts at the tab `initial`.

        Those named `together` stand beside each other while `beside` is so. `shown` is called when other tabs than
        before are on screen, to fill them before they are painted.
        """
        super().__init__()
        self._tabs = {widget.id or title: (title, widget) for title, widget in tabs}
        self._shown = shown
        self._together = together
        self._beside = beside
        self._current = initial
        self._made: set[str] = set()

    def compose(self) -> ComposeResult:
        """The tabs shown at first."""
        for name in self._on_screen:
            yield self._tabs[name][1]

    def on_mount(self) -> None:
        """Show the titles."""
        self._made.update(self._on_screen)
        self._arrange()

    @property
    def current(self) -> str:
        """The name of the tab that was asked for last."""
        return self._current

    @property
    def ready(self) -> tuple[Widget, ...]:
        """The widgets on screen."""
        return tuple(self._tabs[name][1] for name in self._on_screen if name in self._made)

    def is_ready(self, name: str) -> bool:
        """Whether a tab is on screen."""
        return name in self._made and name in self._on_screen

    async def action_show(self, name: str) -> None:
        """Show the tab called `name`."""
        self._current = name
        await self._make()

    async def set_beside(self, beside: bool) -> None:
        """Show the tabs that belong together side by side, or one at a time."""
        if beside != self._beside:
            self._beside = beside
            await self._make()

    async def _make(self) -> None:
        # In one batch, so that a tab is painted together with its content and its room.
        with self.app.batch_update():
            missing = [name for name in self._on_screen if name not in self._made]
            for name in missing:
                await self.mount(self._tabs[name][1])
                self._made.add(name)
            self._arrange()
            self._shown()

    @property
    def _on_screen(self) -> tuple[str, ...]:
        """The names of the tabs to be seen, in order."""
        if self._beside and self._current in self._together:
            return tuple(name for name in self._tabs if name in self._together)
        return (self._current,)

    def _arrange(self) -> None:
        shown = self._on_screen
        for name in self._made:
            widget = self._tabs[name][1]
            widget.display = name in shown
            widget.set_class(name in shown[1:], "-not-first")
        # A tab that was made later may belong before one that was made earlier.
        made = [self._tabs[name][1] for name in self._tabs if name in self._made]
        for before, after in pairwise(made):
            self.move_child(after, after=before)
        self.border_title = Content(" ").join(
            Content.from_markup(
                "[bold reverse]$label[/]" if name == self._current else f"[@click=show('{name}')]$label[/]",
                label=f" {number} {title} ",
            )
            for number, (name, (title, _)) in enumerate(self._tabs.items(), 1)
        )
