"""A cancel can be taken back for a while, whatever the evaluation is doing."""

from pathlib import Path

from dropout_tui.presenters.evaluations.cancelling import Cancelling
from tests.core.bench import FAILING, PASSING, bench


async def test_while_the_evaluation_is_stopping_too(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=3, concurrency=1) as b:
        b.evaluation.start()
        await b.reads("running", "queued", "queued")
        b.evaluation.stop()
        begun = Cancelling(b.evaluation, b.state.trials)
        assert begun.words.startswith("3 runs are held, and cancelled in ")
        assert begun.take_back() is None
        b.model.answer(1, PASSING)
        await b.evaluation.finished()
        assert b.statuses() == ["passed", "queued", "queued"]

        begun = Cancelling(b.evaluation, b.state.trials)
        begun.take_effect()
        assert b.statuses()[0] == "passed"


async def test_a_rerun_that_waits_is_taken_back_and_made_again(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=2, concurrency=1) as b:
        b.evaluation.start()
        b.model.answer(1, FAILING)
        await b.reads("failed", "running")
        b.evaluation.rerun(1)
        await b.until(lambda: b.state.trial(1).rerun_waits)
        begun = Cancelling(b.evaluation, [b.state.trial(1)])
        assert begun.words == "Run 1 is not made anew. U takes that back."
        await b.until(lambda: not b.state.trial(1).rerun_waits)
        assert begun.take_back() is None
        await b.until(lambda: b.state.trial(1).rerun_waits)
        b.model.answer(2, PASSING)
        b.model.answer(1, PASSING, attempt=2)
        await b.evaluation.finished()
        assert [len(trial.attempts) for trial in b.state.trials] == [2, 1]
