"""Calls of any function with any plain values, in both sandboxes."""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_core.sandbox import Fault, FaultKind, NotReached, Sandbox, SeededGenerator, Watch
from dropout_core.sandbox.function_calls import (
    CallsToMake,
    FunctionCall,
    FunctionObservation,
    LaterValue,
    NotSendable,
    ReturnedValue,
)
from dropout_core.sandbox.function_wire import FunctionRequest, decode_function_observation
from dropout_core.sandbox.inside.values import MOST_DEPTH
from tests.core.sandboxes import KINDS, WARM_FIRST, opened

pytestmark = pytest.mark.usefixtures("kept_zygotes")

ENDED = Fault(FaultKind.EXITED, "Exited early, with status 0")
ITSELF = "def f(*args, **kwargs): return args[0] if args else kwargs['value']"


@pytest.fixture(params=WARM_FIRST)
async def sandbox(request: pytest.FixtureRequest) -> AsyncIterator[Sandbox]:
    async with opened(request.param, time_limit=60) as sandbox:
        yield sandbox


async def observed(sandbox: Sandbox, code: str, *calls: FunctionCall) -> FunctionObservation:
    return await sandbox.call_function(code, lambda: (CallsToMake("f", calls), lambda seen: seen), seed=1)


def same(one: Any, other: Any) -> bool:
    """Equal in type, dtype, shape and value, to the last bit."""
    if type(one) is not type(other):
        return False
    match one:
        case np.ndarray() | np.generic():
            alike = one.dtype == other.dtype and one.shape == other.shape
            return bool(alike and one.tobytes() == other.tobytes())
        case list() | tuple():
            return len(one) == len(other) and all(map(same, one, other))
        case dict():
            return same(list(one.items()), list(other.items()))
        case float():
            return math.copysign(1, one) == math.copysign(1, other) and (one == other or one != one != other)
        case complex():
            return same(one.real, other.real) and same(one.imag, other.imag)
    return bool(one == other)


def nested(leaf: Any, depth: int) -> Any:
    for _ in range(depth):
        leaf = [leaf]
    return leaf


MATRIX = np.arange(24.0).reshape(2, 3, 4)
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -5, 2**63, -(2**63), -(2**64), 3**5000, 0.1, -0.0, math.inf, -math.inf, math.nan),
    *(1 + 2j, complex(math.nan, -math.inf), "", "é 𝔘 \n \0", "\ud800"),
    *(np.float64(0.1), np.float32("nan"), np.float16(2), np.int8(-3), np.uint64(2**64 - 1), np.bool_(True)),
    np.complex64(1 - 1j),
    *(MATRIX, MATRIX.astype("f4"), np.array(3.5), np.zeros((0, 3), np.int16), MATRIX > 3),
    *(MATRIX.T, MATRIX[::-1, :, ::2], np.asfortranarray(MATRIX), np.broadcast_to(MATRIX[0], (2, 3, 4))),
    *(MATRIX + 1j, np.array([np.nan, np.inf, -0.0]), np.array([2**64 - 1], np.uint64)),
    *([], (), {}, [1, (2.5, "a", [None])], {"a": MATRIX, 1: (MATRIX, [MATRIX[0]]), None: {}, 2.5: {True: 1}}),
    nested(1, MOST_DEPTH - 2),
)


@pytest.mark.parametrize("sandbox", KINDS, indirect=True)
async def test_values_come_back_as_they_went(sandbox: Sandbox) -> None:
    calls = [
        *(FunctionCall((value,)) for value in VALUES),
        *(FunctionCall((), {"value": value}) for value in VALUES),
    ]
    seen = await observed(sandbox, ITSELF, *calls)
    assert (seen.defining, seen.ended) == (None, None)
    for value, result in zip([*VALUES, *VALUES], seen.results, strict=True):
        assert isinstance(result, ReturnedValue), (value, result)
        assert same(result.value, value), (value, result.value)


