"""Time to first paint on a pseudo-terminal, beside a bare Textual app. Run by hand:

    python benchmarks/first_paint.py [ROUNDS]

The two are started in turn, so that a machine that speeds up or slows down does so for both. A paint is the first
output after which nothing follows for 30 ms or that holds the words looked for.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
BARE = """
from textual.app import App
from textual.widgets import Footer, Static
class Bare(App):
    def compose(self):
        yield Static("painted")
        yield Footer()
Bare().run()
"""


def first_paint(command: list[str], words: bytes, environment: dict[str, str]) -> float:
    """Seconds from the start of `command` until `words` are on its terminal."""
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    began = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=child, stdout=child, stderr=child, env=environment, cwd=ROOT, start_new_session=True
    )
    os.close(child)
    seen = b""
    try:
        while words not in seen:
            if not select.select([parent], [], [], 20)[0]:
                raise TimeoutError(f"never painted: {seen[-300:]!r}")
            seen += os.read(parent, 65536)
        return time.perf_counter() - began
    finally:
        process.kill()
        process.wait()
        os.close(parent)


def main() -> None:
    """Measure in turn and print medians and ratios."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
        }
        store = f"{folder}/store.sqlite3"
        ours = [sys.executable, "-m", "dropout_tui", "--model", "sample", "--store", store]
        contestants = {
            "bare Textual app": ([sys.executable, "-c", BARE], b"painted"),
            "dashboard (--start)": ([*ours, "--start"], b"Pass rate"),
            "launch form": (ours, b"Concurrency"),
        }
        times: dict[str, list[float]] = {name: [] for name in contestants}
        for _ in range(rounds + 1):
            for name, (command, words) in contestants.items():
                times[name].append(first_paint(command, words, environment))
    bare = times["bare Textual app"][1:]
    for name, measured in times.items():
        kept = measured[1:]
        ratio = statistics.median(one / other for one, other in zip(kept, bare, strict=True))
        print(
            f"{name:22} median {statistics.median(kept) * 1000:5.0f} ms"
            f"   {min(kept) * 1000:.0f}-{max(kept) * 1000:.0f}   x {ratio:.2f}"
        )


if __name__ == "__main__":
    main()
