"""The grid of a sweep, as typed, and its way to a configuration for each cell."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dropout_core.statistics.pass_rate import DECISION_ERROR
from dropout_core.values.config import EvaluationConfig
from dropout_core.values.seeds import derived_seed
from dropout_tui.presenters.launch.form import LaunchForm, Problems
from dropout_tui.presenters.launch.parsing import parse

MOST_CELLS = 500
SET_GRID = "--set-grid"
AXES = {"task": "--tasks", "model": "--models", "prompt": "--prompts", "suite": "--suites"}
"""The axes with an option of their own, in the order in which cells are told."""
SETTINGS = (
    "effort",
    "max_steps",
    "max_tokens",
    "mode",
    "refusals",
    "system",
    "temperature",
    "thinking",
    "top_p",
)
"""What ``--set-grid`` may vary by the name of its option; any other key is a field of the request."""
_VOLATILE = {
    "seed",
    "runs",
    "tolerance",
    "concurrency",
    "sequential",
    "batch",
    "budget",
    "max_total_tokens",
    "price",
    "sweep",
    "sweep_cell",
}
"""What may be otherwise when a sweep goes on, and what only its cells have."""


class GridProblem(ValueError):
    """The grid cannot be laid out; the message names the option, and says in one line what to do."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of the grid."""

    name: str
    values: tuple[str, ...]

    @property
    def option(self) -> str:
        """What the user typed for it."""
        return AXES.get(self.name, f"{SET_GRID} {self.name}")

    @property
    def field(self) -> str:
        """The field of the form that it fills in."""
        return self.name if self.name in (*AXES, *SETTINGS) else "set"


@dataclass(frozen=True, slots=True)
class GridCell:
    """One cell: a configuration, or why there is none."""

    place: tuple[tuple[str, str], ...]
    config: EvaluationConfig | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """All cells, and what tells this sweep from others."""

    cells: tuple[GridCell, ...]
    digest: str


def axis(name: str, text: str) -> Axis:
    """The axis that ``a,b,c`` is.

    Raises:
        GridProblem: there is nothing on it, or a value twice.
    """
    made = Axis(name, _values(name, text))
    if not made.values or "" in made.values:
        raise GridProblem(
            f"{made.option}: {text!r} has an empty place; write values with commas between them, such as a,b"
        )
    for value in made.values:
        if made.values.count(value) > 1:
            raise GridProblem(f"{made.option}: {value} is there twice; leave one out")
    return made


def setting_axis(text: str) -> Axis:
    """The axis that ``KEY=a,b`` is.

    Raises:
        GridProblem: it is not written so, or its key has an option of its own.
    """
    key, equals, values = text.partition("=")
    name = key.strip().replace("-", "_")
    if not equals or not name:
        raise GridProblem(f"{SET_GRID}: {text!r} is not KEY=a,b; write one such as effort=low,high")
    if name in AXES:
        raise GridProblem(f"{SET_GRID}: {name} has an option of its own; write {AXES[name]} {values}")
    return axis(name, values)


def _values(name: str, text: str) -> tuple[str, ...]:
    if name in AXES or name in SETTINGS:
        return tuple(value.strip() for value in text.split(","))
    try:
        return tuple(json.dumps(value) for value in json.loads(f"[{text}]"))
    except json.JSONDecodeError:
        raise GridProblem(
            f"{SET_GRID} {name}: {text!r} is not JSON; a field of the request takes values such as 5,10 or"
            f' "a","b"; by name there are {", ".join(SETTINGS)}'
        ) from None


