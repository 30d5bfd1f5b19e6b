"""The option by which a command finds a store."""

from __future__ import annotations

from pathlib import Path

from dropout_tui.settings.config_file import default_store


def store_option(store: Path) -> tuple[str, ...]:
    """``--store PATH``; nothing for the store that is found by itself."""
    return () if store == default_store() else ("--store", str(store))
