"""What was measured, as Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping

from benchmarks.dashboard.first_paint import BARE_APP, Times
from benchmarks.dashboard.situations import Measured
from benchmarks.grading.comparison import percentile


def first_paint_table(times: Times) -> str:
    """A row for each program; the ratio is the median of those taken within a round."""
    lines = ["| until it is painted | median ms | range | × bare |", "|---|---:|---:|---:|"]
    for name, seconds in times.items():
        ratios = [one / bare for one, bare in zip(seconds, times[BARE_APP], strict=True)]
        low, high = (1000 * bound for bound in (min(seconds), max(seconds)))
        median = 1000 * statistics.median(seconds)
        lines.append(f"| {name} | {median:.0f} | {low:.0f}–{high:.0f} | {statistics.median(ratios):.2f} |")
    return "\n".join(lines)


def situations_table(measured: Mapping[str, Measured]) -> str:
    """A row for each situation: key to paint, and what it takes of the machine."""
    titles = (
        "situation", "keys (unseen)", "p50 ms", "p95 ms", "p99 ms", "text/s", "rows after ms", "CPU",
        "CPU ms a key", "at rest", "MiB (peak)",
    )  # fmt: skip
    lines = [f"| {' | '.join(titles)} |", f"|---{'|---:' * (len(titles) - 1)}|"]
    return "\n".join([*lines, *(f"| {' | '.join(_cells(name, one))} |" for name, one in measured.items())])


def _cells(name: str, measured: Measured) -> Iterator[str]:
    yield name
    yield f"{measured.pressed} ({measured.pressed - len(measured.latencies)})"
    for percent in (50, 95, 99):
        yield f"{1000 * percentile(measured.latencies, percent):.0f}" if measured.latencies else ""
    text = statistics.median(measured.deltas)
    yield f"{text:,.0f}" if text else ""
    yield f"{1000 * statistics.median(measured.opened):,.0f}"
    yield f"{100 * statistics.median(measured.busy):.0f} %"
    yield f"{1000 * statistics.median(measured.a_key):.1f}" if measured.a_key else ""
    yield f"{100 * statistics.median(measured.idle):.1f} %" if measured.idle else ""
    yield f"{measured.resident:.0f} ({measured.peak:.0f})"
