"""The sources of options: flags win over the environment (``DROPOUT_…``), which wins over `dropout.toml`.

The user has one such file for all directories, and each working directory may have one, which wins over that and may
set less: see `dropout_tui.settings.folder_settings`.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from platformdirs import user_config_path, user_data_path

from dropout_core.models.request_settings import written_fields
from dropout_core.values.files.text_file import MAX_BYTES
from dropout_core.values.files.user_file import FileRefused, read_file
from dropout_tui.settings.folder_settings import refusal

CONFIG_FILE = "dropout.toml"
ENVIRONMENT_PREFIX = "DROPOUT_"

TEXT_OPTIONS = (
    "model",
    "base_url",
    "api",
    "runs",
    "concurrency",
    "mode",
    "task",
    "max_steps",
    "max_tokens",
    "prompt",
    "prompt_name",
    "suite",
    "checks",
    "refusals",
    "band",
    "tolerance",
    "seed",
    "budget",
    "max_total_tokens",
    "price",
    "store",
    "thinking",
    "effort",
    "temperature",
    "top_p",
    "timeout",
    "tries",
    "system",
    "set",
)
SWITCHES = ("sequential", "batch", "until_decided", "nonce")
SCREEN_TEXTS = ("theme",)
SCREEN_SWITCHES = ("bell",)
SET = "set"
"""The table for fields of the request without an option of their own."""
KEYS = "keys"
"""The table of the user's own keys, in a file only."""

_ALL_OPTIONS = (*TEXT_OPTIONS, *SWITCHES, *SCREEN_TEXTS, *SCREEN_SWITCHES)
_ENVIRONMENT = "the environment"
_COMMAND_LINE = "the command line"
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off", ""})


class SettingsProblem(ValueError):
    """A setting cannot be read; the message is one line that names its source and says what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Options as they were written, not yet parsed."""

    texts: Mapping[str, str]
    switches: Mapping[str, bool]
    theme: str | None = None
    """The theme; ``None`` for the one chosen last."""
    bell: bool = True
    """Whether the terminal's bell rings when an evaluation ends."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """The user's own keys: binding id to keys, as they were written."""
    origins: Mapping[str, str] = field(default_factory=dict)
    """Where each option, and each key such as ``keys.run.pause``, was written: ``"dropout.toml: runs"``; empty on the
    command line."""

    def named(self, option: str) -> str:
        """The name of `option` where the user wrote it."""
        return self.origins.get(option) or f"--{option.replace('_', '-')}"

    def is_from_command_line(self, option: str) -> bool:
        """Whether `option` was set on the command line."""
        return self.origins.get(option) == ""

    @property
    def store(self) -> Path:
        """The file of the store."""
        chosen = self.texts.get("store")
        return default_store() if chosen is None else Path(chosen).expanduser()


def default_store() -> Path:
    """The store in the user's data folder."""
    return user_data_path("dropout-tui", appauthor=False) / "evaluations.sqlite3"


def gather(
    flags: Mapping[str, object],
    environment: Mapping[str, str] | None = None,
    config_file: Path | None = None,
) -> Settings:
    """Merge the sources.

    The file in the working directory wins over the one in the user's configuration folder, and may set only what can
    do no harm. A `config_file` is read instead of both, and may set everything.

    Raises:
        SettingsProblem: a file cannot be read, is not TOML, or holds an unknown key or one that is not taken from it;
            or a switch is neither true nor false.
    """
    gathering = _Gathering()
    own = own_config_file() if config_file is None else config_file
    gathering.take(str(own), _from_file(own))
    here = Path(CONFIG_FILE)
    if config_file is None and os.path.realpath(here) != os.path.realpath(own):
        gathering.take(str(here), _of_this_directory(here, own))
    gathering.take(_ENVIRONMENT, _from_environment(os.environ if environment is None else environment))
    gathering.take(_COMMAND_LINE, {name: value for name, value in flags.items() if value is not None})
    return gathering.settings


