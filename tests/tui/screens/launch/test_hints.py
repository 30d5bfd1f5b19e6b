"""What the server tells while the launch form is filled in: its models, and the tokens of the prompt."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.app import App
from textual.widgets import Input, Select

from dropout_core.values.config import EvaluationConfig
from dropout_core.values.price import Price
from dropout_tui.presenters.launch.form import LaunchForm
from dropout_tui.presenters.launch.parsing import parse
from dropout_tui.presenters.launch.server_answers import NO_LIST, ServerAnswers, estimate_line, models_line
from dropout_tui.screens.launch.screen import LaunchScreen
from dropout_tui.widgets.form.launch_fields import LaunchFields
from tests.chat_server import ChatServer
from tests.messages_server import Failure, Gate, MessagesServer
from tests.tui.looking import text_on_screen, until

NAMES = ("org/qwen-7b", "org/qwen-72b", "[red]llama[/]")


class Launching(App[None]):
    """The form as a program shows it that may ask only where the user has typed the address, unless told."""

    def __init__(self, form: LaunchForm, *, may_ask: bool = False) -> None:
        super().__init__()
        answers = ServerAnswers(lambda destination: may_ask)
        self.view = LaunchScreen(form, key_configured=True, answers=answers)
        self.results: list[EvaluationConfig | None] = []

    def on_mount(self) -> None:
        self.push_screen(self.view, self.results.append)

    @property
    def hint(self) -> str:
        """The line under the field for the model; empty while it is hidden."""
        row = self.view.query_one(LaunchFields).rows["model"]
        return "".join(str(shown.render()) for shown in row.query(".form-row--hint") if shown.display)

    @property
    def estimate(self) -> str:
        return str(self.view.preview.border_subtitle)


async def test_models_at_an_address_that_was_typed_are_offered_and_one_is_completed(
    chat_server: ChatServer, messages_server: MessagesServer
) -> None:
    chat_server.models = {name: {} for name in NAMES}
    # As it may come out of a store that is anybody's.
    app = Launching(LaunchForm(model="", base_url=f"{messages_server.url}/v1", api="openai"))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.focused is not None)
        address, model = (app.view.query_one(f"#{field}", Input) for field in ("base_url", "model"))
        address.focus()
        await until(pilot, lambda: app.focused is address)
        await pilot.press("enter")
        await until(pilot, lambda: app.focused is not address)
        address.focus()
        address.value = chat_server.url
        await until(pilot, lambda: app.focused is address)
        await pilot.press("enter")
        # A name of the server's is text, whatever stands in it.
        await until(pilot, lambda: app.hint == "there: org/qwen-7b, org/qwen-72b, [red]llama[/]")
        assert app.hint in text_on_screen(app)
        model.focus()
        model.value = "ORG/qwen-72"
        await until(pilot, lambda: app.hint == "there: org/qwen-72b")
        await until(pilot, lambda: model._suggestion == "org/qwen-72b" and model.has_focus)
        model.action_cursor_right()
        await until(pilot, lambda: (model.value, app.hint) == ("org/qwen-72b", ""))
    assert chat_server.listed == ["/v1/models"]
    assert (chat_server.requests, messages_server.listed) == ([], [])


async def test_a_list_that_fails_is_one_quiet_line_and_tokens_are_estimated_until_they_are_counted(
    messages_server: MessagesServer,
) -> None:
    messages_server.listing = Failure(500)
    messages_server.models = {"claude-x": {}}
    messages_server.counted = 812
    url = messages_server.url
    form = LaunchForm("claude-x", base_url=url, api="openai", price="10,50", max_tokens="2000")
    app = Launching(form, may_ask=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.hint == NO_LIST)
        await until(pilot, lambda: "tokens, estimated · 10 runs at most $1.0" in app.estimate)
        messages_server.listing = None
        app.view.query_one("#api", Select).value = "anthropic"
        # (812 × $10 + 2,000 × $50) / 1,000,000 × 10
        said = "812 tokens, counted by the server · 10 runs at most $1.08"
        await until(pilot, lambda: app.estimate == said)
        assert said in text_on_screen(app)
        app.view.query_one("#model", Input).value = "another"
        await until(pilot, lambda: app.hint == "there: claude-x")
        await until(pilot, lambda: "tokens, estimated" in app.estimate)
    (body,) = messages_server.counts
    assert body.keys() == {"model", "messages"}
    assert [path.partition("?")[0] for path in messages_server.listed] == ["/v1/models"] * 2
    assert messages_server.requests == []


async def test_a_server_that_does_not_answer_holds_up_nothing(chat_server: ChatServer) -> None:
    gate = chat_server.listing = Gate()
    app = Launching(LaunchForm(model="m", base_url=chat_server.url, api="openai"), may_ask=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, gate.reached.is_set)
        await pilot.press("f5")
        await until(pilot, lambda: app.results)
    (config,) = app.results
    assert config is not None
    assert (config.model, config.api) == ("m", "openai")


def config(**changes: str) -> EvaluationConfig:
    made = parse(replace(LaunchForm(model="m"), **changes))  # type: ignore[arg-type]
    assert isinstance(made, EvaluationConfig)
    return made


@pytest.mark.parametrize(
    ("made", "counted", "price", "line"),
    [
        (config(), 812, None, "812 tokens, counted by the server"),
        (config(), 1_000, Price(3, 15), "1,000 tokens, counted by the server · 10 runs: $0.0300 and what is replied"),
        (
            config(max_tokens="1000", runs="1"), 1_000, Price(3, 15),
            "1,000 tokens, counted by the server · 1 run at most $0.0180",
        ),
        (
            config(max_tokens="1000", mode="agent"), 1_000, Price(3, 15),
            "1,000 tokens, counted by the server · 10 runs: $0.0300 and what is replied",
        ),
    ],
)  # fmt: skip
def test_what_the_estimate_says(made: EvaluationConfig, counted: int, price: Price | None, line: str) -> None:
    assert estimate_line(made, counted, price) == line


@pytest.mark.parametrize(
    ("models", "typed", "line"),
    [
        (None, "x", ""),
        ((), "x", NO_LIST),
        (("a", "b"), "", "there: a, b"),
        (("a", "b"), "b", ""),
        (("a", "b"), "c", "there: a, b"),
        (tuple(f"m{n}" for n in range(9)), "m", "there: m0, m1, m2, m3 and 5 more"),
        (("org/Qwen", "b"), "qwen", "there: org/Qwen"),
    ],
)
def test_which_models_are_named(models: tuple[str, ...] | None, typed: str, line: str) -> None:
    assert models_line(models, typed) == line


async def test_what_one_api_does_not_count_the_other_is_asked_for(messages_server: MessagesServer) -> None:
    messages_server.counted = 812
    answers = ServerAnswers(lambda destination: True)
    config = EvaluationConfig("claude-x", "Hi", 1, base_url=messages_server.url, api="openai")
    assert await answers.tokens(config) is None
    assert await answers.tokens(replace(config, api="anthropic")) == 812
