"""Evaluations of many trials, put into a store by this project's own code without running them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.grading.answers import RIGHT, WRONG
from dropout_core import grade
from dropout_core.state import events
from dropout_core.state.end_reasons import COMPLETED
from dropout_core.storage.store import Store
from dropout_core.values.config import EvaluationConfig
from dropout_core.values.conversation import Message, TextBlock
from dropout_core.verdict.verdict import Verdict

SECONDS_A_TRIAL = 5.0
TRIALS_A_COMMIT = 500
PROSE = "Each call draws its mask anew, and what survives is scaled by 1/(1-p) so that the mean stays. " * 4


def store_evaluation(store: Store, *, runs: int, ended: int, model: str = "sample") -> int:
    """An evaluation of `runs` trials, the last `ended` of which have ended; its number.

    One that has ended in all of them is complete; else the first are those to go on with.
    """
    config = EvaluationConfig(
        model=model, prompt_text="Implement dropout(x, p, training).", seed=1, runs=runs, concurrency=200
    )
    began = 1_700_000_000.0
    number = store.create(events.EvaluationStarted(at=began, config=config))
    verdicts = [(code, grade(code, seed=1)) for code in (WRONG, RIGHT[0], WRONG, RIGHT[1], WRONG)]
    trials = list(range(runs - ended + 1, runs + 1))
    for start in range(0, len(trials), TRIALS_A_COMMIT):
        kept: list[events.Event] = []
        for trial in trials[start : start + TRIALS_A_COMMIT]:
            code, verdict = verdicts[trial % len(verdicts)]
            kept += events_of_trial(trial, began + trial, code, replace(verdict, seed=trial))
        store.append(number, kept)
    if ended == runs:
        store.append(number, [events.EvaluationEnded(at=began + runs + SECONDS_A_TRIAL, reason=COMPLETED)])
    return number


def make_store(path: Path, **evaluation: int | str) -> int:
    """A new store that holds such an evaluation; see `store_evaluation`."""
    store = Store(path)
    try:
        return store_evaluation(store, **evaluation)  # type: ignore[arg-type]
    finally:
        store.close()


def events_of_trial(trial: int, at: float, code: str, verdict: Verdict) -> Iterator[events.Event]:
    """What is stored of a trial with one reply."""
    reply = Message("assistant", (TextBlock(f"{PROSE}\n\n```python\n{code}```\n"),))
    yield events.AttemptStarted(at=at, trial=trial, attempt=1, seed=trial)
    yield events.MessageAdded(
        at=at, trial=trial, attempt=1, position=1, message=Message.user("Implement dropout.")
    )
    yield events.RequestSent(at=at, trial=trial, attempt=1, step=1)
    at += SECONDS_A_TRIAL
    yield events.MessageAdded(at=at, trial=trial, attempt=1, position=2, message=reply)
    yield events.ReplyFinished(
        at=at,
        trial=trial,
        attempt=1,
        step=1,
        stop_reason="end_turn",
        model="streaming",
        input_tokens=300,
        output_tokens=300,
        seconds=SECONDS_A_TRIAL,
    )
    yield events.CodeFound(at=at, trial=trial, attempt=1, code=code, origin="the last code block")
    yield events.GradingStarted(at=at, trial=trial, attempt=1)
    yield events.VerdictReached(at=at, trial=trial, attempt=1, verdict=verdict)
