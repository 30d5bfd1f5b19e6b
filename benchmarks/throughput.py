"""What this project adds to a trial: scheduling, events, journal and SQLite store. Run by hand:

    python -m benchmarks.throughput --setup        install Inspect AI, in an environment of its own
    python -m benchmarks.throughput

The model answers at once and the grading judges at once, so no SDK and no sandbox is in what is measured; extraction
of the code is. A listener folds the events into the state that a screen would show, as the dashboard does. Beside it
stand a bare asyncio loop that makes the same number of tasks and awaits, and Inspect AI with its mock model; each
measurement is a process of its own, and they take turns. What is printed is Markdown.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.dashboard.cost import memory
from benchmarks.grading.answers import RIGHT
from benchmarks.grading.environments import set_up
from dropout_core.attempts.attempt import ExpressionOutput, Interpreter
from dropout_core.models import Model, Reply, Request, Usage
from dropout_core.running.evaluation import Evaluation
from dropout_core.sandbox.processes.processors import usable_processors
from dropout_core.state.evaluation_state import begin, evolve_all
from dropout_core.state.events import EvaluationStarted, Event, VerdictReached
from dropout_core.storage.journal import Journal
from dropout_core.storage.store import Store
from dropout_core.values.config import EvaluationConfig
from dropout_core.values.conversation import Message, TextBlock
from dropout_core.verdict.verdict import Check, CheckStatus, Grading, Outcome, Verdict

SIZES = ((1_000, 10), (1_000, 300), (10_000, 10), (10_000, 300))
"""Trials, and how many at once."""
LOOKS = (1_000, 5_000, 10_000)
"""After how many verdicts memory is looked at."""
AWAITS = 6
"""Of a trial that nothing waits for: twice its boundary, the reply, its text, the grading, its end."""
ROOT = Path(__file__).parents[1]
INSPECT = "inspect-ai"
INSPECT_SAMPLES = 1_000
ANSWER = f"Each call draws its mask anew.\n\n```python\n{RIGHT[0]}```\n"


class AnswersAtOnce:
    """A model whose reply is there already."""

    name = "at once"

    async def reply(self, request: Request, on_text: object) -> Reply:  # noqa: ARG002
        """The same reply each time."""
        await asyncio.sleep(0)
        return Reply(Message("assistant", (TextBlock(ANSWER),)), "end_turn", Usage(300, 300), self.name)

    async def open(self) -> None:
        """There is nothing to make ready."""

    async def close(self) -> None:
        """Nothing is open."""


class JudgesAtOnce:
    """A grading whose verdict is there already, and an interpreter that is not asked."""

    checks = tuple(
        Check(name, name.title(), CheckStatus.PASSED, "as it should be", "50.1 %", "50 %")
        for name in (
            "runs",
            "shape",
            "rate",
            "randomness",
            "scaling",
            "eval_mode",
            "other_rates",
            "edge_cases",
        )
    )

    async def grade(self, code: str, *, seed: int | None = None) -> Verdict:  # noqa: ARG002
        """Passed."""
        await asyncio.sleep(0)
        return Verdict(Outcome.PASSED, "All tests passed!", "basic", seed or 0, "none", self.checks)

    async def evaluate(self, expression: str) -> ExpressionOutput:
        """Not asked."""
        raise NotImplementedError(expression)


@dataclass(frozen=True, slots=True)
class Took:
    """One measurement."""

    seconds: float
    processor: float
    """Seconds of processor time."""
    resident: dict[int, float]
    """MiB after so many verdicts."""


async def evaluation(trials: int, at_once: int, folder: Path) -> Took:
    """Run an evaluation from its start until all is stored."""
    store = Store(folder / "store.sqlite3")
    config = EvaluationConfig("at once", "Implement dropout.", seed=1, runs=trials, concurrency=at_once)
    started = EvaluationStarted(at=time.time(), config=config)
    journal = Journal(store, store.create(started))
    shown, verdicts, resident = begin(started), 0, {}

    def show(events: Sequence[Event]) -> None:
        nonlocal shown, verdicts
        shown = evolve_all(shown, events)
        for event in events:
            if isinstance(event, VerdictReached):
                verdicts += 1
                if verdicts in LOOKS:
                    resident[verdicts] = memory(os.getpid())[0]

    journal.listen(show)
    model: Model = AnswersAtOnce()
    grading: Grading = JudgesAtOnce()
    interpreter: Interpreter = JudgesAtOnce()
    made = Evaluation(begin(started), model=model, grading=grading, interpreter=interpreter, journal=journal)
    began, used = time.perf_counter(), time.process_time()
    made.start()
    await made.finished()
    took = Took(time.perf_counter() - began, time.process_time() - used, resident)
    await made.close()
    store.close()
    if shown.tally.passed != trials:
        raise RuntimeError(f"{shown.tally.passed} of {trials} trials passed")
    return took


async def bare_loop(trials: int, at_once: int) -> Took:
    """The same number of tasks, each with as many awaits, under a semaphore."""
    slots = asyncio.Semaphore(at_once)

    async def trial() -> None:
        async with slots:
            for _ in range(AWAITS):
                await asyncio.sleep(0)

    began, used = time.perf_counter(), time.process_time()
    await asyncio.gather(*(trial() for _ in range(trials)))
    return Took(time.perf_counter() - began, time.process_time() - used, {})


def one_measurement(name: str, trials: int, at_once: int) -> Took:
    """In this process."""
    if name == "bare":
        return asyncio.run(bare_loop(trials, at_once))
    with TemporaryDirectory() as folder:
        return asyncio.run(evaluation(trials, at_once, Path(folder)))


def in_a_process(name: str, trials: int, at_once: int) -> Took:
    """In a process of its own."""
    command = [sys.executable, "-m", "benchmarks.throughput", "--one", name, str(trials), str(at_once)]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout)
    return Took(told[0], told[1], {int(count): size for count, size in told[2].items()})


def inspect_samples(cache: Path, at_once: int) -> Took:
    """What `INSPECT_SAMPLES` take longer than one does."""
    python = cache / INSPECT / "bin" / "python"
    command = [str(python), "-m", "benchmarks.inspect_samples", str(INSPECT_SAMPLES), str(at_once)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    told = done.stdout.split()
    return Took(float(told[-2]), float(told[-1]), {})


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.throughput", description=__doc__.split("\n")[0]
    )
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dropout-benchmarks"
    parser.add_argument("--cache", type=Path, default=cache, help="folder of the other program")
    parser.add_argument("--setup", action="store_true", help="install the other program there, and no more")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--largest", type=int, default=10_000, help="leave out evaluations of more trials")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        name, trials, at_once = options.one
        took = one_measurement(name, int(trials), int(at_once))
        print(json.dumps([took.seconds, took.processor, took.resident]))
        return
    if options.setup:
        options.cache.mkdir(parents=True, exist_ok=True)
        set_up([INSPECT], options.cache)
        return
    print(
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()},"
        f" {usable_processors()} processors; load {os.getloadavg()[0]:.1f} before the start."
        f" Medians of {options.rounds} rounds.\n"
    )
    print(table(measure(options.cache.resolve(), options.rounds, options.largest)))


Key = tuple[str, int, int]
"""What ran, how many trials, how many at once."""


def measure(cache: Path, rounds: int, largest: int) -> dict[Key, list[Took]]:
    """All in turn."""
    measured: dict[Key, list[Took]] = {}
    has_inspect = (cache / INSPECT / "bin" / "python").exists()
    if not has_inspect:
        print("Inspect AI is not installed (--setup)", file=sys.stderr)
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
        for trials, at_once in SIZES:
            if trials > largest:
                continue
            for name in ("bare", "evaluation"):
                took = in_a_process(name, trials, at_once)
                measured.setdefault((name, trials, at_once), []).append(took)
            if has_inspect and trials == INSPECT_SAMPLES:
                took = inspect_samples(cache, at_once)
                measured.setdefault(("Inspect AI", trials, at_once), []).append(took)
    return measured


def table(measured: dict[Key, list[Took]]) -> str:
    """A row for each."""
    lines = [
        "| what | trials | at once | ms a trial | CPU ms a trial | × CPU of the bare loop | MiB after 1k, 5k, 10k |",
        "|---|---:|---:|---:|---:|---:|---|",
    ]
    for (name, trials, at_once), all_took in measured.items():
        bare = statistics.median(took.processor for took in measured["bare", trials, at_once])
        seconds = statistics.median(took.seconds for took in all_took)
        processor = statistics.median(took.processor for took in all_took)
        resident = ", ".join(f"{size:.0f}" for size in all_took[-1].resident.values())
        a_trial = f"{1000 * seconds / trials:.3f} | {1000 * processor / trials:.3f}"
        lines.append(f"| {name} | {trials:,} | {at_once} | {a_trial} | {processor / bare:.1f} | {resident} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
