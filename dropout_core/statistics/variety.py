"""Variety of the reasons for which runs fail."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from dropout_core.statistics.pass_rate import wilson_interval


@dataclass(frozen=True, slots=True)
class Variety:
    """Variety of counted kinds: their effective number, and the share of the most frequent one."""

    effective: float
    """Number of equally frequent kinds with the same variety: the exponential of the entropy, from 1 to the number of
    kinds."""
    largest: str
    """The most frequent kind; of several, the one counted first."""
    count: int
    total: int

    @property
    def share(self) -> float:
        """Share of the most frequent kind."""
        return self.count / self.total

    @property
    def interval(self) -> tuple[float, float]:
        """The Wilson 95 % interval of that share, for this kind by itself."""
        return wilson_interval(self.count, self.total)


def variety_of(counts: Mapping[str, int]) -> Variety | None:
    """Variety of kinds with these counts; ``None`` when there are none.

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
