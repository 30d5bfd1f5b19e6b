"""What the `dropout.toml` of a working directory may set: it may be anybody's, so only harmless options."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dropout_core.task.requirement import Explicitness
from dropout_core.values.files.user_file import confine
from dropout_core.values.task_names import BUILT_IN_TASKS

HARMLESS = frozenset(
    {
        "band", "batch", "bell", "checks", "concurrency", "effort", "keys", "max_steps", "max_tokens", "mode", "model",
        "nonce", "prompt_name", "refusals", "runs", "seed", "sequential", "suite", "temperature", "theme", "thinking",
        "timeout", "tolerance", "top_p", "tries", "until_decided",
    }
)  # fmt: skip
"""Not among them: anything that decides where a key is sent, what is read or written, and what is spent."""


ASKING_THE_MODEL = frozenset(
    {"all.rerun", "all.start", "all.voids", "history.go_on", "launch.start", "run.rerun", "trial.rerun"}
)
"""Bindings that spend money: only the user may move their keys."""


def refusal(values: Mapping[str, object], folder: Path, own_file: Path) -> str | None:
    """Why `values` of the file in `folder` are refused, and where they may be set instead; ``None`` if they are fine.

    It may set a prompt, if that is built in or a file inside the folder.
    """
    if harmful := [name for name in values if not _is_harmless(name, values[name])]:
        named = ", ".join(harmful)
        flags = " ".join(f"--{name.replace('_', '-')}" for name in harmful)
        variables = " ".join(f"DROPOUT_{name.upper()}" for name in harmful)
        verb = "is" if len(harmful) == 1 else "are"
        return (
            f"{named} {verb} not taken from the file of a working directory;"
            f" give {flags}, set {variables}, or write it into {own_file}"
        )
    for name in ("prompt", "system"):
        path = _path_in(name, values.get(name))
        if path is not None and not _stands_inside(path, folder):
            return (
                f"{name} names {path!r}, which is not inside {folder}; the file of a working directory may name only"
                f" what is: give --{name}, set DROPOUT_{name.upper()}, or write it into {own_file}"
            )
        if path is not None:
            confine(
                folder / Path(path).expanduser(), folder
            )  # the file may have been replaced by the time it is read
    if paying := sorted(_ids_of(values.get("keys")) & ASKING_THE_MODEL):
        return (
            f"keys: {', '.join(paying)} asks the model, and the file of a working directory gives no keys for that;"
            f" write them into {own_file}"
        )
    return None


def _is_harmless(name: str, value: object) -> bool:
    if name == "task":
        return value in BUILT_IN_TASKS  # any other is a file that would be run
    return name in HARMLESS or (name in ("prompt", "system") and isinstance(value, str))


def _ids_of(keys: object) -> set[str]:
    """The ids of the bindings in a table; dots in them may be unquoted, which TOML reads as tables."""
    if not isinstance(keys, Mapping):
        return set()
    return {
        f"{name}.{rest}" if rest else str(name)
        for name, chosen in keys.items()
        for rest in (_ids_of(chosen) if isinstance(chosen, Mapping) else {""})
    }


def _path_in(name: str, value: object) -> str | None:
    """The file of a prompt; ``None`` for a built-in one."""
    text = str(value or "").strip()
    if name == "system":
        return text[1:].strip() if text.startswith("@") else None
    return None if not text or text in set(Explicitness) else text


def _stands_inside(path: str, folder: Path) -> bool:
    """Whether `path` is inside `folder`, with all links followed."""
    try:
        return (folder / Path(path).expanduser()).resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # a loop of links, an unknown user, or no valid path
        return False
