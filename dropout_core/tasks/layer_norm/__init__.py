"""The task layer_norm: layer normalisation and its gradients, four arrays at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from dropout_core.task import (
    Call,
    CheckResult,
    Evidence,
    Made,
    MadeCall,
    Requirement,
    Task,
    failed,
    input_untouched,
    not_reached,
    passed,
)
from dropout_core.task.ready_made.values import difference

Array = np.ndarray[Any, Any]
Check = Callable[[Made], CheckResult]

OUTPUTS = ("y", "dx", "dgamma", "dbeta")
STEP = 1e-5
"""Step of the finite differences, whose error is then below a millionth."""


def forward(x: Array, gamma: Array, beta: Array, eps: float = 1e-5) -> Array:
    """Layer normalisation over the last axis."""
    centred = x - x.mean(-1, keepdims=True)
    return np.asarray(centred / np.sqrt((centred**2).mean(-1, keepdims=True) + eps) * gamma + beta)


def reference(x: Array, gamma: Array, beta: Array, dy: Array, eps: float = 1e-5) -> tuple[Array, ...]:
    """The output, and the gradients of ``sum(dy * y)``; those by central differences."""
    x, gamma, beta = (np.asarray(one, np.float64) for one in (x, gamma, beta))

    def slope(upper: Array, lower: Array) -> Array:
        return np.asarray(((upper - lower) * dy).reshape(len(upper), -1).sum(-1) / (2 * STEP))

    def moved(values: Array, sign: int) -> Array:
        steps = sign * STEP * np.eye(values.size).reshape(-1, *values.shape)
        return np.asarray(values + steps)

    def a_row_each(values: Array, sign: int) -> Array:
        return moved(values, sign).reshape(values.size, *(1,) * (x.ndim - 1), values.size)

    dx = slope(*(forward(moved(x, sign), gamma, beta, eps) for sign in (1, -1)))
    dgamma = slope(*(forward(x, a_row_each(gamma, sign), beta, eps) for sign in (1, -1)))
    dbeta = slope(*(forward(x, gamma, a_row_each(beta, sign), eps) for sign in (1, -1)))
    return forward(x, gamma, beta, eps), dx.reshape(x.shape), dgamma, dbeta


def agree(*outputs: str, rtol: float = 1e-5, atol: float = 1e-6) -> Check:
    """Check that these of the four outputs match the reference."""

    def check(made: Made) -> CheckResult:
        for one in made:
            got = one.value
            if (wrong := _not_four(got)) is not None:
                return failed(wrong, _kind(got), "a tuple of four arrays", Evidence(str(one)))
            wanted = reference(*one.call.args, **one.call.kwargs)
            for name, mine, theirs in zip(OUTPUTS, got, wanted, strict=True):
                found = difference(mine, theirs, rtol, atol) if name in outputs else None
                if found is not None:
                    message = found.message.replace("The value", name)
                    return failed(message, found.measured, found.expected, found.shown(str(one)))
        if not len(made):
            return not_reached("No calls were drawn.")
        return passed(f"{', '.join(outputs)} are right in {len(made)} calls", "as expected", "as expected")

    return check


def _not_four(got: object) -> str | None:
    if not isinstance(got, tuple):
        return "The function does not return a tuple"
    if len(got) != len(OUTPUTS) or not all(isinstance(one, np.ndarray) for one in got):
        return "The function does not return a tuple of four arrays"
    return None


def _kind(got: object) -> str:
    return f"a {type(got).__name__}" + (f" of {len(got)}" if isinstance(got, tuple | list) else "")


def _all_singles(made: Made) -> CheckResult:
    for one in made:
        if (wrong := _not_four(one.value)) is not None:
            return failed(wrong, _kind(one.value), "a tuple of four arrays", Evidence(str(one)))
        found = _other_dtype(one)
        if found is not None:
            return found
    return agree(*OUTPUTS, rtol=1e-3, atol=1e-3)(made)


def _other_dtype(one: MadeCall) -> CheckResult | None:
    for name, array in zip(OUTPUTS, one.value, strict=True):
        if array.dtype != np.float32:
            return failed(f"{name} has another dtype than x", array.dtype, "float32", Evidence(str(one)))
    return None


def _arguments(rng: np.random.Generator, *shape: int) -> tuple[Array, ...]:
    """Random x, gamma, beta and dy."""
    x, dy = rng.normal(1, 2, shape), rng.normal(size=shape)
    return x, rng.uniform(0.5, 2, shape[-1]), rng.normal(size=shape[-1]), dy


def _matrices(rng: np.random.Generator) -> Iterator[Call]:
    for rows in (1, 3, 6):
        yield Call(*_arguments(rng, rows, int(rng.integers(4, 9))))
    x, gamma, beta, dy = _arguments(rng, 2, 5)
    yield Call(x=x, gamma=gamma, beta=beta, dy=dy)


def _other_ranks(rng: np.random.Generator) -> Iterator[Call]:
    for shape in ((6,), (2, 3, 4), (2, 1, 3, 5)):
        yield Call(*_arguments(rng, *shape))


def _other_eps(rng: np.random.Generator) -> Iterator[Call]:
    for eps in (0.5, 1e-3):
        x, gamma, beta, dy = _arguments(rng, 3, 5)
        yield Call(x * 0.1, gamma, beta, dy, eps=eps)


def _constant_rows(rng: np.random.Generator) -> Iterator[Call]:
    x, gamma, beta, dy = _arguments(rng, 3, 4)
    x[1] = x[1, 0]
    yield Call(x, gamma, beta, dy, eps=0.01)


def _far_from_zero(rng: np.random.Generator) -> Iterator[Call]:
    x, gamma, beta, dy = _arguments(rng, 3, 8)
    yield Call(x + 1e8, gamma, beta, dy)


def _singles(rng: np.random.Generator) -> Iterator[Call]:
    yield Call(*(one.astype(np.float32) for one in _arguments(rng, 4, 6)))


_FORWARD = agree("y", rtol=1e-8, atol=1e-8)

task = Task(
    name="layer_norm",
    function="layer_norm",
    signature="layer_norm(x, gamma, beta, dy, eps=1e-5)",
    opening="Implement layer normalisation and its gradients in NumPy, as `layer_norm(x, gamma, beta, dy, eps=1e-5)`.",
    requirements=(
        Requirement(
            "forward",
            {
                "explicit": (
                    "Return a tuple of four arrays, (y, dx, dgamma, dbeta). `x` is a float64 array of shape (N, D),"
                    " `gamma` and `beta` have shape (D,). y = (x - mean) / sqrt(var + eps) * gamma + beta, with mean"
                    " and variance (divided by D, not D - 1) over the last axis of each row. Arguments may be given by"
                    " position or by keyword."
                ),
                "plain": (
                    "For `x` of shape (N, D) it returns the tuple (y, dx, dgamma, dbeta), where y is `x` normalised"
                    " over the last axis, with the population variance plus `eps`, times `gamma` plus `beta`."
                ),
                "terse": "The tuple (y, dx, dgamma, dbeta) for `x` of shape (N, D); population variance + `eps`.",
            },
            title="Output",
            failure="The normalised output is wrong",
            draw=_matrices,
            check=_FORWARD,
            mentions=("gamma", "normalis", "normaliz"),
        ),
        Requirement(
            "input_gradient",
            {
                "explicit": (
                    "`dy`, of the shape of `x`, is the gradient of a loss by y; dx is its gradient by `x`, through mean"
                    " and variance too."
                ),
                "plain": "`dy` is the loss's gradient by y, and dx that by `x`, through mean and variance too.",
                "terse": "`dy`: gradient by y; dx: by `x`, through mean and variance.",
            },
            title="Gradient by x",
            failure="The gradient by x is wrong",
            draw=_matrices,
            check=agree("dx"),
            mentions=("dx", "gradient"),
        ),
        Requirement(
            "parameter_gradients",
            {
                "explicit": "dgamma and dbeta are the gradients by `gamma` and `beta`, of shape (D,).",
                "plain": "dgamma and dbeta are the gradients by `gamma` and `beta`.",
                "terse": "dgamma, dbeta: by `gamma`, `beta`.",
            },
            title="Gradients by gamma and beta",
            failure="The gradients by gamma and beta are wrong",
            draw=_matrices,
            check=agree("dgamma", "dbeta"),
            mentions=("dgamma", "dbeta"),
        ),
        Requirement(
            "any_rank",
            {
                "explicit": (
                    "`x` and `dy` may have any number of dimensions from one to four; mean and variance go over the"
                    " last, and dgamma and dbeta always have shape (D,)."
                ),
                "plain": "`x` may have one to four dimensions; dgamma and dbeta stay of shape (D,).",
                "terse": "`x`: 1-D to 4-D, last axis normalised.",
            },
            title="Any rank",
            failure="Arrays of other than two dimensions are handled wrongly",
            draw=_other_ranks,
            check=agree(*OUTPUTS),
            mentions=("dimension", "rank", "1-d"),
        ),
        Requirement(
            "eps",
            {
                "explicit": "The value of `eps` that is given counts, in y and in dx.",
                "plain": "It uses the given `eps`, in dx too.",
                "terse": "Honour `eps`.",
            },
            title="Epsilon",
            failure="The given eps is not used",
            draw=_other_eps,
            check=agree(*OUTPUTS),
            mentions=("eps",),
        ),
        Requirement(
            "constant_rows",
            {
                "explicit": "A row whose elements are all equal gives `beta`, without NaN in any of the four arrays.",
                "plain": "Rows of equal elements give `beta`, and no NaN anywhere.",
                "terse": "Constant rows give `beta`; no NaN.",
            },
            title="Constant rows",
            failure="A row of equal elements is handled wrongly",
            draw=_constant_rows,
            check=agree(*OUTPUTS),
            mentions=("equal", "constant"),
        ),
        Requirement(
            "far_from_zero",
            {
                "explicit": "A mean of 100,000,000 with a variance of about 4 still gives y to five digits.",
                "plain": "It stays precise (five digits) where the mean is 1e8 and the variance about 4.",
                "terse": "Precise at mean 1e8.",
            },
            title="Far from zero",
            failure="Precision is lost where the mean is large",
            draw=_far_from_zero,
            check=agree("y", rtol=1e-5, atol=1e-5),
            mentions=("1e8", "100,000,000", "precise"),
        ),
        Requirement(
            "dtype",
            {
                "explicit": "When all arguments are float32, so are the four arrays.",
                "plain": "float32 arguments give four float32 arrays.",
                "terse": "float32 stays float32.",
            },
            title="Dtype",
            failure="float32 does not stay float32",
            draw=_singles,
            check=_all_singles,
            mentions=("float32", "dtype"),
        ),
        Requirement(
            "input_untouched",
            {
                "explicit": "Do not modify the arguments.",
                "plain": "It does not modify its arguments.",
                "terse": "Do not modify the arguments.",
            },
            title="Input untouched",
            failure="The arguments are modified",
            draw=_matrices,
            check=input_untouched,
            mentions=("modify", "in place", "in-place", "untouched"),
        ),
    ),
    suites={
        "basic": ("forward", "input_gradient", "parameter_gradients"),
        "strict": (
            *("forward", "input_gradient", "parameter_gradients"),
            *("any_rank", "eps", "constant_rows", "far_from_zero", "dtype", "input_untouched"),
        ),
    },
    answers="answers",
    samples="samples",
)
