"""Serves a model file through the Messages API and Chat Completions on loopback, until standard input ends.

    python smollm_server.py MODEL.gguf NAME

Run by the interpreter of an environment that holds `xllamacpp`; it imports nothing of this project. The first line of
its output is the server's address. It ends with whoever holds the other end of its standard input.
"""

from __future__ import annotations

import sys

import xllamacpp  # type: ignore[import-not-found]  # lives in the other environment

SLOTS = 2
CONTEXT_PER_SLOT = 4096


def main() -> None:
    path, name = sys.argv[1:]
    params = xllamacpp.CommonParams()
    params.model.path = path
    params.model_alias = {name}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_parallel = SLOTS
    params.n_ctx = SLOTS * CONTEXT_PER_SLOT
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
