"""What a call can be given besides x, p and training, and what else is seen of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import numpy as np
import pytest
import pytest_asyncio

from dropout_core.grading import Grader
from dropout_core.sandbox import Call, Fault, FaultKind, Layout, Returned, Sandbox, SeededGenerator, Watch
from dropout_core.sandbox.wire import decode_observation
from dropout_core.tasks.dropout import task as dropout
from tests.core.in_process import CODE, laid_out
from tests.core.sandboxes import KINDS, WARM_FIRST, opened

pytestmark = pytest.mark.usefixtures("kept_zygotes")

X = np.arange(1.0, 25).reshape(2, 3, 4)
ENDED = Fault(FaultKind.EXITED, "Exited early, with status 0")


in_one_loop = pytest.mark.asyncio(loop_scope="module")
"""For tests that use `sandbox` or `hard`."""


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=WARM_FIRST)
async def sandbox(request: pytest.FixtureRequest) -> AsyncIterator[Sandbox]:
    async with opened(request.param, time_limit=60) as sandbox:
        yield sandbox


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hard() -> AsyncIterator[Grader]:
    async with Grader("hard", time_limit=60) as grader:
        yield grader


async def results(sandbox: Sandbox, body: str, *calls: Call) -> list[Returned | Fault]:
    code = f"import numpy as np\nimport random\ndef dropout(x, p, training, **more):\n    {body}\n"
    observation = await sandbox.call(code, calls, seed=3)
    assert observation.defining is None
    given = [result for result in observation.results if isinstance(result, Returned | Fault)]
    assert len(given) == len(calls)
    return given


def array_of(result: Returned | Fault) -> list[object]:
    assert isinstance(result, Returned), result
    return list(result.array.tolist())


@in_one_loop
async def test_x_lies_in_memory_as_asked(sandbox: Sandbox) -> None:
    same = "np.array_equal(x, np.arange(1, 25).reshape(x.shape))"
    flags = f"return np.array([*x.strides, x.flags.c_contiguous, x.flags.f_contiguous, {same}])"
    calls = [Call(X, 0.5, True, layout=layout) for layout in Layout]
    for call, result in zip(calls, await results(sandbox, flags, *calls), strict=True):
        mine = laid_out(X.copy(), call.layout)
        assert array_of(result) == [*mine.strides, mine.flags.c_contiguous, mine.flags.f_contiguous, True]
    assert len({laid_out(X, layout).strides for layout in Layout}) == len(Layout)


@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (1,)])
@in_one_loop
async def test_any_shape_can_be_laid_out_in_any_way(sandbox: Sandbox, shape: tuple[int, ...]) -> None:
    calls = [Call(np.ones(shape), 0.5, True, layout=layout) for layout in Layout]
    for result in await results(sandbox, "return x + 1", *calls):
        assert isinstance(result, Returned)
        assert np.array_equal(result.array, np.full(shape, 2.0))


@in_one_loop
async def test_a_numpy_scalar_is_an_array_where_x_is_0_d_and_nowhere_else(sandbox: Sandbox) -> None:
    zero_d, one_d = await results(
        sandbox, "return np.float32(2)", Call(np.array(1.0), 0.5, True), Call(np.ones(1), 0.5, True)
    )
    assert isinstance(zero_d, Returned)
    assert zero_d.array.shape == ()
    assert zero_d.array.dtype == np.float32
    assert zero_d.array.item() == 2
    assert isinstance(one_d, Fault)
    assert "not a NumPy array" in one_d.text


@in_one_loop
async def test_further_arguments_arrive_as_they_are(sandbox: Sandbox) -> None:
    calls = [
        Call(X, 0.5, True, way, {"axes": (1, -2), "a": None, "b": 2.5, "c": "d"}) for way in (True, False)
    ]
    body = "assert more == {'axes': (1, -2), 'a': None, 'b': 2.5, 'c': 'd'}; assert p == 0.5; return x"
    for result in await results(sandbox, body, *calls):
        assert isinstance(result, Returned), result


@in_one_loop
async def test_generators_of_one_name_are_one_and_of_one_seed_are_equal(sandbox: Sandbox) -> None:
    calls = [
        Call(X, 0.5, True, keywords={"rng": SeededGenerator(name, seed)})
        for name, seed in (("a", 7), ("a", 7), ("b", 7), ("c", 8))
    ]
    drawn = [array_of(result) for result in await results(sandbox, "return more['rng'].random(2)", *calls)]
    fresh = np.random.default_rng(7)
    assert drawn == [fresh.random(2).tolist(), fresh.random(2).tolist(), drawn[0], drawn[3]]
    assert drawn[3] != drawn[0]


@pytest.mark.parametrize("layout", list(Layout))
@in_one_loop
async def test_what_becomes_of_x_is_seen_in_every_layout(sandbox: Sandbox, layout: Layout) -> None:
    body = "x[0, 1, 2] = -x[0, 1, 2]; x = 5; return np.ones(3)"
    watched, unwatched = await results(
        sandbox, body, Call(X, 0.5, True, layout=layout, watch=frozenset({Watch.INPUT})), Call(X, 0.5, True)
    )
    assert isinstance(watched, Returned)
    assert isinstance(unwatched, Returned)
    expected = X.copy()
    expected[0, 1, 2] *= -1
    assert np.array_equal(watched.input_after, expected)  # type: ignore[arg-type]
    assert (unwatched.input_after, unwatched.global_states, unwatched.peak) == (None, None, None)


@pytest.mark.parametrize(
    ("body", "used"),
    [
        ("np.random.rand()", True),
        ("random.random()", True),
        ("np.random.seed(0)", True),
        ("np.random.default_rng(1).random(3)", False),
        ("more['rng'].random(3)", False),
        ("pass", False),
    ],
)
@in_one_loop
async def test_use_of_the_global_generators_is_seen(sandbox: Sandbox, body: str, used: bool) -> None:
    call = Call(
        X, 0.5, True, True, {"rng": SeededGenerator("a", 1)}, watch=frozenset({Watch.GLOBAL_RANDOMNESS})
    )
    (result,) = await results(sandbox, f"{body}; return x", call)
    assert isinstance(result, Returned)
    assert result.global_states is not None
    before, after = result.global_states
    assert (before != after) is used


@in_one_loop
async def test_the_peak_of_memory_is_seen_and_is_the_same_every_time(sandbox: Sandbox) -> None:
    call = Call(np.ones(200_000), 0.5, True, watch=frozenset({Watch.MEMORY}))
    body = "three = [x + 1 for _ in range(3)]; three = None; return x + 1"
    first, same, single = [
        *await results(sandbox, body, call),
        *await results(sandbox, body, call),
        *await results(sandbox, "return x + 1", call),
    ]
    for result, times in ((first, 3), (same, 3), (single, 1)):
        assert isinstance(result, Returned)
        assert result.peak is not None
        assert times <= result.peak / call.x.nbytes < times + 0.05
    assert isinstance(first, Returned)
    assert isinstance(same, Returned)
    assert first.peak == same.peak


@in_one_loop
async def test_an_exception_tells_its_classes(sandbox: Sandbox) -> None:
    call = Call(X, 0.5, True, watch=frozenset(Watch))
    (axis,) = await results(sandbox, "raise np.exceptions.AxisError('no')", call)
    assert isinstance(axis, Fault)
    assert axis.types[:2] == ("ValueError", "IndexError")
    assert str(axis) == "AxisError: no (line 4)"
    liar = "raise type('E', (Exception,), {'__name__': 'ValueError', 'mro': lambda: [ValueError]})('x')"
    (lying,) = await results(sandbox, liar, call)
    assert isinstance(lying, Fault)
    assert "ValueError" not in lying.types


# Forged records


def record(meta: dict[str, object], payload: bytes = b"") -> bytes:
    head = json.dumps(meta).encode()
    return len(head).to_bytes(4, "little") + len(payload).to_bytes(8, "little") + head + payload


DEFINED = record({"event": "defined"})
RETURNED: dict[str, object] = {"event": "returned", "dtype": "<f8", "shape": [1]}


@pytest.mark.parametrize(
    ("watch", "meta", "payload"),
    [
        (Watch.INPUT, {}, bytes(8)),
        (Watch.INPUT, {}, bytes(8 + 8 * X.size - 1)),
        (Watch.INPUT, {}, bytes(8 + 8 * X.size + 8)),
        (Watch.INPUT, {"shape": [0]}, bytes(8)),
        (Watch.GLOBAL_RANDOMNESS, {}, bytes(8)),
        (Watch.GLOBAL_RANDOMNESS, {"global_states": [1]}, bytes(8)),
        (Watch.GLOBAL_RANDOMNESS, {"global_states": [1, "1"]}, bytes(8)),
        (Watch.MEMORY, {}, bytes(8)),
        (Watch.MEMORY, {"peak": -1}, bytes(8)),
        (Watch.MEMORY, {"peak": 1.5}, bytes(8)),
        (Watch.MEMORY, {"peak": True}, bytes(8)),
    ],
)
def test_a_missing_observation_is_malformed(watch: Watch, meta: dict[str, object], payload: bytes) -> None:
    call = Call(X, 0.5, True, watch=frozenset({watch}))
    (result,) = decode_observation(DEFINED + record(RETURNED | meta, payload), [call], ENDED).results
    assert isinstance(result, Fault)
    assert result.kind is FaultKind.MALFORMED


def test_what_was_not_watched_is_not_believed() -> None:
    told = RETURNED | {"global_states": [1, 1], "peak": 0}
    (result,) = decode_observation(DEFINED + record(told, bytes(8)), [Call(X, 0.5, True)], ENDED).results
    assert isinstance(result, Returned)
    assert (result.input_after, result.global_states, result.peak) == (None, None, None)


@pytest.mark.parametrize("types", [None, 5, ["a", 1, "b\x1b[0m"], ["x"] * 100])
def test_class_names_are_made_printable(types: object) -> None:
    fault = {"event": "fault", "kind": "exception", "text": "E", "line": None, "types": types}
    (result,) = decode_observation(DEFINED + record(fault), [Call(X, 0.5, True)], ENDED).results
    assert isinstance(result, Fault)
    assert len(result.types) <= 20
    assert all(name.isprintable() for name in result.types)


@pytest.mark.parametrize("kind", KINDS)
async def test_calls_that_share_an_array_do_not_see_what_the_others_do_to_it(kind: str) -> None:
    code = """
