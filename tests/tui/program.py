"""The program as tests call it: within this process, or as a process where that is the point."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from functools import cache, partial
from typing import TextIO
from unittest.mock import patch

from dropout_tui.cli import main
from dropout_tui.command_line.options import parser
from dropout_tui.commands.dispatch import COMMANDS

Done = subprocess.CompletedProcess[str]

_parser = cache(partial(parser.parser, COMMANDS))
"""Built once for all the programs within this process; a program of its own builds one."""


def command(*arguments: str) -> list[str]:
    """What starts the program."""
    return [sys.executable, "-m", "dropout_tui", *arguments]


def dropout_tui(
    *arguments: str, text: str | None = None, encoding: str = "utf-8", **environment: str
) -> Done:
    """Run a command within this process: its status, and what it printed into files, as into no terminal."""
    with ExitStack() as streams:
        stdin, stdout, stderr = (
            streams.enter_context(tempfile.TemporaryFile("w+", encoding=encoding)) for _ in range(3)
        )
        stdin.write(text or "")
        stdin.seek(0)
        streams.enter_context(patch.dict(os.environ, environment))
        streams.enter_context(patch.object(sys, "stdin", stdin))
        streams.enter_context(redirect_stdout(stdout))
        streams.enter_context(redirect_stderr(stderr))
        streams.enter_context(patch.object(parser, "parser", lambda commands_of: _parser()))
        try:
            status = main(arguments)
        except SystemExit as ended:  # after --help and --version
            status = ended.code if isinstance(ended.code, int) else 0
        return Done(arguments, status, _written(stdout), _written(stderr))


def dropout_tui_process(*arguments: str, text: str | None = None, **environment: str) -> Done:
    """Run a command as a process of its own."""
    return subprocess.run(
        command(*arguments),
        input=text or "",
        capture_output=True,
        text=True,
        timeout=100,
        env={**os.environ, **environment},
        check=False,
    )


def _written(file: TextIO) -> str:
    """Whatever the encoding of the streams, what is not written as text of theirs is UTF-8."""
    file.flush()
    file.seek(0)
    return file.buffer.read().decode().replace("\r\n", "\n")
