"""Stores full of evaluations, made of real events, for the screens about more than one of them."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from dropout_core.state import events as happened
from dropout_core.storage.store import Store
from dropout_core.verdict.verdict import Outcome
from dropout_tui.presenters.evaluations.deletions import Deletions
from dropout_tui.presenters.evaluations.stored_commands import Then
from tests.tui.states import Ending, conversation, evaluation_events, failed, verdict, void

DAY = 86_400.0
NO_CODE = verdict(Outcome.FAILED, cause="no_code", reason="No code in the reply")


def stored(
    store: Store,
    trials: Sequence[Ending],
    *,
    runs: int | None = None,
    ended: str | None = "completed",
    later: float = 0.0,
    **config: object,
) -> int:
    """Store an evaluation that went so, `later` seconds after `T0`; returns its number."""
    first, *rest = (
        replace(event, at=event.at + later)
        for event in evaluation_events(runs=runs or len(trials), trials=trials, ended=ended, **config)
    )
    assert isinstance(first, happened.EvaluationStarted)
    number = store.create(first)
    store.append(number, [*rest, *_conversations(rest)])
    return number


def _conversations(events: Sequence[happened.Event]) -> list[happened.Event]:
    return [
        happened.MessageAdded(
            at=event.at, trial=event.trial, attempt=event.attempt, position=position, message=turn
        )
        for event in events
        if isinstance(event, happened.CodeFound)
        for position, turn in enumerate(conversation(event.code), 1)
    ]


def varied(store: Store) -> None:
    """Fill an empty store with nine evaluations of every kind; the newest is number 9."""
    with closing(sqlite3.connect(store.path)) as file:
        _nine_evaluations().backup(file)


@cache
def _nine_evaluations() -> sqlite3.Connection:
    """What is in a store with `varied` evaluations, made once."""
    made = sqlite3.connect(":memory:")
    with TemporaryDirectory() as folder, closing(Store(Path(folder) / "store.sqlite3")) as store:
        _make_varied(store)
        with closing(sqlite3.connect(store.path)) as file:
            file.backup(made)
    return made


def _make_varied(store: Store) -> None:
    scaling, rate, edges = failed("scaling", "other_rates"), failed("rate"), failed("edge_cases")
    good = Outcome.PASSED
    hour = 3_600.0
    stored(store, [scaling] * 9 + [good], later=0)
    stored(store, [good] * 6 + [scaling] * 10 + [edges] * 4, later=DAY, prompt="plain")
    stored(
        store,
        [good] * 28 + [scaling] * 40 + [rate] * 20 + [edges] * 12,
        later=2 * DAY,
        runs=100,
        max_tokens=4000,
    )
    stored(store, [good, scaling, void(), void()], later=3 * DAY, runs=10, ended="interrupted")
    stored(store, [], later=3 * DAY + hour, runs=20, ended="401 invalid x-api-key; check ANTHROPIC_API_KEY")
    stored(store, [good] * 19 + [edges], later=4 * DAY, model="claude-sonnet-4-5-20250929", suite="strict")
    stored(store, [NO_CODE] * 12 + [edges] * 8, later=5 * DAY, model="my-model", base_url="http://localhost:8080",
           mode="agent", prompt="/home/someone/prompts/short.txt", prompt_text="Write dropout.\nIn NumPy.")  # fmt: skip
    stored(store, [good] * 4 + [scaling] * 6, later=6 * DAY, model="sample")
    stored(store, [good, scaling, scaling, edges, good], runs=20, later=7 * DAY, ended=None, prompt="terse",
           prompt_text="Implement dropout. Be brief.")  # fmt: skip


def many(store: Store, count: int, trials: int = 10) -> None:
    """`count` evaluations of `trials` runs each."""
    chance = random.Random(5)
    models = ("claude-haiku-4-5", "claude-sonnet-4-5-20250929", "my-model", "sample")
    endings: tuple[Ending, ...] = (Outcome.PASSED, failed("scaling"), failed("edge_cases"), void(), NO_CODE)
    for number in range(count):
        stored(
            store,
            [chance.choice(endings) for _ in range(trials)],
            later=number * 3_600.0,
            model=chance.choice(models),
            prompt=chance.choice(("explicit", "plain", "terse")),
            ended=chance.choice(("completed", "completed", "completed", "interrupted")),
        )


def full(path: Path) -> Store:
    """A store with what `varied` has."""
    store = Store(path)
    varied(store)
    return store


@dataclass
class Recorded:
    """A program that runs nothing and remembers what it was asked."""

    open_number: int | None = None
    asked: list[tuple[int, Then]] = field(default_factory=list)
    shown: int = 0
    deleted: Deletions | None = None

    def numbers_open(self) -> frozenset[int]:
        return frozenset() if self.open_number is None else frozenset({self.open_number})

    def show_open(self, number: int) -> None:
        assert number == self.open_number
        self.shown += 1

    def go_on(self, number: int, then: Then) -> None:
        self.asked.append((number, then))

    def deletions(self, store: Store) -> Deletions:
        self.deleted = self.deleted or Deletions(store)
        return self.deleted
