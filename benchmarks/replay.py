"""Evaluation state of many trials: replaying its events, opening a stored one, and one more event. Run by hand:

    python -m benchmarks.replay

Each line but the first replaces one thing that makes this quick, or small, by the plain one, so that the difference is
what it is worth. Times are those of the processor, medians of interleaved rounds. What is printed is Markdown.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from benchmarks.dashboard.stored import events_of_trial
from benchmarks.grading.answers import WRONG
from dropout_core import grade
from dropout_core.state import evaluation_state, events, persistent_list, tally
from dropout_core.state.evaluation_state import EvaluationState, Folding, replay
from dropout_core.state.trial_state import Status
from dropout_core.storage import snapshot_codec
from dropout_core.storage.store import Store
from dropout_core.values.config import EvaluationConfig
from dropout_core.verdict.packed_checks import PackedChecks
from dropout_core.verdict.verdict import Verdict

AT_ONCE = 1 << 30
EVENTS_AFTER = 60
A_COMMIT = 4_000


@contextlib.contextmanager
def as_it_is() -> Iterator[None]:
    """Nothing replaced."""
    yield


@contextlib.contextmanager
def plain_tuple() -> Iterator[None]:
    """All trials in one tuple, which is copied as a whole."""
    with patch.object(persistent_list, "_CHUNK", AT_ONCE):
        yield


@contextlib.contextmanager
def counted_afresh() -> Iterator[None]:
    """No running tally: all trials are counted again after each event whose state is looked at."""
    original = vars(Folding)["state"].fget

    def counted(folding: Folding) -> EvaluationState:
        state: EvaluationState = original(folding)
        ended = [trial for trial in state.trials if trial.attempts]
        queued = tally.Tally(statuses=((Status.QUEUED, len(state.trials)),))
        numbers, checks = tally.with_ended(queued, (), ended)
        return replace(state, tally=numbers, checks=checks)

    with (
        patch.object(Folding, "state", property(counted)),
        patch.object(evaluation_state, "tally_moved", lambda counts, *_: counts),
        patch.object(evaluation_state, "checks_moved", lambda counts, *_: counts),
    ):
        yield


@contextlib.contextmanager
def unpacked_checks() -> Iterator[None]:
    """Checks that are kept as they are."""
    with (
        patch.object(Verdict, "at_rest", lambda verdict: verdict),
        patch.object(snapshot_codec, "PackedChecks", lambda *packed: PackedChecks(*packed).read),
    ):
        yield


WAYS = {
    "as it is": as_it_is,
    "one tuple of trials": plain_tuple,
    "counted afresh each time": counted_afresh,
    "checks not packed": unpacked_checks,
}


@dataclass(frozen=True, slots=True)
class Costs:
    """What one round costs."""

    replayed: float
    """Seconds for all events from the first."""
    opened: float
    """Seconds for the stored evaluation."""
    event: float
    """Seconds for one more event, and the state after it."""


def seconds(work: Callable[[], object]) -> float:
    """Processor time of some work."""
    gc.collect()
    begun = time.process_time()
    work()
    return time.process_time() - begun


def all_events(runs: int) -> list[events.Event]:
    """Of an evaluation whose trials have all ended but the last `EVENTS_AFTER`; no two have the same checks."""
    config = EvaluationConfig(
        model="sample", prompt_text="Implement dropout.", seed=1, runs=runs, concurrency=200
    )
    history: list[events.Event] = [events.EvaluationStarted(at=1.0, config=config)]
    verdict = grade(WRONG, seed=1)
    for trial in range(1, runs - EVENTS_AFTER + 1):
        checks = tuple(replace(check, message=f"{check.message} ({trial})") for check in verdict.checks)
        own = replace(verdict, seed=trial, checks=checks).at_rest()
        history += events_of_trial(trial, 1.0 + trial, WRONG, own)
    return history


def stored(store: Store, history: Sequence[events.Event]) -> int:
    """The number of an evaluation with these events."""
    first = history[0]
    assert isinstance(first, events.EvaluationStarted)
    number = store.create(first)
    for start in range(1, len(history), A_COMMIT):
        store.append(number, history[start : start + A_COMMIT])
    return number


def measured(history: list[events.Event], store: Store, number: int, runs: int) -> Costs:
    """One round."""
    states: list[EvaluationState] = []
    replayed = seconds(lambda: states.append(replay(history)))
    opened = seconds(lambda: store.state(number))
    folding = Folding(states[0])
    took = []
    for trial in range(runs - EVENTS_AFTER + 1, runs + 1):
        begun = time.process_time()
        folding.add(events.AttemptStarted(at=2.0 + runs, trial=trial, attempt=1, seed=trial))
        _ = folding.state
        took.append(time.process_time() - begun)
    return Costs(replayed, opened, statistics.median(took))


def megabytes_open(store: Store, number: int) -> float:
    """Of the state of a stored evaluation."""
    gc.collect()
    tracemalloc.start()
    state = store.state(number)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del state
    return size / 1e6


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args(arguments)
    with TemporaryDirectory() as folder:
        store, history = Store(Path(folder) / "store.sqlite3"), all_events(chosen.runs)
        number = stored(store, history)
        costs: dict[str, list[Costs]] = {name: [] for name in WAYS}
        for _ in range(chosen.rounds):
            for name, way in WAYS.items():
                with way():
                    costs[name].append(measured(history, store, number, chosen.runs))
        sizes = {}
        for name, way in WAYS.items():
            with way():
                sizes[name] = megabytes_open(store, number)
        store.close()
    print(f"{chosen.runs:,} trials, {len(history):,} events; medians of {chosen.rounds} rounds\n")
    print("| way | replay, ms | open, ms | one more event, µs | opened state, MB |\n|---|---|---|---|---|")
    for name, rounds in costs.items():
        replayed, opened, event = (
            statistics.median(getattr(one, what) for one in rounds)
            for what in ("replayed", "opened", "event")
        )
        figures = f"{1e3 * replayed:.0f} | {1e3 * opened:.0f} | {1e6 * event:.0f} | {sizes[name]:.1f}"
        print(f"| {name} | {figures} |")


if __name__ == "__main__":
    main()
