"""Serves a model file through the Messages API on loopback, for as long as whoever started it lives.

    python server_program.py MODEL.gguf NAME SLOTS TOKENS

It imports nothing of this project. The one line that it prints is the server's address, once the server answers. It
ends when its standard input does, or when its parent is gone.
"""

from __future__ import annotations

import os
import select
import sys
import threading
import time
import urllib.error
import urllib.request

import xllamacpp  # type: ignore[import-not-found, unused-ignore]  # an extra

MOST_THREADS = 4
"""Threads beyond which so small a model is hardly faster."""
BETWEEN_LOOKS = 0.05
"""Seconds between two looks at whether the model is loaded."""
PARENT_SECONDS = 1.0
"""Seconds between two looks at whether the parent lives."""


def main() -> None:
    """Serve until nobody needs it."""
    watching = threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True)
    watching.start()
    path, name, slots, tokens = sys.argv[1:]
    params = xllamacpp.CommonParams()
    params.model.path = path
    params.model_alias = {name}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_parallel = int(slots)
    params.n_ctx = int(slots) * int(tokens)
    # Its threads wait for each other at every step, which takes for ever where others use the processors too.
    for threads in (params.cpuparams, params.cpuparams_batch):
        threads.n_threads = min(MOST_THREADS, max(1, (os.cpu_count() or 1) // 2))
    server = xllamacpp.Server(params)
    _await_health(server.listening_address)
    print(server.listening_address, flush=True)
    watching.join()


def _end_with(parent: int) -> None:
    """End at once, also while the model is loaded or writes, when standard input or the parent has ended."""
    # A copy of the pipe's other end in a forked process would keep it open.
    while os.getppid() == parent:
        if select.select([0], [], [], PARENT_SECONDS)[0] and not os.read(0, 1024):
            break
    os._exit(0)


def _await_health(address: str) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        try:
            with direct.open(f"{address}/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        time.sleep(BETWEEN_LOOKS)


if __name__ == "__main__":
    main()
