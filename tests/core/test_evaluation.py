"""An evaluation from Python, from its settings to its result."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from dropout_core import Evaluation
from dropout_core.evaluation import EvaluationStopped, Result, Run
from dropout_core.models import ModelUnusable, Reply, Request, Usage
from dropout_core.running.session import Session
from dropout_core.storage.store import Store
from dropout_core.task.requirement import UnknownSuite
from dropout_core.task.unusable import TaskUnusable
from dropout_core.values.conversation import Message, TextBlock
from tests.core.right_answers import RIGHT


class Answers:
    """A model that gives one reply again and again, or cannot be asked."""

    def __init__(self, reply: str | None) -> None:
        self.name = "answers"
        self._reply = reply

    async def open(self) -> None:
        """Nothing is to be made ready."""

    async def reply(self, request: Request, on_text: Callable[[str], None]) -> Reply:
        if self._reply is None:
            raise ModelUnusable("there is no such model; name another")
        on_text(self._reply)
        return Reply(Message("assistant", (TextBlock(self._reply),)), "end_turn", Usage(3, 5), self.name)

    async def close(self) -> None:
        """Nothing is open."""


async def test_each_run_is_given_as_it_ends_and_the_result_is_that_of_the_stored_evaluation(
    tmp_path: Path,
) -> None:
    evaluation = Evaluation("sample", runs=4, seed=7, band=(0.2, 0.5), store=tmp_path / "results.db")
    assert evaluation.result.pass_rate is None
    ended, known = [], []
    async for run in evaluation:
        ended.append(run)
        known.append(evaluation.result.graded)
    assert sorted(run.number for run in ended) == [1, 2, 3, 4]
    assert known == [1, 2, 3, 4]
    result = evaluation.result
    assert result.passed == sum(run.verdict.passed for run in ended)
    assert result.pass_rate == result.passed / 4
    assert sum(result.causes.values()) == result.failed == 4 - result.passed
    assert (result.band, result.stop_reason, result.suite) == ((0.2, 0.5), "completed", "basic")
    assert all(str(run) == f"Run {run.number}: {outcome(run)} - {run.verdict.reason}" for run in ended)
    store = Store(tmp_path / "results.db")
    state = store.state(evaluation.summary["id"])
    store.close()
    assert (state.tally.passed, state.config.seed) == (result.passed, 7)
    assert evaluation.summary["interval"] == list(result.interval)


def outcome(run: Run) -> str:
    return "SUCCESS" if run.verdict.passed else "FAILURE"


def test_a_model_of_ones_own_answers_and_progress_is_told_of_every_run() -> None:
    told: list[tuple[int, int]] = []

    def tell(run: Run, result: Result) -> None:
        told.append((run.number, result.passed))
        assert run.code == RIGHT["rand"].strip()
        if result.passed == 1:
            evaluation.stop()

    evaluation = Evaluation(Answers(f"```python\n{RIGHT['rand']}```"), runs=50, concurrency=1, nonce=True)
    result = asyncio.run(evaluation.run(tell))
    assert (result.stop_reason, result.model) == ("stopped", "answers")
    assert [passed for _, passed in told] == list(range(1, len(told) + 1))
    assert 1 <= len(told) < 50
    table = str(result).splitlines()
    assert table[0] == "Task      dropout, suite basic"
    assert f"Passed    {len(told)}/{len(told)}" in table


async def test_what_is_under_way_when_its_iterator_is_closed_is_cut_off(tmp_path: Path) -> None:
    evaluation = Evaluation(Answers(RIGHT["rand"]), runs=300, concurrency=2, store=tmp_path / "results.db")
    async with aclosing(aiter(evaluation)) as runs:
        first = await anext(runs)
    assert first.verdict.passed
    store = Store(tmp_path / "results.db")
    state = store.state(store.newest_unfinished() or 0)
    store.close()
    assert 1 <= state.tally.graded < 300


async def test_an_evaluation_that_cannot_go_on_says_why() -> None:
    evaluation = Evaluation(Answers(None), task="softmax", runs=2)
    with pytest.raises(EvaluationStopped, match="there is no such model; name another"):
        await evaluation.run()
    assert evaluation.result.graded == 0


class NotThere(Answers):
    """A model that cannot be made ready."""

    def __init__(self) -> None:
        super().__init__(None)

    async def open(self) -> None:
        raise ModelUnusable("its file is not there; download it")


async def test_one_that_cannot_begin_leaves_nothing_in_the_store(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match="download it"):
        await Evaluation(NotThere(), runs=2, store=tmp_path / "results.db").run()
    store = Store(tmp_path / "results.db")
    numbers = store.newest()
    store.close()
    assert numbers == ()


async def test_one_that_cannot_be_gone_on_with_stays_in_the_store(tmp_path: Path) -> None:
    store = Store(tmp_path / "results.db")
    begun = Session.new(store, Evaluation(NotThere(), runs=2).config, NotThere())
    await begun.abandon()
    session = Session.resumed(store, begun.number, lambda _: NotThere())
    with pytest.raises(ModelUnusable, match="download it"):
        await session.__aenter__()
    session.withdraw(store)
    assert store.newest() == (begun.number,)
    begun.withdraw(store)
    assert store.newest() == ()
    store.close()


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        ({"rnus": 3}, TypeError, "there is no setting 'rnus'; there are .*runs"),
        ({"prompt_text": "hm"}, TypeError, "there is no setting 'prompt_text'"),
        ({"runs": 0}, ValueError, "runs: it is not from 1 to"),
        ({"runs": "ten"}, ValueError, "runs"),
        ({"band": (0.5, 0.2)}, ValueError, "a band needs"),
        ({"suite": "easy"}, UnknownSuite, "easy"),
        ({"task": "dropin"}, TaskUnusable, "unknown task 'dropin'"),
        ({"prompt": "no such file"}, ValueError, "no such file"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_at_once(
    settings: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        Evaluation(**settings)
