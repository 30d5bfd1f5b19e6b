"""``dropout-tui keys``: lists the keys, what they do, and the ids that rebind them in `dropout.toml`."""

from __future__ import annotations

from collections.abc import Mapping

from dropout_tui.command_line.open_store import Complain
from dropout_tui.exit_codes import EXIT_USAGE
from dropout_tui.keys.key_table import key_sections
from dropout_tui.keys.keymap import checked_keys


def list_keys(own: Mapping[str, str], complain: Complain) -> int:
    """Print every action with its keys, the user's `own` applied; report those that cannot be used."""
    checked = checked_keys(own)
    sections = key_sections(checked.keymap)
    keys_width = max(len(" ".join(row.keys)) for section in sections for row in section.rows)
    id_width = max(len(row.identity) for section in sections for row in section.rows)
    for section in sections:
        print(f"[{section.title}]")
        for row in section.rows:
            print(f"  {row.identity:{id_width}}  {' '.join(row.keys):{keys_width}}  {row.tooltip}")
    for problem in checked.problems:
        complain(problem)
    return EXIT_USAGE if checked.problems else 0
