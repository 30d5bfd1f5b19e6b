"""The checks of the suite `basic` in the process of the answer itself, which is what other harnesses do.

Their workers paste this text behind the answer, and the worker without any protection imports it.
"""

from typing import Any


def check(dropout: Any, seed: int) -> None:
    """Raise `AssertionError` unless the function passes."""
    import numpy as np

    from dropout_core.sandbox import Call, Fault, FaultKind, Observation, Returned
    from dropout_core.tasks.dropout import task
    from dropout_core.tasks.dropout.observations.observed import Observed
    from dropout_core.tasks.dropout.probes import draw_probes
    from dropout_core.values.seeds import derived_seed
    from dropout_core.verdict.verdict import CheckStatus

    def result_of(call: Call) -> Fault | Returned:
        x = call.x.copy()
        arguments: dict[str, Any] = {"x": x, "p": call.p, "training": call.training}
        try:
            value = dropout(**arguments) if call.by_keyword else dropout(*arguments.values())
        except Exception as error:
            return Fault(FaultKind.EXCEPTION, repr(error))
        if not isinstance(value, np.ndarray):
            return Fault(FaultKind.MALFORMED, repr(type(value)))
        return Returned(np.array(value))

    suite = task.suite("basic")
    probes = draw_probes(derived_seed(seed, "inputs"), [requirement.id for requirement in suite])
    observed = Observed(probes, Observation(None, tuple(map(result_of, probes.calls))))
    with np.errstate(all="ignore"):
        found = [requirement.check(observed) for requirement in suite]
    failed = [finding.message for finding in found if finding.status is not CheckStatus.PASSED]
    assert not failed, failed
