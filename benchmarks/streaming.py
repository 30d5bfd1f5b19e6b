"""Three hundred streams at once: how late the event loop is that reads them. Run by hand:

    python -m benchmarks.streaming

A server in another process streams 50 pieces of text a second to each of 300 requests. They are read in three ways,
which take turns, each in a process of its own:

* by the model alone (`AnthropicModel`, which reads raw events and keeps no snapshots);
* by a whole evaluation around that model: trials, events, journal, store, and the state folded for a screen, with a
  grading that judges at once;
* by the SDK's `messages.stream()`.

Meanwhile a clock in the same loop should tick every 5 ms; how late it is, a key would be too. It is watched from when
all streams are under way. "own p99" leaves out what it waited for a processor that other programs had. What is printed
is Markdown.
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
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.grading.comparison import percentile
from benchmarks.grading.ticking import ticks
from benchmarks.streaming_server import StreamingServer, piece_length
from benchmarks.throughput import JudgesAtOnce
from dropout_core.attempts.attempt import Interpreter
from dropout_core.models import Request
from dropout_core.models.anthropic.client import AnthropicModel, preload
from dropout_core.running.evaluation import Evaluation
from dropout_core.sandbox.processes.processors import usable_processors
from dropout_core.state.evaluation_state import begin, evolve
from dropout_core.state.events import EvaluationStarted, Event, TextArrived
from dropout_core.storage.journal import Journal
from dropout_core.storage.store import Store
from dropout_core.values.config import EvaluationConfig
from dropout_core.values.conversation import Message
from dropout_core.verdict.verdict import Grading

ROOT = Path(__file__).parents[1]
REQUEST = Request((Message.user("Implement dropout."),), (), max_tokens=2000, seed=1)
DELTAS = 500
"""Pieces of text in a reply."""
TRIALS_A_STREAM = 10
"""More than end while anyone watches."""

Arrived = Callable[[str], None]
Way = Callable[[str, int, Arrived], Coroutine[Any, Any, None]]
"""Reads so many streams at once from the server at this address, until it is cancelled. It tells of all text."""


async def by_the_model(url: str, streams: int, arrived: Arrived) -> None:
    """One reply after the other, in each of the streams."""
    model = AnthropicModel("streaming", url)

    async def again_and_again() -> None:
        while True:
            await model.reply(REQUEST, arrived)

    try:
        await asyncio.gather(*(again_and_again() for _ in range(streams)))
    finally:
        await model.close()


async def by_an_evaluation(url: str, streams: int, arrived: Arrived) -> None:
    """With its store in a file, and a listener that does what the dashboard does between two frames."""
    with TemporaryDirectory() as folder:
        store = Store(Path(folder) / "store.sqlite3")
        config = EvaluationConfig(
            "streaming", "Implement dropout.", seed=1, runs=TRIALS_A_STREAM * streams, concurrency=streams
        )
        started = EvaluationStarted(at=time.time(), config=config)
        journal = Journal(store, store.create(started))
        shown = begin(started)

        def show(events: Sequence[Event]) -> None:
            nonlocal shown
            for event in events:
                shown = evolve(shown, event)
                if isinstance(event, TextArrived):
                    arrived(event.text)

        journal.listen(show)
        grading: Grading = JudgesAtOnce()
        interpreter: Interpreter = JudgesAtOnce()
        model = AnthropicModel("streaming", url)
        evaluation = Evaluation(
            begin(started),
            model=model,
            grading=grading,
            interpreter=interpreter,
            journal=journal,
        )
        try:
            evaluation.start()
            await evaluation.finished()
        finally:
            await evaluation.close()
            await model.close()
            store.close()


async def by_the_sdk(url: str, streams: int, arrived: Arrived) -> None:
    """With typed events and a snapshot of the message after each."""
    import anthropic

    client = anthropic.AsyncAnthropic(base_url=url, api_key="none", max_retries=0)

    async def again_and_again() -> None:
        while True:
            async with client.messages.stream(
                model="streaming",
                max_tokens=2000,
                messages=[{"role": "user", "content": "Implement dropout."}],
            ) as stream:
                async for text in stream.text_stream:
                    arrived(text)

    await asyncio.gather(*(again_and_again() for _ in range(streams)))


WAYS: Mapping[str, Way] = {
    "the model alone": by_the_model,
    "an evaluation": by_an_evaluation,
    "the SDK's `messages.stream()`": by_the_sdk,
}


@dataclass(frozen=True, slots=True)
class Watched:
    """One measurement."""

    late: list[float]
    """Seconds by which each tick was late."""
    by_own_work: list[float]
    """At most so many of them because the loop was at work, and not because others had the processor."""
    processor: float
    """Share of a processor that the process used."""
    deltas: float
    """Pieces of text a second that came through; fewer than were due if something could not keep up."""


async def watch(way: Way, server: StreamingServer, streams: int, seconds: float) -> Watched:
    """Wait until all streams are under way, then look for `seconds`."""
    preload()
    characters = 0

    def arrived(text: str) -> None:
        nonlocal characters
        characters += len(text)

    reading = asyncio.create_task(way(server.url, streams, arrived))
    while (await asyncio.to_thread(server.sent))["streams"] < 0.95 * streams:
        await asyncio.sleep(0.1)
        if reading.done():
            reading.result()
    before, began, used = characters, time.perf_counter(), time.process_time()
    seen = await ticks(seconds)
    took, used = time.perf_counter() - began, time.process_time() - used
    deltas = (characters - before) / took / piece_length(DELTAS)
    reading.cancel()
    await asyncio.wait([reading])
    return Watched([tick.late for tick in seen], [tick.by_own_work for tick in seen], used / took, deltas)


def in_a_process(name: str, options: argparse.Namespace) -> Watched:
    """In a process of its own."""
    command = [sys.executable, "-m", "benchmarks.streaming", "--one", name]
    for option in ("streams", "pace", "seconds"):
        command += [f"--{option}", str(getattr(options, option))]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    return Watched(**json.loads(done.stdout))


def table(measured: Mapping[str, Sequence[Watched]]) -> str:
    """A row for each way; lateness over all rounds."""
    lines = [
        "| streams are read by | text/s | late by p50 ms | p95 | p99 | latest | own p99 | CPU | CPU µs a piece |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, all_watched in measured.items():
        late = [tick for watched in all_watched for tick in watched.late]
        own = [tick for watched in all_watched for tick in watched.by_own_work]
        figures = (*(percentile(late, percent) for percent in (50, 95, 99)), max(late), percentile(own, 99))
        text = statistics.median(watched.deltas for watched in all_watched)
        processor = statistics.median(watched.processor for watched in all_watched)
        late_by = (f"{1000 * figure:.1f}" for figure in figures)
        a_piece = f"{1e6 * processor / text:.0f}" if text else ""
        cells = (name, f"{text:,.0f}", *late_by, f"{100 * processor:.0f} %", a_piece)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.streaming", description="Read many streams at once."
    )
    parser.add_argument("--streams", type=int, default=300)
    parser.add_argument("--pace", type=float, default=50.0, help="pieces of text a second, for each stream")
    parser.add_argument("--seconds", type=float, default=15.0, help="how long the event loop is watched")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        with StreamingServer(options.pace, DELTAS) as server:
            watched = asyncio.run(watch(WAYS[options.one], server, options.streams, options.seconds))
        print(json.dumps(asdict(watched)))
        return
    print(
        f"Python {platform.python_version()}, anthropic {version('anthropic')}, {platform.system()}"
        f" {platform.machine()}, {usable_processors()} processors; load {os.getloadavg()[0]:.1f} before the start."
        f" {options.streams} streams of {options.pace:g} pieces of text a second, {options.rounds} rounds.\n"
    )
    measured: dict[str, list[Watched]] = {name: [] for name in WAYS}
    for number in range(options.rounds):
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
        for name in WAYS:
            measured[name].append(in_a_process(name, options))
    print(table(measured))


if __name__ == "__main__":
    main()
