"""The process that serves the local model: started when first asked for, shared by all evaluations of this program."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO

from dropout_core.models import ModelUnusable
from dropout_core.models.http.credentials import one_line
from dropout_core.models.local.installed import weights
from dropout_core.values.config import LOCAL_MODEL, LOCAL_SLOTS

PROGRAM = Path(__file__).with_name("server_program.py")
KEYS_OF = ("ANTHROPIC_", "OPENAI_")
"""Beginnings of the variables that hold keys and headers, which it need not know."""
TOKENS_EACH = 4096
"""Tokens of one conversation, the prompt included."""
LOADING_SECONDS = 300.0
"""Seconds within which the model must be loaded; a slow disk takes several."""
ENDING_SECONDS = 5.0
"""Seconds that the process has to end by itself."""


class _Served:
    """One process of the server. It ends with this program, however that ends: its standard input ends then."""

    def __init__(self, file: Path) -> None:
        self._errors: IO[str] = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115 - as long as this
        self._process = subprocess.Popen(  # noqa: S603 - a program of this package
            [sys.executable, "-P", PROGRAM, file, LOCAL_MODEL, str(LOCAL_SLOTS), str(TOKENS_EACH)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env={name: value for name, value in os.environ.items() if not name.startswith(KEYS_OF)},
            start_new_session=True,  # Ctrl-C is meant for this program, which may let runs end
        )
        self.address: str | None = None
        """Where it is, once it answers."""

    @property
    def lives(self) -> bool:
        return self._process.poll() is None

    def await_address(self) -> str:
        """Wait until it answers; where.

        Raises:
            ModelUnusable: it has ended, or takes too long.
        """
        answers = self._process.stdout
        assert answers is not None  # noqa: S101 - it is a pipe
        ready, _, _ = select.select([answers], [], [], LOADING_SECONDS)
        line = answers.readline().strip() if ready else ""
        if line:
            self.address = line
            return line
        if ready:
            self._process.wait()
            why = self._last_words()
        else:
            why = f"not loaded after {LOADING_SECONDS:.0f} s"
        self.end()
        self._close()
        raise ModelUnusable(f"the server of model {LOCAL_MODEL} did not start: {why}")

    def _last_words(self) -> str:
        self._errors.seek(0)
        lines = [line for line in self._errors.read().splitlines() if line.strip()]
        return one_line(lines[-1]) if lines else f"it ended with status {self._process.returncode}"

    def end(self) -> None:
        """End it. Whoever waits for its address is told that it has ended."""
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self.address is not None:
            self._close()

    def _close(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        self._process.stdout.close()
        self._errors.close()


class LocalServer:
    """The server of the local model, for any number of users in any threads. Its process runs while there are any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._starting = threading.Lock()
        self._users = 0
        self._served: _Served | None = None

    def join(self) -> None:
        """Be one of its users."""
        with self._lock:
            self._users += 1

    def leave(self) -> None:
        """Be none any more. It blocks while the process of the last one ends."""
        with self._lock:
            self._users -= 1
            served = None if self._users else self._served
            if served is not None:
                self._served = None
        if served is not None:
            served.end()

    def address(self) -> str:
        """Where it is. It blocks until the model is loaded. A process that has died is started anew.

        Raises:
            ModelUnusable: it does not start, or nobody uses it any more.
        """
        file = weights()
        with self._starting:
            with self._lock:
                if not self._users:
                    raise ModelUnusable(f"the server of model {LOCAL_MODEL} is closed")
                if self._served is not None and not self._served.lives:
                    self._served.end()
                    self._served = None
                if self._served is None:
                    self._served = _Served(file)
                served = self._served
            return served.address or served.await_address()


SERVER = LocalServer()
"""The one of this program."""