def dropout(x, p, training):
    seen = x.copy()
    if training: x *= 2
    return seen
"""
    calls = [Call(X, 0.5, training, watch=frozenset({Watch.INPUT})) for training in (True, False, True)]
    async with opened(kind, time_limit=60) as sandbox:
        results = (await sandbox.call(code, calls, seed=1)).results
    for result, factor in zip(results, (2, 1, 2), strict=True):
        assert isinstance(result, Returned)
        np.testing.assert_array_equal(result.array, X)
        assert result.input_after is not None
        np.testing.assert_array_equal(result.input_after, factor * X)


OVERWRITES = """
earlier = []
def dropout(x, p, training):
    for array in earlier: array[...] = -1
    earlier.append(x)
    return x
"""


@pytest.mark.parametrize("kind", KINDS)
async def test_arrays_are_read_again_after_all_calls(kind: str) -> None:
    again = frozenset({Watch.RESULT})
    calls = [Call(X, 0.5, True, watch=again), Call(X, 0.5, True), Call(X, 0.5, True, watch=again)]
    async with opened(kind, time_limit=60) as sandbox:
        results = (await sandbox.call(OVERWRITES, calls, seed=1)).results
    first, second, last = (result for result in results if isinstance(result, Returned))
    for result in (first, second, last):
        np.testing.assert_array_equal(result.array, X)
    assert first.array_later is not None
    np.testing.assert_array_equal(first.array_later, np.full(X.shape, -1.0))
    assert second.array_later is None
    assert last.array_later is not None
    np.testing.assert_array_equal(last.array_later, X)


HIDES = """
{imports}
def dropout(x, p, training):
    wasted = [np.ones(x.size) for _ in range(9)]
    del wasted
    {forgets}
    return x.copy()
