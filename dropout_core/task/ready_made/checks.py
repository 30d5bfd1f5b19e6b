"""Ready-made checks that many tasks need, to be given to a `Requirement`."""

from __future__ import annotations

import builtins
import copy
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dropout_core.sandbox import FaultKind, SeededGenerator, Watch
from dropout_core.statistics.error_rates import FALSE_ALARM
from dropout_core.task.call import Call, in_short
from dropout_core.task.made import Made, MadeCall
from dropout_core.task.ready_made.values import Difference, difference
from dropout_core.task.result import CheckResult, failed, not_reached, passed
from dropout_core.verdict.check import CheckStatus
from dropout_core.verdict.evidence import Evidence, Example


@dataclass(frozen=True, slots=True)
class ReadyCheck:
    """A check, to be given to a requirement."""

    name: str
    judge: Callable[[Made], CheckResult]
    watches: tuple[Watch, ...] = ()
    """Observations that it needs; its requirement sees to them."""

    def __call__(self, made: Made) -> CheckResult:
        """Judge the results."""
        return self.judge(made)


def matches(reference: Callable[..., Any], rtol: float = 1e-7, atol: float = 0.0) -> ReadyCheck:
    """Every call returns the same as `reference`, up to ``atol + rtol * abs(expected)``.

    Nested values are compared item by item; dtypes are not (see `keeps_dtype`).

    Raises:
        ValueError: the reference is no function, or a tolerance is no number from 0 up.
    """
    if not callable(reference):
        raise ValueError(f"matches: the reference is {reference!r}; give a function")
    for name, tolerance in (("rtol", rtol), ("atol", atol)):
        if (
            isinstance(tolerance, bool)
            or not isinstance(tolerance, int | float)
            or not 0 <= tolerance < math.inf
        ):
            raise ValueError(f"matches: {name} is {tolerance!r}; give a number from 0 up")

    def judge(made: Made) -> CheckResult:
        generators: dict[str, np.random.Generator] = {}
        for one in made:
            got = one.value
            call = _own_copy(one.call, generators)
            wanted = reference(*call.args, **call.kwargs)
            found = difference(got, wanted, rtol, atol)
            if found is not None:
                evidence = found.shown(str(one), _with_given(found, one.call, wanted))
                return failed(found.message, found.measured, found.expected, evidence)
        return _all_well(made, f"{_counted(made)} as expected", "as expected", "as expected")

    return ReadyCheck(f"matches({getattr(reference, '__name__', 'reference')})", judge)


def _own_copy(call: Call, generators: dict[str, np.random.Generator]) -> Call:
    """The call with copies of its arguments, and with real generators."""

    def copied(value: Any) -> Any:
        if isinstance(value, SeededGenerator):
            return generators.setdefault(value.name, np.random.default_rng(value.seed))
        if isinstance(value, list | tuple):
            return type(value)(map(copied, value))
        if isinstance(value, dict):
            return {key: copied(item) for key, item in value.items()}
        return copy.deepcopy(value)

    return Call(*map(copied, call.args), **{name: copied(value) for name, value in call.kwargs.items()})


def _with_given(found: Difference, call: Call, wanted: Any) -> tuple[Example, ...]:
    """The examples, with the corresponding elements of the input where its shape is that of the result."""
    x = call.first_array
    if (
        not isinstance(wanted, np.ndarray)
        or x is None
        or x.shape != wanted.shape
        or x.dtype.kind not in "biuf"
    ):
        return found.examples
    given = zip(found.examples, found.places, strict=True)
    return tuple(replace(one, x=float(x.flat[place])) for one, place in given)


def _counted(made: Made) -> str:
    return f"{len(made)} call{'' if len(made) == 1 else 's'}"


def _all_well(made: Made, message: str, measured: str, expected: str) -> CheckResult:
    """Passed, unless there was nothing to check."""
    return passed(message, measured, expected) if len(made) else not_reached("No calls were drawn.")


def _shape(value: Any) -> tuple[int, ...] | None:
    return value.shape if isinstance(value, np.ndarray | np.generic) else None


def _array_given(one: MadeCall, what: str) -> np.ndarray[Any, Any]:
    x = one.call.first_array
    if x is None:
        raise ValueError(f"{what} needs calls with an array among their arguments; {one} has none")
    return x


