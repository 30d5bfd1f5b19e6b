"""From the requirements of a suite to the calls they share, and to what their checks look at."""

from __future__ import annotations

from collections.abc import Sequence

from dropout_core.sandbox import Prepared
from dropout_core.task.requirement import Requirement
from dropout_core.tasks.dropout.observations.observed import Observed
from dropout_core.tasks.dropout.probes import draw_probes


def observe(requirements: Sequence[Requirement], seed: int, code: str) -> Prepared[Observed]:
    """The calls of one grading, and what makes of their results what every check is given."""
    probes = draw_probes(seed, {one.id for one in requirements})
    return probes.calls, lambda observation: Observed(probes, observation, code)
