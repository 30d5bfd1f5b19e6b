"""Tasks as an author writes them."""

from __future__ import annotations

SOFTMAX = """\
import numpy as np
from dropout_core.task import Call, Requirement, Task, keeps_dtype, matches

def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)

def some(rng):                                    # drawn afresh for every grading
    for rank in (1, 2, 3):
        yield Call(rng.normal(size=rng.integers(3, 9, rank)), axis=int(rng.integers(-rank, rank)))

def large(rng):
    yield Call(rng.uniform(-1e4, 1e4, (6, 9)), axis=1)

task = Task(
    name="softmax", function="softmax", opening="Implement `softmax(x, axis=-1)` for NumPy arrays.",
    requirements=(
        Requirement("values", "Return exp(x) / sum(exp(x)) along `axis`.",
                    draw=some, check=matches(softmax, rtol=1e-9)),
        Requirement("stable", "Entries up to 1e4 in size must not overflow.",
                    draw=large, check=matches(softmax, rtol=1e-9)),
    ),
)
"""
"""The file of the documentation."""

RIGHT_SOFTMAX = """\
def softmax(x, axis=-1):
    shifted = np.exp(x - np.max(x, axis, keepdims=True))
    return shifted / np.sum(shifted, axis, keepdims=True)
"""
NAIVE_SOFTMAX = """\
def softmax(x, axis=-1):
    return np.exp(x) / np.exp(x).sum(axis, keepdims=True)
"""
LAST_AXIS_SOFTMAX = """\
def softmax(x, axis=None):
    shifted = np.exp(x - x.max(-1, keepdims=True))
    return shifted / shifted.sum(-1, keepdims=True)
"""