def _same_shape(made: Made) -> CheckResult:
    for one in made:
        x, value = _array_given(one, "same_shape"), one.value
        shape = _shape(value)
        if shape is None:
            return failed("The value is no array", in_short(value), "an array", Evidence(str(one)))
        if shape != x.shape:
            return failed("The result has another shape than the input", shape, x.shape, Evidence(str(one)))
    return _all_well(made, "Results have the shape of the input", "as the input", "as the input")


def _keeps_dtype(made: Made) -> CheckResult:
    for one in made:
        x, value = _array_given(one, "keeps_dtype"), one.value
        if not isinstance(value, np.ndarray | np.generic):
            return failed("The value is no array", in_short(value), "an array", Evidence(str(one)))
        if value.dtype != x.dtype:
            message = "The result has another dtype than the input"
            return failed(message, value.dtype, x.dtype, Evidence(str(one)))
    return _all_well(made, "Results have the dtype of the input", "as the input", "as the input")


def _input_untouched(made: Made) -> CheckResult:
    for one in made:
        after = one.input_after
        given = {**{str(place): value for place, value in enumerate(one.call.args)}, **one.call.kwargs}
        then = {**{str(place): value for place, value in enumerate(after.args)}, **after.kwargs}
        for name, value in given.items():
            found = difference(then[name], value, 0.0, 0.0)
            if found is None and isinstance(value, np.ndarray) and then[name].dtype != value.dtype:
                found = difference(str(then[name].dtype), str(value.dtype), 0.0, 0.0)
            if found is not None:
                evidence = found.shown(str(one))
                return failed(
                    "The call changes its arguments; work on a copy", found.measured, found.expected, evidence
                )
    return _all_well(made, f"Arguments are the same after {_counted(made)}", "unchanged", "unchanged")


def _result_kept(made: Made) -> CheckResult:
    for one in made:
        found = difference(one.value_later, one.value, 0.0, 0.0)
        if found is not None:
            evidence = found.shown(str(one))
            message = "A later call changes what was returned; return something new each time"
            return failed(message, found.measured, found.expected, evidence)
    return _all_well(made, "Results stay as they were returned", "unchanged", "unchanged")


def _finite(made: Made) -> CheckResult:
    for one in made:
        for number in _numbers(one.value):
            bad = ~np.isfinite(number)
            if bad.any():
                value = number.flat[int(np.flatnonzero(bad)[0])]
                return failed("The result holds NaN or infinity", value, "finite", Evidence(str(one)))
    return _all_well(made, "All numbers are finite", "finite", "finite")


