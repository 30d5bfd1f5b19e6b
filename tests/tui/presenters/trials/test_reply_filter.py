"""``reply:`` finds runs by what was said in them, read from the store while the screen goes on."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input

from dropout_core.state import events
from dropout_core.storage.store import Store
from dropout_core.values.conversation import (
    Message,
    OtherBlock,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
)
from dropout_core.verdict.verdict import Outcome
from dropout_tui.presenters.evaluations.live_evaluation import LiveEvaluation
from dropout_tui.presenters.trials.reply_texts import ReplyTexts
from dropout_tui.screens.dashboard.screen import DashboardScreen
from tests.tui.looking import text_on_screen, until
from tests.tui.states import T0, attempt_events, evaluation_events, void

PROMPT = Message.user("Implement `dropout(x, p, training)`. Say sorry to nobody.")


def said(*blocks: TextBlock | ThinkingBlock | ToolUseBlock | OtherBlock) -> tuple[Message, ...]:
    return (PROMPT, Message("assistant", blocks))


CONVERSATIONS = {
    1: said(TextBlock("I am SORRY, I cannot.")),
    2: said(ThinkingBlock("They want a Bernoulli mask")),
    3: (
        *said(ToolUseBlock("t1", "python_expression", {"expression": "print(mask.mean())", "times": 2})),
        Message("user", (ToolResultBlock("t1", "0.4987\nsorry state", is_error=False),)),
    ),
    4: said(OtherBlock({"type": "new_kind", "words": "geometric"})),
    5: said(TextBlock("Straße [/red] | done")),
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "store.sqlite3")
    yield opened
    opened.close()


def stored(store: Store, runs: int) -> int:
    """An evaluation whose last run is void before it began; the others said what `CONVERSATIONS` has, if anything."""
    endings = [Outcome.PASSED] * (runs - 1) + [void()]
    first, *rest = evaluation_events(runs=runs, trials=endings, ended="completed")
    assert isinstance(first, events.EvaluationStarted)
    number = store.create(first)
    turns = [
        events.MessageAdded(at=T0, trial=trial, attempt=1, position=position, message=turn)
        for trial in range(1, runs)
        for position, turn in enumerate(CONVERSATIONS.get(trial, said(TextBlock("Here it is."))), 1)
    ]
    store.append(number, [*rest, *turns])
    return number


class Gated:
    """The store, which gives no conversation before `opened` is set."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.opened = threading.Event()
        self.asked = threading.Event()

    def conversation(self, evaluation: int, trial: int, attempt: int) -> tuple[Message, ...]:
        self.asked.set()
        assert self.opened.wait(60)
        return self._store.conversation(evaluation, trial, attempt)


class Screen(App[None]):
    def __init__(self, live: LiveEvaluation, source: Store | Gated) -> None:
        super().__init__()
        self.dashboard = DashboardScreen(live, source, clock=lambda: T0 + 60)

    def on_mount(self) -> None:
        self.push_screen(self.dashboard)

    @property
    def shown(self) -> list[int]:
        return list(self.dashboard.runs.order_shown)


@asynccontextmanager
async def dashboard(
    store: Store, runs: int = 7, source: Gated | None = None
) -> AsyncIterator[tuple[Screen, Pilot[None]]]:
    number = stored(store, runs)
    app = Screen(LiveEvaluation(number, store.state(number)), source or store)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        yield app, pilot


async def type_filter(pilot: Pilot[None], text: str) -> None:
    await pilot.press("slash")
    await pilot.pause()
    await type_text(pilot, text)


async def type_text(pilot: Pilot[None], text: str) -> None:
    await pilot.press(*("space" if letter == " " else letter for letter in text))


FOUND = [
    ("reply:sorry", [1, 3]),
    ("reply:bernoulli", [2]),
    ("reply:mask.mean", [3]),
    ("reply:geometric", [4]),
    ("reply:python_expression", [3]),
    ("reply:strasse", [5]),
    ("reply:0.4987", [3]),
    ('reply:"[/red] | done"', [5]),
    ("reply:nobody", []),
    ("!reply:here !reply:sorry", [2, 4, 5, 7]),
    ("reply:sorry passed", [1, 3]),
    ("void | reply:bernoulli", [2, 7]),
]
"""What is sought, and the runs that are found; no two in a row are the same."""


