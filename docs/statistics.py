"""How safe the band decision is and what it costs: ``python -m docs.statistics`` writes the tables in
``docs/statistics.md``, exactly, in a minute.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from dropout_core.statistics.band.decision import threshold
from dropout_core.statistics.band.process import false_statement_probability, first_decisions
from dropout_core.statistics.pass_rate import DECISION_ERROR, Band, Decision

FILE = Path(__file__).with_suffix(".md")
TRIALS = 2_000
STEPS = 200
"""Of the grid of true rates."""
USUAL = Band()
TOLERANCES = (0.0, 0.02, 0.05)
CASES = (
    *((USUAL, tolerance) for tolerance in TOLERANCES),
    (Band(0.0, 0.4), 0.0),
    (Band(0.1, 1.0), 0.0),
    (Band(0.2, 0.8), 0.0),
    (Band(0.3, 0.5), 0.0),
    (Band(0.38, 0.4), 0.0),
    (Band(0.01, 0.04), 0.0),
)
RATES = (0.0, 0.03, 0.05, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.35, 0.38, 0.4, 0.42, 0.5, 0.6, 0.8, 1.0)
BEGIN, END = "<!-- {name}: python -m docs.statistics -->", "<!-- end of {name} -->"


def true_rates(band: Band, tolerance: float, steps: int = STEPS) -> list[float]:
    """An even grid, each edge with and without its tolerance, and the rates next to those on either side."""
    edges = [edge + side * tolerance for edge in (band.lo, band.hi) for side in (-1, 0, 1)]
    beside = [float(np.nextafter(edge, towards)) for edge in edges for towards in (0.0, 1.0)]
    near = [edge + off for edge in edges for off in (-0.002, -0.001, 0.001, 0.002)]
    even = np.linspace(0.0, 1.0, steps + 1).tolist()
    return sorted({rate for rate in (*even, *edges, *beside, *near) if 0.0 <= rate <= 1.0})


def error_table(cases: Sequence[tuple[Band, float]], trials: int, steps: int = STEPS) -> Iterator[str]:
    """For each band and tolerance, the true rate that is misjudged most often, and how often."""
    most = f"any false statement in {trials:,} looks, at most"
    yield f"| band, % | tolerance, points | threshold | {most} | at a true rate of |"
    yield "|---|---|---|---|---|"
    for band, tolerance in cases:
        rates = true_rates(band, tolerance, steps)
        found = false_statement_probability(rates, band, tolerance, trials)
        worst = max(found)
        if worst > DECISION_ERROR:
            raise ArithmeticError(f"band {band}, tolerance {tolerance}: {worst}")
        where = rates[found.index(worst)]
        yield (
            f"| {str(band).replace('-', '–')} | {tolerance * 100:g} | {threshold(band, tolerance):.2f}"
            f" | {worst:.2%} | {_edge_words(where)} |"
        )


def _edge_words(rate: float) -> str:
    rounded = round(rate, 6)
    beside = "" if rate == rounded else "just below " if rate < rounded else "just above "
    return f"{beside}{rounded * 100:g} %"


def price_table(rates: Sequence[float], tolerances: Sequence[float], trials: int) -> Iterator[str]:
    """For each true rate and tolerance, after how many trials half and 80 % of evaluations are decided, and how."""
    columns = [
        f"{tolerance * 100:g} points: half, 80 % | *below*, *in*, *above*, open" for tolerance in tolerances
    ]
    yield f"| true rate | {' | '.join(columns)} |"
    yield "|---" * (1 + 2 * len(tolerances)) + "|"
    found = [first_decisions(rates, USUAL, tolerance, trials) for tolerance in tolerances]
    for place, rate in enumerate(rates):
        cells = []
        for one in (of[place] for of in found):
            half, mostly = (f"{n:,}" if (n := one.trials(share)) is not None else "–" for share in (0.5, 0.8))
            shares = [
                one.stated[what] for what in (Decision.BELOW, Decision.IN, Decision.ABOVE, Decision.UNDECIDED)
            ]
            cells.append(f"{half}, {mostly} | {', '.join(map(_percent, shares))}")
        yield f"| {rate * 100:g} % | {' | '.join(cells)} |"


def _percent(share: float) -> str:
    if share < 5e-5:
        return "0"
    return (
        f"{share * 100:.1f}" if 0.0005 <= share <= 0.9995 else f"{share * 100:.2g}" if share < 0.5 else "100"
    )


def with_tables(text: str, tables: dict[str, Iterator[str]]) -> str:
    """`text` with each table between its marks.

    Raises:
        ValueError: the marks are not there.
    """
    for name, lines in tables.items():
        begin, end = BEGIN.format(name=name), END.format(name=name)
        before, begun, rest = text.partition(begin)
        _, ended, after = rest.partition(end)
        if not (begun and ended):
            raise ValueError(f"{FILE.name} lacks {begin} or {end}")
        table = "\n".join(lines)
        text = f"{before}{begin}\n{table}\n{end}{after}"
    return text


def main() -> None:
    """Write the tables anew."""
    tables = {
        "errors": error_table(CASES, TRIALS),
        "prices": price_table(RATES, TOLERANCES, TRIALS),
    }
    text = with_tables(FILE.read_text(encoding="utf-8"), tables)
    FILE.write_text(text, encoding="utf-8")
    print(*(line for line in text.splitlines() if line.startswith("|")), sep="\n", file=sys.stdout)


if __name__ == "__main__":
    main()