def own_config_file() -> Path:
    """The user's file for all directories."""
    return user_config_path("dropout-tui", appauthor=False) / CONFIG_FILE


@dataclass(slots=True)
class _Gathering:
    """The settings merged so far; a later source wins."""

    settings: Settings = field(default_factory=lambda: Settings({}, {}))

    def take(self, source: str, values: Mapping[str, object]) -> None:
        texts, switches = dict(self.settings.texts), dict(self.settings.switches)
        screen: dict[str, Any] = {}
        origins = {name: _origin(name, source) for name in values}
        for name, value in values.items():
            if name in SWITCHES:
                switches[name] = _switch(name, value, source)
            elif name in TEXT_OPTIONS:
                texts[name] = _set(value, source) if name == SET else str(value)
                if name == "store" and not texts[name].strip():
                    raise SettingsProblem(
                        f"{source}: the store is empty; give the path of a file, or leave it out"
                    )
            elif name in SCREEN_TEXTS:
                screen[name] = str(value)
            elif name in SCREEN_SWITCHES:
                screen[name] = _switch(name, value, source)
            elif name == KEYS:
                moved = _keys(value, source)
                screen[name] = {**self.settings.keys, **moved}
                origins |= {f"{KEYS}.{id_}": _origin(KEYS, source) for id_ in moved}
            else:
                known = ", ".join(sorted((*_ALL_OPTIONS, KEYS)))
                raise SettingsProblem(f"{source}: unknown key {name!r}; the keys are {known}")
        origins = {**self.settings.origins, **origins}
        self.settings = replace(self.settings, texts=texts, switches=switches, origins=origins, **screen)


def _origin(option: str, source: str) -> str:
    if source == _ENVIRONMENT:
        return ENVIRONMENT_PREFIX + option.upper()
    return "" if source == _COMMAND_LINE else f"{source}: {option}"


def _set(value: object, source: str) -> str:
    """``KEY=JSON KEY=JSON`` from a table of a file, or from each ``--set`` of the command line."""
    if isinstance(value, Mapping):
        try:
            return written_fields(value)
        except (TypeError, ValueError) as error:
            raise SettingsProblem(f"{source}: set holds what is not JSON: {error}") from None
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _keys(value: object, source: str) -> Mapping[str, str]:
    """The table of keys; dots in ids may be unquoted, which TOML reads as tables."""
    if not isinstance(value, Mapping):
        raise SettingsProblem(f'{source}: keys is a table; write [keys] and under it "run.pause" = "p"')
    keys: dict[str, str] = {}
    for name, chosen in value.items():
        if isinstance(chosen, Mapping):
            keys.update({f"{name}.{rest}": keys_of for rest, keys_of in _keys(chosen, source).items()})
        else:
            # A wrong key is reported where keys matter; it must not stop a command without a screen.
            keys[name] = str(chosen).strip()
    return keys


def _of_this_directory(path: Path, own: Path) -> Mapping[str, object]:
    values = _from_file(path)
    known = {name: value for name, value in values.items() if name in (*_ALL_OPTIONS, KEYS)}
    problem = refusal(known, path.absolute().parent, own) if known else None
    if problem is not None:
        raise SettingsProblem(f"{path}: {problem}")
    return values


def _from_file(path: Path) -> Mapping[str, object]:
    try:
        values = tomllib.loads(read_file(path, most=MAX_BYTES).decode("utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SettingsProblem(f"{path} is not valid TOML: {error}") from None
    except (OSError, FileRefused) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SettingsProblem(f"cannot read {path}: {reason}") from None
    return {name.replace("-", "_"): value for name, value in values.items()}


def _from_environment(environment: Mapping[str, str]) -> Mapping[str, object]:
    return {
        name: environment[key]
        for name in _ALL_OPTIONS
        if (key := ENVIRONMENT_PREFIX + name.upper()) in environment
    }


def _switch(name: str, value: object, source: str) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise SettingsProblem(f"{source}: {name} is {value!r}; write true or false")
