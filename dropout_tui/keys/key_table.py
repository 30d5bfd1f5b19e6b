"""The table of keys, made from the bindings themselves.

``python -m dropout_tui.keys.key_table`` writes it to `docs/keys.md`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import format_key

from dropout_tui.keys.binding_owners import app_class, bindings_of, keys_of, places

_HEAD = """\
# The keys

`?` shows those of the screen you are on, `dropout-tui keys` all of them, moved as your `dropout.toml` moves them:
under `[keys]`, by the id in the last column. This page is written by `python -m dropout_tui.keys.key_table`.
"""
_FIRST = ("DashboardScreen", "TrialScreen")
_NO_PRIORITY = len(_FIRST)


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One action."""

    identity: str
    """Its id in `dropout.toml`."""
    keys: tuple[str, ...]
    """As they are shown: ``"?"``, ``"ctrl+p"``."""
    tooltip: str


@dataclass(frozen=True, slots=True)
class KeySection:
    """The actions of one screen, or of all."""

    title: str
    rows: tuple[KeyRow, ...]


def key_sections(keymap: Mapping[str, str] | None = None) -> tuple[KeySection, ...]:
    """All actions, each once, with the user's keys of `keymap` applied. Imports every screen."""
    moved = keymap or {}
    seen: set[str] = set()
    everywhere = tuple(_rows([app_class()], moved, seen))
    shown = sorted(places(), key=lambda place: (_rank(place.screen.__name__), _title(place.screen)))
    screens = [(_title(place.screen), tuple(_rows([place.screen], moved, seen))) for place in shown]
    widgets = dict.fromkeys(chain.from_iterable(place.widgets for place in shown))
    sections = [*screens, ("Lists and panes", tuple(_rows(widgets, moved, seen))), ("Everywhere", everywhere)]
    return tuple(KeySection(title, rows) for title, rows in sections if rows)


def key_document() -> str:
    """All sections as a page of Markdown, with equal actions of several panes in one row."""
    lines = [_HEAD]
    for section in key_sections():
        lines += [f"## {section.title}", "", "| key | what it does | id |", "|---|---|---|"]
        together: dict[tuple[str, str], list[str]] = {}
        for row in section.rows:
            shown = " ".join(f"`` {key} ``" if key == "`" else f"`{key}`" for key in row.keys)
            together.setdefault((shown.replace("|", "\\|"), row.tooltip), []).append(f"`{row.identity}`")
        lines += [f"| {shown} | {tooltip} | {' '.join(ids)} |" for (shown, tooltip), ids in together.items()]
        lines.append("")
    return "\n".join(lines)


def _rows(owners: Iterable[type[DOMNode]], moved: Mapping[str, str], seen: set[str]) -> Iterator[KeyRow]:
    for owner in owners:
        for binding in bindings_of(owner):
            if binding.id is not None and binding.id not in seen:
                seen.add(binding.id)
                yield KeyRow(binding.id, _shown(binding, moved.get(binding.id)), binding.tooltip)


def _shown(binding: Binding, moved: str | None) -> tuple[str, ...]:
    keys = keys_of(binding) if moved is None else tuple(moved.split(","))
    return tuple(dict.fromkeys(_NAMES.get(key) or format_key(key) for key in keys))


_NAMES = {"enter": "enter", "tab": "tab", "shift+tab": "shift+tab", "escape": "escape", "shift+g": "G",
          "space": "space", "backspace": "backspace"}  # fmt: skip
"""How some keys are written in a document."""


def _title(screen: type[DOMNode]) -> str:
    title = getattr(screen, "TITLE", None)
    return str(title) if title else screen.__name__.removesuffix("Screen")


def _rank(name: str) -> int:
    return _FIRST.index(name) if name in _FIRST else _NO_PRIORITY


def main() -> int:
    """Bring the page in the working directory up to date."""
    Path("docs/keys.md").write_text(key_document(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
