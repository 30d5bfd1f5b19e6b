"""The calls that were made beside what they gave: what every check looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from dropout_core.sandbox import (
    Call,
    CallResult,
    Fault,
    FaultKind,
    KeywordValue,
    Layout,
    Observation,
    Returned,
    SeededGenerator,
)
from dropout_core.statistics.error_rates import FALSE_ALARM
from dropout_core.statistics.masks.shared_decisions import decisions_of
from dropout_core.statistics.tail_bounds import binomial_is_likely
from dropout_core.tasks.dropout.observations.finding import Finding, failed, not_reached
from dropout_core.tasks.dropout.observations.headline import AN_ARRAY
from dropout_core.tasks.dropout.observations.ownership import OWNERS, Kind, What, When, accounts_for, when
from dropout_core.tasks.dropout.probes import Group, Probes
from dropout_core.verdict.evidence import Evidence
from dropout_core.verdict.verdict import CheckStatus

T = TypeVar("T")


class Output:
    """An array that came back in the shape of the input, and what several checks count in it."""

    def __init__(self, call: Call, array: NDArray[Any]) -> None:
        """What `call` returned: `array`, of any dtype of the wire."""
        self.call = call
        self.array = array
        self.values: NDArray[np.float64] = array.astype(np.float64, copy=False)
        """The same in float64."""
        self.dropped: NDArray[np.bool_] = np.equal(self.values, 0.0)
        """Which elements are zero. Inputs hold no zeros."""
        self.zeros = int(np.count_nonzero(self.dropped))
        """How many are."""

    @cached_property
    def has_right_rate(self) -> bool:
        """Whether the number of zeros is one that independent dropping with probability p may give."""
        return binomial_is_likely(self.zeros, self.values.size, self.call.p, FALSE_ALARM)

    @cached_property
    def decisions(self) -> NDArray[np.bool_]:
        """What is dropped, one element for each decision: fewer than there are where elements share theirs."""
        return decisions_of(self.dropped)


@dataclass(frozen=True, slots=True)
class Observed:
    """One grading's calls and what they gave."""

    probes: Probes
    observation: Observation
    code: str = ""
    _outputs: dict[int, Output] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Those that were looked at, by the index of their call."""
    _owned: dict[Kind, str] = field(default_factory=dict, init=False, repr=False, compare=False)
    """The faults that were named so far, and by which checks."""
    _told: dict[Callable[[Observed], Any], Any] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """What was worked out of it so far, and by what."""

    def once(self, look: Callable[[Observed], T]) -> T:
        """What `look` tells of it. Worked out the first time only: several checks ask for it."""
        if look not in self._told:
            self._told[look] = look(self)
        told: T = self._told[look]
        return told

    def of(self, *groups: Group) -> Iterator[tuple[Call, CallResult]]:
        """The calls of some groups, each with its result."""
        for group in groups:
            for index in self.probes.groups[group]:
                yield self.probes.calls[index], self.observation.results[index]

    def outputs(self, *groups: Group) -> list[Output]:
        """Those of the groups' calls that returned an array in the shape of their input."""
        made = (self._output(index) for group in groups for index in self.probes.groups[group])
        return [output for output in made if output is not None]

    def _output(self, index: int) -> Output | None:
        if index in self._outputs:
            return self._outputs[index]
        call, result = self.probes.calls[index], self.observation.results[index]
        if not isinstance(result, Returned) or result.array.shape != call.x.shape:
            return None
        self._outputs[index] = made = Output(call, result.array)
        return made

    @property
    def fault(self) -> tuple[Fault, Call | None] | None:
        """Why the plain calls gave no array, and in which call, unless it was before any; `None` if they did, or were
        not made.

        Plain calls are the pair's: a matrix at p = 0.5, in training, by keyword and by position.
        """
        if self.observation.defining is not None:
            return self.observation.defining, None
        by_keyword_first = sorted(self.of(Group.PAIR), key=lambda made: not made[0].by_keyword)
        for call, result in by_keyword_first:  # so that of two complaints it is always the same one
            match result:
                case Fault():
                    return result, call
        return None

    def name(self, check: str, finding: Finding) -> None:
        """Take note of what a check found: where the same fault shows again, it is this check's."""
        if check in OWNERS and finding.status is CheckStatus.FAILED:
            for kind in finding.kinds:
                self._owned.setdefault(kind, check)

    def own(self, *found: Finding | None) -> Finding | None:
        """Of what a check found, the first fault that no check before it has named. When there is none: that it could
        not look at everything, or `None` when it could."""
        unreached = None
        for finding in filter(None, found):
            if finding.status is CheckStatus.FAILED:
                owner = self._owner_of(finding)
                if owner is None:
                    return finding
                message = f"What {owner} found shows here too, and hides whether this holds; see {owner}."
                unreached = unreached or not_reached(message)
            else:
                unreached = unreached or finding
        return unreached

    def _owner_of(self, finding: Finding) -> str | None:
        named = self._owned.items()
        return next(
            (check for seen, check in named for kind in finding.kinds if accounts_for(seen, kind)), None
        )

    def trouble(self, *groups: Group, only: Callable[[Call], bool] = lambda _: True) -> Finding | None:
        """The first thing that keeps the check that owns these groups from looking at all their outputs, or at those of
        `only` some calls; `None` when nothing does."""
        return next(iter(self.troubles(*groups, only=only)), None)

    def troubles(self, *groups: Group, only: Callable[[Call], bool] = lambda _: True) -> list[Finding]:
        """All of these things: faults first.

        A fault is this check's only when the plain calls work: else the code does not run, which another
        check says. That memory runs out is said there, too.
        """
        made = [(call, result) for call, result in self.of(*groups) if only(call)]
        made.sort(
            key=lambda one: type(one[0].p) is not float
        )  # so that ``{p}`` in a message always reads the same
        found = [finding for call, result in made if (finding := self._trouble_in(call, result))]
        unreached = any(not isinstance(result, Returned) for _, result in made)
        return found or ([not_reached()] if unreached else [])

    def _trouble_in(self, call: Call, result: CallResult) -> Finding | None:
        match result:
            case Returned(array) if array.shape != call.x.shape:
                measured, expected = str(array.shape), str(call.x.shape)
                message = f"{described(call)} returned shape {measured}; expected {expected}"
                return failed(message, measured, expected).of(What.SHAPE, When.ANY)
            case Fault(kind) if kind is not FaultKind.OUT_OF_MEMORY and self.fault is None:
                shown = Evidence(described(call), line=result.line)
                found = failed(f"{described(call)}: {result}", result.text, AN_ARRAY, shown)
                return found.of(What.NO_ARRAY, when(call))
        return None


