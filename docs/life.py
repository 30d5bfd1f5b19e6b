"""The table of states, as ``python -m docs.life`` writes it to the end of ``docs/life.md``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from dropout_core.state.command_table import OF_EVALUATION, OF_RUN, Cell, Stage

FILE = Path(__file__).with_suffix(".md")
_BEGINNING = "| asked of an evaluation that is | "


def life_tables() -> str:
    """What each command does to an evaluation, and to a run, in each state. Quoted is the line that refuses."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield _BEGINNING + " | ".join(OF_EVALUATION) + " |"
    yield "|---" * (len(OF_EVALUATION) + 1) + "|"
    for stage in Stage:
        yield f"| {stage} | " + " | ".join(_said(cells[stage]) for cells in OF_EVALUATION.values()) + " |"
    for command, rows in OF_RUN.items():
        yield ""
        yield f"| {command}, of a run that is | does |"
        yield "|---|---|"
        for row, cells in rows.items():
            yield f"| {row} | {'; '.join(_by_stage(cells))} |"


def _by_stage(cells: Mapping[Stage, Cell]) -> Iterable[str]:
    """What is said in most stages first, and of the others which they are."""
    stages: dict[str, list[Stage]] = {}
    for stage, cell in cells.items():
        stages.setdefault(_said(cell), []).append(stage)
    if len(stages) == 1:
        return list(stages)
    in_order = sorted(stages.items(), key=lambda item: -len(item[1]))
    return [f"{', '.join(where)}: {said}" for said, where in in_order]


def _said(cell: Cell) -> str:
    return f"“{cell.text.format(run='N')}”" if cell.refused else cell.text


def main() -> int:
    """Write the file."""
    before, _, _ = FILE.read_text(encoding="utf-8").partition(_BEGINNING)
    FILE.write_text(f"{before}{life_tables()}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