def laid_out(
    form: LaunchForm,
    axes: Sequence[Axis],
    options: Mapping[str, str],
    parse: Callable[[LaunchForm], EvaluationConfig | Problems] = parse,
) -> Grid:
    """Every combination of the axes' values, in `form`. `options` says how the user wrote a field that is no axis;
    `parse` reads the form of a cell.

    What a cell cannot be is said by that cell, such as an unknown name or a value that does not go with some other.

    Raises:
        GridProblem: no cell can be, or there are too many.
    """
    names = [each.name for each in axes]
    for each in axes:
        if names.count(each.name) > 1:
            raise GridProblem(f"{each.option} is given twice; put all its values into one")
    count = 1
    for each in axes:
        count *= len(each.values)
    if count > MOST_CELLS:
        raise GridProblem(f"the grid has {count:,} cells; lay out at most {MOST_CELLS}")
    chosen = [
        dict(zip((each.name for each in axes), values, strict=True))
        for values in itertools.product(*(each.values for each in axes))
    ]
    parsed = [parse(_chosen(form, axes, values)) for values in chosen]
    _refuse_mistakes(axes, parsed, options)
    _refuse_equal_cells(axes, chosen, parsed)
    seed = next((one.seed for one in parsed if isinstance(one, EvaluationConfig)), 0)
    digest = _digest(form.seed.strip(), chosen, parsed)
    cells = []
    for number, (values, one) in enumerate(zip(chosen, parsed, strict=True), 1):
        if isinstance(one, EvaluationConfig):
            config = replace(
                one,
                seed=derived_seed(seed, "cell", number),
                until_decided=True,
                decision_error=DECISION_ERROR / count,
                sweep=digest,
                sweep_cell=number,
            )
            place = {**_place_of(one), **values, "suite": one.suite}
            cells.append(GridCell(tuple(place.items()), config))
        else:
            place = {"task": form.task, "model": form.model, "prompt": form.prompt, "suite": form.suite}
            cells.append(GridCell(tuple({**place, **values}.items()), None, next(iter(one.values()))))
    return Grid(tuple(cells), digest)


def _place_of(config: EvaluationConfig) -> dict[str, str]:
    return {
        "task": config.task,
        "model": config.model,
        "prompt": config.prompt,
        "suite": config.suite,
    }


def _chosen(form: LaunchForm, axes: Sequence[Axis], values: Mapping[str, str]) -> LaunchForm:
    fields: dict[str, Any] = {each.field: values[each.name] for each in axes if each.field != "set"}
    if "prompt" in fields:
        fields |= {"prompt_text": "", "prompt_name": ""}
    further = [f"{each.name}={values[each.name]}" for each in axes if each.field == "set"]
    return replace(form, **fields, set=" ".join(filter(None, (form.set, *further))))


def _refuse_mistakes(
    axes: Sequence[Axis], parsed: Sequence[EvaluationConfig | Problems], options: Mapping[str, str]
) -> None:
    if any(isinstance(one, EvaluationConfig) for one in parsed):
        return
    first, *others = (one for one in parsed if not isinstance(one, EvaluationConfig))
    of_all = [name for name in first if all(name in other for other in others)]
    name = next(iter(of_all or first))
    found = next((each for each in axes if each.field == name), None)
    option = options.get(name, f"--{name.replace('_', '-')}") if found is None else found.option
    raise GridProblem(f"{option}: {first[name]}")


def _refuse_equal_cells(
    axes: Sequence[Axis],
    chosen: Sequence[Mapping[str, str]],
    parsed: Sequence[EvaluationConfig | Problems],
) -> None:
    """Values that are written differently may mean the same, and each cell is paid for."""
    seen: dict[str, Mapping[str, str]] = {}
    for values, one in zip(chosen, parsed, strict=True):
        if not isinstance(one, EvaluationConfig):
            continue
        before = seen.setdefault(json.dumps(_plain_numbers(_lasting(one)), sort_keys=True), values)
        for each in axes:
            value, same = values[each.name], before[each.name]
            if value != same:
                raise GridProblem(f"{each.option}: {value} is there twice, first as {same}; leave one out")


def _plain_numbers(value: object) -> object:
    """`value` with each whole number as an integer, so that ``5`` and ``5.0`` are written alike."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {name: _plain_numbers(one) for name, one in value.items()}
        case list() | tuple():
            return [_plain_numbers(one) for one in value]
        case _:
            return value


def _digest(
    seed: str, chosen: Sequence[Mapping[str, str]], parsed: Sequence[EvaluationConfig | Problems]
) -> str:
    """Equal for the same grid with the same settings; a seed of the user's own makes it another."""
    cells = [
        [dict(values), None if not isinstance(one, EvaluationConfig) else _lasting(one)]
        for values, one in zip(chosen, parsed, strict=True)
    ]
    text = json.dumps([seed, cells], sort_keys=True)
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=8).hexdigest()


def _lasting(config: EvaluationConfig) -> dict[str, object]:
    return {name: value for name, value in config.to_json().items() if name not in _VOLATILE}
