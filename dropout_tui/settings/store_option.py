"""Command lines that find a store."""

from __future__ import annotations

import shlex
from pathlib import Path

from dropout_tui.settings.config_file import default_store


def store_option(store: Path) -> tuple[str, ...]:
    """``--store PATH``; nothing for the store that is found by itself."""
    return () if store == default_store() else ("--store", str(store))


def command_line(store: Path, *words: object) -> str:
    """A command line for this store, quoted so that it can be copied."""
    return shlex.join(["dropout-tui", *map(str, words), *store_option(store)])
