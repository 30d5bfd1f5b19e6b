"""The program: runs the command that is asked for; whatever goes wrong is one line and an exit status."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path

from dropout_core.values.files.file_limit import NO_MORE
from dropout_tui.command_line.complaints import PROGRAM, Complaint, complain
from dropout_tui.command_line.newest import fill_in_newest
from dropout_tui.command_line.options.parser import Command, parsed
from dropout_tui.commands.dispatch import COMMANDS
from dropout_tui.exit_codes import EXIT_BROKEN_PIPE, EXIT_INTERRUPTED, EXIT_USAGE
from dropout_tui.settings.private_environment import keep_keys_private
from dropout_tui.terminal.ascii_fallback import PLAIN_LETTERS


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and return its exit status."""
    if sys.stdout is None or sys.stderr is None:
        return _closed()
    for stream in (sys.stdout, sys.stderr):
        # Replies may hold characters that the terminal's encoding lacks.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=PLAIN_LETTERS)
    keep_keys_private()
    try:
        options = parsed(COMMANDS, argv)
        fill_in_newest(options)
        command: Command = options.command
        with _log_of(options):
            status = command(options)
        # Flushed here, where a full disk is reported in one line; at exit Python would print a traceback.
        sys.stdout.flush()
    except Complaint as complaint:
        complain(str(complaint))
        return EXIT_USAGE
    except _told_in_one_line() as error:
        complain(str(error))
        return EXIT_USAGE
    except BrokenPipeError:
        _forget_output()
        return EXIT_BROKEN_PIPE
    except OSError as error:
        complain(_told_by_the_system(error))
        _forget_output()
        return EXIT_USAGE
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    return status


def _closed() -> int:
    """Whether an output is closed (``>&-``): the next file opened would take its descriptor and be written into."""
    which = "standard output" if sys.stdout is None else "error output"
    with suppress(OSError):
        print(
            f"{PROGRAM}: the {which} is closed; send it to /dev/null instead",
            file=sys.stderr or sys.stdout,
            flush=True,
        )
    return EXIT_USAGE


def _told_in_one_line() -> tuple[type[Exception], ...]:
    """Exceptions whose message is meant for the user. Imported only on failure, to keep the first paint quick."""
    from dropout_core.sandbox import SandboxBroken
    from dropout_core.storage.errors import StoreUnusable

    return StoreUnusable, SandboxBroken


def _told_by_the_system(error: OSError) -> str:
    """An operating system error in one line that says what to do. One that names no file comes from the output."""
    if error.errno in {errno.EMFILE, errno.ENFILE}:
        return NO_MORE
    if error.filename is not None:
        return f"{error.filename}: {error.strerror or error}"
    return f"cannot write the output: {error.strerror or error}"


def _log_of(options: argparse.Namespace) -> AbstractContextManager[None]:
    """The log file of `--log`, if it was given."""
    path = getattr(options, "log", None)
    if path is None:
        return nullcontext()
    from dropout_tui.command_line.log_file import opened_log

    try:
        return opened_log(Path(path).expanduser())
    except OSError as error:
        raise Complaint(f"--log: cannot write {path}: {error.strerror or error}") from None


def _forget_output() -> None:
    """Python would complain once more when it closes the stream."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
