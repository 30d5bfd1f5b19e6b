"""What kept an answer's calls, taken together, from being made or from giving arrays: its limits, or its own end.

It is a failure of all the calls, whichever was the next: `runs` says it.
"""

from __future__ import annotations

from dropout_core.sandbox import Call, Fault, FaultKind, NotReached
from dropout_core.tasks.dropout.observations.finding import Finding, failed
from dropout_core.tasks.dropout.observations.headline import ALL_CALLS, AN_ARRAY
from dropout_core.tasks.dropout.observations.observed import Observed, described
from dropout_core.verdict.evidence import Evidence


def cut_short(observed: Observed) -> Finding | None:
    """That the process ended early, or that the calls took too long; `None` when neither was so.

    Up to its semicolon the message is the same for every seed.
    """
    ended = observed.observation.ended
    if ended is None:
        return None
    results = observed.observation.results
    made = sum(not isinstance(result, NotReached) for result in results)
    counted = f"{made} of {len(results)}"
    if ended.kind is FaultKind.TIMEOUT:
        what = "Loading the code" if observed.observation.defining is not None else "The calls"
        said = f"{what} {ended.text[0].lower()}{ended.text[1:]}"
        return failed(f"{said}; {counted} were made", f"{counted} calls made", ALL_CALLS)
    loaded = observed.observation.defining is None
    where = described(observed.probes.calls[made]) if loaded and made < len(results) else None
    shown = Evidence(where, line=ended.line)
    return failed(f"{ended}; {counted} calls were made", f"{counted} calls made", ALL_CALLS, shown)


def out_of_memory(observed: Observed) -> Finding | None:
    """That there was not enough memory for one of the calls; of several, for that which ran out at the first line."""
    found = [
        (call, result)
        for call, result in zip(observed.probes.calls, observed.observation.results, strict=True)
        if isinstance(result, Fault) and result.kind is FaultKind.OUT_OF_MEMORY
    ]
    return no_array(*min(found, key=_line)[::-1]) if found else None


def no_array(fault: Fault, call: Call | None) -> Finding:
    """That the call gave none, or that there was nothing to call."""
    where = described(call) if call else None
    shown = Evidence(where, line=fault.line)
    return failed(str(fault), f"no array from {where}" if where else "no array", AN_ARRAY, shown)


def _line(found: tuple[Call, Fault]) -> int:
    return found[1].line or 0
