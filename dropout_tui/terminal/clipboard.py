"""The clipboards of tmux and of the system, for terminals that do not support OSC 52."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Thread

_LONGEST_WAIT = 5
"""Seconds."""


class NotCopied(Exception):
    """No clipboard of this system took the text."""


def copy_on_this_system(text: str, environment: Mapping[str, str] = os.environ) -> None:
    """Copy `text` to tmux, where that holds the terminal, and with the clipboard tool of the system. It blocks.

    Raises:
        NotCopied: tmux did not take it, or there is no tmux and no tool (pbcopy, wl-copy, xclip, xsel, …) either.
    """
    if environment.get("TMUX"):
        _copy_in_tmux(text, environment)
        with suppress(NotCopied):
            _copy_by_tool(text)
    else:
        _copy_by_tool(text)


def copy_aside(copy: Callable[[str], None], text: str, then: Callable[[bool], None]) -> None:
    """Copy in a thread, and call `then` from it with whether the text was taken.

    The thread is a daemon, so that a tool that never returns does not keep the program from ending.
    """

    def attempt() -> None:
        try:
            copy(text)
        except Exception:  # noqa: BLE001, RUF100 - whatever went wrong, the text was not copied
            then(False)
        else:
            then(True)

    Thread(target=attempt, daemon=True, name="clipboard").start()


def _copy_in_tmux(text: str, environment: Mapping[str, str]) -> None:
    """Copy into a new buffer of tmux and, with ``-w``, which old versions lack, on to its terminal."""
    tmux = shutil.which("tmux", path=environment.get("PATH"))
    if tmux is None:
        raise NotCopied
    for options in (["-w"], []):
        with suppress(OSError, subprocess.TimeoutExpired):
            done = subprocess.run(  # noqa: S603
                [tmux, "load-buffer", *options, "-"],
                input=text.encode("utf-8", "backslashreplace"),
                env=dict(environment),
                capture_output=True,
                timeout=_LONGEST_WAIT,
                check=False,
            )
            if done.returncode == 0:
                return
    raise NotCopied


def _copy_by_tool(text: str) -> None:
    import pyperclip

    try:
        pyperclip.copy(text.encode("utf-8", "backslashreplace").decode())
    except pyperclip.PyperclipException:
        raise NotCopied from None
