"""``dropout-tui config``: every setting with its value, and where that comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dropout_tui.command_line.options.values import form_of
from dropout_tui.settings.config_file import (
    CONFIG_FILE,
    ENVIRONMENT_PREFIX,
    KEYS,
    SWITCHES,
    TEXT_OPTIONS,
    Settings,
    own_config_file,
)
from dropout_tui.text.columns import aligned, column_widths
from dropout_tui.text.sanitize import visible_line

FLAG, ENVIRONMENT, USERS_FILE, FOLDERS_FILE, DEFAULT = (
    "flag",
    "environment",
    "user's file",
    "folder's file",
    "default",
)


@dataclass(frozen=True, slots=True)
class SettingShown:
    """One setting."""

    name: str
    value: str | bool
    source: str
    where: str
    """The flag, the variable or the file; empty for a default."""


def show_config(settings: Settings, *, as_json: bool) -> int:
    """Print the settings, the command line included."""
    shown = list(settings_shown(settings))
    if as_json:
        for one in shown:
            said = {"name": one.name, "value": one.value, "source": one.source, "where": one.where}
            print(json.dumps({"type": "setting", **said}))
        return 0
    rows = [(one.name, visible_line(_words(one.value)), one.source, visible_line(one.where)) for one in shown]
    widths = column_widths(rows)
    for row in rows:
        print(aligned(row, widths).rstrip())
    print(f"The user's file is {own_config_file()}, the folder's {Path(CONFIG_FILE).absolute()}.")
    return 0


def settings_shown(settings: Settings) -> Iterator[SettingShown]:
    """Every setting, in the order of the options; of the keys those that were moved."""
    form = form_of(settings)
    for name in (*TEXT_OPTIONS, *SWITCHES):
        value = settings.store if name == "store" else getattr(form, name)
        yield _shown(settings, name, value if isinstance(value, bool) else str(value))
    yield _shown(settings, "theme", settings.theme or "")
    yield _shown(settings, "bell", settings.bell)
    for id_, keys in settings.keys.items():
        yield _shown(settings, f"{KEYS}.{id_}", keys)


def _shown(settings: Settings, name: str, value: str | bool) -> SettingShown:
    source, where = _source(settings, name)
    return SettingShown(name, value, source, where)


def _source(settings: Settings, name: str) -> tuple[str, str]:
    """Kind of the source of a setting, and its name."""
    origin = settings.origins.get(name)
    if origin is None:
        return DEFAULT, ""
    if not origin:
        return FLAG, settings.named(name)
    if origin == ENVIRONMENT_PREFIX + name.upper():
        return ENVIRONMENT, origin
    file = origin.rpartition(": ")[0]
    return (FOLDERS_FILE if file == CONFIG_FILE else USERS_FILE), file


def _words(value: str | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value or "–"
