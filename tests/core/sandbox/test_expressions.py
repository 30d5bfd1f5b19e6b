"""The agent's snippets, in real processes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from dropout_core.sandbox import ExpressionResult, Sandbox
from dropout_core.sandbox.wire import STDOUT_LIMIT
from tests.core.sandboxes import KINDS, WARM_FIRST, opened

pytestmark = pytest.mark.usefixtures("kept_zygotes")


in_one_loop = pytest.mark.asyncio(loop_scope="module")
"""For tests that use `sandbox`."""


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=KINDS)
async def sandbox(request: pytest.FixtureRequest) -> AsyncIterator[Sandbox]:
    """Waits long enough for anything but what must time out."""
    async with opened(request.param, time_limit=60) as sandbox:
        yield sandbox


@pytest.fixture(params=WARM_FIRST)
async def hasty(request: pytest.FixtureRequest) -> AsyncIterator[Sandbox]:
    """For what must time out."""
    async with opened(request.param, time_limit=0.3) as sandbox:
        yield sandbox


@pytest.mark.parametrize("sandbox", WARM_FIRST, indirect=True)
@pytest.mark.parametrize(
    ("expression", "stdout"),
    [
        ("print(np.arange(3), numpy is np)", "[0 1 2] True\n"),
        ("def f(): return y\ny = 2\nprint(f())", "2\n"),
        ("1 + 1", ""),
        ("print('é', chr(0xD800), end='')", "é \\ud800"),
        ("import os; os.write(1, b'not captured')", ""),
    ],
)
@in_one_loop
async def test_an_expression_gives_what_it_prints(sandbox: Sandbox, expression: str, stdout: str) -> None:
    assert await sandbox.evaluate(expression) == ExpressionResult(stdout, None)


@pytest.mark.parametrize("sandbox", WARM_FIRST, indirect=True)
@in_one_loop
async def test_an_error_keeps_the_output_and_the_tail_of_the_traceback(sandbox: Sandbox) -> None:
    result = await sandbox.evaluate("print('before')\nx = []\nx[1]")
    assert result.stdout == "before\n"
    assert result.error is not None
    assert result.error.startswith('Traceback (most recent call last):\n  File "<answer>", line 3')
    assert "x[1]" in result.error
    assert result.error.endswith("IndexError: list index out of range")
    assert "SyntaxError" in str((await sandbox.evaluate("def f(:")).error)
    assert str((await sandbox.evaluate("raise ValueError('x' * 10**6)")).error).endswith("x" * 1000)


async def test_a_timeout_keeps_the_output(hasty: Sandbox) -> None:
    result = await hasty.evaluate("print('before')\nwhile True: pass")
    assert result == ExpressionResult("before\n", "Took more than 0.3 s of processor time", timed_out=True)


@in_one_loop
async def test_a_death_keeps_the_output(sandbox: Sandbox) -> None:
    result = await sandbox.evaluate("print('before')\nimport os\nos._exit(3)")
    assert result == ExpressionResult("before\n", "Exited early, with status 3")


@pytest.mark.parametrize("sandbox", WARM_FIRST, indirect=True)
@pytest.mark.parametrize("expression", ["print('x' * 10**8)", "for _ in range(10**5): print('x')"])
@in_one_loop
async def test_long_output_is_cut_and_says_so(sandbox: Sandbox, expression: str) -> None:
    result = await sandbox.evaluate(expression)
    assert result.error is None
    assert result.stdout.endswith(f"[cut after {STDOUT_LIMIT} bytes]\n")
    assert len(result.stdout) < STDOUT_LIMIT + 100
