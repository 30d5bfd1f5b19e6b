"""Names that the user has given, saved between starts in a private file."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from platformdirs import user_state_path

from dropout_core.values.files.private_files import make_folder
from dropout_core.values.files.user_file import read_file

MOST_KEPT = 100
_LARGEST = 100_000


@dataclass(frozen=True, slots=True)
class KeptNames:
    """The names of one kind, in a file of the user's state folder."""

    file_name: str

    def read(self) -> list[str]:
        """The names, the latest last; none if the file cannot be read."""
        try:
            value = json.loads(read_file(self._file, most=_LARGEST))
        except (OSError, ValueError, RecursionError):
            return []
        return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []

    def add(self, name: str) -> None:
        """Save one more, if the file can be written."""
        kept = self.read()
        if name not in kept:
            self._write([*kept[-MOST_KEPT + 1 :], name])

    @property
    def _file(self) -> Path:
        return user_state_path("dropout-tui", appauthor=False) / self.file_name

    def _write(self, names: list[str]) -> None:
        file = self._file
        with contextlib.suppress(OSError):
            make_folder(file.parent)
            with NamedTemporaryFile("w", dir=file.parent, suffix=".new", delete=False) as written:
                json.dump(names, written)
            Path(written.name).replace(file)
