"""Answers to a task of one's own, graded."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from dropout_core import Grader, grade
from dropout_core.sandbox import Sandbox
from dropout_core.task import (
    Call,
    Made,
    Requirement,
    Task,
    all_of,
    drawn_at_rate,
    failed,
    finite,
    input_untouched,
    keeps_dtype,
    matches,
    not_reached,
    only_imports,
    passed,
    raises,
    result_kept,
    same_shape,
    seeded,
)
from dropout_core.task.requirement import UnknownSuite
from dropout_core.task.result import CheckResult
from dropout_core.task.unusable import TaskUnusable
from dropout_core.verdict.verdict import Check, CheckStatus, Outcome, Verdict
from tests.core.sandboxes import KINDS, opened
from tests.core.tasks_of_ones_own import LAST_AXIS_SOFTMAX, NAIVE_SOFTMAX, RIGHT_SOFTMAX, SOFTMAX

PASSED, FAILED, NOT_REACHED = CheckStatus.PASSED, CheckStatus.FAILED, CheckStatus.NOT_REACHED
in_one_loop = pytest.mark.asyncio(loop_scope="module")
"""For tests that use `sandbox`."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    async with opened(KINDS[-1], time_limit=60) as sandbox:
        yield sandbox


def numbers(rng: np.random.Generator) -> Iterator[Call]:
    for size in (1, 3, 20):
        yield Call(rng.normal(size=size))


def task(check: Any, draw: Any = numbers, **more: Any) -> Task:
    return Task("sums", "f", "Implement `f`.", (Requirement("it", "Do it.", draw=draw, check=check, **more),))


async def verdict_on(sandbox: Sandbox, code: str, task: Task, seed: int = 1) -> Verdict:
    return await Grader(task=task, sandbox=sandbox).grade(code, seed=seed)


async def check_on(sandbox: Sandbox, code: str, task: Task, seed: int = 1) -> Check:
    verdict = await verdict_on(sandbox, code, task, seed)
    assert verdict.outcome is not Outcome.VOID, verdict.reason
    return next(check for check in verdict.checks if check.id == "it")


def test_right_and_wrong_answers_to_the_documentations_task(tmp_path: Path) -> None:
    file = tmp_path / "softmax.py"
    file.write_text(SOFTMAX)
    right = grade(RIGHT_SOFTMAX, task=file, seed=3)
    assert (right.passed, right.task, right.suite, right.suite_version) == (True, "softmax", "basic", 1)
    assert [check.id for check in right.checks] == ["runs", "values", "stable"]
    naive = grade(NAIVE_SOFTMAX, suite="basic", task=str(file), seed=3)
    assert (naive.cause, naive.reason) == ("stable", "Stable: The value has wrong elements")
    last = grade(LAST_AXIS_SOFTMAX, task=str(file), seed=3)
    assert last.cause == "values"
    assert grade(RIGHT_SOFTMAX, task=file, seed=3).checks == right.checks


def test_a_task_or_a_suite_that_is_not_there_raises_at_once() -> None:
    with pytest.raises(TaskUnusable, match="unknown task 'sofmax'"):
        grade(RIGHT_SOFTMAX, task="sofmax")
    with pytest.raises(UnknownSuite, match="unknown suite 'hard' of task sums"):
        Grader("hard", task=task(finite))


