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
from functools import lru_cache
from typing import NamedTuple

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


class Said(NamedTuple):
    """Everything a row says and words can be looked for in, in lower case."""

    run: str
    status: str
    check: str = ""
    reason: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a filter, in lower case."""

    word: str
    field: Field = Field.ANY
    excluded: bool = False

    def matches(self, said: Said) -> bool:
        """Whether a row says it, or does not when it is excluded."""
        return self._is_said(said) is not self.excluded

    def _is_said(self, said: Said) -> bool:
        word = self.word
        match self.field:
            case Field.ANY:
                return word in said.status or word in said.check or word in said.reason or word in said.code
            case Field.STATUS:
                return word in said.status
            case Field.CHECK:
                return word in said.check
            case Field.REASON:
                return word in said.reason
            case Field.CODE:
                return word in said.code
            case _:
                return word == said.run


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

    def matches(self, trial: TrialState, said: Said | None = None) -> bool:
        """Whether `trial` is shown. `said` is what it says, when that is known already."""
        if self.choice is not None and not self.choice.matches(trial):
            return False
        if not self.terms:
            return True
        said = said or said_by(trial)
        return all(term.matches(said) for term in self.terms)

    def toggled(self, choice: Choice) -> Filter:
        """With `choice`, or without it when it was chosen already."""
        return replace(self, choice=None if choice == self.choice else choice)


EVERYTHING = Filter()
_FAILED = CheckStatus.FAILED

_TERM = re.compile(r"""(?P<excluded>!?)(?:(?P<field>[a-z]+):)?(?:"(?P<quoted>[^"]*)"?|(?P<word>\S+))""")
_FIELDS = {field.value: field for field in Field if field}
_HALF_TYPED = {"!", *(f"{not_}{name}:" for name in _FIELDS for not_ in ("", "!"))}


def parse_terms(text: str) -> tuple[Term, ...]:
    """The terms of what was typed; something half typed is understood as far as it goes."""
    return tuple(term for term in _terms(text.casefold()) if term.word)


def failures_of(verdict: Verdict) -> tuple[str, ...]:
    """The ids of the checks that failed, or the cause of a failure without checks."""
    failed = tuple(id_ for id_, status in verdict.statuses if status is CheckStatus.FAILED)
    return failed or ((verdict.cause,) if verdict.cause else ())


def _terms(text: str) -> Iterator[Term]:
    for match in _TERM.finditer(text):
        excluded, name = bool(match["excluded"]), match["field"]
        word = match["quoted"] if match["quoted"] is not None else match["word"]
        if match.group() in _HALF_TYPED:
            continue
        if name is None or name in _FIELDS:
            yield Term(word, _FIELDS.get(name or "", Field.ANY), excluded)
        else:
            yield Term(f"{name}:{word}", excluded=excluded)


def said_by(trial: TrialState) -> Said:
    """What the row of `trial` says: its latest attempt, as the table shows it."""
    run, latest, mark = str(trial.number), trial.latest, mark_of_trial(trial)
    status = f"{mark.word} {mark.kind}"
    if latest is None:
        return Said(run, status)
    code = (latest.code or "").casefold()
    verdict = latest.verdict
    if verdict is None or verdict.passed:
        return Said(run, status, reason="" if verdict is None else verdict.reason.casefold(), code=code)
    measured = [f"{check.message} {check.measured}" for check in verdict.checks if check.status is _FAILED]
    reason = "\n".join((verdict.reason, *measured)).casefold()
    return Said(run, status, _titles(failures_of(verdict), verdict.suite), reason, code)


@lru_cache(maxsize=1024)
def _titles(failures: tuple[str, ...], suite: str) -> str:
    """The ids and the titles of these checks."""
    return "\n".join((*failures, *(title_of_failure(failure, suite) for failure in failures))).casefold()
