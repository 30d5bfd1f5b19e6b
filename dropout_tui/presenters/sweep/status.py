"""A sweep as a whole: how far it is, what it has spent, how long it may take yet, and what to try next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dropout_core.analysis.sweep_cells import SweepCell, axes_of
from dropout_core.analysis.sweep_proposal import proposal
from dropout_core.costs.budget import BUDGET
from dropout_core.costs.costs import cost_so_far, dollars, spent
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.trial_state import Status
from dropout_core.statistics.pass_rate import Decision
from dropout_core.values.words.tokens import ABOUT
from dropout_tui.presenters.sweep.live_sweep import PAUSED, LiveSweep
from dropout_tui.terminal.terminal_title import NAME
from dropout_tui.text.labels import mark_of_status
from dropout_tui.text.numbers import clock, count, pluralize

_NOT_SO_FAR = "no cell is decided yet"


@dataclass(frozen=True, slots=True)
class SweepStatus:
    """Words for the lines above the matrix and below it."""

    stage: str
    """``running, 8 at once``, ``paused``, ``decided`` …"""
    progress: str
    """How many cells are decided, and how many runs graded."""
    in_flight: str
    costs: str
    left: str
    """How long it may take at the most; empty where that is not known."""
    notices: tuple[str, ...]
    """That the answers are no model's, in ever fewer words; empty where they are."""


def status_of(sweep: LiveSweep) -> SweepStatus:
    """How far a sweep is."""
    cells = sweep.cells
    states = [cell.state for cell in cells if cell.state is not None]
    decided = sum(cell.decision is not Decision.UNDECIDED for cell in cells)
    graded = sum(state.tally.graded for state in states)
    under_way, running = sweep.in_flight, mark_of_status(Status.RUNNING)
    left = None if _why_it_stands(sweep) else seconds_left_at_most(states, sweep.limit)
    return SweepStatus(
        stage=_stage(sweep, decided == len(cells)),
        progress=f"{decided:,} of {pluralize(len(cells), 'cell')} decided, {pluralize(graded, 'run')} graded",
        in_flight=f"{running.glyph} {under_way:,} in flight" if under_way else "",
        costs=_costs(sweep, states),
        left="" if left is None else f"at most {clock(left)} left",
        notices=_notices(states),
    )


def _notices(states: Sequence[EvaluationState]) -> tuple[str, ...]:
    sample = next((state.config for state in states if state.config.is_sample), None)
    return () if sample is None else (sample.notice, *sample.short_notices)


def _why_it_stands(sweep: LiveSweep) -> str | None:
    return None if sweep.commands is None else sweep.commands.stop_reason


def _stage(sweep: LiveSweep, is_decided: bool) -> str:
    if sweep.blocked_since is not None:
        return "held: cannot be stored"
    if sweep.commands is None:
        return "opening …"
    reason = sweep.commands.stop_reason
    if reason is not None:
        words = "out of budget" if reason == BUDGET else reason
        if sweep.in_flight:
            return "pausing" if reason == PAUSED else f"{words}: what is in flight ends"
        return words
    if sweep.has_ended:
        return "decided" if is_decided else "completed"
    return f"running, {sweep.limit:,} at once"


def _costs(sweep: LiveSweep, states: Sequence[EvaluationState]) -> str:
    """Dollars and tokens so far, and their limits; tokens alone where no price is known, or nothing costs anything."""
    about = ABOUT if any(state.tally.estimated for state in states) else ""
    tokens = sum(spent(state).total for state in states)
    used = f"{about}{count(round(tokens))} tokens" if tokens else ""
    if used and sweep.purse.max_total_tokens is not None:
        used += f" of {count(sweep.purse.max_total_tokens)}"
    paid = [state for state in states if not state.config.is_sample]
    amounts = [amount for state in paid if (amount := cost_so_far(state)) is not None]
    if not amounts:
        return used
    budget = "" if sweep.purse.budget is None else f" of {dollars(sweep.purse.budget)}"
    unpriced = ", some unpriced" if len(amounts) < len(paid) else ""
    money = f"{about}{dollars(sum(amounts))}{budget}{unpriced}"
    return f"{money}, {used}" if used else money


def seconds_left_at_most(states: Sequence[EvaluationState], limit: int) -> float | None:
    """Estimated seconds until the cells that are open have had all their runs: they are decided sooner, or then.

    ``None`` where nothing is left to do, no run has ended that tells how long one takes, or a server takes its time
    for a batch.
    """
    if any(state.config.batch for state in states):
        return None
    timed = sum(state.tally.timed for state in states)
    waiting = sum(
        state.tally.count(Status.QUEUED)
        + state.tally.count(Status.RUNNING)
        + state.tally.count(Status.PAUSING)
        for state in states
        if state.ended_at is None and state.decision is Decision.UNDECIDED
    )
    if not timed or not waiting:
        return None
    return sum(state.tally.seconds for state in states) / timed * waiting / max(1, min(limit, waiting))


def next_words(cells: Sequence[SweepCell], *, has_ended: bool) -> str:
    """What to try next; of a sweep that is under way, as far as it can be told."""
    if has_ended:
        return f"Next: {proposal(cells)}"
    if all(cell.decision is Decision.UNDECIDED for cell in cells):
        return f"So far: {_NOT_SO_FAR}"
    return f"So far: {proposal(cells)}"


def title_of(sweep: LiveSweep) -> str:
    """The title of the terminal's window: ``dropout-tui sweep 3/12 decided``."""
    cells = sweep.cells
    decided = sum(cell.decision is not Decision.UNDECIDED for cell in cells)
    return f"{NAME} sweep {decided}/{len(cells)} decided"


def ways_of(cells: Sequence[SweepCell]) -> str:
    """``12 cells (3 prompts × 4 suites)``."""
    ways = " × ".join(
        pluralize(len(values), axis) for axis, values in axes_of(cells).items() if len(values) > 1
    )
    return f"{pluralize(len(cells), 'cell')}{f' ({ways})' if ways else ''}"
