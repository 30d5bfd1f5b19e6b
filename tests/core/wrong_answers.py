"""Answers that are wrong in one way each, and the checks that must say so."""

from __future__ import annotations

from tests.core.right_answers import with_mask

RIGHT_MASK = "np.random.rand(*x.shape) >= p"
SCALED = f"x * ({RIGHT_MASK})"


def _mask(mask: str, before: str = "") -> str:
    return with_mask(mask, f"import numpy as np\n{before}")


def _altered(old: str, new: str) -> str:
    """A right answer with one thing changed."""
    right = with_mask(RIGHT_MASK)
    assert old in right
    return right.replace(old, new)


def _returns(expression: str) -> str:
    return f"import numpy as np\ndef dropout(x, p, training):\n    return {expression}\n"


WRONG: dict[str, tuple[str, set[str]]] = {
    "rate too high": (_mask("np.random.rand(*x.shape) >= min(p + 0.03, 1)"), {"rate", "other_rates"}),
    "rate too low": (_mask("np.random.rand(*x.shape) >= max(p - 0.03, 0)"), {"rate", "other_rates"}),
    "p is the probability of keeping": (_mask("np.random.rand(*x.shape) < p"), {"other_rates"}),
    "always one half": (_mask("np.random.rand(*x.shape) < 0.5"), {"other_rates"}),
    "nothing dropped": (
        "def dropout(x, p, training): return x",
        {"rate", "randomness", "scaling", "other_rates", "edge_cases"},
    ),
    "everything dropped": (
        "def dropout(x, p, training): return x * 0.0",
        {"rate", "randomness", "eval_mode", "other_rates", "edge_cases"},
    ),
    "no scaling": (
        _altered(" / (1 - p)", ""),
        {"scaling", "other_rates"},
    ),
    "scaled by p": (_altered("/ (1 - p)", "/ p"), {"other_rates"}),
    "scaled by 1 - p": (
        _altered("/ (1 - p)", "* (1 - p)"),
        {"scaling", "other_rates"},
    ),
    "scale 0.1 % too large": (
        _altered("/ (1 - p)", "/ (1 - p) * 1.001"),
        {"scaling", "other_rates"},
    ),
    "scale by the observed rate": (
        _altered("/ (1 - p)", "/ mask.mean()"),
        {"scaling", "other_rates"},
    ),
    "rows": (
        _mask("np.random.rand(x.shape[0], *[1] * (x.ndim - 1)) >= p"),
        {"rate?", "randomness", "other_rates?"},
    ),
    "columns": (_mask("np.random.rand(x.shape[-1]) >= p"), {"rate?", "randomness", "other_rates?"}),
    "channels of 4-D only": (
        _mask("np.random.rand(*(x.shape[:2] + (1, 1) if x.ndim == 4 else x.shape)) >= p"),
        {"randomness", "other_rates?"},
    ),
    "same mask along the first axis of 3-D": (
        _mask("np.random.rand(*((1,) + x.shape[1:] if x.ndim == 3 else x.shape)) >= p"),
        {"randomness", "other_rates?"},
    ),
    "blocks of 2 x 2": (
        _mask(
            "kept(x.shape, p)",
            """
def kept(shape, p):
    if len(shape) != 2:
        return np.random.rand(*shape) >= p
    small = np.random.rand((shape[0] + 1) // 2, (shape[1] + 1) // 2) >= p
    return np.kron(small, np.ones((2, 2)))[: shape[0], : shape[1]]
""",
        ),
        {"rate?", "randomness", "other_rates?"},
    ),
    "a small mask, tiled": (
        _mask("np.resize(np.random.rand(min(x.size, 4096)) >= p, x.shape)"),
        {"rate?", "randomness", "other_rates?"},
    ),
    "every second element": (
        _mask("(np.arange(x.size).reshape(x.shape) % 2 == 1)"),
        {"randomness", "other_rates"},
    ),
    "every second element, first or second by chance": (
        _mask("((np.arange(x.size) + np.random.randint(2)) % 2 == 1).reshape(x.shape)"),
        {"randomness", "other_rates"},
    ),
    "checkerboard by chance": (
        _mask("((np.indices(x.shape).sum(axis=0) + np.random.randint(2)) % 2 == 1)"),
        {"randomness", "other_rates"},
    ),
    "seeded in every call": (
        _altered("    mask", "    np.random.seed(0)\n    mask"),
        {"randomness"},
    ),
    "generator seeded in every call": (
        _mask("np.random.default_rng(42).random(x.shape) >= p"),
        {"randomness"},
    ),
    "a mask remembered for each shape": (
        _mask(
            "kept(x.shape, p)",
            """
masks = {}
def kept(shape, p):
    return masks.setdefault((shape, p), np.random.rand(*shape) >= p)
""",
        ),
        {"randomness"},
    ),
    "one half of the mask remembered": (
        _mask(
            "kept(x.shape, p)",
            """
masks = {}
def kept(shape, p):
    old = masks.setdefault(shape, np.random.rand(*shape))
    return np.where(np.indices(shape).sum(axis=0) % 2, old, np.random.rand(*shape)) >= p
""",
        ),
        {"randomness"},
    ),
    "negative elements": (_mask("x > 0"), {"randomness", "other_rates"}),
    "small elements": (_mask("np.abs(x) >= np.quantile(np.abs(x), p)"), {"randomness"}),
    "negative elements more often": (
        _mask("np.random.rand(*x.shape) >= p + np.where(x > 0, 0.1, -0.1) * (p < 0.9)"),
        {"randomness", "other_rates?"},
    ),
    "large elements more often": (
        _mask("np.random.rand(*x.shape) >= p + np.where(np.abs(x) > 2.05, 0.1, -0.1) * (p < 0.9)"),
        {"randomness", "other_rates?"},
    ),
    "the first half of each row": (
        _mask("np.broadcast_to(np.arange(x.shape[-1]) >= p * x.shape[-1], x.shape)"),
        {"rate?", "randomness", "other_rates?"},
    ),
    "flat output": (
        with_mask("np.random.rand(*x.shape) >= p")
        + "inner = dropout\ndef dropout(x, p, training): return inner(x, p, training).ravel()\n",
        {"shape", "eval_mode?", "other_rates?", "edge_cases?"},
    ),
    "only matrices": (
        with_mask("np.random.rand(x.shape[0], x.shape[1]) >= p"),
        {"shape", "other_rates?"},
    ),
    "drops in evaluation too": (
        _returns(f"np.zeros_like(x) if p >= 1 else {SCALED} / (1 - p)"),
        {"eval_mode"},
    ),
    "scales in evaluation": (
        _altered(
            "if not training or p == 0:\n        return x", "if not training:\n        return x * (1 - p)"
        ),
        {"eval_mode"},
    ),
    "zeros at p = 1 in evaluation": (
        _returns(f"x * 0 if p == 1 else {SCALED} / (1 - p) if training else x"),
        {"eval_mode"},
    ),
    "NaN at p = 1": (
        _returns(f"{SCALED} / np.float64(1 - p) if training else x"),
        {"edge_cases"},
    ),
    "exception at p = 1": (
        _returns(f"{SCALED} * (1 / (1 - p)) if training else x"),
        {"edge_cases"},
    ),
    "x at p = 1": (
        _returns(f"{SCALED} / (1 - p) if training and p < 1 else x"),
        {"edge_cases"},
    ),
    "exception at p = 0": (
        _altered("if not training or p == 0:\n", "assert p > 0\n    if not training:\n"),
        {"edge_cases"},
    ),
}
"""Code, and the checks that must fail. A question mark: it may fail or not, by chance."""