def _numbers(value: Any) -> Iterator[np.ndarray[Any, Any]]:
    if isinstance(value, np.ndarray | np.generic | float | complex):
        yield np.asarray(value)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _numbers(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _numbers(item)


same_shape = ReadyCheck("same_shape", _same_shape)
"""The result has the shape of the first array among the arguments."""
keeps_dtype = ReadyCheck("keeps_dtype", _keeps_dtype)
"""The result has the dtype of the first array among the arguments."""
input_untouched = ReadyCheck("input_untouched", _input_untouched, (Watch.INPUT,))
"""No argument is changed by the call."""
result_kept = ReadyCheck("result_kept", _result_kept, (Watch.RESULT,))
"""A returned value is not changed by later calls."""
finite = ReadyCheck("finite", _finite)
"""No number in the result is NaN or infinite."""


def raises(*kinds: type[BaseException]) -> ReadyCheck:
    """Every call raises one of these built-in exceptions, or a subclass.

    Raises:
        ValueError: there are none, or one is no built-in exception.
    """
    if not kinds:
        raise ValueError("raises: name at least one exception, as in raises(ValueError)")
    for kind in kinds:
        if not (isinstance(kind, type) and issubclass(kind, BaseException)) or (
            getattr(builtins, kind.__name__, None) is not kind
        ):
            raise ValueError(f"raises: {kind!r} is no built-in exception")
    names = [kind.__name__ for kind in kinds]
    wanted = " or ".join(names)

    def judge(made: Made) -> CheckResult:
        for one in made:
            fault = one.fault
            if fault is None:
                return failed(
                    f"The call returns instead of raising {wanted}",
                    in_short(one.value),
                    wanted,
                    Evidence(str(one)),
                )
            if fault.kind is FaultKind.MALFORMED:
                return failed(
                    f"The call returns instead of raising {wanted}", fault.text, wanted, Evidence(str(one))
                )
            if not set(names) & set(fault.types):
                message = f"The call raises another exception than {wanted}"
                return failed(message, fault.text, wanted, Evidence(str(one), line=fault.line))
        return _all_well(made, f"{_counted(made)} raised {wanted}", wanted, wanted)

    return ReadyCheck(f"raises({', '.join(names)})", judge)


def only_imports(*packages: str) -> ReadyCheck:
    """The code imports nothing but these packages and the standard library, as its text says.

    Raises:
        ValueError: a name is no name of a package.
    """
    for name in packages:
        if not isinstance(name, str) or not name.isidentifier():
            raise ValueError(f"only_imports: {name!r} is no name of a package")
    allowed = " and ".join(
        [", ".join(packages), "the standard library"] if packages else ["the standard library"]
    )

    def judge(made: Made) -> CheckResult:
        from dropout_core.static_analysis.names_used import imports_of

        found = imports_of(made.code)
        if found is None:
            return not_reached("The code cannot be read, so neither can its imports.")
        others = [(line, name) for line, name in found if name not in packages and not _is_standard(name)]
        if others:
            line, name = others[0]
            return failed(f"Only {allowed} may be imported", name, allowed, Evidence(line=line))
        names = ", ".join(dict.fromkeys(name for _, name in found)) or "nothing"
        return passed(f"The code imports {names}", names, allowed)

    return ReadyCheck(f"only_imports({', '.join(packages)})", judge)


def _is_standard(name: str) -> bool:
    return name in sys.stdlib_module_names


def drawn_at_rate(p: float, of: Callable[[Any], Any] | None = None) -> ReadyCheck:
    """Elements of the results are true, or not 0, with probability `p`, as the exact binomial test has it over all
    calls together. A right answer fails once in a hundred million gradings.

    `of` gives the elements of a value: ``drawn_at_rate(0.3, of=lambda y: y == 0)``.

    Raises:
        ValueError: `p` is no number above 0 and below 1, or `of` no function.
    """
    if isinstance(p, bool) or not isinstance(p, int | float) or not 0 < p < 1:
        raise ValueError(f"drawn_at_rate: p is {p!r}; give a number above 0 and below 1")
    if of is not None and not callable(of):
        raise ValueError(f"drawn_at_rate: of is {of!r}; give a function")

    def judge(made: Made) -> CheckResult:
        from dropout_core.statistics.tail_bounds import binomial_two_sided

        trials = successes = 0
        for one in made:
            drawn = one.value if of is None else of(one.value)
            if not isinstance(drawn, np.ndarray | np.generic) or drawn.dtype.kind not in "biufc":
                return failed(
                    "The value is no array of numbers", in_short(drawn), "an array", Evidence(str(one))
                )
            trials += drawn.size
            successes += int(np.count_nonzero(drawn))
        if not len(made):
            return not_reached("No calls were drawn.")
        if max(binomial_two_sided(0, trials, p), binomial_two_sided(trials, trials, p)) >= FALSE_ALARM:
            return failed("The results hold too few elements to tell their rate", trials)
        measured, expected = f"{successes / trials:.4f}", f"{p:g}"
        if binomial_two_sided(successes, trials, p) < FALSE_ALARM:
            return failed("Elements are drawn at the wrong rate", measured, expected)
        return passed(f"{successes} of {trials} elements", measured, expected)

    return ReadyCheck(f"drawn_at_rate({p:g})", judge)


def all_of(*checks: Callable[[Made], CheckResult]) -> ReadyCheck:
    """All of several checks; the result is that of the first that does not pass.

    Raises:
        ValueError: there are none, or one is no function.
    """
    if not checks or not all(callable(one) for one in checks):
        raise ValueError("all_of: give checks, as in all_of(same_shape, finite)")

    def judge(made: Made) -> CheckResult:
        for check in checks:
            result = check(made)
            if result.status != CheckStatus.PASSED:
                break  # a later one may rely on it
        return result

    watches = tuple(watch for one in checks for watch in getattr(one, "watches", ()))
    return ReadyCheck(f"all_of({len(checks)} checks)", judge, watches)
