"""The clipboard of this system, for terminals that do not take text by OSC 52."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import Thread


def copy_on_this_system(text: str) -> None:
    """Give `text` to the system's clipboard tool (pbcopy, wl-copy, xclip, xsel, …). Blocking.

    Raises:
        PyperclipException: there is no such tool.
    """
    import pyperclip

    pyperclip.copy(text)


def copy_aside(copy: Callable[[str], None], text: str) -> None:
    """Copy without waiting. Where it cannot be done nothing happens: the terminal has the text already.

    The thread is a daemon, so that a tool that never returns does not keep the program from ending.
    """

    def attempt() -> None:
        with suppress(Exception):
            copy(text)

    Thread(target=attempt, daemon=True, name="clipboard").start()
