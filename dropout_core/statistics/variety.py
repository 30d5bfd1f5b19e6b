"""How varied the reasons are for which runs fail."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from dropout_core.statistics.pass_rate import wilson_interval


@dataclass(frozen=True, slots=True)
class Variety:
    """Of counted kinds: how many there are in effect, and how much the most frequent one makes up."""

    effective: float
    """So many equally frequent kinds are as varied: the exponential of the entropy, from 1 to the number of kinds."""
    largest: str
    """The most frequent; of several, the one that is counted first."""
    count: int
    total: int

    @property
    def share(self) -> float:
        """How much of the total the largest makes up."""
        return self.count / self.total

    @property
    def interval(self) -> tuple[float, float]:
        """The Wilson 95 % interval of that share, for this kind by itself."""
        return wilson_interval(self.count, self.total)


def variety_of(counts: Mapping[str, int]) -> Variety | None:
    """The variety of kinds that were counted so often; ``None`` when nothing was.

    The effective number is Hill's of order 1 (M. O. Hill, Ecology 54 (1973), 427-432), of the counts as they are: of
    few runs it is rather too small.
    """
    total = sum(counts.values())
    if not total:
        return None
    shares = [count / total for count in counts.values() if count]
    entropy = -sum(share * math.log(share) for share in shares)
    largest = max(counts, key=lambda kind: counts[kind])
    return Variety(math.exp(entropy), largest, counts[largest], total)
