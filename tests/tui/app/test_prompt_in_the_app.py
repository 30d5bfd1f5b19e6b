"""The prompt in hand, in the whole program: edited, named, started by one key, and there to be chosen again."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Button, TextArea

from dropout_core.storage.store import Store
from dropout_core.tasks.dropout import task as dropout
from dropout_core.verdict.verdict import Outcome
from dropout_tui.presenters.launch.prompt_choice import EDITED
from dropout_tui.screens.dashboard.screen import DashboardScreen
from dropout_tui.screens.evaluations.reopened import ReopenedScreen
from dropout_tui.screens.launch.edit_prompt import EditPromptScreen
from dropout_tui.screens.launch.screen import LaunchScreen
from dropout_tui.widgets.form.form_row import Field, Menu
from tests.tui.app.test_history_in_the_app import opened_history, program, settled
from tests.tui.looking import text_on_screen, until
from tests.tui.stored import stored

LOST = "Checked, but no longer stated:"


async def test_the_prompt_of_an_evaluation_is_edited_and_sent_by_one_key(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite3")
    built_in = dropout.prompt("plain", "basic")
    stored(store, [Outcome.PASSED], model="sample", prompt="plain", prompt_text=built_in)
    async with program(store) as (app, pilot):
        await opened_history(app, pilot, "f3")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ReopenedScreen))
        await pilot.press("E")
        await until(pilot, lambda: isinstance(app.screen, EditPromptScreen))
        text = app.screen.query_one(TextArea)
        assert text.text == built_in
        assert LOST not in text_on_screen(app)
        text.text = "Implement dropout. [/b] Keep its shape."
        await until(pilot, lambda: LOST in text_on_screen(app))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, LaunchScreen))
        await until(pilot, lambda: isinstance(app.focused, Button))
        await until(
            pilot, lambda: LOST in text_on_screen(app) and "[/b] Keep its shape." in text_on_screen(app)
        )
        await pilot.press("enter")
        await until(pilot, lambda: settled(app, 2))
        await until(pilot, lambda: "plain-2" in text_on_screen(app))
        config = store.config(2)
        assert (config.prompt, config.prompt_from) == ("plain-2", "plain")
        assert config.prompt_text == "Implement dropout. [/b] Keep its shape."
        assert "scaling" in config.unasked

        await pilot.press("n")
        await until(
            pilot, lambda: isinstance(app.screen, LaunchScreen) and "plain-2" in menu_words(app.screen)
        )
        launch = app.screen
        assert isinstance(launch, LaunchScreen)
        launch.query_one("#level", Menu).value = "plain-2"
        await until(pilot, lambda: launch.query_one("#prompt_name", Field).value == "plain-2")
        assert (launch.form.prompt, launch.form.prompt_text) == ("plain", config.prompt_text)
        launch.preview.focus()
        await pilot.press("d")
        await until(pilot, lambda: "+Implement dropout. [/b] Keep its shape." in text_on_screen(app))
        await pilot.press("f7")
        await until(pilot, lambda: isinstance(app.screen, EditPromptScreen))
        app.screen.query_one(TextArea).text = "Something else."
        await pilot.press("ctrl+s")
        await until(pilot, lambda: launch.query_one("#level", Menu).entry == EDITED)
        await until(pilot, lambda: launch.query_one("#prompt_name", Field).value == "plain-3")
        launch.query_one("#prompt_name", Field).value = "plain-2"
        await pilot.press("f5")
        await until(pilot, lambda: "is the name of another prompt" in text_on_screen(app))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
    store.close()


def menu_words(screen: LaunchScreen) -> list[str]:
    return [str(value) for _, value in screen.query_one("#level", Menu)._options]
