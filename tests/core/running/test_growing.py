"""An evaluation that grows is as if begun with that many runs; what else of its plan changes holds at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from dropout_core.running.overrides import ChangeRefused, ResumeOverrides
from dropout_core.running.stored_plan import change_stored_plan
from dropout_core.state.command_table import Command
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.events import PlanChanged
from dropout_core.statistics.pass_rate import Band
from dropout_core.storage.lease import EvaluationBusy, Lease
from dropout_core.storage.store import Store
from dropout_core.values.plan import Plan
from dropout_core.values.seeds import derived_seed
from tests.core.bench import FAILING, PASSING, Bench, bench


def answer(b: Bench, *trials: int, text: str = PASSING) -> None:
    for trial in trials:
        b.model.answer(trial, f"{text}\nThis is answer {trial}.")


def plan(b: Bench) -> Plan:
    return Plan.of(b.state.config)


async def test_one_that_has_ended_goes_on_with_the_seeds_it_would_have_had_from_the_start(
    tmp_path: Path,
) -> None:
    async with bench(tmp_path, runs=2, concurrency=2) as b:
        answer(b, 1, 2)
        b.evaluation.start()
        await b.evaluation.finished()
        assert b.state.stop_reason == "completed"
        assert b.evaluation.add_runs(2) is None
        answer(b, 3, 4, text=FAILING)
        await b.evaluation.finished()
        assert b.statuses() == ["passed", "passed", "failed", "failed"]
        assert (b.state.stop_reason, b.state.config.runs, b.state.pass_rate) == ("completed", 4, 0.5)
        assert b.state.in_order.graded == 4
        seeds = [trial.attempts[0].seed for trial in b.state.trials]
        assert seeds == [derived_seed(b.state.config.seed, trial, 1) for trial in (1, 2, 3, 4)]
        stored = b.store.state(1)
        assert (stored.trials, stored.tally, stored.config) == (b.state.trials, b.state.tally, b.state.config)
        (line,) = b.store.history()
        assert (line.config.runs, line.graded, line.stop_reason) == (4, 4, "completed")


async def test_one_that_runs_goes_on_with_the_runs_that_were_added(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=1, concurrency=1) as b:
        b.evaluation.start()
        await b.reads("running")
        assert b.evaluation.add_runs(1) is None
        await b.reads("running", "queued")
        answer(b, 1, 2)
        await b.evaluation.finished()
        assert b.statuses() == ["passed", "passed"]
        assert not [event for event in b.events if type(event).__name__ == "EvaluationReopened"]


async def test_runs_are_added_to_none_that_is_decided_or_has_no_money_left(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=40, concurrency=1, until_decided=True) as b:
        answer(b, *range(1, 41))
        b.evaluation.start()
        await b.evaluation.finished()
        assert b.state.stop_reason == "decided"
        before = len(b.events)
        why = "The rate is decided; no further run begins."
        assert b.evaluation.refusal(Command.ADD_RUNS) == b.evaluation.add_runs(20) == why
        assert len(b.events) == before
        assert b.evaluation.change_plan(replace(plan(b), until_decided=False, runs=42)) is None
        answer(b, 41, 42)
        await b.evaluation.finished()
        assert (b.state.tally.passed, b.state.stop_reason) == (42, "completed")
        spent = replace(plan(b), max_total_tokens=100)
        assert b.evaluation.change_plan(spent) is None
        said = b.evaluation.add_runs(20)
        assert said is not None
        assert said.startswith("The budget of 100 tokens does not allow another attempt.")


async def test_runs_are_never_taken_away(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=3) as b:
        why = "There are 3 runs already, and none is taken away; give 3 or more."
        assert b.evaluation.change_plan(replace(plan(b), runs=2)) == why
        assert b.evaluation.change_plan(plan(b)) == "That is so already."
        assert b.evaluation.change_plan(replace(plan(b), runs=10**9)) == (
            "An evaluation has from 1 to 100,000 runs."
        )
        assert not b.events


async def test_what_was_added_before_a_kill_is_there_after_it(tmp_path: Path) -> None:
    """The program ends right after the runs were added, and before any of them was begun."""
    async with bench(tmp_path, runs=1) as b:
        answer(b, 1)
        b.evaluation.start()
        await b.evaluation.finished()
    store = Store(tmp_path / "store.sqlite3")
    assert change_stored_plan(store, 1, replace(Plan.of(store.config(1)), runs=3)) is None
    state = store.state(1)
    assert [str(trial.status) for trial in state.trials] == ["passed", "queued", "queued"]
    assert state.stop_reason == "stopped"
    (line,) = store.history()
    assert (line.config.runs, line.graded, line.stop_reason) == (3, 1, "stopped")
    assert store.newest_unfinished() == 1
    again = Bench(store, 1, state, reopened=True)
    try:
        again.evaluation.start()
        answer(again, 2, 3)
        await again.evaluation.finished()
        assert again.statuses() == ["passed"] * 3
    finally:
        await again.evaluation.close()
        store.close()


async def test_a_stored_plan_is_not_changed_while_somebody_runs_it(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=1) as b:
        lease = Lease(b.store.path, 1)
        with pytest.raises(EvaluationBusy):
            change_stored_plan(b.store, 1, replace(plan(b), runs=3))
        lease.release()
        assert b.store.config(1).runs == 1


async def test_another_band_decides_what_the_runs_show_and_the_old_one_undoes_it(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=12, concurrency=1) as b:
        answer(b, *range(1, 13))
        b.evaluation.start()
        await b.evaluation.finished()
        assert (b.state.decision, b.state.band_chosen_after) == ("above", 0)
        began = plan(b)
        assert b.evaluation.change_plan(replace(began, band=Band(0.9, 1.0))) is None
        await b.until(lambda: b.state.config.band == Band(0.9, 1.0))
        assert (b.state.decision, b.state.band_chosen_after) == ("undecided", 12)
        assert b.store.history()[0].config.band == Band(0.9, 1.0)
        assert b.store.state(1).band_chosen_after == 12
        assert b.evaluation.change_plan(began) is None
        await b.until(lambda: b.state.config.band == began.band)
        assert (b.state.decision, b.state.band_chosen_after) == ("above", 0)


async def test_one_that_was_decided_for_another_band_can_go_on(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=40, concurrency=1, until_decided=True) as b:
        answer(b, *range(1, 41))
        b.evaluation.start()
        await b.evaluation.finished()
        assert (b.state.stop_reason, b.state.tally.graded) == ("decided", 5)
        assert b.evaluation.change_plan(replace(plan(b), band=Band(0.9, 1.0))) is None
        await b.until(lambda: b.state.stop_reason == "stopped")
        assert b.store.history()[0].stop_reason == "stopped"
        assert b.evaluation.start() is None
        await b.evaluation.finished()
        assert b.state.tally.graded > 5


async def ended(path: Path, *, runs: int = 12) -> EvaluationState:
    async with bench(path, runs=runs) as b:
        answer(b, *range(1, runs + 1))
        b.evaluation.start()
        await b.evaluation.finished()
        return b.state


def refused(changes: ResumeOverrides, state: EvaluationState) -> str:
    with pytest.raises(ChangeRefused) as error:
        changes.check(state)
    return str(error.value)


async def test_a_change_without_effect_is_refused_in_one_line(tmp_path: Path) -> None:
    state = await ended(tmp_path)
    assert refused(ResumeOverrides(runs=11), state) == (
        "it has 12 runs already, and none is taken away; give --runs 12 or more"
    )
    assert refused(ResumeOverrides(runs=12), state) == "all 12 runs have ended; give --runs with more than 12"
    assert refused(ResumeOverrides(max_total_tokens=10**6), state).startswith("all 12 runs have ended")
    assert refused(ResumeOverrides(until_decided=True), state) == (
        "the rate is decided: above, for the band 10-40%; no further run begins."
        " Another --band or --tolerance decides anew"
    )
    assert refused(ResumeOverrides(runs=20, max_total_tokens=100), state).startswith(
        "The budget of 100 tokens does not allow another attempt."
    )
    assert refused(ResumeOverrides(tolerance=0.2), state).startswith(
        "a tolerance of 20 points leaves nothing"
    )


async def test_a_change_with_an_effect_is_made(tmp_path: Path) -> None:
    state = await ended(tmp_path)
    for changes in (
        ResumeOverrides(),
        ResumeOverrides(runs=13),
        ResumeOverrides(band=Band(0.2, 0.5)),
        ResumeOverrides(until_decided=True, band=Band(0.9, 1.0)),
        ResumeOverrides(repeats_voids=True),
    ):
        changes.check(state)
    assert ResumeOverrides(until_decided=True).plan(state.config).runs == 400
    assert ResumeOverrides(until_decided=True, runs=50).plan(state.config).runs == 50
    async with asyncio.timeout(60), bench(tmp_path / "other", runs=3) as b:
        ResumeOverrides(runs=3).check(b.state)  # said again after a kill
        ResumeOverrides(max_total_tokens=10**6).check(b.state)


async def test_the_runs_that_were_graded_by_then_are_stored_with_the_change(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=1) as b:
        assert b.evaluation.change_plan(replace(plan(b), band=Band(0.2, 0.5))) is None
        await b.until(lambda: any(isinstance(event, PlanChanged) for event in b.events))
        assert b.state.band_chosen_after == 0, "no rate had been seen"
