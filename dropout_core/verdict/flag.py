"""Flag: something in an answer that a person should look at before trusting its verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dropout_core.values.stored.value import fields_reader


@dataclass(frozen=True, slots=True)
class Flag:
    """One thing that the answer reads or changes, and that no answer to the task needs."""

    id: str
    """Kind of flag in one word: ``frames``, ``modules``, ``gc``."""
    message: str
    """What the answer does, in a few words: ``"reads the frames of its caller (sys._getframe)"``."""
    line: int | None = None
    """Line of the code; ``None`` where that is not known."""

    def __str__(self) -> str:
        return self.message if self.line is None else f"{self.message} (line {self.line})"

    def to_json(self) -> dict[str, Any]:
        """The flag as plain JSON values."""
        return {"id": self.id, "message": self.message, "line": self.line}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Flag:
        """The inverse of `to_json`."""
        return cls(**_read(value))


_read = fields_reader(Flag, {})
