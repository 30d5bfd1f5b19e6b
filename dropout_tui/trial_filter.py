"""Which trials the table shows: words typed by the user, and what was chosen in a chart.

failed scaling          rows that say both
code:random.rand        in the code alone; also check: reason: run: status:
code:"x * mask"         blanks inside quotes belong to the word
!passed                 rows that do not say it
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from dropout_core.failure_groups import Kind, cause_of
from dropout_core.trial_state import Status, TrialState
from dropout_core.verdict import CheckStatus, Verdict
from dropout_tui.words import mark_of_trial, title_of_failure


class Field(StrEnum):
    """What a word is looked for in."""

    ANY = ""
    STATUS = "status"
    CHECK = "check"
    REASON = "reason"
    CODE = "code"
    RUN = "run"


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a filter, in lower case."""

    word: str
    field: Field = Field.ANY
    excluded: bool = False

    def matches(self, trial: TrialState) -> bool:
        """Whether `trial` says it, or does not when it is excluded."""
        return self._is_said(trial) is not self.excluded

    def _is_said(self, trial: TrialState) -> bool:
        if self.field is Field.RUN:
            return str(trial.number) == self.word
        return any(self.word in text for text in _texts(trial, self.field))


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
class Standing:
    """Trials of one tally: outcomes as the pass rate counts them, other states as the rows read."""

    status: Status

    def matches(self, trial: TrialState) -> bool:
        """Whether the trial is among those the tally counts."""
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


Choice = Failing | Standing
"""What was chosen in a chart or a tally."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What a trial must satisfy to be shown."""

    terms: tuple[Term, ...] = ()
    choice: Choice | None = None

    def __bool__(self) -> bool:
        return bool(self.terms) or self.choice is not None

    def matches(self, trial: TrialState) -> bool:
        """Whether `trial` is shown."""
        if self.choice is not None and not self.choice.matches(trial):
            return False
        return all(term.matches(trial) for term in self.terms)

    def toggled(self, choice: Choice) -> Filter:
        """With `choice`, or without it when it was chosen already."""
        return replace(self, choice=None if choice == self.choice else choice)


EVERYTHING = Filter()

_TERM = re.compile(r"""(?P<excluded>!?)(?:(?P<field>[a-z]+):)?(?:"(?P<quoted>[^"]*)"?|(?P<word>\S+))""")
_FIELDS = {field.value: field for field in Field if field}


def parse_terms(text: str) -> tuple[Term, ...]:
    """The terms of what was typed; something half typed is understood as far as it goes."""
    return tuple(term for term in _terms(text.casefold()) if term.word)


def failures_of(verdict: Verdict) -> tuple[str, ...]:
    """The ids of the checks that failed, or the cause of a failure without checks."""
    failed = tuple(check.id for check in verdict.checks if check.status is CheckStatus.FAILED)
    return failed or ((verdict.failing,) if verdict.failing else ())


def _terms(text: str) -> Iterator[Term]:
    for match in _TERM.finditer(text):
        excluded, name = bool(match["excluded"]), match["field"]
        word = match["quoted"] if match["quoted"] is not None else match["word"]
        if name is None or name in _FIELDS:
            yield Term(word, _FIELDS.get(name or "", Field.ANY), excluded)
        else:
            yield Term(f"{name}:{word}", excluded=excluded)


def _texts(trial: TrialState, field: Field) -> Iterator[str]:
    """What a row says in `field`, piece by piece, in lower case."""
    if field in (Field.ANY, Field.STATUS):
        yield mark_of_trial(trial).word.casefold()
        yield str(trial.status)
    latest = trial.latest
    if latest is None:
        return
    verdict = latest.verdict
    if verdict is not None and field in (Field.ANY, Field.CHECK):
        for id_ in failures_of(verdict):
            yield id_
            yield title_of_failure(id_, verdict.suite).casefold()
    if verdict is not None and field in (Field.ANY, Field.REASON):
        yield verdict.reason.casefold()
        for check in verdict.checks:
            if check.status is CheckStatus.FAILED:
                yield check.message.casefold()
                yield (check.measured or "").casefold()
    if latest.code is not None and field in (Field.ANY, Field.CODE):
        yield latest.code.casefold()
