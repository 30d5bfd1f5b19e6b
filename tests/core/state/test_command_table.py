"""Any sequence of commands, replies and accidents leaves an evaluation that makes sense."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dropout_core.costs.budget import BUDGET, why_none_may_begin
from dropout_core.state.command_table import Command
from dropout_core.state.end_reasons import COMPLETED, DECIDED, STOPPED
from dropout_core.state.evaluation_state import EvaluationState, begin, evolve
from dropout_core.state.events import (
    AttemptStarted,
    EvaluationEnded,
    EvaluationStarted,
    Event,
    PlanChanged,
    VerdictReached,
)
from dropout_core.state.trial_state import Hold, Status
from dropout_core.statistics.pass_rate import Band
from dropout_core.storage.store import Store
from dropout_core.values.plan import Plan
from tests.core.bench import FAILING, PASSING, Bench, config

MOST_RUNS = 5
"""Of an evaluation that grows, too."""
RUN = st.integers(1, MOST_RUNS)
ONE_OR_ALL = st.one_of(st.none(), RUN)
TOKENS = 120
"""What one answer of the model takes."""


class LifeOfAnEvaluation(RuleBasedStateMachine):
    """An evaluation on a store in memory, whose model answers when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.now = 0.0

    def clock(self) -> float:
        self.now += 1.0
        return self.now

    @initialize(
        runs=st.integers(1, MOST_RUNS),
        concurrency=st.integers(1, 3),
        until_decided=st.booleans(),
        max_total_tokens=st.one_of(st.none(), st.integers(1, 12).map(lambda n: n * TOKENS)),
    )
    def set_up(self, runs: int, concurrency: int, until_decided: bool, max_total_tokens: int | None) -> None:
        self.runs = runs
        self.store = Store(Path(":memory:"))
        event = EvaluationStarted(
            at=self.clock(),
            config=config(
                runs=runs,
                concurrency=concurrency,
                until_decided=until_decided,
                max_tokens=100,
                max_total_tokens=max_total_tokens,
            ),
        )
        self.number = self.store.create(event)
        self.open(begin(event), reopened=False)

    def open(self, state: EvaluationState, *, reopened: bool) -> None:
        async def opened() -> Bench:
            return Bench(self.store, self.number, state, clock=self.clock, reopened=reopened)

        self.bench = self.loop.run_until_complete(opened())
        self.seen = 0
        self.checked = state
        self.replayed: EvaluationState | None = None

    def do(self, what: Callable[[], object]) -> Any:
        """Have something done on the loop, and everything that follows from it."""

        async def done() -> object:
            result = what()
            await self.settle()
            return result

        return self.loop.run_until_complete(done())

    async def settle(self) -> None:
        """Until nothing happens any more: what goes on is then waiting for the model's word."""
        quiet, seen = 0, -1
        while quiet < 4:
            await self.bench.journal.flush()
            for _ in range(3):
                await asyncio.sleep(0)
            quiet = quiet + 1 if seen == len(self.bench.events) else 0
            seen = len(self.bench.events)

    def command(self, command: Command, act: Callable[[], str | None], trial: int | None = None) -> None:
        """A command that is offered changes something, and one that is refused records nothing."""
        if trial is not None and trial > self.runs:
            return
        evaluation = self.bench.evaluation
        refusal = self.loop.run_until_complete(_told(lambda: evaluation.refusal(command, trial)))
        before, could = len(self.bench.events), self.could()
        assert self.do(act) == refusal
        if refusal is None:
            # To stop is recorded when the last in flight has ended; until then other commands tell.
            changed = len(self.bench.events) > before or self.could() != could
            assert changed, f"{command} of {trial} was offered and did nothing"
        else:
            assert len(self.bench.events) == before, f"{command} was refused and recorded something"
            assert refusal.strip()
            assert "\n" not in refusal

    def could(self) -> list[bool]:
        return [self.bench.evaluation.refusal(command) is None for command in (Command.START, Command.STOP)]

    @rule()
    def start(self) -> None:
        self.command(Command.START, self.bench.evaluation.start)

    @rule()
    def stop(self) -> None:
        self.command(Command.STOP, self.bench.evaluation.stop)

    @rule(trial=ONE_OR_ALL)
    def pause(self, trial: int | None) -> None:
        self.command(Command.PAUSE, lambda: self.bench.evaluation.pause(trial), trial)

    @rule(trial=ONE_OR_ALL)
    def resume(self, trial: int | None) -> None:
        self.command(Command.RESUME, lambda: self.bench.evaluation.resume(trial), trial)

    @rule(trial=ONE_OR_ALL)
    def cancel(self, trial: int | None) -> None:
        self.command(Command.CANCEL, lambda: self.bench.evaluation.cancel(trial), trial)

    @rule(trial=ONE_OR_ALL)
    def rerun(self, trial: int | None) -> None:
        self.command(Command.RERUN, lambda: self.bench.evaluation.rerun(trial), trial)

    @rule()
    def repeat_voids(self) -> None:
        self.command(Command.REPEAT_VOIDS, self.bench.evaluation.repeat_voids)

    @rule(limit=st.integers(0, 4))
    def set_concurrency(self, limit: int) -> None:
        changes = max(1, limit) != self.bench.state.limit
        before = len(self.bench.events)
        assert (self.do(lambda: self.bench.evaluation.set_concurrency(limit)) is None) == changes
        assert (len(self.bench.events) > before) == changes

    @rule(answers=st.one_of(st.none(), st.integers(0, 12)))
    def set_budget(self, answers: int | None) -> None:
        tokens = None if answers is None else answers * TOKENS
        self.change_plan(max_total_tokens=tokens)

    @rule(
        band=st.sampled_from([Band(0.1, 0.4), Band(0.5, 0.9), Band(0.0, 0.2)]),
        tolerance=st.sampled_from([0.0, 0.05, 0.2]),
        until_decided=st.booleans(),
    )
    def change_what_is_aimed_at(self, band: Band, tolerance: float, until_decided: bool) -> None:
        self.change_plan(band=band, tolerance=tolerance, until_decided=until_decided)

    @rule(count=st.integers(1, 3))
    def add_runs(self, count: int) -> None:
        if self.runs + count > MOST_RUNS:
            return
        before = self.bench.state.config.runs
        self.command(Command.ADD_RUNS, lambda: self.bench.evaluation.add_runs(count))
        self.runs = self.bench.state.config.runs
        assert self.runs in (before, before + count)

    @rule(fewer=st.integers(1, 3))
    def take_runs_away(self, fewer: int) -> None:
        self.change_plan(runs=self.runs - fewer)
        assert len(self.bench.state.trials) == self.runs

    def change_plan(self, **changes: Any) -> None:
        """What the evaluation says it will not take on changes nothing, and what it takes on is so at once."""
        now = Plan.of(self.bench.state.config)
        plan = replace(now, **changes)
        possible = plan != now and plan.problem() is None and plan.runs >= now.runs
        before = len(self.bench.events)
        said = self.do(lambda: self.bench.evaluation.change_plan(plan))
        assert (said is None) == possible
        assert (len(self.bench.events) > before) == possible
        assert Plan.of(self.bench.state.config) == (plan if possible else now)

    @rule(trial=RUN, passes=st.booleans())
    def answer(self, trial: int, passes: bool) -> None:
        self.answer_in_flight([trial], passes)

    @rule(passes=st.booleans())
    def answer_all(self, passes: bool) -> None:
        self.answer_in_flight(range(1, self.runs + 1), passes)

    def answer_in_flight(self, trials: Any, passes: bool) -> None:
        def told() -> None:
            for trial, attempt in self.bench.model.asked:
                if trial in trials:
                    text = f"{PASSING if passes else FAILING}\nThis is {trial}.{attempt}."
                    self.bench.model.answer(trial, text, attempt=attempt)

        self.do(told)

    @rule()
    def cut_off(self) -> None:
        self.do(self.bench.evaluation.cut_off)

    @rule()
    def close_and_reopen(self) -> None:
        self.loop.run_until_complete(self.bench.evaluation.close())
        self.open(self.store.state(self.number), reopened=True)

    @rule(trial=ONE_OR_ALL)
    def killed_in_the_middle(self, trial: int | None) -> None:
        """The program is gone between a command and what follows from it; another opens the store."""

        async def killed() -> None:
            if trial is None or trial <= self.runs:
                self.bench.evaluation.rerun(trial)
            await asyncio.sleep(0)
            self.bench.journal.record = lambda event: None  # type: ignore[method-assign]
            await self.bench.journal.flush()
            await self.bench.evaluation.close()

        self.loop.run_until_complete(killed())
        self.open(self.store.state(self.number), reopened=True)

    @invariant()
    def nothing_that_has_ended_is_undone(self) -> None:
        """A settled row is unsettled by an attempt that begins, and by nothing else."""
        state = self.checked
        for event in self.bench.events[self.seen :]:
            before, state = state, evolve(state, event)
            self.check_step(before, state, event)
        self.seen, self.checked = len(self.bench.events), state

    def check_step(self, before: EvaluationState, after: EvaluationState, event: Event) -> None:
        if not isinstance(event, AttemptStarted):
            for old, new in zip(before.trials, after.trials, strict=not isinstance(event, PlanChanged)):
                assert new.status.settled or not old.status.settled, f"{event} unsettled run {old.number}"
        if isinstance(event, VerdictReached):
            attempt = before.trial(event.trial).attempt(event.attempt)
            assert attempt.verdict is None, "an attempt was judged twice"
        if isinstance(event, EvaluationEnded):
            self.check_reason(after, event.reason)

    def check_reason(self, state: EvaluationState, reason: str) -> None:
        assert (reason == COMPLETED) == state.settled
        assert reason in (COMPLETED, DECIDED, BUDGET, STOPPED)
        if reason == DECIDED:
            assert state.config.until_decided
            assert state.decision != "undecided"
        if reason == BUDGET:
            assert why_none_may_begin(state) is not None

    @invariant()
    def nobody_waits_in_what_has_ended(self) -> None:
        state = self.bench.state
        if state.ended_at is None:
            return
        for trial in state.trials:
            assert not trial.rerun_waits
            assert trial.status not in (Status.RUNNING, Status.PAUSING)
            assert trial.hold is not Hold.ASKED

    @invariant()
    def somebody_goes_on_with_what_waits(self) -> None:
        """While it runs, rows that wait have others before them in flight, unless only a command helps."""
        state, evaluation = self.bench.state, self.bench.evaluation
        if state.ended_at is None and evaluation.refusal(Command.START) is not None:
            waits = any(trial.queued and trial.hold is not Hold.HELD for trial in state.trials)
            assert not waits or any(
                trial.status in (Status.RUNNING, Status.PAUSING) for trial in state.trials
            )

    @invariant()
    def replay_gives_the_state(self) -> None:
        if self.replayed is self.bench.state:
            return
        self.replayed = self.bench.state
        stored = self.store.state(self.number)
        shown = self.bench.state
        assert stored.trials == shown.trials
        assert stored.tally == shown.tally
        assert stored.in_order == shown.in_order
        assert (stored.ended_at, stored.stop_reason) == (shown.ended_at, shown.stop_reason)
        summary = self.store.history()[0]
        assert (summary.passed, summary.failed) == (shown.tally.passed, shown.tally.failed)
        assert summary.stop_reason == shown.stop_reason

    @invariant()
    def what_is_rolled_again_is_counted(self) -> None:
        assert self.bench.state.tally.rerolled == sum(t.rerolled for t in self.bench.state.trials)

    def teardown(self) -> None:
        if hasattr(self, "bench"):
            self.loop.run_until_complete(self.bench.evaluation.close())
            self.store.close()
        self.loop.close()


async def _told(ask: Callable[[], str | None]) -> str | None:
    return ask()


class LongerLife(LifeOfAnEvaluation):
    """The same, with more lives."""


def lives(number: int) -> settings:
    return settings(
        max_examples=number,
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


TestLifeOfAnEvaluation = pytest.mark.timeout(900)(LifeOfAnEvaluation.TestCase)
TestLifeOfAnEvaluation.settings = lives(40)

TestManyLivesOfAnEvaluation = pytest.mark.long_run(pytest.mark.timeout(3600)(LongerLife.TestCase))
TestManyLivesOfAnEvaluation.settings = lives(3_000)
