"""What the rule by which a sweep gives out trials is worth: ``python -m docs.sweep`` writes the table in
``docs/sweep.md``, by simulation from fixed seeds, in a few minutes.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from docs.statistics import BEGIN, END
from dropout_core.statistics.band.boundaries import boundaries
from dropout_core.statistics.band.next_cell import Standing, next_cell
from dropout_core.statistics.pass_rate import DECISION_ERROR, Band

FILE = Path(__file__).with_suffix(".md")
USUAL = Band()
MOST_RUNS = 400
"""Of one cell."""
SWEEPS = 100
"""Simulated for each row."""
RATES: tuple[tuple[float, ...], ...] = (
    (0.05, 0.25, 0.38, 0.60),
    (0.05, 0.25, 0.50, 0.80),
    (0.25, 0.25, 0.25, 0.25),
    (0.02, 0.06, 0.20, 0.45, 0.60, 0.90),
    (0.12, 0.30, 0.38, 0.42),
    (0.22, 0.01, 0.02, 0.05, 0.08, 0.45, 0.45, 0.50, 0.60, 0.70, 0.80, 0.90),
)
IN_FLIGHT = (1, 10)

Rule = Callable[[Mapping[int, Standing], int], int]
"""From the open cells by their places, and the place that had the last turn: whose is the next."""


def by_promise(cells: Mapping[int, Standing], _: int) -> int:
    """As a sweep does."""
    places = sorted(cells)
    return places[next_cell([cells[place] for place in places], one_is_in=False)]


def in_turn(cells: Mapping[int, Standing], last: int) -> int:
    """One cell after the other."""
    return min((place for place in cells if place > last), default=min(cells))


def trials_until_one_is_in(rates: Sequence[float], rule: Rule, in_flight: int, seed: int) -> int | None:
    """How many trials all cells have had when the first is known to be in the band; ``None`` when none ever is.

    Each cell passes and fails in an order of its own, whatever the rule is.
    """
    error = DECISION_ERROR / len(rates)
    rows = boundaries(USUAL, 0.0, MOST_RUNS, error)
    chances = [random.Random(f"{seed}/{place}") for place in range(len(rates))]  # noqa: S311
    cells = [Standing(0, 0, 0, USUAL, 0.0, error)] * len(rates)
    able = dict(enumerate(cells))
    decided: set[int] = set()
    flying: list[int] = []
    last, trials = -1, 0

    def becomes(place: int, cell: Standing) -> None:
        cells[place] = cell
        if place in decided or cell.begun >= MOST_RUNS:
            able.pop(place, None)
        else:
            able[place] = cell

    while able or flying:
        while able and len(flying) < in_flight:
            last = rule(able, last)
            becomes(last, replace(cells[last], in_flight=cells[last].in_flight + 1))
            flying.append(last)
        place = flying.pop(0)
        before = cells[place]
        passed, graded = before.passed + (chances[place].random() < rates[place]), before.graded + 1
        trials += 1
        row = rows[graded]
        if row.first_in <= passed <= row.last_in:
            return trials
        if passed <= row.below or passed >= row.above:
            decided.add(place)
        becomes(place, replace(before, passed=passed, graded=graded, in_flight=before.in_flight - 1))
    return None


def found(rates: Sequence[float], rule: Rule, in_flight: int, sweeps: int) -> tuple[str, str]:
    """The median and the 80 % figure, as words; and how many sweeps found nothing, in percent."""
    trials = [trials_until_one_is_in(rates, rule, in_flight, seed) for seed in range(sweeps)]
    known = sorted(one for one in trials if one is not None)
    figures = [
        f"{known[place]:,}" if (place := int(share * sweeps)) < len(known) else "–" for share in (0.5, 0.8)
    ]
    return ", ".join(figures), f"{100 * (sweeps - len(known)) / sweeps:.0f}"


def table(rows: Sequence[tuple[float, ...]], in_flight: Sequence[int], sweeps: int) -> Iterator[str]:
    """For each grid, how many trials it takes until one cell is known to be in the band, by either rule."""
    yield "| true rates, % | in flight | by promise: half, 80 % | in turn: half, 80 % | none found, % |"
    yield "|---|---|---|---|---|"
    for rates in rows:
        for many in in_flight:
            promised, none = found(rates, by_promise, many, sweeps)
            turned, _ = found(rates, in_turn, many, sweeps)
            yield f"| {_words(rates)} | {many} | {promised} | {turned} | {none} |"


def _words(rates: Sequence[float]) -> str:
    if len(rates) <= 6:
        return ", ".join(f"{rate * 100:g}" for rate in rates)
    inside = [f"{rate * 100:g}" for rate in rates if USUAL.lo <= rate <= USUAL.hi]
    return f"{len(rates)} cells, of them {', '.join(inside)} in the band"


def with_table(text: str, lines: Iterator[str]) -> str:
    """`text` with the table between its marks.

    Raises:
        ValueError: the marks are not there.
    """
    begin, end = (mark.format(name="turns").replace("docs.statistics", "docs.sweep") for mark in (BEGIN, END))
    before, begun, rest = text.partition(begin)
    _, ended, after = rest.partition(end)
    if not (begun and ended):
        raise ValueError(f"{FILE.name} lacks {begin} or {end}")
    rows = "\n".join(lines)
    return f"{before}{begin}\n{rows}\n{end}{after}"


def main() -> None:
    """Write the table anew."""
    text = with_table(FILE.read_text(encoding="utf-8"), table(RATES, IN_FLIGHT, SWEEPS))
    FILE.write_text(text, encoding="utf-8")
    print(*(line for line in text.splitlines() if line.startswith("|")), sep="\n", file=sys.stdout)


if __name__ == "__main__":
    main()
