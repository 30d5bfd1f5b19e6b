"""The user's preferences for the screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dropout_tui.settings.config_file import Settings
from dropout_tui.settings.saved_theme import UiState, default_ui_state


@dataclass(frozen=True, slots=True)
class Preferences:
    """The user's preferences. The defaults touch nothing outside the terminal."""

    theme: str | None = None
    """The theme asked for at this start; wins over the saved one."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Binding id to keys, unchecked."""
    bell: bool = True
    remembered: UiState | None = None
    """Where the chosen theme is saved."""
    clipboard: Callable[[str], None] | None = None
    """The clipboard of this system. May be slow; raises when there is none."""


def preferences_of(settings: Settings) -> Preferences:
    """The preferences of the user at this terminal."""
    from dropout_tui.terminal.clipboard import copy_on_this_system

    return Preferences(
        theme=settings.theme,
        keys=settings.keys,
        bell=settings.bell,
        remembered=default_ui_state(),
        clipboard=copy_on_this_system,
    )
