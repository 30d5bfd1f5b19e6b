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
from dropout_tui.presenters.launch_form import LaunchForm
from dropout_tui.presenters.launch_notice import KEY_NOTICES
from dropout_tui.screens.confirm import ConfirmScreen
from dropout_tui.screens.launch import LaunchScreen
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


@pytest.mark.parametrize(("size", "start"), [((80, 24), "f5"), ((20, 5), "ctrl+s")])
async def test_the_form_as_it_opens_starts(size: tuple[int, int], start: str) -> None:
    app = Launching()
    async with app.run_test(size=size) as pilot:
        await pilot.press(start)
        await until(pilot, lambda: app.results)
    (config,) = app.results
    assert config is not None
    assert (config.model, config.runs, config.seed, config.sequential) == ("sample", 10, 7, False)


async def test_the_key_of_the_help_is_shown_however_narrow_it_is() -> None:
    app = Launching()
    async with app.run_test(size=(36, 20)) as pilot:
        await until(pilot, lambda: app.text.splitlines()[-1].split()[-2:] == ["f1", "Help"])


async def test_what_is_filled_in_under_more_is_asked_for() -> None:
    app = Launching(LaunchForm(model="m", seed="7"), key_configured=True)
    async with app.run_test(size=(80, 24)) as pilot:
        fold = app.view.query_one(Fold)
        fold.focus()
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.view.query("#batch")))
        for field in (
            "name", "tags", "note",
            "tolerance", "thinking", "effort", "temperature", "top_p", "system", "set", "refusals", "batch",
        ):  # fmt: skip
            await pilot.press("down")
            assert app.view.focused is app.view.query_one(f"#{field}")
        app.type_into("name", "small")
        app.type_into("tolerance", "5")
        app.type_into("thinking", "auto")
        app.view.query_one("#effort", Select).value = "high"
        app.type_into("temperature", "1")
        app.type_into("system", "Be brief.")
        app.type_into("set", "top_k=5")
        app.view.query_one("#batch", Select).value = "yes, half the price within 24 hours"
        fold.action_fold()
        await until(pilot, lambda: "▸ More         8 filled in" in app.text)
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


async def test_a_problem_under_more_is_shown() -> None:
    app = Launching()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.unfold(pilot)
        app.type_into("name", "12")
        app.view.query_one(Fold).action_fold()
        await pilot.press("f5")
        await until(pilot, lambda: "✗ a number is no name" in app.text)
        assert app.view.focused is app.view.query_one("#name")
        app.type_into("name", "")
        app.type_into("temperature", "3")
        await pilot.press("f5")
        await until(pilot, lambda: "is not a temperature" in app.text)
        assert app.view.focused is app.view.query_one("#temperature")


async def test_more_is_open_when_something_is_filled_in_and_keeps_a_prompt_of_several_lines() -> None:
    app = Launching(replace(FORM, system="Be brief.\nThink."))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "▾ More" in app.text and "Be brief. Think." in app.text)
        await pilot.press("f5")
        await until(pilot, lambda: app.results)
    (config,) = app.results
    assert config is not None
    assert config.system == "Be brief.\nThink."


@pytest.mark.timeout(600)  # many keys, each as slow as the machine is busy
async def test_the_arrows_move_between_fields_and_what_has_the_focus_is_in_sight() -> None:
    app = Launching()
    async with app.run_test(size=(80, 24)) as pilot:
        rows = [row for row in app.view.query(FormRow) if row.display]
        form = app.view.query_one("#form")
        for size in ((80, 24), (60, 20), (36, 12)):
            await pilot.resize_terminal(*size)
            rows[0].control.focus()
            await until(pilot, lambda: app.view.focused is rows[0].control)
            for row in rows[1:]:
                await pilot.press("down")
                assert app.view.focused is row.control
            await until(
                pilot, lambda: form.scrollable_content_region.contains_region(rows[-1].control.region)
            )
            await pilot.press("up")
            assert app.view.focused is rows[-2].control


async def test_the_button_starts() -> None:
    app = Launching()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.click("#start")
        await until(pilot, lambda: app.results)


