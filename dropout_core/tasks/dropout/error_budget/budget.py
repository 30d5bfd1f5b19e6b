"""The error budget: how often each check fails a right answer, and what it is sure to catch.

Both follow from the rules of the checks (`dropout_core.tasks.dropout.error_budget.rules`), and these from the sizes of
the inputs (`dropout_core.tasks.dropout.probes`) and the bounds of `dropout_core.tasks.dropout.error_budget.power`;
nothing is measured. The table in ``docs/grading.md`` is printed by

    python -m dropout_core.tasks.dropout.error_budget.budget
"""

from __future__ import annotations

from functools import cache

from dropout_core.tasks.dropout import task as dropout
from dropout_core.tasks.dropout.checks.peak_memory import MOST
from dropout_core.tasks.dropout.error_budget.rules import RULES, Rule, rate_rule
from dropout_core.tasks.dropout.observations.tolerances import HALF_PRECISION, OF_ONE_MINUS_P, PRECISION
from dropout_core.tasks.dropout.probes.strict import MEAN_ELEMENTS


@cache
def rules(suite: str) -> tuple[Rule, ...]:
    """The statistical rules of a suite, in the order of its checks. Checks without one are exact.

    Raises:
        UnknownSuite: no suite has this name.
    """
    ids = [requirement.id for requirement in dropout.suite(suite)]
    made = [rule for id_ in ids if id_ in RULES for rule in RULES[id_]()]
    if "expected_value" in ids:  # which brings a p near 0 and one near 1, where `other_rates` looks too
        place = next(place for place, rule in enumerate(made) if rule.check == "edge_cases")
        made.insert(place, rate_rule("other_rates", MEAN_ELEMENTS, 2, (0.02, 0.97)))
    return tuple(made)


def false_reject(suite: str) -> float:
    """A bound on the probability that a right answer fails one grading by the suite.

    Raises:
        UnknownSuite: no suite has this name.
    """
    return sum(rule.false_reject for rule in rules(suite))


OFF = (
    f"a survivor off by {PRECISION:g}, relatively, or by {OF_ONE_MINUS_P:g} / (1 − p) if that is more (float16 outputs:"
    f" {HALF_PRECISION:g})"
)

EXACT = {
    "runs": "no array from one of two calls, by keyword and by position; a masked array, or another subclass",
    "shape": "another shape, for one of ranks 1 to 4",
    "randomness": "a result that a later call changes, of the first call of the pair, or of few elements",
    "scaling": f"{OFF}; also of arrays of one element, and of n to 3 n elements",
    "eval_mode": f"one element that differs, by {PRECISION:g}, relatively (float16 outputs: {HALF_PRECISION:g})",
    "other_rates": OFF,
    "edge_cases": "another value at p = 0, as for `eval_mode`, or NaN; a p or `training` of another type that is"
    " taken for something else",
    "input_untouched": "one element that differs",
    "dtype": "another dtype, in one of 16 calls",
    "numpy_only": "one import statement, or one import by a name that is written out, also in text given to `exec`",
    "generator": "one draw from the global state; a survivor off by 1e-06",
    "bad_rates": "one of 8 calls that does not raise ValueError",
    "integers": "another dtype, or a survivor off by 1e-06",
    "half_precision": "a survivor that is not the nearest float16",
    "named_axes": "one group along the axes that is not dropped or kept as one; a survivor off by 1e-06; another dtype;"
    " a draw from elsewhere when `rng` is given",
    "memory": f"more than {MOST:g} times the size of x; a survivor off by 1e-06",
}
"""What is caught without any probability."""


def table() -> str:
    """The budget as Markdown."""
    lines = [
        "| check | statistic | sample | false reject | caught, but for 1e-6 | source |",
        "|---|---|---|---|---|---|",
    ]
    of_all = rules("hard")
    for requirement in dropout.suite("hard"):
        for rule in of_all:
            if rule.check == requirement.id:
                lines.append(
                    f"| `{rule.check}` | {rule.statistic} | {rule.sample} | {rule.false_reject:.1g} |"
                    f" {rule.catches} | {rule.source} |"
                )
        if requirement.id in EXACT:
            lines.append(f"| `{requirement.id}` | exact | – | 0 | {EXACT[requirement.id]} | – |")
    totals = ", ".join(f"`{suite}` {false_reject(suite):.1e}" for suite in ("basic", "strict", "hard"))
    return "\n".join([*lines, "", f"False rejects in one grading, all checks together: {totals}."])


if __name__ == "__main__":
    print(table())