@pytest.mark.parametrize(
    "x",
    [
        MATRIX,
        MATRIX.T,
        np.asfortranarray(MATRIX),
        MATRIX[::-1],
        MATRIX[:, :, ::2],
        MATRIX[:, ::-1, ::2].transpose(1, 2, 0),
    ],
)
async def test_arrays_lie_in_memory_as_they_do_here(sandbox: Sandbox, x: np.ndarray) -> None:
    code = (
        "def f(x): return [x.flags.c_contiguous, x.flags.f_contiguous, [s > 0 for s in x.strides],"
        " sorted(range(x.ndim), key=lambda i: -abs(x.strides[i])), x.flags.writeable, x]"
    )
    (result,) = (await observed(sandbox, code, FunctionCall((x,)))).results
    assert isinstance(result, ReturnedValue)
    steps = [s > 0 for s in x.strides]
    order = sorted(range(x.ndim), key=lambda i: -abs(x.strides[i]))
    assert same(
        result.value,
        [x.flags.c_contiguous, x.flags.f_contiguous, steps, order, True, np.ascontiguousarray(x)],
    )


@pytest.mark.parametrize("sandbox", KINDS, indirect=True)
async def test_arguments_are_the_codes_own(sandbox: Sandbox) -> None:
    code = "def f(x, more):\n    x[:] = 0\n    more.append(1)\n    return len(more)"
    x, more = np.ones(3), [0]
    seen = await observed(sandbox, code, FunctionCall((x, more)), FunctionCall((x, more)))
    assert [result.value for result in seen.results if isinstance(result, ReturnedValue)] == [2, 2]
    assert x.all()
    assert more == [0]


async def test_generators_of_one_name_are_one(sandbox: Sandbox) -> None:
    code = "def f(rng): return rng.random()"
    names = [("a", 1), ("a", 1), ("b", 1), ("c", 2)]
    calls = [FunctionCall((SeededGenerator(*one),)) for one in names]
    seen = await observed(sandbox, code, *calls)
    values = [result.value for result in seen.results if isinstance(result, ReturnedValue)]
    first, other = np.random.default_rng(1), np.random.default_rng(2)
    drawn = [first.random(), first.random()]
    assert values == [*drawn, drawn[0], other.random()]


@pytest.mark.parametrize("sandbox", KINDS, indirect=True)
async def test_what_became_of_arguments_and_results_is_seen(sandbox: Sandbox) -> None:
    code = """
kept = []
def f(x, row):
    row["n"] += 1
    x *= 2
    kept.append(x[:1])
    for one in kept:
        one += 10
    return kept[-1]
"""
    watch = frozenset({Watch.INPUT, Watch.RESULT})
    calls = [FunctionCall((np.ones(2),), {"row": {"n": n}}, watch) for n in range(2)]
    first, second = (await observed(sandbox, code, *calls)).results
    assert isinstance(first, ReturnedValue)
    assert isinstance(second, ReturnedValue)
    assert same(first.input_after, ([np.array([12.0, 2.0])], {"row": {"n": 1}}))
    assert same(second.input_after, ([np.array([12.0, 2.0])], {"row": {"n": 2}}))
    assert isinstance(first.later, LaterValue)
    assert isinstance(second.later, LaterValue)
    assert (first.value, first.later.value) == (12.0, 22.0)
    assert second.value == second.later.value