@pytest.mark.timeout(600)  # many keys, each as slow as the machine is busy
async def test_runs_are_found_by_what_was_said_in_them(store: Store) -> None:
    async with dashboard(store) as (app, pilot):
        await type_filter(pilot, FOUND[0][0])
        line = app.focused
        assert isinstance(line, Input)
        for typed, numbers in FOUND:
            line.value = typed
            await until(
                pilot,
                lambda numbers=numbers: app.shown == numbers and not app.dashboard.runs.reading,  # type: ignore[misc]
            )


async def test_the_screen_goes_on_while_many_replies_are_read(store: Store) -> None:
    source = Gated(store)
    async with dashboard(store, 200, source) as (app, pilot):
        await type_filter(pilot, "void | reply:sorry")
        await until(pilot, lambda: "reading, 200 to go" in text_on_screen(app))
        assert source.asked.is_set()
        await until(pilot, lambda: app.shown == [200])
        await pilot.press("enter", "m")
        await until(pilot, lambda: app.dashboard.table.marked == {200})
        source.opened.set()
        await until(pilot, lambda: app.shown == [1, 3, 200] and not app.dashboard.runs.reading)
        assert "to go" not in text_on_screen(app)


async def test_a_filter_given_up_reads_no_further(store: Store) -> None:
    source = Gated(store)
    async with dashboard(store, 50, source) as (app, pilot):
        await type_filter(pilot, "reply:sorry")
        await until(pilot, source.asked.is_set)
        await pilot.press("escape")
        source.opened.set()
        await until(pilot, lambda: not app.dashboard.runs.reading)
        assert len(app.shown) == 50


async def test_a_store_that_cannot_be_read_is_said_and_the_rest_goes_on(store: Store) -> None:
    async with dashboard(store) as (app, pilot):
        store.close()
        await type_filter(pilot, "void | reply:sorry")
        await until(pilot, lambda: any("cannot be read" in toast.message for toast in app._notifications))
        await until(pilot, lambda: app.shown == [7] and not app.dashboard.runs.reading)


async def test_an_unknown_field_is_reported_under_the_filter(store: Store) -> None:
    async with dashboard(store) as (app, pilot):
        await type_filter(pilot, "foo:bar")
        await until(pilot, lambda: "no field foo; fields: check, code, flag," in text_on_screen(app))
        await pilot.resize_terminal(50, 20)
        await until(
            pilot, lambda: "no field foo; fields:" in text_on_screen(app) and "status" in text_on_screen(app)
        )
        await pilot.press("escape")
        await until(pilot, lambda: "no field" not in text_on_screen(app))


def test_a_reply_is_read_again_when_the_attempt_has_gone_on(store: Store) -> None:
    number = stored(store, 2)
    replies = ReplyTexts(lambda trial, attempt: store.conversation(number, trial, attempt))
    before = store.state(number).trial(1)
    replies.take(replies.read([before]))
    assert "sorry" in (replies.of(before) or "")
    more = attempt_events(1, Outcome.PASSED, attempt=2, at=T0 + 90)
    turn = Message("assistant", (TextBlock("Second thoughts"),))
    answered = [events.MessageAdded(at=T0 + 91, trial=1, attempt=2, position=n, message=each)
                for n, each in enumerate((PROMPT, turn), 1)]  # fmt: skip
    store.append(
        number,
        [
            events.EvaluationReopened(at=T0 + 89),
            events.TrialQueued(at=T0 + 89, trial=1),
            *more,
            *answered,
        ],
    )
    after = store.state(number).trial(1)
    assert replies.of(after) is None
    replies.take(replies.read(list(replies.unread([after]))))
    assert replies.of(after) == "second thoughts"
