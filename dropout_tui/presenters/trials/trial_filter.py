"""Which trials the table shows: a typed filter, and a choice made in a chart or a count."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dropout_core.analysis.failure_groups import Kind, cause_of
from dropout_core.state.trial_state import Status, TrialState
from dropout_core.verdict.verdict import CheckStatus, Verdict
from dropout_tui.presenters.filter_query import EVERY_ROW, Query, SearchText
from dropout_tui.text.labels import mark_of_trial, title_of_failure


@dataclass(frozen=True, slots=True)
class Failing:
    """Trials whose counted attempt failed one check, or failed for one cause without checks."""

    check: str

    def matches(self, trial: TrialState) -> bool:
        """Whether the check is among those that failed."""
        counted = trial.counted
        if counted is None or counted.verdict is None:
            return False
        return self.check in failures_of(counted.verdict)


@dataclass(frozen=True, slots=True)
class WithStatus:
    """Trials of one status: outcomes as the pass rate counts them, others as the rows show them."""

    status: Status

    def matches(self, trial: TrialState) -> bool:
        """Whether the trial has the status."""
        match self.status:
            case Status.PASSED:
                return cause_of(trial).kind is Kind.PASSED
            case Status.FAILED:
                return cause_of(trial).kind is Kind.FAILED
            case Status.VOID:
                return cause_of(trial).kind is Kind.VOID
            case Status.PAUSED | Status.PAUSING:
                return trial.status in (Status.PAUSED, Status.PAUSING)
            case status:
                return trial.status is status


@dataclass(frozen=True, slots=True)
class OneOf:
    """Some trials, and what they have in common."""

    trials: frozenset[int]
    words: str

    def matches(self, trial: TrialState) -> bool:
        """Whether the trial is one of them."""
        return trial.number in self.trials


Choice = Failing | WithStatus | OneOf
"""What was clicked or chosen in a chart or a count."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What a trial must satisfy to be shown."""

    query: Query = EVERY_ROW
    choice: Choice | None = None

    def __bool__(self) -> bool:
        return bool(self.query) or self.choice is not None

    def matches(self, trial: TrialState, said: SearchText | None = None) -> bool:
        """Whether `trial` is shown. `said` is its search text, when that is known already."""
        if self.choice is not None and not self.choice.matches(trial):
            return False
        return not self.query or self.query.matches(said or search_text_of(trial))

    def toggled(self, choice: Choice) -> Filter:
        """This filter with `choice`, or without it when it was chosen already."""
        return replace(self, choice=None if choice == self.choice else choice)


EVERYTHING = Filter()
_FAILED = CheckStatus.FAILED


def failures_of(verdict: Verdict) -> tuple[str, ...]:
    """The ids of the checks that failed, or the cause of a failure without checks."""
    failed = tuple(id_ for id_, status in verdict.statuses if status is CheckStatus.FAILED)
    return failed or ((verdict.cause,) if verdict.cause else ())


def search_text_of(trial: TrialState) -> SearchText:
    """The search text of `trial`: that of its latest attempt, as the table shows it."""
    run, latest, mark = str(trial.number), trial.latest, mark_of_trial(trial)
    status = f"{mark.word} {mark.kind}"
    if latest is None:
        return SearchText(run, status)
    code = (latest.code or "").casefold()
    verdict = latest.verdict
    if verdict is None:
        return SearchText(run, status, code=code)
    flag = "\n".join(f"flagged: {flag.id} {flag.message}" for flag in verdict.flags).casefold()
    if verdict.passed:
        return SearchText(run, status, reason=verdict.reason.casefold(), code=code, flag=flag)
    measured = [f"{check.message} {check.measured}" for check in verdict.checks if check.status is _FAILED]
    reason = "\n".join((verdict.reason, *measured)).casefold()
    return SearchText(run, status, _titles(verdict), reason, code, flag)


def _titles(verdict: Verdict) -> str:
    """The ids and the titles of the checks that failed, or the cause of a failure without checks."""
    failed = failures_of(verdict)
    titles = {check.id: check.title for check in verdict.checks if check.status is _FAILED}
    return "\n".join((*failed, *(title_of_failure(one, titles) for one in failed))).casefold()
