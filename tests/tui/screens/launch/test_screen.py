"""The launch form on screen."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import cycle
from pathlib import Path

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input, Select

from dropout_core.values.config import SAMPLE_NOTICE, EvaluationConfig
from dropout_tui.presenters.launch.form import LaunchForm
from dropout_tui.presenters.launch.notice import KEY_NOTICES
from dropout_tui.screens.confirm import ConfirmScreen
from dropout_tui.screens.launch.screen import LaunchScreen
from dropout_tui.widgets.form.fold import Fold
from dropout_tui.widgets.form.form_row import FormRow
from tests.tui.looking import text_on_screen, until
from tests.tui.states import HOSTILE_TEXTS

FORM = LaunchForm(model="sample", seed="7")


class Launching(App[None]):
    def __init__(
        self, form: LaunchForm = FORM, *, key_configured: bool = False, is_first: bool = False
    ) -> None:
        super().__init__()
        self.view = LaunchScreen(form, key_configured=key_configured, is_first=is_first)
        self.results: list[EvaluationConfig | None] = []

    def on_mount(self) -> None:
        self.push_screen(self.view, self.results.append)

    @property
    def text(self) -> str:
        return text_on_screen(self)

    def type_into(self, field: str, value: str) -> None:
        self.view.query_one(f"#{field}", Input).value = value

    async def unfold(self, pilot: Pilot[None]) -> None:
        self.view.query_one(Fold).action_fold()
        await until(pilot, lambda: bool(self.view.query("#batch")))

    def problem(self, field: str) -> str:
        row = next(row for row in self.view.query(FormRow) if row.control.id == field)
        return "".join(str(shown.render()) for shown in row.query(".form-row--problem") if shown.display)


async def test_the_form_as_it_opens_starts() -> None:
    app = Launching()
    async with app.run_test(size=(20, 5)) as pilot:
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.results)
    (config,) = app.results
    assert config is not None
    assert (config.model, config.runs, config.seed, config.sequential) == ("sample", 10, 7, False)


async def test_a_narrow_form_shows_the_key_of_the_help_and_escape_leaves_it() -> None:
    app = Launching()
    async with app.run_test(size=(36, 20)) as pilot:
        await until(pilot, lambda: app.text.splitlines()[-1].split()[-2:] == ["f1", "Help"])
        await pilot.press("escape")
        await until(pilot, lambda: app.results == [None])


async def test_what_is_filled_in_under_more_is_asked_for_and_a_problem_there_is_shown() -> None:
    app = Launching(LaunchForm(model="m", seed="7"), key_configured=True)
    async with app.run_test(size=(80, 24)) as pilot:
        fold = app.view.query_one(Fold)
        for_others = ("api", "prompt", "prompt_name")
        assert {row.control.id for row in app.view.query(FormRow) if not row.display} == set(for_others)
        await app.unfold(pilot)
        app.type_into("name", "12")
        fold.action_fold()
        await pilot.press("f5")
        await until(pilot, lambda: "✗ a number is no name" in app.text)
        assert app.view.focused is app.view.query_one("#name")
        app.type_into("name", "small")
        fold.action_fold()
        await until(pilot, lambda: "▸ More         1 filled in" in app.text)
        fold.focus()
        await pilot.press("enter")
        await until(pilot, lambda: fold.is_open)
        await pilot.press("down")
        assert app.view.focused is app.view.query_one("#name")
        app.type_into("tolerance", "5")
        app.type_into("thinking", "auto")
        app.view.query_one("#effort", Select).value = "high"
        app.type_into("temperature", "3")
        app.type_into("system", "Be brief.")
        app.type_into("set", "top_k=5")
        app.view.query_one("#batch", Select).value = "yes, half the price within 24 hours"
        fold.action_fold()
        await until(pilot, lambda: "▸ More         8 filled in" in app.text)
        await pilot.press("f5")
        await until(pilot, lambda: "is not a temperature" in app.text)
        assert app.view.focused is app.view.query_one("#temperature")
        app.type_into("temperature", "1")
        await pilot.press("f5")
        await until(pilot, lambda: app.results)
    (config,) = app.results
    assert config is not None
    assert (config.tolerance, config.thinking, config.effort, config.temperature) == (
        0.05,
        "auto",
        "high",
        1.0,
    )
    assert (config.top_p, config.system, config.set) == (None, "Be brief.", {"top_k": 5})
    assert config.batch


async def test_what_a_settings_file_says_is_shown_kept_and_refused_where_it_is_unknown() -> None:
    given = replace(FORM, suite="[/foo]", mode="[red]x", api="[x]", system="Be brief.\nThink.")
    app = Launching(given)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "▾ More" in app.text and "Be brief. Think." in app.text)
        assert "[/foo]" in app.text
        assert "[red]x" in app.text
        await pilot.press("f5")
        await until(pilot, lambda: "unknown suite '[/foo]'" in app.problem("suite"))
        assert "unknown mode '[red]x'" in app.problem("mode")
        assert "unknown API '[x]'" in app.problem("api")
        for field, known in (("suite", "basic"), ("mode", "answer"), ("api", "anthropic")):
            app.view.query_one(f"#{field}", Select).value = known
        await pilot.press("f5")
        await until(pilot, lambda: app.results)
    (config,) = app.results
    assert config is not None
    assert config.system == "Be brief.\nThink."


@pytest.mark.timeout(600)  # many keys, each as slow as the machine is busy
@pytest.mark.parametrize(
    "size", [(36, 12), *(pytest.param(size, marks=pytest.mark.long_run) for size in ((80, 24), (60, 20)))]
)
async def test_arrows_and_enter_move_between_fields_and_what_has_the_focus_is_in_sight(
    size: tuple[int, int],
) -> None:
    app = Launching()
    async with app.run_test(size=size) as pilot:
        rows = [row for row in app.view.query(FormRow) if row.display]
        form = app.view.query_one("#form")
        await until(pilot, lambda: app.view.focused is rows[0].control)
        await pilot.press("enter")
        assert app.view.focused is rows[1].control
        for row in rows[2:]:
            await pilot.press("down")
            assert app.view.focused is row.control
        await until(pilot, lambda: form.scrollable_content_region.contains_region(rows[-1].control.region))
        await pilot.press("up")
        assert app.view.focused is rows[-2].control


async def test_everything_that_was_chosen_is_in_the_configuration() -> None:
    app = Launching(replace(FORM, until_decided=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"-x", "down", *"http://b", "down", "backspace", "down", "down", "enter")
        await pilot.press("down", "enter", "down", "space", "down", "enter")
        await pilot.pause()
        await pilot.press("f5")
        await until(pilot, lambda: app.results)
    (config,) = app.results
    assert config is not None
    assert (config.model, config.base_url, config.runs) == ("sample-x", "http://b", 1)
    assert (config.sequential, config.mode, config.until_decided) == (True, "agent", True)


async def test_escape_never_leaves_the_program_without_a_question_that_says_what_is_lost() -> None:
    app = Launching(is_first=True)
    async with app.run_test(size=(80, 24)) as pilot:
        for _ in range(2):
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
            assert "Nothing has been started" in app.text
            assert "kept" not in app.text
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is app.view)
        await pilot.press(*"-x", "escape")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "kept" in app.text  # what was filled in is not
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.view)
        assert app.view.form.model == "sample-x"
        assert app.results == []
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: app.results == [None])


async def test_what_is_wrong_stands_at_the_field_and_the_first_is_gone_to_whichever_way_one_starts() -> None:
    app = Launching(replace(FORM, runs="0", band="40-10", concurrency="ten"))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.view.query_one("#start").is_on_screen)
        await pilot.click("#start")
        await until(pilot, lambda: app.problem("runs"))
        assert app.problem("runs") == "✗ 0 is out of range; give a number from 1 to 10,000"
        assert "'ten' is not a whole number" in app.problem("concurrency")
        assert "the low end comes first" in app.problem("band")
        assert app.problem("model") == ""
        await until(pilot, lambda: app.view.focused is app.view.query_one("#runs"))
        app.type_into("runs", "3")
        app.type_into("concurrency", "3")
        await pilot.press("f5")
        await until(pilot, lambda: app.view.focused is app.view.query_one("#band"))
        assert not app.problem("runs")
        app.type_into("band", "10-40")
        app.type_into("runs", "lots")
        await pilot.resize_terminal(80, 12)
        start = app.view.query_one("#start")
        start.focus()
        await until(pilot, lambda: app.view.focused is start and "Runs" not in app.text)
        await pilot.press("enter")
        await until(pilot, lambda: "'lots' is not a whole number" in app.text)
        assert app.results == []
        app.type_into("runs", "3")
        await pilot.press("f5")
        await until(pilot, lambda: app.results)


async def test_the_prompt_stands_beside_the_form_with_the_checks_that_one_of_ones_own_does_not_mention(
    tmp_path: Path,
) -> None:
    path = tmp_path / "own.txt"
    path.write_text("Write dropout(x, p, training). Scale survivors. [/foo]", encoding="utf-8")
    app = Launching(replace(FORM, prompt=str(path)))
    async with app.run_test(size=(160, 40)) as pilot:
        await until(pilot, lambda: "Write dropout(x, p, training). Scale survivors. [/foo]" in app.text)
        unstated = app.text[app.text.index("Checked, but not mentioned here") :]
        assert "Shape" in unstated
        assert "Randomness" in unstated
        assert "Scaling" not in unstated
        level = app.view.query_one("#level", Select)
        own = level.value
        for name, begins in (
            ("explicit", "Implement dropout from scratch"),
            ("terse", "Implement inverted dropout in NumPy"),
        ):
            level.value = name
            await until(pilot, lambda begins=begins: begins in app.text)  # type: ignore[misc]
        app.view.query_one("#mode", Select).value = "agent"
        await until(pilot, lambda: "`submit_answer`" in app.text)
        level.value = own
        app.type_into("prompt", "/nowhere/own.txt")
        await until(pilot, lambda: "cannot read the prompt '/nowhere/own.txt'" in app.text)
        await pilot.press("f5")
        await until(pilot, lambda: "cannot read the prompt" in app.problem("prompt"))
        assert app.view.focused is app.view.query_one("#prompt")
        app.type_into("prompt", str(path))
        await pilot.press("f5")
        await until(pilot, lambda: app.results)
    (config,) = app.results
    assert config is not None
    assert config.prompt == str(path)


async def test_the_form_says_what_a_run_would_tell() -> None:
    app = Launching()
    async with app.run_test(size=(80, 24)) as pilot:
        no_key, elsewhere = KEY_NOTICES["anthropic"], "http://localhost:1"
        for model, address, notice in (
            ("sample", "", SAMPLE_NOTICE),
            ("claude-haiku-4-5", "", no_key),
            ("claude-haiku-4-5", elsewhere, ""),
        ):
            app.type_into("model", model)
            app.type_into("base_url", address)
            await until(
                pilot,
                lambda notice=notice: all(
                    (one in app.text) == (one == notice) for one in (SAMPLE_NOTICE, no_key)
                ),  # type: ignore[misc]
            )


HARMFUL = {"\x1b", "\x00", "\x07", "\u202e", "\ud800"}


def form_of_strangers() -> LaunchForm:
    given = cycle(HOSTILE_TEXTS)
    return LaunchForm(**{item.name: next(given) for item in fields(LaunchForm) if item.type == "str"})  # type: ignore[arg-type]


async def test_text_of_strangers_stays_text() -> None:
    app = Launching(form_of_strangers())
    async with app.run_test(size=(200, 60), notifications=True) as pilot:
        await pilot.press("f5")
        await until(pilot, lambda: app.problem("runs"))
        # So high that all fields are seen at once, the narrowest that has room for fields, and two without room.
        for size in ((200, 60), (36, 100), (20, 5), (1, 1)):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda size=size: app.view.size == size)  # type: ignore[misc]
            text = app.text
            assert not HARMFUL & set(text)
            assert len(text.splitlines()) == size[1]
        assert app.results == []


@pytest.mark.long_run
@pytest.mark.parametrize("size", [(80, 24), (36, 12)])
async def test_text_of_strangers_stays_text_in_the_field_with_the_focus(size: tuple[int, int]) -> None:
    app = Launching(form_of_strangers())
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.press("f5")
        await until(pilot, lambda: app.problem("runs"))
        for row in app.view.query(FormRow):
            row.control.focus()
            await pilot.pause()
            assert not HARMFUL & set(app.text)


async def test_labels_tell_which_field_has_the_focus_and_which_has_no_meaning_beside_the_rest() -> None:
    app = Launching(replace(FORM, mode="agent", concurrency="many"))
    async with app.run_test(size=(80, 24)) as pilot:

        def lit() -> list[str]:
            rows = app.view.query(FormRow)
            return [str(row.control.id) for row in rows if row.query_one(".form-row--label").rich_style.bold]

        def dimmed() -> set[str | None]:
            return {row.control.id for row in app.view.query(FormRow) if row.has_class("-unused")}

        for name in ("model", "mode", "runs"):
            app.view.query_one(f"#{name}").focus()
            await until(pilot, lambda name=name: lit() == [name])  # type: ignore[misc]
        assert dimmed() == set()
        app.view.query_one("#mode", Select).value = "answer"
        app.view.query_one("#sequential", Select).value = "yes, one run at a time"
        await until(pilot, lambda: dimmed() == {"concurrency", "max_steps"})
        # What is dimmed is checked all the same.
        await pilot.press("f5")
        await until(pilot, lambda: "'many' is not a whole number" in app.problem("concurrency"))
        assert app.view.focused is app.view.query_one("#concurrency")