async def test_enter_goes_on_from_field_to_field_and_starts_on_the_button() -> None:
    app = Launching()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        assert app.view.focused is app.view.query_one("#base_url")
        app.view.query_one("#start").focus()
        await pilot.press("enter")
        await until(pilot, lambda: app.results)


async def test_everything_that_was_chosen_is_in_the_configuration() -> None:
    app = Launching(replace(FORM, until_decided=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"-x", "down", *"http://localhost:1", "down", "backspace", "down", "down", "enter")
        await pilot.press("down", "enter", "down", "space", "down", "enter")
        await pilot.pause()
        await pilot.press("f5")
        await until(pilot, lambda: app.results)
    (config,) = app.results
    assert config is not None
    assert (config.model, config.base_url, config.runs) == ("sample-x", "http://localhost:1", 1)
    assert (config.sequential, config.mode, config.until_decided) == (True, "agent", True)


async def test_leaving_the_form_starts_nothing() -> None:
    app = Launching()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("escape")
        await until(pilot, lambda: app.results == [None])


async def test_what_was_filled_in_is_not_lost_without_a_question() -> None:
    app = Launching(is_first=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"-x", "escape")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "Nothing has been started" in app.text
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.view)
        assert app.view.form.model == "sample-x"
        assert app.results == []
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: app.results == [None])


async def test_escape_alone_never_leaves_the_program() -> None:
    app = Launching(is_first=True)
    async with app.run_test(size=(80, 24)) as pilot:
        for _ in range(3):
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
            assert "what you filled in is not kept" not in app.text
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is app.view)
        assert app.results == []
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: app.results == [None])


async def test_what_is_wrong_stands_at_the_field_and_the_first_gets_the_focus() -> None:
    app = Launching(replace(FORM, runs="0", band="40-10", concurrency="ten"))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("f5")
        await until(pilot, lambda: app.problem("runs"))
        assert app.problem("runs") == "✗ 0 is out of range; give a number from 1 to 10,000"
        assert "'ten' is not a whole number" in app.problem("concurrency")
        assert "the low end comes first" in app.problem("band")
        assert app.problem("model") == ""
        assert app.view.focused is app.view.query_one("#runs")
        assert app.results == []
        app.type_into("runs", "3")
        app.type_into("concurrency", "3")
        await pilot.press("f5")
        await until(pilot, lambda: not app.problem("runs"))
        assert app.view.focused is app.view.query_one("#band")
        app.type_into("band", "10-40")
        await pilot.press("f5")
        await until(pilot, lambda: app.results)


async def test_a_wrong_field_below_the_fold_is_brought_into_sight() -> None:
    app = Launching(replace(FORM, max_tokens="lots"))
    async with app.run_test(size=(80, 12)) as pilot:
        await pilot.press("f5")
        await until(pilot, lambda: "'lots' is not a whole number" in app.text)


async def test_the_prompt_follows_what_is_chosen() -> None:
    app = Launching()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "Implement dropout from scratch" in app.text)
        app.view.query_one("#level", Select).value = "terse"
        await until(pilot, lambda: "Implement inverted dropout in NumPy" in app.text)
        app.view.query_one("#mode", Select).value = "agent"
        await until(pilot, lambda: "`submit_answer`" in app.text)


async def test_a_prompt_of_ones_own_lists_the_checks_it_does_not_mention(tmp_path: Path) -> None:
    path = tmp_path / "own.txt"
    path.write_text("Write dropout(x, p, training). Scale survivors. [/foo]", encoding="utf-8")
    app = Launching(replace(FORM, prompt=str(path)))
    async with app.run_test(size=(160, 40)) as pilot:
        await until(pilot, lambda: "Write dropout(x, p, training). Scale survivors. [/foo]" in app.text)
        unstated = app.text[app.text.index("Checked, but not mentioned here") :]
        assert "Shape" in unstated
        assert "Randomness" in unstated
        assert "Scaling" not in unstated
        await pilot.press("f5")
        await until(pilot, lambda: app.results)
    (config,) = app.results
    assert config is not None
    assert config.prompt == str(path)


