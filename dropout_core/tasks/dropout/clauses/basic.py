"""The suite `basic`: inverted dropout as everybody knows it."""

from __future__ import annotations

from dropout_core.task.requirement import Explicitness, Requirement
from dropout_core.tasks.dropout.clauses.clause import clause

BASIC: tuple[Requirement, ...] = (
    clause(
        "runs",
        title="Runs",
        failure="The code does not run",
        wording={
            Explicitness.EXPLICIT: (
                "Define a function `dropout(x, p, training)`. `x` is a NumPy array, of one element or many,"
                " `p` is the probability of dropping an element, a Python int or float or a NumPy float64, and"
                " `training` is a bool, Python's or NumPy's. The arguments may be given by position or by keyword."
                " Return a plain NumPy array, not a masked one or another subclass."
            ),
            Explicitness.PLAIN: (
                "Write a function `dropout(x, p, training)` that applies inverted dropout to the NumPy array `x`"
                " with drop probability `p` and returns an array."
            ),
            Explicitness.TERSE: (
                "Implement inverted dropout in NumPy: `dropout(x, p, training)` returns an array; `p` is the drop"
                " probability."
            ),
        },
        mentions=("dropout(", "`dropout`", "def dropout"),
        draw="basic.calls",
        check="plain_calls.check_runs",
    ),
    clause(
        "shape",
        title="Shape",
        failure="Output shape differs from input shape",
        wording={
            Explicitness.EXPLICIT: "The output has the same shape as `x`, for arrays of one to four dimensions.",
            Explicitness.PLAIN: "It keeps the shape of `x`, whatever the number of dimensions from one to four.",
            Explicitness.TERSE: "Any shape from 1-D to 4-D is kept.",
        },
        mentions=("shape", "dimension"),
        check="plain_calls.check_shape",
    ),
    clause(
        "rate",
        title="Drop rate",
        failure="The fraction of zeroed elements is wrong",
        wording={
            Explicitness.EXPLICIT: (
                "When `training` is true, set each element to zero with probability `p` and keep it with"
                " probability 1 - `p`."
            ),
            Explicitness.PLAIN: "While training, each element is zeroed with probability `p`.",
            Explicitness.TERSE: "Training: zero elements with probability `p`,",
        },
        mentions=("probability", "drop rate", "fraction", "rate"),
        check="drop_rate.check_rate",
    ),
    clause(
        "randomness",
        title="Randomness",
        failure="Elements are not dropped independently at random",
        wording={
            Explicitness.EXPLICIT: (
                "Decide for every element independently, and draw a new random mask on every call: do not drop"
                " whole rows or columns, and do not use a generator with a fixed seed in each call. An array that"
                " was returned is not changed by later calls."
            ),
            Explicitness.PLAIN: (
                "Elements are dropped independently of each other, with a new mask on every call; a later call does"
                " not change an array that was returned before."
            ),
            Explicitness.TERSE: "independently, with a fresh mask each call and no output buffer used again;",
        },
        mentions=("independent", "random", "mask"),
        check="randomness.independence.check_randomness",
    ),
    clause(
        "scaling",
        title="Scaling",
        failure="Non-zero values are not scaled correctly",
        wording={
            Explicitness.EXPLICIT: (
                "Scale the elements that survive by 1 / (1 - `p`), so that the expected value of the output"
                " equals the input (this is called inverted dropout)."
            ),
            Explicitness.PLAIN: "Survivors are scaled so that the expected value stays the same (inverted dropout).",
            Explicitness.TERSE: "scale survivors to keep the expected value.",
        },
        mentions=("scale", "1 - p", "1-p", "inverted", "expected value"),
        check="drop_rate.check_scaling",
    ),
    clause(
        "eval_mode",
        title="Evaluation mode",
        failure="Evaluation mode does not return the input unchanged",
        wording={
            Explicitness.EXPLICIT: "When `training` is false, return the values of `x` unchanged, whatever `p` is.",
            Explicitness.PLAIN: "When not training, the input comes back unchanged.",
            Explicitness.TERSE: "Not training: identity.",
        },
        mentions=(
            "training=false",
            "not training",
            "is false",
            "evaluation",
            "inference",
            "unchanged",
            "identity",
        ),
        check="plain_calls.check_eval_mode",
    ),
    clause(
        "other_rates",
        title="Other rates",
        failure="Wrong drop rate or scaling at another p",
        wording={
            Explicitness.EXPLICIT: "This holds for every `p` from 0 to 1, not only for 0.5.",
            Explicitness.PLAIN: "It works for every `p` from 0 to 1.",
            Explicitness.TERSE: "Any `p` in [0, 1].",
        },
        mentions=("every", "any p", "any `p`", "all p", "0 to 1", "[0, 1]", "[0,1]", "between 0 and 1"),
        check="drop_rate.check_other_rates",
    ),
    clause(
        "edge_cases",
        title="Edge cases",
        failure="p = 0 or p = 1 is handled wrongly",
        wording={
            Explicitness.EXPLICIT: (
                "With `p` = 0 return the values of `x`; with `p` = 1 return an array of zeros. Neither raises an"
                " exception nor produces NaN or infinity."
            ),
            Explicitness.PLAIN: (
                "`p` = 0 returns `x` unchanged and `p` = 1 gives all zeros, without NaN or an exception."
            ),
            Explicitness.TERSE: "`p` = 0 (unchanged) and `p` = 1 (all zeros) must work, without NaN.",
        },
        mentions=("p = 1", "p=1", "`p` = 1", "p == 1", "edge case", "all zeros"),
        check="plain_calls.check_edge_cases",
    ),
)
