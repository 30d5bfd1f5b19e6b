"""Early stopping for Inspect: no further epoch begins once it is decided where the pass rate lies.

task(dataset=…, scorer=…, early_stopping=StopOnceDecided(Band.parse("10-40")))
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dropout_core.state.settled_prefix import EMPTY_PREFIX, prefix_of_outcomes
from dropout_core.statistics.band.decision import decide
from dropout_core.statistics.pass_rate import Band, Decision
from dropout_core.verdict.verdict import Outcome

if TYPE_CHECKING:
    from inspect_ai.dataset import Sample
    from inspect_ai.log import EvalSpec
    from inspect_ai.scorer import SampleScore
    from inspect_ai.util import EarlyStop

_OUTCOMES = {"C": Outcome.PASSED, "I": Outcome.FAILED}


class StopOnceDecided:
    """Follows the epochs of the one sample of a task, as ``--until-decided`` follows the runs of an evaluation: in
    their order, up to the first that has not ended. So what is decided is false with the probability that a decision
    of the program has, however often it was looked at. What has no score, or more than one, counts as void.

    An epoch that ends with an error is never told of, and nothing is decided beyond it.
    """

    def __init__(self, band: Band, tolerance: float = 0.0) -> None:
        """`tolerance` as a fraction; see `dropout_core.statistics.band.decision`."""
        self._band, self._tolerance = band, tolerance
        self._begin()

    def _begin(self) -> None:
        self._ended: dict[int, Outcome] = {}
        self._prefix = EMPTY_PREFIX
        self.decision = Decision.UNDECIDED
        """Where the pass rate lies."""

    async def start_task(self, task: EvalSpec, samples: list[Sample], epochs: int) -> str:  # noqa: ARG002
        """Begin anew.

        Raises:
            ValueError: there are several samples, each of which has a pass rate of its own.
        """
        if len(samples) != 1:
            raise ValueError(f"a band is for one sample, and this task has {len(samples)}")
        self._begin()
        return f"band {self._band} %"

    async def schedule_sample(self, id: str | int, epoch: int) -> EarlyStop | None:  # noqa: A002
        """Whether an epoch need not begin any more."""
        if self.decision is Decision.UNDECIDED:
            return None
        from inspect_ai.util import EarlyStop

        return EarlyStop(id=id, epoch=epoch, reason=self._said)

    async def complete_sample(self, id: str | int, epoch: int, scores: Mapping[str, SampleScore]) -> None:  # noqa: A002, ARG002
        """Count an epoch that has ended."""
        values = [one.score.value for one in scores.values()]
        alone = values[0] if len(values) == 1 else None
        self._ended[epoch] = _OUTCOMES.get(alone, Outcome.VOID) if isinstance(alone, str) else Outcome.VOID
        while self.decision is Decision.UNDECIDED and (
            outcome := self._ended.pop(self._prefix.trials + 1, None)
        ):
            self._prefix = prefix_of_outcomes((outcome,), self._prefix)
            self.decision = decide(self._prefix.passed, self._prefix.graded, self._band, self._tolerance)

    async def complete_task(self) -> dict[str, str | int | float]:
        """What was decided, for the log."""
        return {
            "decision": str(self.decision),
            "passed": self._prefix.passed,
            "graded": self._prefix.graded,
            "band_low": self._band.lo,
            "band_high": self._band.hi,
        }

    @property
    def _said(self) -> str:
        return (
            f"{self.decision} the band {self._band} %: {self._prefix.passed} of {self._prefix.graded} passed"
        )
