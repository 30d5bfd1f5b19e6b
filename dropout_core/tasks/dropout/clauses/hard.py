"""What the suite `hard` adds to `strict`: requirements that are easy to state and easy to get wrong."""

from __future__ import annotations

from dropout_core.task.requirement import Explicitness, Requirement
from dropout_core.tasks.dropout.clauses.clause import clause

ADDED_BY_HARD: tuple[Requirement, ...] = (
    clause(
        "generator",
        title="Generator",
        failure="The argument rng is handled wrongly",
        wording={
            Explicitness.EXPLICIT: (
                "Accept an optional keyword argument `rng`, a `numpy.random.Generator`. When it is"
                " given, all random numbers come from it and from nothing else: two generators in the"
                " same state give the same mask, two calls with one generator give different masks,"
                " and the global random states of NumPy and of the standard library stay as they are."
                " Without it everything works as said above."
            ),
            Explicitness.PLAIN: (
                "With the optional keyword argument `rng`, a `numpy.random.Generator`, all randomness"
                " comes from it: equal states give equal masks, one generator gives a new mask on"
                " every call, and the global random state stays untouched."
            ),
            Explicitness.TERSE: (
                "Optional keyword `rng` (`numpy.random.Generator`): the only source of randomness"
                " when given; each call advances it."
            ),
        },
        mentions=("rng", "generator"),
        draw="hard.generators",
        check="generators.check_generator",
    ),
    clause(
        "bad_rates",
        title="Bad rates",
        failure="A p outside [0, 1] does not raise ValueError",
        wording={
            Explicitness.EXPLICIT: (
                "Raise `ValueError` when `p` is less than 0, greater than 1 or NaN, whether"
                " `training` is true or false."
            ),
            Explicitness.PLAIN: "A `p` outside [0, 1] or NaN raises `ValueError`, in training or not.",
            Explicitness.TERSE: "`ValueError` for `p` outside [0, 1] or NaN, training or not.",
        },
        mentions=("valueerror",),
        draw="hard.bad_rates",
        check="bad_rates.check_bad_rates",
    ),
    clause(
        "integers",
        title="Integers",
        failure="Integer or boolean input is handled wrongly",
        wording={
            Explicitness.EXPLICIT: (
                "When `x` holds integers or booleans, the output is float64 and holds what the same"
                " numbers in float64 would give (True counts as 1.0): in training, in evaluation, and"
                " with `p` = 0 and `p` = 1 too."
            ),
            Explicitness.PLAIN: "Integer and boolean `x` are promoted: the output is float64, in training or not.",
            Explicitness.TERSE: "Integer or bool `x` gives float64, training or not.",
        },
        mentions=("integer",),
        draw="hard.integers",
        check="dtypes.check_integers",
    ),
    clause(
        "half_precision",
        title="Half precision",
        failure="float16 input loses precision, overflows or changes its dtype",
        wording={
            Explicitness.EXPLICIT: (
                "When `x` is float16, the output is float16, but compute in a wider type and round"
                " once, at the end: each survivor is the float16 number nearest to x / (1 - `p`), also"
                " when 1 / (1 - `p`) alone is too large for float16."
            ),
            Explicitness.PLAIN: (
                "A float16 `x` gives float16, computed in a wider type and rounded once at the end,"
                " so that nothing overflows or loses precision on the way."
            ),
            Explicitness.TERSE: (
                "float16 stays float16, but is computed wider and rounded once; no overflow on the way."
            ),
        },
        mentions=("float16", "half precision", "half-precision"),
        draw="hard.halves",
        check="dtypes.check_half_precision",
    ),
    clause(
        "named_axes",
        title="Named axes",
        failure="The argument axes is handled wrongly",
        wording={
            Explicitness.EXPLICIT: (
                "Accept an optional keyword argument `axes`, a tuple of axis numbers of `x`, where"
                " negative numbers count from the end. Elements that differ only in their position"
                " along these axes are dropped or kept together, and all others independently; this is"
                " spatial dropout: for `x` of shape (N, C, H, W), `axes=(2, 3)` drops whole channels."
                " Probability, scaling and shape are as without it."
            ),
            Explicitness.PLAIN: (
                "With the optional keyword argument `axes`, a tuple of axis numbers (negative ones"
                " count from the end), the mask is shared along these axes and independent along the"
                " others, as in spatial dropout: `axes=(2, 3)` drops whole channels of an (N, C, H, W)"
                " array."
            ),
            Explicitness.TERSE: (
                "Optional keyword `axes` (tuple of ints, may be negative): the mask is shared along"
                " these axes, as in spatial dropout."
            ),
        },
        mentions=("axes",),
        draw="hard.axes",
        check="named_axes.check_named_axes",
    ),
    clause(
        "memory",
        title="Memory",
        failure="A large array takes too much memory, or is handled wrongly",
        wording={
            Explicitness.EXPLICIT: (
                "With a large float64 `x`, of 2 MB or more, a call in training, without `rng` and `axes`,"
                " never has more memory allocated than 1.5 times the size of `x`. The result and all temporary"
                " arrays count, `x` itself does not."
            ),
            Explicitness.PLAIN: (
                "For a large float64 `x` (2 MB or more) a call in training allocates at most 1.5 times the memory of"
                " `x` at any moment, the result included."
            ),
            Explicitness.TERSE: (
                "Training on float64 `x` of 2 MB or more: allocate at most 1.5 times the memory of `x`, result"
                " included."
            ),
        },
        mentions=("memory",),
        draw="hard.memory",
        check="peak_memory.check_memory",
    ),
)
