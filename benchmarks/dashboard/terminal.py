"""A program on a pseudo-terminal: what it writes, with the time of each read, and keys pressed at a steady pace."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

COLUMNS, LINES = 120, 40
ROOT = Path(__file__).parents[2]


class Program:
    """A process whose terminal is read by a thread, so that it never waits for whoever measures it."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start it."""
        self.began = time.perf_counter()
        self.output: list[tuple[float, bytes]] = []
        """What it wrote, as it was read, and when (`time.perf_counter`)."""
        self._terminal, child = pty.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self._process = subprocess.Popen(
            command,
            stdin=child,
            stdout=child,
            stderr=child,
            env=dict(environment),
            cwd=ROOT,
            start_new_session=True,
        )
        os.close(child)
        self._leaving = False
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def process(self) -> int:
        """Its process id."""
        return self._process.pid

    def _read(self) -> None:
        while not self._leaving:
            if not select.select([self._terminal], [], [], 0.2)[0]:
                continue
            try:
                data = os.read(self._terminal, 65536)
            except OSError:  # Linux: it has closed its terminal
                return
            with self._news:
                self.output.append((time.perf_counter(), data))
                self._news.notify_all()

    def wait_for(self, words: bytes, *, timeout: float = 60.0) -> float:
        """Seconds from the start until `words` were on the terminal; they must be written in one go.

        Raises:
            TimeoutError: they never were.
        """
        seen, position = b"", 0
        deadline = time.perf_counter() + timeout
        with self._news:
            while True:
                while position < len(self.output):
                    at, data = self.output[position]
                    position += 1
                    seen = seen[-len(words) :] + data
                    if words in seen:
                        return at - self.began
                left = deadline - time.perf_counter()
                if left < 0 or self._process.poll() is not None:
                    raise TimeoutError(
                        f"{words!r} never came: {b''.join(d for _, d in self.output)[-400:]!r}"
                    )
                self._news.wait(min(left, 1.0))

    def press(self, key: bytes) -> float:
        """Press `key`; when it was (`time.perf_counter`)."""
        at = time.perf_counter()
        os.write(self._terminal, key)
        return at

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving = True
        self._process.kill()
        self._process.wait()
        self._reader.join()
        os.close(self._terminal)
