"""Duplicate replies: one reply returned many times by a cache, at temperature 0 or by a mock is only one sample.

Only the first thousand replies are compared, since a cache shows within the first few.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice

from dropout_core.static_analysis.code_shape import code_shape

MOST_COMPARED = 1_000
FEWEST = 4
"""Fewest replies to judge by: two or three equal replies to a short prompt are not unusual."""


@dataclass(frozen=True, slots=True)
class Copies:
    """Number of equal replies among the runs that count, by their digests."""

    counts: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)
    replies: int = 0
    """Number of replies compared."""
    same: int = 0
    """Number of replies that have at least one duplicate."""

    @property
    def are_many(self) -> bool:
        """Whether at least half of the replies are duplicates, so that they are no sample of the model."""
        return self.same >= FEWEST and 2 * self.same >= self.replies

    def with_reply(self, digest: str) -> Copies:
        """Counts after one more reply; a reply with an empty digest cannot be compared."""
        if not digest or self.replies >= MOST_COMPARED:
            return self
        before = self.counts.get(digest, 0)
        more = {0: 0, 1: 2}.get(before, 1)  # with the second, the first becomes a duplicate too
        return Copies({**self.counts, digest: before + 1}, self.replies + 1, self.same + more)


NO_COPIES = Copies()


def same_code(codes: Iterable[str]) -> int:
    """Number of these pieces of code that share their shape with another."""
    return copies_of(code_shape(code) for code in codes).same


def copies_of(digests: Iterable[str]) -> Copies:
    """Counts for replies with these digests; `Copies.with_reply` gives the same, one by one."""
    counts = Counter(islice(filter(None, digests), MOST_COMPARED))
    same = sum(count for count in counts.values() if count > 1)
    return Copies(counts, counts.total(), same)
