"""Importing rollouts that were made elsewhere: an evaluation whose replies are read instead of asked for.

What is recorded of each is what an evaluation records of a reply, but for a request, since none was made: the rollout
and its verdict become durable together, or not at all. So an import that was interrupted goes on with the first that
is missing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass

from dropout_core.attempts.reply_ending import Ended, judged, refused, ungraded, without_code
from dropout_core.attempts.submission import code_of
from dropout_core.attempts.voids import void
from dropout_core.completions.ordered_results import in_turn
from dropout_core.completions.rollouts import Rollout
from dropout_core.extraction import Extraction, NoCodeFound, extract
from dropout_core.models import Reply, Usage
from dropout_core.models.stop_reasons import REFUSED
from dropout_core.running.trials.ungraded_answers import IN_A_ROW
from dropout_core.sandbox.processes.ending import TOO_BUSY
from dropout_core.state import events
from dropout_core.state.end_reasons import COMPLETED
from dropout_core.state.events import EvaluationStarted
from dropout_core.state.trial_fold import replay_trial
from dropout_core.state.trial_state import TrialState
from dropout_core.storage.errors import StoreBlocked
from dropout_core.storage.journal import Journal
from dropout_core.storage.lease import Lease
from dropout_core.storage.new_evaluation import new_evaluation
from dropout_core.storage.store import Store
from dropout_core.values.config import EvaluationConfig
from dropout_core.values.conversation import Message, TextBlock
from dropout_core.values.seeds import derived_seed
from dropout_core.verdict.verdict import Grading, Outcome, Verdict

AT_ONCE = 256
"""Rollouts that are graded at once: enough to keep every worker busy beside a slow one."""
Told = Callable[[Rollout, TrialState], None]
"""Told of each rollout and its trial once both are durable."""


class NotGraded(Exception):
    """Answers could not be graded, through no fault of their own; the message says why, in one line."""


@dataclass(frozen=True, slots=True)
class Import:
    """One import under way, with its lease."""

    store: Store
    number: int
    config: EvaluationConfig
    lease: Lease
    is_new: bool

    @classmethod
    def begun(cls, store: Store, config: EvaluationConfig, clock: Callable[[], float] = time.time) -> Import:
        """A new evaluation for the rollouts that `config` describes."""
        number, lease = new_evaluation(store, EvaluationStarted(at=clock(), config=config))
        return cls(store, number, config, lease, is_new=True)

    @classmethod
    def gone_on_with(cls, store: Store, number: int) -> Import:
        """An import that was interrupted.

        Raises:
            EvaluationBusy: another program is at it.
        """
        lease = Lease(store.path, number)
        try:
            return cls(store, number, store.config(number), lease, is_new=False)
        except BaseException:
            lease.release()
            raise


def earlier_import(store: Store, config: EvaluationConfig, *, seed_matters: bool) -> int | None:
    """The newest evaluation that the same rollouts were imported into, to be judged alike; ``None`` for none."""
    for number in store.imported_from(config.imported_digest or ""):
        if _what_is_judged(store.config(number), seed_matters) == _what_is_judged(config, seed_matters):
            return number
    return None


def _what_is_judged(config: EvaluationConfig, seed_matters: bool) -> tuple[object, ...]:
    """Settings that make two imports of the same files different."""
    judged_by = (config.task, config.task_file, config.suite, config.mode, config.refusals)
    said = (config.imported_digest, config.model, config.prompt_text)
    return (*judged_by, *said, config.seed if seed_matters else None)


async def import_rollouts(
    under_way: Import,
    rollouts: Iterable[Rollout],
    grading: Grading,
    told: Told,
    *,
    blocked: Callable[[StoreBlocked | None], None],
    clock: Callable[[], float] = time.time,
    at_once: int = AT_ONCE,
) -> None:
    """Grade the rollouts that are missing, `at_once` of them, and record them in order. `blocked` hears why nothing
    can be stored for now.

    Raises:
        NotGraded: some could not be graded; the others are recorded, and the evaluation is not ended.
        StoreUnusable: nothing can be stored.
    """
    config = under_way.config
    ended = under_way.store.ended_trials(under_way.number)
    journal = Journal(under_way.store, under_way.number)
    recent: dict[int, TrialState] = {}
    journal.state_of = recent.__getitem__
    journal.listen_for_blockage(blocked)
    if not under_way.is_new:
        journal.record(events.EvaluationReopened(at=clock()))
    missing = ((number, one) for number, one in enumerate(rollouts, 1) if number not in ended)
    not_graded: list[str] = []
    in_a_row = 0

    async def result_of(numbered: tuple[int, Rollout]) -> _Result:
        number, rollout = numbered
        return await _result(rollout, derived_seed(config.seed, number, 1), grading, config)

    waiting: list[Rollout] = []
    async with AsyncExitStack() as stack:
        stack.push_async_callback(journal.close)
        results = await stack.enter_async_context(aclosing(in_turn(missing, result_of, at_once=at_once)))
        async for (number, rollout), result in results:
            if result.not_run is not None:
                not_graded.append(result.not_run)
                in_a_row += 1
                if in_a_row >= IN_A_ROW:
                    break
                continue
            in_a_row = 0
            happened = list(_events(config, number, rollout, result, clock))
            recent[number] = replay_trial(number, happened)
            waiting.append(rollout)
            for event in happened:
                journal.record(event)
            if len(waiting) >= AT_ONCE:
                await journal.flush()
                _tell(told, waiting, recent)
        await journal.flush()
        _tell(told, waiting, recent)
        if not_graded:
            answers = "1 answer" if len(not_graded) == 1 else f"{len(not_graded)} answers"
            raise NotGraded(f"{answers} could not be graded: {not_graded[-1]}")
        journal.record(events.EvaluationEnded(at=clock(), reason=COMPLETED))


def _tell(told: Told, waiting: list[Rollout], recent: dict[int, TrialState]) -> None:
    for rollout, trial in zip(waiting, recent.values(), strict=True):
        told(rollout, trial)
    waiting.clear()
    recent.clear()


@dataclass(frozen=True, slots=True)
class _Result:
    """What became of one rollout."""

    verdict: Verdict
    found: Extraction | None = None
    not_run: str | None = None
    """Why the sandbox could not run it."""


async def _result(rollout: Rollout, seed: int, grading: Grading, config: EvaluationConfig) -> _Result:
    if rollout.fault is not None:
        return _Result(void(config, seed, f"{rollout.place} {rollout.fault}"))
    reply = reply_of(rollout, config)
    try:
        found = _code(reply, config)
    except Ended as ended:
        return _Result(ungraded(ended, config, seed))
    verdict = await grading.grade(found.code, seed=seed)
    if verdict.outcome is Outcome.VOID and verdict.reason != TOO_BUSY:
        return _Result(verdict, found, not_run=verdict.reason)
    return _Result(judged(verdict, reply.stop_reason, found.origin, config).at_rest(), found)


def reply_of(rollout: Rollout, config: EvaluationConfig) -> Reply:
    """The rollout as the reply of a model."""
    facts = rollout.facts
    return Reply(
        message=Message("assistant", (TextBlock(rollout.text),)),
        stop_reason=facts.stop_reason or "",
        usage=Usage(
            facts.input_tokens,
            facts.output_tokens,
            facts.thinking_tokens,
            facts.cache_read_input_tokens,
            facts.cache_creation_input_tokens,
        ),
        model=facts.model or config.model,
    )


def _code(reply: Reply, config: EvaluationConfig) -> Extraction:
    if reply.stop_reason == REFUSED:
        raise refused(reply)
    text = reply.message.text
    try:
        return code_of(text, config.function) if config.mode == "agent" else extract(text, config.function)
    except NoCodeFound as missing:
        raise without_code(reply, str(missing), config) from None


def _events(
    config: EvaluationConfig, number: int, rollout: Rollout, result: _Result, clock: Callable[[], float]
) -> Iterator[events.Event]:
    """What is recorded of a rollout."""
    at, seed = clock(), result.verdict.seed
    yield events.AttemptStarted(at=at, trial=number, attempt=1, seed=seed)
    if rollout.fault is None:
        reply = reply_of(rollout, config)
        asked = rollout.facts.prompt or config.prompt_text
        turns = ([Message.user(asked)] if asked else []) + [reply.message]
        for position, turn in enumerate(turns, 1):
            yield events.MessageAdded(at=at, trial=number, attempt=1, position=position, message=turn)
        yield events.ReplyFinished(
            at=at,
            trial=number,
            attempt=1,
            step=1,
            stop_reason=reply.stop_reason,
            model=reply.model,
            input_tokens=reply.usage.input_tokens,
            output_tokens=reply.usage.output_tokens,
            seconds=rollout.facts.seconds,
            thinking_tokens=reply.usage.thinking_tokens,
            cache_read_input_tokens=reply.usage.cache_read_input_tokens,
            cache_creation_input_tokens=reply.usage.cache_creation_input_tokens,
            digest=reply.message.digest,
        )
    if result.found is not None:
        yield events.CodeFound(
            at=at, trial=number, attempt=1, code=result.found.code, origin=result.found.origin
        )
        yield events.GradingStarted(at=at, trial=number, attempt=1)
    yield events.VerdictReached(at=at, trial=number, attempt=1, verdict=result.verdict)
