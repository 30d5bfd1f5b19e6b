"""Whether the argument `rng` is where all randomness comes from."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from dropout_core.sandbox import Returned, SeededGenerator
from dropout_core.tasks.dropout.checks.drop_rate import wrong_elements
from dropout_core.tasks.dropout.checks.exactness import first_changed
from dropout_core.tasks.dropout.checks.randomness.evenness import agreement, first_paired, first_uneven
from dropout_core.tasks.dropout.observations.evidence_samples import first_mask
from dropout_core.tasks.dropout.observations.finding import Finding, failed, not_reached, passed, percent
from dropout_core.tasks.dropout.observations.observed import Observed, Output, described
from dropout_core.tasks.dropout.observations.ownership import What
from dropout_core.tasks.dropout.probes import Group


def check_generator(observed: Observed) -> Finding:
    """Equal generators give equal outputs, a generator that goes on gives another one, and so does another seed; all
    else is as without one."""
    troubles = observed.troubles(Group.GENERATORS)
    if troubles:
        return observed.own(*troubles) or not_reached()
    outputs = observed.outputs(Group.GENERATORS)
    if not outputs:
        return not_reached()
    by_name: dict[str, list[Output]] = defaultdict(list)
    for output in outputs:
        generator = output.call.keywords["rng"]
        assert isinstance(generator, SeededGenerator)  # noqa: S101  the probes say so
        by_name[generator.name].append(output)
    one, (other,), rows = by_name["one"], by_name["other"], by_name["row"]
    uneven = first_uneven([*one, other]) or first_paired([*one, other])
    found = observed.own(
        _unequal(one, by_name["twin"]),
        _unequal(rows, by_name["twin row"]),
        _equal(
            one[0], one[1], "Two calls with one generator gave the same mask: each must draw from it anew"
        ),
        _equal(one[0], other, "Generators with different seeds gave the same mask: draw from rng"),
        wrong_elements([*one, other, *rows]),
        uneven and uneven.of(What.DEPENDENCE),
        first_changed(by_name["evaluation"]),
        _global_state_used(observed),
    )
    found = found or passed(
        "Equal generators give equal masks, every call draws anew, and the global random state is untouched",
        "100 % agree",
        "100 % agree",
    )
    return found.showing(first_mask(one))


def _unequal(one: list[Output], twin: list[Output]) -> Finding | None:
    for first, second in zip(one, twin, strict=True):
        if not np.array_equal(first.values, second.values):
            agree = percent(float((first.dropped == second.dropped).mean()))
            return failed(
                "Two generators in the same state gave different masks: take all random numbers from rng"
                f" ({described(first.call)})",
                f"{agree} agree",
                "100 % agree",
            )
    return None


def _equal(first: Output, second: Output, message: str) -> Finding | None:
    if np.array_equal(first.dropped, second.dropped):
        chance = f"{percent(agreement(first.call.p, first.call.p))} agree"
        return failed(message, "100 % agree", chance).of(What.DEPENDENCE)
    return None


def _global_state_used(observed: Observed) -> Finding | None:
    for call, result in observed.of(Group.GENERATORS):
        if isinstance(result, Returned) and result.global_states is not None:
            before, after = result.global_states
            if before != after:
                return failed(
                    f"{described(call)} changed the global random state; draw from rng and nothing else",
                    "changed",
                    "untouched",
                )
    return None
