"""Opens a text in the user's own editor, while the app gives up the terminal."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from textual.app import SuspendNotSupported

from dropout_tui.app.base_app import BaseApp

_USUAL_EDITORS = ("editor", "nano", "vim", "vi")
# Code may hold what cannot be encoded, such as half of a surrogate pair; that is written as an escape.
_ENCODING = {"encoding": "utf-8", "errors": "backslashreplace", "newline": ""}


class NoEditor(Exception):
    """The text cannot be edited; the message is one line that says why."""


class EditorFailed(NoEditor):
    """There is an editor, and it did not do its work."""


def editor_command(environment: Mapping[str, str]) -> list[str]:
    """The command that starts the editor, without the file.

    Raises:
        NoEditor: the one that is set cannot be found, or none is set and none of the usual ones is installed.
    """
    path = environment.get("PATH")
    for name in ("VISUAL", "EDITOR"):
        try:
            command = shlex.split(environment.get(name, ""))
        except ValueError:
            raise NoEditor(f"${name} has an open quote: {environment[name]}") from None
        if command:
            if shutil.which(command[0], path=path) is None:
                raise NoEditor(f"${name} is {command[0]}, which is not there")
            return command
    for usual in _USUAL_EDITORS:
        if shutil.which(usual, path=path) is not None:
            return [usual]
    raise NoEditor("there is no editor; set $EDITOR, or press w to save the code to a file")


async def edited(app: BaseApp, text: str, file_name: str) -> str | None:
    """Open `text` in the editor and return the edited text; ``None`` when it was not changed.

    Runs go on meanwhile: only the screen waits.

    Raises:
        NoEditor: there is none, it failed, or the app cannot give up the terminal.
    """
    command = editor_command(os.environ)
    with TemporaryDirectory(prefix="dropout-tui-") as folder:
        file = Path(folder) / file_name
        # Most editors add a missing line end at the end of the file; that alone is no change.
        file.write_text(text.removesuffix("\n") + "\n", **_ENCODING)
        before = file.read_bytes()
        try:
            await _lend_the_terminal(app, [*command, str(file)])
            after = file.read_bytes()
        except SuspendNotSupported:
            raise NoEditor("there is no editor in a browser; w saves the code to a file") from None
        except OSError as error:
            raise EditorFailed(f"{command[0]}: {error.strerror or error}") from None
    return None if after == before else after.decode("utf-8", "replace")


async def _lend_the_terminal(app: BaseApp, command: list[str]) -> None:
    loop = asyncio.get_running_loop()
    # No painting while the terminal is the editor's; ctrl+c is the editor's too.
    with app.batch_update(), app.suspend():
        app.away = True
        loop.add_signal_handler(signal.SIGINT, lambda: None)
        try:
            process = await asyncio.create_subprocess_exec(*command)
            status = await process.wait()
        finally:
            loop.remove_signal_handler(signal.SIGINT)
            app.away = False
    if status:
        raise EditorFailed(f"{command[0]} ended with status {status}; nothing was taken over")
