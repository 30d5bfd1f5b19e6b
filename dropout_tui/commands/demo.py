"""``dropout-tui --demo``: shows the program with built-in answers and a store that is thrown away."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from textual.content import Content
from textual.screen import Screen
from textual.widget import AwaitMount
from textual.widgets import Static

from dropout_core.models.sample.model import SampleModel
from dropout_core.running.session import Session
from dropout_core.storage.store import Store
from dropout_core.values.config import SAMPLE_MODEL, EvaluationConfig
from dropout_tui.app.base_app import problem_with_theme
from dropout_tui.app.dropout_app import DropoutApp
from dropout_tui.app.startup import FirstFrameText, StartPoint
from dropout_tui.command_line.open_store import Complain
from dropout_tui.exit_codes import EXIT_USAGE
from dropout_tui.presenters.launch.form import LaunchForm
from dropout_tui.presenters.launch.parsing import parse
from dropout_tui.settings.preferences import Preferences

NOTICE = "Demo: the answers are built in, no model is asked, nothing is kept"
WORDS = FirstFrameText("dropout-tui", notice=NOTICE)
PACE = 45.0
"""Tokens a second: slow enough to see an answer being written, quick enough not to be a wait."""
DEMO = LaunchForm(SAMPLE_MODEL, runs="24", concurrency="4", seed="7")


class DemoNotice(Static):
    """A line that says on every screen that this is a demo."""

    DEFAULT_CSS = """
    DemoNotice {
        dock: top;
        height: 1;
        padding: 0 1;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        color: $text-warning;
        background: $warning-muted;
        text-style: bold;
    }
    """

    def __init__(self) -> None:
        super().__init__(Content(NOTICE))


class DemoApp(DropoutApp):
    """The app, with a line on every screen."""

    KEEPS_RESULTS = False

    def push_screen(
        self, screen: Any, callback: Callable[[Any], Any] | None = None, *args: Any, **options: Any
    ) -> Any:
        """Show a screen, with the notice on it."""
        pushed = super().push_screen(screen, callback, *args, **options)
        if isinstance(screen, Screen) and not screen.is_modal:
            screen.call_after_refresh(_note, screen)
        return pushed


def run_demo(complain: Complain, preferences: Preferences, *, allow_weak_sandbox: bool) -> int:
    """Run the demo in this terminal."""
    if (problem := problem_with_theme(preferences.theme)) is not None:
        complain(problem)
        return EXIT_USAGE
    with TemporaryDirectory(prefix="dropout-tui-demo-") as folder, ExitStack() as open_store:

        def opening() -> StartPoint:
            store = Store(Path(folder) / "demo.sqlite3")
            open_store.callback(store.close)
            return demo_on(store, pace=PACE, allow_weak_sandbox=allow_weak_sandbox)

        app = DemoApp(
            opening, WORDS, paced=True, allow_weak_sandbox=allow_weak_sandbox, preferences=preferences
        )
        app.run()
    return app.return_status or app.return_code or 0


def demo_on(store: Store, *, pace: float | None, allow_weak_sandbox: bool = False) -> StartPoint:
    """The demo on `store`. Without a `pace`, in tokens a second, answers come at once."""
    config = parse(DEMO)
    assert isinstance(config, EvaluationConfig)  # noqa: S101 (for the type checker; the form is a constant)
    session = Session.new(store, config, SampleModel(pace=pace), allow_weak_sandbox=allow_weak_sandbox)
    return StartPoint(store, DEMO, session)


def _note(screen: Screen[object]) -> AwaitMount | None:
    return screen.mount(DemoNotice()) if screen.is_mounted and not screen.query(DemoNotice) else None