@in_one_loop
async def test_dropout_is_the_task_unless_another_is_named(sandbox: Sandbox) -> None:
    verdict = await Grader(sandbox=sandbox).grade("def dropout(x, p, training): return x", seed=1)
    assert (verdict.task, verdict.suite, verdict.cause) == ("dropout", "basic", "rate")
    assert Verdict.from_json(verdict.to_json()) == verdict


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("def f(x) return x", "SyntaxError: expected ':' (line 1)"),
        ("def g(x): return x", "No function named f is defined"),
        ("f = 3", "f is of type int, not a function"),
        ("def f(x): raise KeyError('no')", "KeyError: 'no' (line 1)"),
        ("def f(): return 0", "TypeError: f() takes 0 positional arguments but 1 was given"),
        ("import os\ndef f(x): os._exit(0)", "Exited early, with status 0"),
        ("def f(x): return {1}", "f returned a value of type set"),
        ("def f(x): return np.ones(1 << 36)", "Ran out of memory (line 1)"),
    ],
)
@in_one_loop
async def test_code_that_does_not_run_fails_by_runs(sandbox: Sandbox, code: str, reason: str) -> None:
    verdict = await verdict_on(sandbox, code, task(matches(np.negative)))
    assert (verdict.outcome, verdict.cause, verdict.reason) == (Outcome.FAILED, "runs", reason)
    assert {check.status for check in verdict.checks[1:]} <= {FAILED, NOT_REACHED}


@in_one_loop
async def test_an_endless_loop_fails_by_runs() -> None:
    async with opened(KINDS[-1], time_limit=0.3) as hasty:
        verdict = await verdict_on(hasty, "def f(x):\n    while True: pass", task(finite))
    assert (verdict.cause, verdict.reason) == ("runs", "Took more than 0.3 s of processor time")
    assert [check.status for check in verdict.checks] == [FAILED, NOT_REACHED]


@in_one_loop
async def test_a_call_that_raises_fails_the_check_that_asks_for_its_value(sandbox: Sandbox) -> None:
    code = "def f(x):\n    return -x[:3] if x.size == 3 else x[0, 0]"
    verdict = await verdict_on(sandbox, code, task(matches(np.negative)))
    runs, it = verdict.checks
    assert (runs.status, it.status, verdict.cause) == (PASSED, FAILED, "it")
    assert verdict.reason.startswith("It: IndexError: too many indices")
    assert verdict.reason.endswith("(line 2)")
    assert it.evidence is not None
    assert it.evidence.line == 2


@in_one_loop
async def test_calls_after_the_end_of_the_process_are_not_reached(sandbox: Sandbox) -> None:
    code = "import os\ndef f(x):\n    if x.size == 3: os._exit(1)\n    return -x"
    verdict = await verdict_on(sandbox, code, task(matches(np.negative)))
    assert [check.status for check in verdict.checks] == [FAILED, NOT_REACHED]
    assert verdict.reason == "Exited early, with status 1"


def _raise(_: Any) -> Any:
    raise RuntimeError("the author's own")


def _gives(value: Any) -> Any:
    return lambda _: value


def _endless(rng: np.random.Generator) -> Iterator[Call]:
    while True:
        yield Call(1)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (task(_raise), "its check raised RuntimeError: the author's own"),
        (task(lambda made: made[99].value), "its check raised IndexError: tuple index out of range"),
        (
            task(_gives(None)),
            "its check raised TypeError: it returned None; return passed(...), failed(...) or",
        ),
        (task(_gives(True)), "its check raised TypeError: it returned True"),
        (task(matches(_raise)), "its check raised RuntimeError: the author's own"),
        (
            task(same_shape, lambda rng: [Call(1)]),
            "its check raised ValueError: same_shape needs calls with an array",
        ),
        (
            task(lambda made: made[0].input_after),
            'its check raised LookupError: give the requirement watch=("input",)',
        ),
        (task(finite, _raise), "its draw raised RuntimeError: the author's own"),
        (task(finite, _gives(3)), "its draw raised TypeError: 'int' object is not iterable"),
        (task(finite, _gives([3])), "its draw gives a value of type int; yield Call(...)"),
        (
            task(finite, _gives([Call({1, 2})])),
            "its draw gives f({1, 2}) a value of type set; give plain values",
        ),
        (task(finite, _endless), "its draw gives more than 2,000 calls"),
        (task(lambda _: exit(1)), "its check raised SystemExit: 1"),
    ],
)
@in_one_loop
async def test_what_goes_wrong_in_the_tasks_own_code_is_void(
    sandbox: Sandbox, made: Task, words: str
) -> None:
    verdict = await verdict_on(sandbox, "def f(x): return np.zeros(3)", made)
    assert verdict.outcome is Outcome.VOID
    assert verdict.reason.startswith(f"task 'sums': requirement 'it': {words}")
    assert (verdict.checks, verdict.cause) == ((), None)


