"""What to try next after a sweep, in one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from dropout_core.analysis.sweep_cells import SweepCell, axes_of, name_of
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.statistics.pass_rate import Decision, probability_in_band
from dropout_core.task.requirement import Explicitness, UnknownSuite
from dropout_core.task.unusable import TaskUnusable
from dropout_core.tasks.chosen import task_of
from dropout_core.values.config import EvaluationConfig
from dropout_core.values.words.percent import percent

LIKELY = 0.5
"""So probable is it that the rate of a cell lies in the band, for more runs of it to be proposed."""

Axes = dict[str, list[str]]
Pair = tuple[SweepCell, SweepCell]
"""One cell that is below the band, and one that is above it."""


def proposal(cells: Sequence[SweepCell]) -> str:
    """The next rung: which cell to take, which to give more runs, or what lies between two of them."""
    axes = axes_of(cells)
    inside = [cell for cell in cells if cell.decision is Decision.IN]
    if inside:
        are = "is" if len(inside) == 1 else "are"
        said = ", ".join(f"{name_of(cell, axes)} (evaluation {cell.number})" for cell in inside)
        return f"{said} {are} in the band: look at why its runs fail, and take it"
    likely = _likeliest(cells)
    if likely is not None:
        return _more_of(likely, axes)
    pair = _closest_pair(cells, axes)
    if pair is not None:
        below, above = pair
        said = f"{name_of(below, axes)} is below the band, {name_of(above, axes)} above it"
        return f"{said}: try {_between(below, above, axes)}"
    decisions = {cell.decision for cell in cells if cell.state is not None and cell.state.tally.graded}
    if decisions == {Decision.ABOVE}:
        return f"every cell that ran is above the band: try {_harder(cells, axes)}"
    if decisions == {Decision.BELOW}:
        return f"every cell that ran is below the band: try {_easier(cells, axes)}"
    if not decisions:
        return "no cell could run: mend what the lines above say"
    return "too little is decided to propose anything: give more --runs or a larger --budget"


def _likeliest(cells: Sequence[SweepCell]) -> SweepCell | None:
    """The open cell that is most probably in the band, if it is that rather than not."""
    found: tuple[float, SweepCell] | None = None
    for cell in cells:
        if cell.state is None or cell.decision is not Decision.UNDECIDED or not cell.state.tally.graded:
            continue
        chance = _chance(cell.state)
        if chance > LIKELY and (found is None or chance > found[0]):
            found = (chance, cell)
    return None if found is None else found[1]


def _chance(state: EvaluationState) -> float:
    return probability_in_band(state.in_order.passed, state.in_order.graded, state.config.band)


def _more_of(cell: SweepCell, axes: Axes) -> str:
    if cell.state is None:
        raise ValueError("a cell without an evaluation is not likely to be anything")
    said = f"{name_of(cell, axes)} (evaluation {cell.number}) is not decided"
    return f"{said}, and in the band with probability {percent(_chance(cell.state))}%: give it more --runs"


def _closest_pair(cells: Sequence[SweepCell], axes: Axes) -> Pair | None:
    """Of a cell below and one above, those two that differ least: in the fewest axes, by the fewest steps."""
    pairs = [
        (below, above)
        for below in cells
        if below.decision is Decision.BELOW
        for above in cells
        if above.decision is Decision.ABOVE
    ]

    def apart(pair: Pair) -> tuple[int, int]:
        steps = [
            abs(values.index(pair[0].value(axis)) - values.index(pair[1].value(axis)))
            for axis, values in axes.items()
        ]
        return (sum(1 for step in steps if step), sum(steps))

    return min(pairs, key=apart, default=None)


def _between(below: SweepCell, above: SweepCell, axes: Axes) -> str:
    """What lies between two cells."""
    differing = [axis for axis in axes if below.value(axis) != above.value(axis)]
    if len(differing) > 1:
        mixed = " and ".join(f"the {axis} `{above.value(axis)}`" for axis in differing[:-1])
        return f"{mixed} with the {differing[-1]} `{below.value(differing[-1])}`"
    (axis,) = differing
    low, high = below.value(axis), above.value(axis)
    if axis == "suite":
        return _suite_between(below, above)
    if axis == "prompt":
        return _prompt_between(low, high)
    try:
        return f"the {axis} {(float(low) + float(high)) / 2:g}"
    except ValueError:
        return f"a {axis} between the two"


def _suite_between(below: SweepCell, above: SweepCell) -> str:
    """The easier suite with one check of the harder: that which leaves the rate nearest to the middle of the band."""
    otherwise = "the easier suite with some of the harder one's checks (--checks +ID)"
    if below.state is None or above.state is None:
        return otherwise
    more = [one for one in _checks(below.state.config) if one not in _checks(above.state.config)]
    band, rate = above.state.config.band, above.state.pass_rate
    failing = {
        name: tally.failed / tally.reached
        for name, tally in below.state.checks
        if name in more and tally.reached
    }
    if rate is None or not failing:
        return otherwise
    middle = (band.lo + band.hi) / 2
    chosen = min(failing, key=lambda name: abs(rate * (1 - failing[name]) - middle))
    about = f"about {rate * (1 - failing[chosen]):.0%} by these answers"
    return f"`--suite {above.value('suite')} --checks +{chosen}` ({about})"


def _checks(config: EvaluationConfig) -> list[str]:
    """The ids of the checks of an evaluation's suite; none where its task is gone."""
    try:
        return [clause.id for clause in task_of(config).suite(config.suite)]
    except (TaskUnusable, UnknownSuite):
        return []


def _prompt_between(low: str, high: str) -> str:
    levels = [str(level) for level in Explicitness]
    if low in levels and high in levels:
        first, last = sorted((levels.index(low), levels.index(high)))
        if last - first > 1:
            return f"the prompt `{levels[first + 1]}`"
    return f"a text of your own between them: dropout-tui prompt --prompt {high} > FILE, and --prompt FILE"


def _harder(cells: Sequence[SweepCell], axes: Axes) -> str:
    suite = _next_suite(cells, axes, 1)
    if suite is not None:
        return f"the suite `{suite}`"
    if str(Explicitness.TERSE) not in axes.get("prompt", ()):
        return f"the prompt `{Explicitness.TERSE}`"
    return "a requirement of your own, or a weaker model"


def _easier(cells: Sequence[SweepCell], axes: Axes) -> str:
    suite = _next_suite(cells, axes, -1)
    if suite is not None:
        return f"the suite `{suite}`"
    if str(Explicitness.EXPLICIT) not in axes.get("prompt", ()):
        return f"the prompt `{Explicitness.EXPLICIT}`"
    return "fewer checks (--checks -ID), or a stronger model"


def _next_suite(cells: Sequence[SweepCell], axes: Axes, step: int) -> str | None:
    """The suite one step harder than all in the grid, or easier; ``None`` where there is none."""
    config = next((cell.state.config for cell in cells if cell.state is not None), None)
    if config is None or len(axes.get("task", ())) > 1:
        return None
    try:
        names = task_of(config).suite_names
    except TaskUnusable:
        return None
    used = [names.index(suite) for suite in axes.get("suite", ()) if suite in names]
    if not used:
        return None
    place = max(used) + 1 if step > 0 else min(used) - 1
    return names[place] if 0 <= place < len(names) else None