async def test_what_cannot_be_read_any_more_is_a_fault_of_the_arguments_alone(sandbox: Sandbox) -> None:
    code = "def f(rows):\n    rows.append(object())\n    return 1"
    (result,) = (await observed(sandbox, code, FunctionCall(([],), {}, frozenset({Watch.INPUT})))).results
    assert isinstance(result, ReturnedValue)
    assert result.value == 1
    assert str(result.input_after) == "the input now holds a value of type object"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return {1, 2}", "f returned a value of type set"),
        ("return [1, object()]", "f returned a value of type object"),
        ("return np.ma.masked_array([1.0])", "f returned a value of type MaskedArray"),
        ("return np.matrix([1.0])", "f returned a value of type matrix"),
        ("return np.array(['a'])", "f returned an array of dtype <U1"),
        ("return np.array([None])", "f returned an array of dtype object"),
        ("return np.longdouble(1)", "f returned a value of type longdouble"),
        ("return {(1, 2): 3}", "f returned a dict with a key of type tuple"),
        ("return b'bytes'", "f returned a value of type bytes"),
        ("return iter([1])", "f returned a value of type list_iterator"),
        ("return f", "f returned a value of type function"),
        ("return type('int', (int,), {})(3)", "f returned a value of type int"),
        ("l = []\n    l.append(l)\n    return l", "f returned values nested more than 32 deep"),
        ("return [0] * 10**6", "f returned more than 200,000 items"),
        ("return 'a' * 10**7", "f returned texts of more than 4,194,304 characters"),
        ("return 1 << 10**7", "f returned an int of more than a million hex digits"),
        ("return np.zeros(10**7)", "f returned more data than there is room for"),
        ("return np.broadcast_to(0.0, (2**40,))", "f returned an array of enormous shape"),
    ],
)
async def test_what_is_no_plain_value_of_a_sensible_size_is_a_fault(
    sandbox: Sandbox, body: str, words: str
) -> None:
    code = f"def f(x):\n    if x: return x\n    {body}"
    seen = await observed(sandbox, code, FunctionCall((0,)), FunctionCall((5,)))
    bad, good = seen.results
    assert isinstance(bad, Fault)
    assert (bad.kind, bad.text) == (FaultKind.MALFORMED, words)
    assert isinstance(good, ReturnedValue)
    assert good.value == 5


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("def f(x) return x", FaultKind.SYNTAX),
        ("1 / 0", FaultKind.EXCEPTION),
        ("def g(x): return x", FaultKind.NO_FUNCTION),
        ("f = 3", FaultKind.NO_FUNCTION),
        ("import os\nos._exit(0)", FaultKind.EXITED),
    ],
)
async def test_code_that_leaves_nothing_to_call(sandbox: Sandbox, code: str, kind: FaultKind) -> None:
    seen = await observed(sandbox, code, FunctionCall((1,)))
    assert seen.defining is not None
    assert seen.defining.kind is kind
    assert seen.results == (NotReached(),)


async def test_calls_after_the_end_of_the_process_are_not_reached(sandbox: Sandbox) -> None:
    code = "import os\ndef f(x):\n    if x == 1: os._exit(3)\n    return x"
    watch = frozenset({Watch.INPUT, Watch.RESULT})
    seen = await observed(sandbox, code, *[FunctionCall((n,), {}, watch) for n in range(3)])
    first, *others = seen.results
    assert isinstance(first, ReturnedValue)
    assert first.later is None
    assert others == [NotReached(), NotReached()]
    assert str(seen.ended) == "Exited early, with status 3"


@pytest.mark.parametrize("sandbox", KINDS, indirect=True)
async def test_an_exception_is_that_calls_alone(sandbox: Sandbox) -> None:
    code = "class Own(ValueError): pass\ndef f(x):\n    if x == 1: raise Own('no')\n    return x"
    first, second, third = (await observed(sandbox, code, *[FunctionCall((n,)) for n in range(3)])).results
    assert isinstance(second, Fault)
    assert "ValueError" in second.types
    assert (str(second), second.line) == ("Own: no (line 3)", 3)
    assert isinstance(first, ReturnedValue)
    assert isinstance(third, ReturnedValue)


async def test_code_that_replaces_numpy_and_built_in_functions_gets_and_gives_what_any_other_does(
    sandbox: Sandbox,
) -> None:
    code = """
import builtins, json, numpy
def f(x):
    for name in ("isinstance", "len", "any", "sorted"):
        setattr(builtins, name, lambda *_: True)
    for name in ("frombuffer", "ndarray", "dtype", "asarray"):
        setattr(numpy, name, lambda *_, **__: 0)
    json.dumps = json.loads = None
    return [x, x.sum()]
"""
    seen = await observed(sandbox, code, FunctionCall((MATRIX,)), FunctionCall((MATRIX.T,)))
    for x, result in zip((MATRIX, MATRIX.T), seen.results, strict=True):
        assert isinstance(result, ReturnedValue)
        assert same(result.value, [np.ascontiguousarray(x), x.sum()])


