"""Whether a p that is no probability is refused."""

from __future__ import annotations

from collections.abc import Iterator

from dropout_core.sandbox import Call, CallResult, Fault, NotReached, Returned
from dropout_core.tasks.dropout.observations.finding import Finding, failed, not_reached, passed
from dropout_core.tasks.dropout.observations.headline import AN_ARRAY
from dropout_core.tasks.dropout.observations.observed import Observed, described
from dropout_core.tasks.dropout.observations.ownership import What, when
from dropout_core.tasks.dropout.probes import Group
from dropout_core.verdict.evidence import Evidence
from dropout_core.verdict.verdict import CheckStatus

WANTED = "ValueError"


def check_bad_rates(observed: Observed) -> Finding:
    """`ValueError`, or a class derived from it, in training and out of it."""
    if observed.fault is not None:
        return not_reached()
    unreached = None
    for call, result in [*observed.of(Group.BAD_RATES), *_with_more(observed)]:
        match result:
            case Returned():
                message = f"{described(call)} returned an array; expected {WANTED}"
                return failed(message, AN_ARRAY, WANTED, Evidence(described(call)))
            case Fault() if WANTED not in result.types:
                alike = (
                    ", of a class of its own that only has the name" if result.text.startswith(WANTED) else ""
                )
                message = f"{described(call)}: {result}{alike}; expected {WANTED}"
                found = failed(message, result.text, WANTED, Evidence(described(call), line=result.line))
                found = observed.own(found.of(What.NO_ARRAY, when(call))) or found
                if found.status is CheckStatus.FAILED:
                    return found
                unreached = unreached or found
            case NotReached():
                return not_reached()
    return unreached or passed(
        f"p below 0, above 1 and NaN raise {WANTED}, in training or not", WANTED, WANTED
    )


def _with_more(observed: Observed) -> Iterator[tuple[Call, CallResult]]:
    """The calls with further arguments that work when p is right; whether they do, other checks say."""
    for call, result in observed.of(Group.BAD_RATES_AND_MORE):
        plain = observed.trouble(Group.AXES if "axes" in call.keywords else Group.GENERATORS)
        if plain is None or plain.status is not CheckStatus.FAILED:
            yield call, result
