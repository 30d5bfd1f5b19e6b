"""The checks of a stored verdict, which are read when someone looks at them.

Ten thousand verdicts hold a hundred thousand checks with their evidence; a table of them shows their outcomes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import overload

from dropout_core.check import Check, CheckStatus


class UnreadChecks(Sequence[Check]):
    """Equal to the tuple of the checks it stands for."""

    __slots__ = ("_read", "_text", "statuses")

    def __init__(self, text: str, statuses: tuple[tuple[str, CheckStatus], ...]) -> None:
        """`text` is the JSON list of the checks, `statuses` their ids and how they ended."""
        self.statuses = statuses
        """Ids and how they ended, without reading the rest."""
        self._text = text
        self._read: tuple[Check, ...] | None = None

    @property
    def read(self) -> tuple[Check, ...]:
        """The checks."""
        if self._read is None:
            self._read = tuple(Check.from_json(value) for value in json.loads(self._text))
            self._text = ""
        return self._read

    def __len__(self) -> int:
        return len(self.statuses)

    @overload
    def __getitem__(self, index: int) -> Check: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Check, ...]: ...
    def __getitem__(self, index: int | slice) -> Check | tuple[Check, ...]:
        return self.read[index]

    def __iter__(self) -> Iterator[Check]:
        return iter(self.read)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, tuple | UnreadChecks):
            return self.read == tuple(other)
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self.read)

    def __repr__(self) -> str:
        return repr(self.read)
