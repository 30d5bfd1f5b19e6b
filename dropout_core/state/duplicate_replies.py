"""Replies that are the same: one answer, handed out again by a cache, at temperature 0 or by a mock, is one sample.

Only the first thousand replies are compared. A cache shows itself among the first few.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice

from dropout_core.static_analysis.code_shape import code_shape

LOOKED_AT = 1_000
FEWEST = 4
"""Two or three equal replies to a short prompt are no news."""


@dataclass(frozen=True, slots=True)
class Copies:
    """How many replies of the runs that count are the same, by their digests."""

    counts: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)
    replies: int = 0
    """Those that were compared."""
    same: int = 0
    """Those of which there is at least one other."""

    @property
    def are_many(self) -> bool:
        """Whether so many are the same that they are no sample of what the model writes: half of them."""
        return self.same >= FEWEST and 2 * self.same >= self.replies

    def with_reply(self, digest: str) -> Copies:
        """After one more reply; an empty digest is of one that nobody can compare."""
        if not digest or self.replies >= LOOKED_AT:
            return self
        before = self.counts.get(digest, 0)
        more = {0: 0, 1: 2}.get(before, 1)  # the second makes the first one a copy, too
        return Copies({**self.counts, digest: before + 1}, self.replies + 1, self.same + more)


NO_COPIES = Copies()


def same_code(codes: Iterable[str]) -> int:
    """How many of these pieces of code have the shape of another: much the same answer, in other words or names."""
    return copies_of(code_shape(code) for code in codes).same


def copies_of(digests: Iterable[str]) -> Copies:
    """What replies with these digests come to; one by one `Copies.with_reply` comes to the same."""
    counts = Counter(islice(filter(None, digests), LOOKED_AT))
    same = sum(count for count in counts.values() if count > 1)
    return Copies(counts, counts.total(), same)
