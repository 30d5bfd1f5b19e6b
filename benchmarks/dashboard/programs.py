"""The programs that are measured, and what they are told of their surroundings."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.dashboard.terminal import ROOT

BARE = """
from textual.app import App
from textual.widgets import Footer, Static
class Bare(App):
    def compose(self):
        yield Static("painted")
        yield Footer()
Bare().run()
"""


def bare() -> list[str]:
    """A Textual app with two widgets."""
    return [sys.executable, "-c", BARE]


def dashboard(store: Path, *arguments: str) -> list[str]:
    """The real program."""
    return [sys.executable, "-m", "dropout_tui", *arguments, "--store", str(store)]


def surroundings(home: Path) -> Mapping[str, str]:
    """The environment of a program: a terminal of today, a home of its own, and no key."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
    }


BARE_CURSOR = """
from rich.segment import Segment
from textual.app import App
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget
class Lines(Widget, can_focus=True):
    BINDINGS = [("j", "move(1)", "Down"), ("k", "move(-1)", "Up")]
    at = 0
    def render_line(self, y):
        mark = "▌" if y == self.at else " "
        return Strip([Segment(f"{mark} line {y}")]).adjust_cell_length(self.size.width)
    def action_move(self, lines):
        before, self.at = self.at, self.at + lines
        self.refresh(Region(0, before, self.size.width, 1), Region(0, self.at, self.size.width, 1))
class Bare(App):
    def compose(self):
        yield Lines()
Bare().run()
"""


def bare_cursor() -> list[str]:
    """A Textual app that does no more than move a mark."""
    return [sys.executable, "-c", BARE_CURSOR]
