"""The command; `benchmarks.dashboard` tells how it measures."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

from benchmarks.dashboard import inspect_display, situations
from benchmarks.dashboard.first_paint import Times, first_paints
from benchmarks.dashboard.situations import Measured, Situation, measure
from benchmarks.dashboard.tables import first_paint_table, situations_table
from benchmarks.dashboard.terminal import COLUMNS, LINES
from benchmarks.grading.environments import set_up
from dropout_core.sandbox.processes.processors import usable_processors


def main() -> None:
    """Measure, and print."""
    options = arguments()
    if options.setup:
        options.cache.mkdir(parents=True, exist_ok=True)
        set_up([inspect_display.PACKAGE], options.cache)
        return
    print(
        f"Python {platform.python_version()}, Textual {version('textual')}, {platform.system()}"
        f" {platform.machine()}, {usable_processors()} processors, a terminal of {COLUMNS} × {LINES};"
        f" load {os.getloadavg()[0]:.1f} before the start.\n"
    )
    if options.first_paints:
        times: Times = {}
        for number, so_far in enumerate(first_paints(options.first_paints), 1):
            times = so_far
            print(f"first paints, round {number} of {options.first_paints}", file=sys.stderr)
        print(f"Medians of {options.first_paints} rounds.\n\n{first_paint_table(times)}\n")
    chosen = [
        one for one in all_situations(options.cache) if options.only is None or options.only in one.name
    ]
    measured = {situation.name: Measured() for situation in chosen}
    for number in range(1, options.rounds + 1):
        for situation in chosen:
            print(f"round {number} of {options.rounds}: {situation.name}", file=sys.stderr)
            measure(
                situation,
                measured[situation.name],
                keys=options.keys,
                pause=options.pause / 1000,
                rest=options.rest,
            )
    if options.rounds and chosen:
        print(f"{options.rounds} rounds of {options.keys} keys, one each {options.pause} ms.\n")
        print(situations_table(measured))


def all_situations(cache: Path) -> list[Situation]:
    """Those of this program, and the other one's if it is installed."""
    if inspect_display.python(cache).exists():
        return [*situations.ALL, *inspect_display.situations(cache)]
    print("Inspect AI is not installed (--setup)", file=sys.stderr)
    return list(situations.ALL)


def arguments() -> argparse.Namespace:
    """Of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.dashboard", description="Measure how quick the dashboard is."
    )
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dropout-benchmarks"
    parser.add_argument("--cache", type=Path, default=cache, help="folder of the other program")
    parser.add_argument("--setup", action="store_true", help="install the other program there, and no more")
    parser.add_argument("--first-paints", type=int, default=15, help="rounds of first paints")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of keys")
    parser.add_argument("--keys", type=int, default=150, help="keys of a round in each situation")
    parser.add_argument("--pause", type=int, default=70, help="milliseconds from key to key")
    parser.add_argument("--rest", type=float, default=10.0, help="seconds a program at rest is watched")
    parser.add_argument("--only", help="situations whose name holds this")
    options = parser.parse_args()
    options.cache = options.cache.resolve()
    return options


if __name__ == "__main__":
    main()
