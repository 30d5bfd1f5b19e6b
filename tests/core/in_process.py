"""Calls answers in this process, as the sandbox would: what the sandbox adds is tested elsewhere."""

from __future__ import annotations

import builtins
import random
import tracemalloc
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dropout_core.audit.corpus import built_in_answers
from dropout_core.sandbox import (
    Call,
    CallResult,
    Fault,
    FaultKind,
    Layout,
    NotReached,
    Observation,
    Returned,
    SeededGenerator,
    Watch,
)
from dropout_core.sandbox.inside.counted_memory import CountedMemory
from dropout_core.tasks.dropout import task as dropout
from dropout_core.tasks.dropout.probes import Probes, draw_probes
from dropout_core.verdict.verdict import Check
from tests.core.dropout_judging import judge

CODE = {answer.name: answer.code for answer in built_in_answers()}
"""The answers of the package."""
MEMORY = CountedMemory()


def called(
    dropout: Callable[..., Any],
    call: Call,
    generators: dict[str, Any] | None = None,
    kept: dict[Call, NDArray[Any]] | None = None,
) -> CallResult:
    """What one call gives. An array that is looked at again is put among those `kept`."""
    generators = {} if generators is None else generators
    x = laid_out(call.x.copy(), call.layout)
    seen_later = x.view()
    keywords = {
        name: generators.setdefault(value.name, np.random.default_rng(value.seed))
        if isinstance(value, SeededGenerator)
        else value
        for name, value in call.keywords.items()
    }
    watches_states = Watch.GLOBAL_RANDOMNESS in call.watch
    before = global_state() if watches_states else 0
    peak = None
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if Watch.MEMORY in call.watch:
                MEMORY.start()
            if call.by_keyword:
                value = dropout(x=x, p=call.p, training=call.training, **keywords)
            else:
                value = dropout(x, call.p, call.training, **keywords)
            if Watch.MEMORY in call.watch:
                peak = MEMORY.peak()
                MEMORY.stop()
    except Exception as error:
        types = tuple(
            kind.__name__ for kind in type(error).mro() if getattr(builtins, kind.__name__, None) is kind
        )
        return Fault(FaultKind.EXCEPTION, f"{type(error).__name__}: {error}", 1, types)
    finally:
        tracemalloc.stop()
    if type(value) is not np.ndarray and not (isinstance(value, np.generic) and call.x.ndim == 0):
        return Fault(FaultKind.MALFORMED, f"dropout returned a value of type {type(value).__name__}")
    if Watch.MEMORY in call.watch and peak is None:
        return Fault(FaultKind.MALFORMED, "The result cannot be read")
    if kept is not None and Watch.RESULT in call.watch and isinstance(value, np.ndarray):
        kept[call] = value
    return Returned(
        np.array(value),
        np.array(seen_later) if Watch.INPUT in call.watch else None,
        (before, global_state()) if watches_states else None,
        peak,
    )


def laid_out(x: NDArray[Any], layout: Layout) -> NDArray[Any]:
    """`x` in another layout."""
    if x.ndim == 0:
        return x
    match layout:
        case Layout.C:
            return x
        case Layout.FORTRAN:
            return np.asfortranarray(x)
        case Layout.STRIDED:
            return np.repeat(x, 2, axis=-1)[..., ::2]
        case Layout.REVERSED:
            return np.flip(np.flip(x).copy())
        case Layout.ROTATED:
            return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 0, -1)), -1, 0)


def global_state() -> int:
    """A checksum of the global generators."""
    numpys = np.random.get_state(legacy=False)
    inner = {name: bytes(np.asarray(value)) for name, value in numpys["state"].items()}
    return hash((str(inner), str(numpys | {"state": None}), random.getstate()))


@lru_cache(maxsize=8)
def drawn_once(seed: int, requirement_ids: tuple[str, ...]) -> Probes:
    """The calls for many answers, each of which gets copies of the arrays."""
    return draw_probes(seed, requirement_ids)


def graded(code: str, seed: int, suite: str = "basic") -> dict[str, Check]:
    """The checks of an answer, by id."""
    requirements = dropout.suite(suite)
    np.random.seed(seed)
    random.seed(seed)
    probes = drawn_once(seed, tuple(requirement.id for requirement in requirements))
    namespace: dict[str, Any] = {
        "__name__": __name__,
        "np": np,
        "numpy": np,
    }  # dataclasses look their module up
    checks = judge(requirements, probes, observed(code, namespace, probes.calls), code)
    assert [check.id for check in checks] == [requirement.id for requirement in requirements]
    return {check.id: check for check in checks}


def observed(code: str, namespace: dict[str, Any], calls: Sequence[Call]) -> Observation:
    """What the calls give, in order."""
    nothing = tuple(NotReached() for _ in calls)
    try:
        exec(compile(code, "<answer>", "exec", dont_inherit=True), namespace)
    except Exception as error:
        return Observation(Fault(FaultKind.EXCEPTION, f"{type(error).__name__}: {error}", 1), nothing)
    if not callable(namespace.get("dropout")):
        return Observation(Fault(FaultKind.NO_FUNCTION, "No function named dropout is defined"), nothing)
    generators: dict[str, Any] = {}
    kept: dict[Call, NDArray[Any]] = {}
    results = [called(namespace["dropout"], call, generators, kept) for call in calls]
    return Observation(
        None, tuple(_with_later(result, kept.get(call)) for call, result in zip(calls, results, strict=True))
    )


def _with_later(result: CallResult, kept: NDArray[Any] | None) -> CallResult:
    if kept is None or not isinstance(result, Returned):
        return result
    return replace(result, array_later=np.array(kept))
