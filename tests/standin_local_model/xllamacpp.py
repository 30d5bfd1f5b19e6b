"""Stands in for the package of this name: a real server on loopback, whose replies are those in the weights' file.

Answers what it is asked with the text of that file. The file's first line may say what goes wrong instead:
``stop`` ends the process at the first request, ``fail`` keeps it from starting, ``load`` never ends loading.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.messages_server import Answer, Behaviour, MessagesServer, Received


class CommonParams:
    """The parameters that are set."""

    def __init__(self) -> None:
        self.model = SimpleNamespace(path="")
        self.model_alias: set[str] = set()
        self.hostnames: list[str] = []
        self.port = -1
        self.n_parallel = self.n_ctx = 0
        self.cpuparams, self.cpuparams_batch = SimpleNamespace(), SimpleNamespace()


class Server:
    """Serves from the moment it is made."""

    def __init__(self, params: CommonParams) -> None:
        assert params.hostnames == ["127.0.0.1"]
        assert params.port == 0
        weights = Path(params.model.path)
        log = weights.with_name("started")
        with log.open("a") as started:
            started.write(f"{os.getpid()}\n")
        first, _, text = weights.read_text().partition("\n")
        if first == "fail":
            sys.exit("the weights cannot be read")
        while first == "load":
            time.sleep(1)

        def answer(request: Received) -> Behaviour:
            if first == "stop" and len(log.read_text().split()) == 1:
                os._exit(9)
            said: dict[str, Any] = {"input_tokens": 12, "output_tokens": 34}
            with weights.with_name("asked").open("a") as asked:
                asked.write(f"{request.headers}\n")
            return Answer(text, model=request.body["model"], usage=said)

        self._server = MessagesServer(answer)
        self._server.models["/health"] = {"status": "ok"}
        self.listening_address = self._server.url