async def test_a_prompt_that_cannot_be_read_says_so_beside_and_at_the_field() -> None:
    app = Launching(replace(FORM, prompt="/nowhere/own.txt"))
    async with app.run_test(size=(160, 40)) as pilot:
        await until(pilot, lambda: "cannot read the prompt '/nowhere/own.txt'" in app.text)
        await pilot.press("f5")
        await until(pilot, lambda: "cannot read the prompt" in app.problem("prompt"))
        assert app.view.focused is app.view.query_one("#prompt")


@pytest.mark.parametrize(
    ("form", "key_configured", "notice"),
    [
        (FORM, False, SAMPLE_NOTICE),
        (FORM, True, SAMPLE_NOTICE),
        (replace(FORM, model="claude-haiku-4-5"), False, KEY_NOTICES["anthropic"]),
        (replace(FORM, model="gpt", api="openai"), True, KEY_NOTICES["openai"]),
        (replace(FORM, model="own", base_url="http://localhost:1", api="openai"), True, ""),
        (replace(FORM, model="claude-haiku-4-5"), True, ""),
        (replace(FORM, model="own", base_url="http://localhost:1"), False, ""),
    ],
)
async def test_the_form_says_what_a_run_would_tell(
    form: LaunchForm, key_configured: bool, notice: str
) -> None:
    app = Launching(form, key_configured=key_configured)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        for each in (SAMPLE_NOTICE, *KEY_NOTICES.values()):
            assert (each in app.text) == (each == notice)


async def test_unknown_values_from_a_settings_file_are_shown_and_refused() -> None:
    app = Launching(replace(FORM, suite="[/foo]", mode="[red]x", api="[x]"))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert "[/foo]" in app.text
        assert "[red]x" in app.text
        await pilot.press("f5")
        await until(pilot, lambda: "unknown suite '[/foo]'" in app.problem("suite"))
        assert "unknown mode '[red]x'" in app.problem("mode")
        assert "unknown API '[x]'" in app.problem("api")


@pytest.mark.timeout(600)  # many keys, each as slow as the machine is busy
async def test_text_of_strangers_stays_text() -> None:
    given = cycle(HOSTILE_TEXTS)
    form = LaunchForm(**{item.name: next(given) for item in fields(LaunchForm) if item.type == "str"})  # type: ignore[arg-type]
    app = Launching(form)
    async with app.run_test(size=(200, 60), notifications=True) as pilot:
        await pilot.press("f5")
        await until(pilot, lambda: app.problem("runs"))
        for size in ((200, 60), (80, 24), (20, 5), (1, 1)):
            await pilot.resize_terminal(*size)
            # The largest shows all of them at once, and the smallest nothing of any.
            rows = list(app.view.query(FormRow))
            for row in rows if size in ((80, 24), (20, 5)) else rows[:1]:
                row.control.focus()
                await pilot.pause()
                assert not {"\x1b", "\x00", "\x07", "\u202e", "\ud800"} & set(app.text)
        assert app.results == []


async def test_the_label_of_the_field_with_the_focus_stands_out_and_no_other() -> None:
    app = Launching()
    async with app.run_test(size=(80, 24)) as pilot:

        def lit() -> list[str]:
            rows = app.view.query(FormRow)
            return [str(row.control.id) for row in rows if row.query_one(".form-row--label").rich_style.bold]

        for name in ("model", "mode", "runs"):
            app.view.query_one(f"#{name}").focus()
            await until(pilot, lambda name=name: lit() == [name])  # type: ignore[misc]


async def test_what_has_no_meaning_beside_the_rest_is_dimmed_and_still_checked() -> None:
    def unused() -> set[str | None]:
        return {row.control.id for row in app.view.query(FormRow) if row.has_class("-unused")}

    app = Launching(replace(FORM, mode="agent", concurrency="many"))
    async with app.run_test(size=(80, 24)) as pilot:
        assert unused() == set()
        app.view.query_one("#mode", Select).value = "answer"
        app.view.query_one("#sequential", Select).value = "yes, one run at a time"
        await until(pilot, lambda: unused() == {"concurrency", "max_steps"})
        await pilot.press("f5")
        await until(pilot, lambda: "'many' is not a whole number" in app.problem("concurrency"))
        assert app.view.focused is app.view.query_one("#concurrency")
