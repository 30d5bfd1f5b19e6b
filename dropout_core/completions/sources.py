"""Sources of rollouts: which files make one evaluation, and what they tell of it as a whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dropout_core.completions import inspect_samples
from dropout_core.completions.rollouts import (
    LARGEST_DOCUMENT,
    LINES_EXPECTED,
    Rollout,
    Unreadable,
    rollouts_in,
)
from dropout_core.values.files.user_file import open_file

_LOG_ARCHIVE = ".eval"
_BESIDE = "metadata.json"
"""File that verifiers writes beside its results: the model and the settings."""
_LARGEST_BESIDE = 1 << 20
_PIECE = 1 << 20
_MOST_PROMPTS = 2
_MOST_MODELS = 100


@dataclass(frozen=True, slots=True)
class Source:
    """The files whose rollouts make one evaluation, in order."""

    name: Path
    """The file, or the folder that holds them."""
    files: tuple[Path, ...]

    def rollouts(self) -> Iterator[Rollout]:
        """The rollouts of all files; with several, each says in which one it stands.

        Raises:
            Unreadable: a file holds none.
        """
        for path in self.files:
            within = f"{path.relative_to(self.name)}, " if len(self.files) > 1 else ""
            for rollout in rollouts_in(path):
                yield replace(rollout, place=f"{within}{rollout.place}") if within else rollout


@dataclass(frozen=True, slots=True)
class Survey:
    """What a source tells before anything of it is graded."""

    count: int
    faults: int
    """How many rollouts hold no answer, or cannot be read."""
    digest: str
    """Equal for the same files with the same content."""
    models: tuple[str, ...]
    prompt: str | None
    """The prompt, where all rollouts have the same."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Settings of the requests: ``temperature``, ``top_p``, ``max_tokens``, ``system``, as far as they are known."""


def sources_of(path: Path) -> tuple[Source, ...]:
    """The sources that a file or a folder is. Each log of Inspect is one of its own; lines of JSON in a folder are
    one together.

    Raises:
        Unreadable: there is nothing to import.
    """
    if not path.is_dir():
        return (Source(path, (path,)),)
    found = sorted(
        each for each in path.rglob("*") if each.is_file() and not _is_hidden(each.relative_to(path))
    )
    lines = tuple(each for each in found if each.suffix in LINES_EXPECTED)
    logs = [
        each for each in found if each.suffix == _LOG_ARCHIVE or (each.suffix == ".json" and _is_log(each))
    ]
    sources = (*((Source(path, lines),) if lines else ()), *(Source(log, (log,)) for log in logs))
    if not sources:
        raise Unreadable(
            f"the folder {str(path)!r} holds no .jsonl, .ndjson or .eval files; name a file to import it"
        )
    return sources


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _is_log(path: Path) -> bool:
    """Whether a JSON file is a log of Inspect, by how it begins."""
    with open_file(path) as file:
        return b'"eval"' in file.read(1 << 12)


def surveyed(source: Source) -> Survey:
    """Survey of a source; reads it once.

    Raises:
        Unreadable: none of its rollouts can be graded.
    """
    count = faults = 0
    first_fault: Rollout | None = None
    models: dict[str, None] = {}
    prompts: dict[str | None, None] = {}
    for rollout in source.rollouts():
        count += 1
        if rollout.fault is not None:
            faults += 1
            first_fault = first_fault or rollout
            continue
        if rollout.facts.model is not None and len(models) < _MOST_MODELS:
            models[rollout.facts.model] = None
        if len(prompts) < _MOST_PROMPTS:
            prompts[rollout.facts.prompt] = None
    if first_fault is not None and faults == count:
        raise Unreadable(f"{str(source.name)!r}, {first_fault.place} {first_fault.fault}")
    if not count:
        raise Unreadable(f"{str(source.name)!r} holds no completions")
    told = _told(source)
    if not models and isinstance(told.get("model"), str):
        models[told["model"]] = None
    only = next(iter(prompts)) if len(prompts) == 1 else None
    return Survey(count, faults, _digest(source), tuple(models), only, _settings(told))


def _digest(source: Source) -> str:
    total = hashlib.sha256()
    for path in source.files:
        with open_file(path) as file:
            while piece := file.read(_PIECE):
                total.update(piece)
        total.update(b"\0")
    return total.hexdigest()[:32]


def _told(source: Source) -> Mapping[str, Any]:
    """What the first file says of all its rollouts, or the file beside it."""
    path = source.files[0]
    with open_file(path) as file:
        if inspect_samples.is_archive(file):
            return inspect_samples.spec_of_archive(file)
        if path.suffix == ".json" and file.seek(0, 2) <= LARGEST_DOCUMENT:
            file.seek(0)
            value = _object(file.read())
            return value["eval"] if inspect_samples.is_log(value) else {}
    beside = path.with_name(_BESIDE)
    if not beside.is_file() or beside.stat().st_size > _LARGEST_BESIDE:
        return {}
    with open_file(beside) as file:
        return _object(file.read(_LARGEST_BESIDE))


def _object(raw: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _settings(told: Mapping[str, Any]) -> Mapping[str, Any]:
    given = told.get("model_generate_config", told.get("sampling_args"))
    given = given if isinstance(given, dict) else {}
    settings: dict[str, Any] = {}
    for name, most in (("temperature", 10.0), ("top_p", 1.0)):
        value = given.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most:
            settings[name] = float(value)
    if isinstance(tokens := given.get("max_tokens"), int) and 0 < tokens <= 10**9:
        settings["max_tokens"] = tokens
    if isinstance(system := given.get("system_message"), str):
        settings["system"] = system
    return settings
