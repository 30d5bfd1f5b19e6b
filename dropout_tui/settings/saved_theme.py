"""What the program remembers from one start to the next: the theme that was chosen on the screen."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from platformdirs import user_state_path


class NotRemembered(Exception):
    """The file cannot be read or written; the message is one line. Nothing depends on it."""


@dataclass(frozen=True, slots=True)
class UiState:
    """A small file of choices."""

    path: Path

    def theme(self) -> str | None:
        """The theme chosen last; ``None`` when none was.

        Raises:
            NotRemembered: the file is there and cannot be read.
        """
        try:
            value = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise NotRemembered(f"cannot read {self.path}: {error.strerror}; it is left out") from None
        except (ValueError, RecursionError):
            raise NotRemembered(f"{self.path} is damaged; it is left out, and written anew") from None
        theme = value.get("theme") if isinstance(value, dict) else None
        return theme if isinstance(theme, str) else None

    def keep_theme(self, theme: str) -> None:
        """Remember `theme`. The file is whole at any time.

        Raises:
            NotRemembered: it cannot be written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile("w", dir=self.path.parent, suffix=".new", delete=False) as file:
                json.dump({"theme": theme}, file)
            Path(file.name).replace(self.path)
        except OSError as error:
            raise NotRemembered(f"cannot remember the theme in {self.path}: {error.strerror}") from None


def default_remembered() -> UiState:
    """The file in the user's state folder."""
    return UiState(user_state_path("dropout-tui", appauthor=False) / "screen.json")