def described(call: Call) -> str:
    """The call as one would write it, with what is unusual about `x`."""
    keywords = "".join(f", {name}={_as_written(value)}" for name, value in call.keywords.items())
    p, training = _number(call.p), _flag(call.training)
    given = f"p={p}, training={training}" if call.by_keyword else f"{p}, {training}"
    kind = "" if call.x.dtype == np.float64 else f" and dtype {call.x.dtype}"
    layout = _IN_WORDS[call.layout] if call.x.ndim else ""
    return f"dropout(x, {given}{keywords}) with {layout}x of shape {call.x.shape}{kind}"


def unusual(call: Call) -> str:
    """Which unusual type of number or flag the call was made with, to stand behind the words about it."""
    odd = [_number(call.p)] if type(call.p) is not float else []
    odd += [f"training={_flag(call.training)}"] if isinstance(call.training, np.bool_) else []
    return f", given as {' and '.join(odd)}" if odd else ""


def _number(p: float) -> str:
    return f"np.float64({p:g})" if isinstance(p, np.float64) else repr(p)


def _flag(training: bool | np.bool_) -> str:
    return f"np.bool_({training})" if isinstance(training, np.bool_) else str(training)


def _as_written(value: KeywordValue) -> str:
    return f"default_rng({value.seed})" if isinstance(value, SeededGenerator) else repr(value)


_IN_WORDS = {
    Layout.C: "",
    Layout.FORTRAN: "Fortran-ordered ",
    Layout.STRIDED: "strided ",
    Layout.REVERSED: "negatively strided ",
    Layout.ROTATED: "axis-permuted ",
}