@in_one_loop
async def test_an_error_in_a_task_file_is_reported_with_its_line(sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(SOFTMAX.replace("yield Call(rng.uniform", "1 / 0; yield Call(rng.uniform"))
    verdict = await Grader(task=file, sandbox=sandbox).grade(RIGHT_SOFTMAX, seed=1)
    where = f"{file}: requirement 'stable': its draw raised ZeroDivisionError: division by zero (line 13)"
    assert (verdict.outcome, verdict.reason) == (Outcome.VOID, where)


@in_one_loop
async def test_a_check_sees_its_own_calls_in_order_whatever_else_is_asked(sandbox: Sandbox) -> None:
    def counted(rng: np.random.Generator) -> Iterator[Call]:
        first = int(rng.integers(1000))
        yield from (Call(first + number) for number in range(20))

    seen: dict[str, list[Any]] = {}

    def noting(name: str) -> Any:
        def check(made: Made) -> Any:
            seen.setdefault(name, []).append([one.value for one in made])
            return (
                passed()
                if [one.call.args[0] for one in made] == [x for x, _ in seen[name][-1]]
                else failed("no")
            )

        return check

    both = [Requirement(name, "Count.", draw=counted, check=noting(name)) for name in ("one", "two")]
    code = "made = []\ndef f(x):\n    made.append(x)\n    return (x, len(made))"
    together = await verdict_on(sandbox, code, Task("t", "f", "Count.", tuple(both)))
    alone = await verdict_on(sandbox, code, Task("t", "f", "Count.", (both[1],)))
    assert together.passed
    assert alone.passed
    apart, by_itself = seen["two"]
    assert [x for x, _ in apart] == [x for x, _ in by_itself]
    assert [at for _, at in apart] != [at for _, at in by_itself]
    assert sorted(at for rows in (seen["one"][0], apart) for _, at in rows) == list(range(1, 41))


@in_one_loop
async def test_equal_seeds_draw_equal_calls_and_others_draw_others(sandbox: Sandbox) -> None:
    def told(made: Made) -> Any:
        return failed("told", measured=sum(float(one.value) for one in made))

    code = "def f(x): return float(x.sum())"
    said = [(await check_on(sandbox, code, task(told), seed)).measured for seed in (1, 1, 2)]
    assert said[0] == said[1] != said[2]


ZEROS_LIKE = "def f(x): return np.zeros_like(x)"
FLOATS = "def f(x): return np.zeros(x.shape)"


def singles(rng: np.random.Generator) -> Iterator[Call]:
    yield Call(rng.normal(size=(3, 4)).astype(np.float32))


def nested(rng: np.random.Generator) -> Iterator[Call]:
    yield Call([{"x": rng.normal(size=4), "n": 3}], keep=(1, "a"))


def generators(rng: np.random.Generator) -> Iterator[Call]:
    seed = int(rng.integers(1 << 30))
    for name in ("one", "one", "two"):
        yield Call(seeded(name, seed))


def adds_nothing(made: Made) -> CheckResult:
    """Relies on equal shapes."""
    return passed() if all(np.all(one.value == one.call.args[0]) for one in made) else failed("It adds")


def rates(rng: np.random.Generator) -> Iterator[Call]:
    for _ in range(3):
        yield Call(rng.normal(size=2000))


@pytest.mark.parametrize(
    ("check", "draw", "code", "status", "message"),
    [
        (same_shape, singles, ZEROS_LIKE, PASSED, "Results have the shape of the input"),
        (same_shape, singles, "def f(x): return x.T", FAILED, "The result has another shape than the input"),
        (same_shape, singles, "def f(x): return 1.0", FAILED, "The value is no array"),
        (keeps_dtype, singles, ZEROS_LIKE, PASSED, "Results have the dtype of the input"),
        (keeps_dtype, singles, FLOATS, FAILED, "The result has another dtype than the input"),
        (keeps_dtype, singles, "def f(x): return x.sum()", PASSED, "Results have the dtype of the input"),
        (keeps_dtype, singles, "def f(x): return [0.0]", FAILED, "The value is no array"),
        (
            finite,
            nested,
            "def f(x, keep): return [1.0, {'a': (np.ones(2),)}, 'nan', None]",
            PASSED,
            "All numbers are",
        ),
        (
            finite,
            nested,
            "def f(x, keep): return [{'a': (np.array([1, np.nan]),)}]",
            FAILED,
            "The result holds NaN or",
        ),
        (finite, nested, "def f(x, keep): return 1e308 * 10", FAILED, "The result holds NaN or infinity"),
        (
            input_untouched,
            nested,
            "def f(x, keep): x = [x[0].copy()]; x[0]['n'] = 4",
            PASSED,
            "Arguments are the same",
        ),
        (
            input_untouched,
            nested,
            "def f(x, keep): x[0]['x'][1] += 1",
            FAILED,
            "The call changes its arguments",
        ),
        (input_untouched, nested, "def f(x, keep): x[0]['n'] = 4", FAILED, "The call changes its arguments"),
        (input_untouched, nested, "def f(x, keep): x.append(1)", FAILED, "The call changes its arguments"),
        (input_untouched, singles, "def f(x): x.shape = -1", FAILED, "The call changes its arguments"),
        (input_untouched, singles, "def f(x): x.dtype = 'i4'", FAILED, "The call changes its arguments"),
        (input_untouched, generators, "def f(rng): return rng.random()", PASSED, "Arguments are the same"),
        (result_kept, numbers, "def f(x): return -x", PASSED, "Results stay as they were returned"),
        (
            result_kept,
            numbers,
            "out = np.zeros(1)\ndef f(x):\n    out[0] = x[0]\n    return out",
            FAILED,
            "A later call",
        ),
        (
            result_kept,
            numbers,
            "a = []\ndef f(x):\n    a.append(1)\n    return a",
            FAILED,
            "A later call changes",
        ),
        (raises(ValueError), numbers, "def f(x): raise ValueError", PASSED, "3 calls raised ValueError"),
        (
            raises(ValueError),
            numbers,
            "class E(ValueError): pass\ndef f(x): raise E",
            PASSED,
            "3 calls raised",
        ),
        (
            raises(ValueError),
            numbers,
            "class ValueError(Exception): pass\ndef f(x): raise ValueError",
            FAILED,
            "The call",
        ),
        (
            raises(ValueError),
            numbers,
            "def f(x): return 1",
            FAILED,
            "The call returns instead of raising ValueError",
        ),
        (raises(ValueError), numbers, "def f(x): return {1}", FAILED, "The call returns instead of raising"),
        (
            raises(ValueError),
            numbers,
            "def f(x): raise TypeError",
            FAILED,
            "The call raises another exception than",
        ),
        (
            raises(TypeError, LookupError),
            numbers,
            "def f(x): raise KeyError",
            PASSED,
            "3 calls raised TypeError or",
        ),
        (
            only_imports("numpy"),
            numbers,
            "import numpy, math\ndef f(x): import os.path",
            PASSED,
            "The code imports",
        ),
        (
            only_imports("numpy"),
            numbers,
            "def f(x):\n    import scipy.special",
            FAILED,
            "Only numpy and the standard",
        ),
        (
            only_imports(),
            numbers,
            "import numpy\ndef f(x): return x",
            FAILED,
            "Only the standard library may be",
        ),
        (drawn_at_rate(0.3), rates, "def f(x): return np.random.rand(*x.shape) < 0.3", PASSED, "1"),
        (
            drawn_at_rate(0.3),
            rates,
            "def f(x): return np.random.rand(*x.shape) < 0.4",
            FAILED,
            "Elements are drawn at",
        ),
        (drawn_at_rate(0.3), rates, "def f(x): return [1, 2]", FAILED, "The value is no array of numbers"),
        (
            drawn_at_rate(0.3),
            rates,
            "def f(x): return x[:1] > 9",
            FAILED,
            "The results hold too few elements",
        ),
        (
            drawn_at_rate(0.3, of=lambda y: y == 0),
            rates,
            "def f(x): return x * (np.random.rand(*x.shape) > 0.3)",
            PASSED,
            "1",
        ),
        (
            matches(lambda rng: rng.random()),
            generators,
            "def f(rng): return rng.random()",
            PASSED,
            "3 calls as expected",
        ),
        (
            matches(lambda rng: rng.random()),
            generators,
            "def f(rng): return 0.5",
            FAILED,
            "The value is wrong",
        ),
        (all_of(same_shape, keeps_dtype), singles, ZEROS_LIKE, PASSED, "Results have the dtype"),
        (all_of(same_shape, keeps_dtype), singles, FLOATS, FAILED, "The result has another dtype"),
        (
            all_of(same_shape, adds_nothing),
            singles,
            "import numpy as np\ndef f(x): return np.ones((7, 5))",
            FAILED,
            "The result has another shape",
        ),
        (
            all_of(finite, input_untouched),
            singles,
            "def f(x):\n    x += 1\n    return x",
            FAILED,
            "The call changes",
        ),
        (lambda made: not_reached("Nothing."), numbers, ZEROS_LIKE, NOT_REACHED, "Nothing."),
        (finite, lambda rng: (), ZEROS_LIKE, NOT_REACHED, "No calls were drawn."),
    ],
)
@in_one_loop
async def test_ready_made_checks(
    sandbox: Sandbox, check: Any, draw: Any, code: str, status: CheckStatus, message: str
) -> None:
    found = await check_on(sandbox, code, task(check, draw))
    assert (found.status, found.message[: len(message)]) == (status, message), found


def _value(value: str) -> str:
    return f"def f(x): return {value}"


@pytest.mark.parametrize(
    ("wanted", "got", "message"),
    [
        (np.array([1.0, np.nan, np.inf]), "np.array([1.0, np.nan, np.inf])", None),
        (np.array([1.0, 2.0]), "np.array([1.0 + 1e-9, 2])", None),
        (np.array([1.0, 2.0]), "np.array([1.0, 2.0], np.float32)", None),
        (np.array([1, 2]), "np.array([1.0, 2.0])", None),
        (np.array([1.0, 2.0]), "np.array([1.0, 2.1])", "The value has wrong elements"),
        (np.array([1.0, np.inf]), "np.array([1.0, -np.inf])", "The value has wrong elements"),
        (np.array([1.0, 2.0]), "np.array([1.0, np.nan])", "The value has wrong elements"),
        (np.array([1.0, 2.0]), "np.array([[1.0, 2.0]])", "The value has the wrong shape"),
        (np.array([1.0, 2.0]), "[1.0, 2.0]", "The value is a list, not an array"),
        (np.array(3.0), "np.float64(3)", None),
        (np.array(3.0), "3.0", "The value is a number, not an array"),
        (np.array([2**63 - 1]), "np.array([2**63 - 2])", None),
        (3.0, "np.array(3.0)", None),
        (3, "3.0", None),
        (3.0, "np.array([3.0])", "The value is an array, not a number"),
        (3.0, "10**5000", "The value is wrong"),
        (3, "10**5000", "The value is wrong"),
        (10**5000, "10**5000", None),
        (10**5000, "10**5000 + 10**4999", "The value is wrong"),
        (10**400, "float('inf')", "The value is wrong"),
        (10**400, "10**400 + 10**390", None),
        (10**400, "1.0", "The value is wrong"),
        (2**70, "float(2**70)", None),
        (3.0, "None", "The value is None, not a number"),
        (3.0, "True", "The value is a bool, not a number"),
        (1 + 1j, "1 + 1j", None),
        (1 + 1j, "1 - 1j", "The value is wrong"),
        (True, "np.bool_(True)", None),
        (True, "1", "The value is a number, not a bool"),
        (True, "False", "The value is wrong"),
        ("a", "'a'", None),
        ("a", "'b'", "The value is wrong"),
        (None, "None", None),
        (None, "0", "The value is a number, not None"),
        ((1, [2.0]), "(1, [2])", None),
        ((1, [2.0]), "[1, [2]]", "The value is a list, not a tuple"),
        ((1, [2.0]), "(1, [3])", "The value[1][0] is wrong"),
        ([1, 2], "[1]", "The value has the wrong number of items"),
        ({"a": [1], "b": 2}, "{'b': 2, 'a': [1]}", None),
        ({"a": [1], "b": 2}, "{'b': 2}", "The value has the wrong keys"),
        ({"a": [1], "b": 2}, "{'b': 3, 'a': [1]}", "The value['b'] is wrong"),
        ({"a": 1}, "[('a', 1)]", "The value is a list, not a dict"),
    ],
    ids=lambda value: type(value).__name__,
)
@in_one_loop
async def test_what_matches_a_reference(sandbox: Sandbox, wanted: Any, got: str, message: str | None) -> None:
    found = await check_on(sandbox, _value(got), task(matches(lambda x: wanted, rtol=1e-8)))
    assert (found.status, found.message) == (
        (PASSED, "3 calls as expected") if message is None else (FAILED, message)
    )


@in_one_loop
async def test_without_tolerance_every_bit_counts(sandbox: Sandbox) -> None:
    exact = task(matches(lambda x: np.array([2**63 - 1]), rtol=0))
    assert (await check_on(sandbox, _value("np.array([2**63 - 1])"), exact)).status is PASSED
    assert (await check_on(sandbox, _value("np.array([2**63 - 2])"), exact)).status is FAILED


@in_one_loop
async def test_the_evidence_of_a_difference_shows_given_got_and_expected(sandbox: Sandbox) -> None:
    found = await check_on(sandbox, "def f(x): return np.where(x > 0, x, -x - 1)", task(matches(np.abs)))
    assert found.evidence is not None
    assert found.evidence.call is not None
    assert found.evidence.call.startswith("f(")
    assert found.evidence.examples
    for example in found.evidence.examples:
        assert (example.output, example.wanted) == (-example.x - 1, -example.x)


@pytest.mark.parametrize(
    "make",
    [
        lambda: matches("softmax"),  # type: ignore[arg-type]
        lambda: matches(np.abs, rtol=-1),
        lambda: matches(np.abs, atol=float("nan")),
        lambda: raises(),
        lambda: raises(np.linalg.LinAlgError),
        lambda: raises("ValueError"),  # type: ignore[arg-type]
        lambda: only_imports("a-b"),
        lambda: drawn_at_rate(0),
        lambda: drawn_at_rate(1.5),
        lambda: drawn_at_rate(0.5, of=3),  # type: ignore[arg-type]
        lambda: all_of(),
        lambda: all_of(finite, 3),  # type: ignore[arg-type]
    ],
)
def test_a_ready_made_check_that_makes_no_sense_is_refused(make: Any) -> None:
    with pytest.raises(ValueError, match=r"^(matches|raises|only_imports|drawn_at_rate|all_of): "):
        make()