"""


@pytest.mark.parametrize(
    ("imports", "forgets"),
    [
        ("import tracemalloc", "tracemalloc.reset_peak()"),
        ("from tracemalloc import reset_peak", "reset_peak()"),
        ("import _tracemalloc", "_tracemalloc.reset_peak()"),
        ("", "__import__('tracemalloc').reset_peak()"),
        ("", "pass"),
    ],
)
@pytest.mark.parametrize("kind", WARM_FIRST)
async def test_a_peak_that_the_code_has_forgotten_counts_all_the_same(
    kind: str, imports: str, forgets: str
) -> None:
    call = Call(np.ones(50_000), 0.5, True, watch=frozenset({Watch.MEMORY}))
    async with opened(kind, time_limit=60) as sandbox:
        (result,) = (
            await sandbox.call(HIDES.format(imports=imports, forgets=forgets), [call], seed=1)
        ).results
    assert isinstance(result, Returned)
    assert result.peak is not None
    assert 9 * call.x.nbytes <= result.peak < 10 * call.x.nbytes


@pytest.mark.parametrize("forgets", ["clear_traces()", "stop()", "stop(), tracemalloc.start()"])
async def test_memory_that_is_no_longer_counted_is_malformed(forgets: str) -> None:
    call = Call(np.ones(50_000), 0.5, True, watch=frozenset({Watch.MEMORY}))
    code = HIDES.format(imports="import tracemalloc", forgets=f"tracemalloc.{forgets}")
    async with opened(KINDS[0], time_limit=60) as sandbox:
        (result,) = (await sandbox.call(code, [call], seed=1)).results
    assert isinstance(result, Fault)
    assert result.kind is FaultKind.MALFORMED


# All together


@pytest.mark.parametrize(
    ("suite", "names"),
    [
        ("strict", ["random of the standard library", "like the input", "object with a generator"]),
        ("hard", ["draw into the result", "legacy generator unless given", "a class of ValueErrors"]),
        *(
            pytest.param(
                suite,
                [name.removeprefix(f"{suite}: ") for name in CODE if name.startswith(f"{suite}: ")],
                id=f"all of {suite}",
                marks=pytest.mark.long_run,
            )
            for suite in ("strict", "hard")
        ),
    ],
)
async def test_right_answers_pass_in_the_sandbox(suite: str, names: list[str]) -> None:
    async with Grader(suite, time_limit=60) as grader:
        for name in names:
            verdict = await grader.grade(CODE[f"{suite}: {name}"])
            assert verdict.passed, (name, verdict)
            assert (verdict.suite, verdict.suite_version) == (suite, dropout.version)


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("in place", "input_untouched"),
        ("the order of memory", "any_layout"),
        ("rng seeds the global state", "generator"),
        ("axes are not used", "named_axes"),
        ("a copy to work on", "memory"),
        *(
            pytest.param(*one, marks=pytest.mark.long_run)
            for one in (
                ("mask of float64", "dtype"),
                ("NaN gets through", "bad_rates"),
                ("integers stay integers", "integers"),
                ("float16 rounded twice", "half_precision"),
            )
        ),
    ],
)
@in_one_loop
async def test_wrong_answers_are_caught_in_the_sandbox(hard: Grader, name: str, check: str) -> None:
    """In each commit those whose calls are made in another way, or watched; of the others, what they return."""
    first, same = [await hard.grade(CODE[name], seed=5) for _ in range(2)]
    assert check in {one.id for one in first.checks if one.status == "failed"}
    assert first.checks == same.checks