@pytest.mark.parametrize("value", [{1, 2}, object(), np.array(["a"]), b"", np.ma.array([1]), nested(1, 99)])
def test_an_argument_other_than_plain_data_cannot_be_sent(value: Any) -> None:
    with pytest.raises(NotSendable, match="call 2 is given "):
        FunctionRequest(CallsToMake("f", [FunctionCall((1,)), FunctionCall((), {"x": value})]))


def _record(meta: dict[str, Any], payload: bytes = b"") -> bytes:
    head = json.dumps(meta).encode()
    return len(head).to_bytes(4, "little") + len(payload).to_bytes(8, "little") + head + payload


def _value(text: bytes, arrays: bytes = b"") -> bytes:
    return _record({"event": "value", "text": len(text)}, text + arrays)


DEFINED = _record({"event": "defined"})
MADE = CallsToMake("f", [FunctionCall((1,))])


@pytest.mark.parametrize(
    "record",
    [
        _value(b'{"a": "|O", "s": [1]}', bytes(8)),
        _value(b'{"a": "<f8", "s": [2]}', bytes(8)),
        _value(b'{"a": "<f8", "s": [1]}', bytes(9)),
        _value(b'{"a": "<f8", "s": [-1]}', bytes(8)),
        _value(b'{"a": "<f8", "s": [1.0]}', bytes(8)),
        _value(b'{"a": "<f8", "s": [true]}', bytes(8)),
        _value(b'{"a": ["<f8"], "s": [1]}', bytes(8)),
        _value(b'{"a": "<f8", "s": [' + b"1," * 40 + b"1]}", bytes(8)),
        _value(b'{"a": "<f8", "s": [0, 1152921504606846976]}'),
        _value(b'{"a": "<f8", "s": [1], "o": [[1], [], false]}', bytes(8)),
        _value(b'{"a": "<f8", "s": [1], "o": 3}', bytes(8)),
        _value(b'{"n": "<f8", "x": "00"}'),
        _value(b'{"n": "<f8", "x": "zz"}'),
        _value(b'{"i": "none"}'),
        _value(b'{"i": 5}'),
        _value(b'{"f": "00"}'),
        _value(b'{"c": [1, 2]}'),
        _value(b'{"c": [[], 2.0]}'),
        _value(b'{"t": {}}'),
        _value(b'{"d": [[1]]}'),
        _value(b'{"d": [[[], 1]]}'),
        _value(b'{"d": [["a", 1], ["a", 2]]}'),
        _value(b'{"d": [[1152921504606846977, 1]]}'),
        _value(b'{"g": "unknown"}'),
        _value(b'{"g": []}'),
        _value(b"{}"),
        _value(b"1 2"),
        _value(b"[" * 100_000),
        _value(b"[" * 50 + b"]" * 50),
        _value(b"[" + b"0," * 300_000 + b"0]"),
        _value(b"9" * 5000),
        _value(b"\xff"),
        _record({"event": "value", "text": 10}, b"1"),
        _record({"event": "value", "text": True}, b"1"),
        _record({"event": "value", "text": -1}, b"1"),
        _record({"event": "value"}, b"1"),
        _record({"event": "later", "text": 1}, b"1"),
        _record({"event": "passed", "text": 1}, b"1"),
    ],
)
def test_forged_values_are_malformed(record: bytes) -> None:
    (result,) = decode_function_observation(DEFINED + record, MADE, ENDED).results
    assert isinstance(result, Fault)
    assert result.kind is FaultKind.MALFORMED


_NODES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["<f8", "|b1"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("asonxtdigfc"), inner, max_size=3)
    ),
)


@given(st.lists(st.tuples(_NODES, st.binary(max_size=16)), max_size=4), st.binary(max_size=20))
def test_nothing_that_is_read_raises(values: list[tuple[Any, bytes]], rest: bytes) -> None:
    watch = frozenset({Watch.INPUT, Watch.RESULT})
    made = CallsToMake("f", [FunctionCall((1,), {}, watch)] * 2)
    records = [_value(json.dumps(node).encode(), arrays) for node, arrays in values]
    seen = decode_function_observation(DEFINED + b"".join(records) + rest, made, ENDED)
    assert len(seen.results) == 2
