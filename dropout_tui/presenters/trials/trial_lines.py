"""The table's lines when failures are grouped by cause: headings, and the trials of open groups."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dropout_core.analysis.failure_groups import Alike, Group, Kind, cause_of, failing_code, grouped
from dropout_core.state.trial_state import Status, TrialState
from dropout_core.task.requirement import RUNS
from dropout_core.verdict.causes import cause_beside_task
from dropout_tui.text.labels import BESIDE_TASK, Mark, mark_of_status, title_of_failure
from dropout_tui.text.sanitize import visible_line

_MARKS = {
    Kind.FAILED: mark_of_status(Status.FAILED),
    Kind.VOID: mark_of_status(Status.VOID),
    Kind.PASSED: mark_of_status(Status.PASSED),
    Kind.OPEN: Mark("○", "not ended", "queued", "$foreground-muted"),
}
_TELLING = "return "


@dataclass(frozen=True, slots=True)
class Heading:
    """The line above the trials of a group."""

    key: tuple[str, ...]
    """Identifies the group, also when its trials change."""
    depth: int
    title: str
    remark: str
    kind: str
    """The `Mark.kind` its title is styled as."""
    trials: tuple[int, ...]
    """The numbers of its trials."""
    collapsed: bool = False


Line = TrialState | Heading


def grouped_lines(
    trials: Sequence[TrialState],
    collapsed: Collection[tuple[str, ...]],
    titles: Mapping[str, str],
    shape_of: Callable[[str], str | None],
) -> list[Line]:
    """`trials` under headings by cause; those whose heading is among `collapsed` are left out."""
    return [line for group in grouped(trials, shape_of) for line in _lines_of(group, collapsed, titles)]


def _lines_of(
    group: Group, collapsed: Collection[tuple[str, ...]], titles: Mapping[str, str]
) -> Iterator[Line]:
    mark = _MARKS[group.cause.kind]
    title = mark.word if not group.cause.failing else title_of_failure(group.cause.failing, titles)
    key = (group.cause.kind.name, group.cause.failing)
    remarks = [BESIDE_TASK] if cause_beside_task(group.cause.failing) else []
    remarks += [_kinds(group)] if group.alike and (group.others or len(group.alike) > 1) else []
    closed = key in collapsed
    yield Heading(
        key, 0, f"{mark.glyph} {title}", " · ".join(remarks), mark.kind, _numbers(group.trials), closed
    )
    if closed:
        return
    for few in group.alike:
        below = (*key, few.shape)
        folded = below in collapsed
        yield Heading(below, 1, "alike", telling_line(few), "muted", _numbers(few.trials), folded)
        if not folded:
            yield from few.trials
    if group.alike and group.others:
        below = (*key, "")
        folded = below in collapsed
        yield Heading(below, 1, "each in its own way", "", "muted", _numbers(group.others), folded)
        if folded:
            return
    yield from group.others


def telling_line(few: Alike) -> str:
    """A line that represents code of one shape: its last `return`; for code that does not run, the exception."""
    if cause_of(few.trials[0]).failing == RUNS:
        return visible_line(few.shape)
    code = failing_code(few.trials[0]) or ""
    lines = [line.strip() for line in reversed(code.splitlines()) if line.strip()]
    return visible_line(next((line for line in lines if line.startswith(_TELLING)), "".join(lines[:1])))


def _numbers(trials: Iterable[TrialState]) -> tuple[int, ...]:
    return tuple(trial.number for trial in trials)


def _kinds(group: Group) -> str:
    what = "exceptions" if group.cause.failing == RUNS else "shapes of code"
    return f"{len(group.alike) + len(group.others):,} {what}"
