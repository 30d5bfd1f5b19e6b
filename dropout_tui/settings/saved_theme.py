"""The theme that was chosen on the screen, saved between starts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from platformdirs import user_state_path


class UiStateError(Exception):
    """The file of saved choices cannot be read or written; the message is one line. Nothing depends on it."""


@dataclass(frozen=True, slots=True)
class UiState:
    """The file of saved choices."""

    path: Path

    def theme(self) -> str | None:
        """The theme chosen last; ``None`` when none was.

        Raises:
            UiStateError: the file is there and cannot be read.
        """
        try:
            value = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UiStateError(f"cannot read {self.path}: {error.strerror}; it is left out") from None
        except (ValueError, RecursionError):
            raise UiStateError(f"{self.path} is damaged; it is left out, and written anew") from None
        theme = value.get("theme") if isinstance(value, dict) else None
        return theme if isinstance(theme, str) else None

    def keep_theme(self, theme: str) -> None:
        """Save `theme`. The file is replaced as a whole.

        Raises:
            UiStateError: it cannot be written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile("w", dir=self.path.parent, suffix=".new", delete=False) as file:
                json.dump({"theme": theme}, file)
            Path(file.name).replace(self.path)
        except OSError as error:
            raise UiStateError(f"cannot remember the theme in {self.path}: {error.strerror}") from None


def default_ui_state() -> UiState:
    """The file in the user's state folder."""
    return UiState(user_state_path("dropout-tui", appauthor=False) / "screen.json")
