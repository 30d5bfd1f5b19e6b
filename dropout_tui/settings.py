"""Where options come from: flags win over the environment (``DROPOUT_…``), which wins over `dropout.toml`."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path

CONFIG_FILE = "dropout.toml"
ENVIRONMENT_PREFIX = "DROPOUT_"

TEXT_OPTIONS = (
    "model",
    "base_url",
    "runs",
    "concurrency",
    "mode",
    "max_steps",
    "max_tokens",
    "prompt",
    "suite",
    "band",
    "seed",
    "budget",
    "max_total_tokens",
    "price",
    "store",
)
SWITCHES = ("sequential", "until_decided")

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off", ""})


class SettingsProblem(ValueError):
    """A setting cannot be read; the message is one line that names its source and says what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Options as they were written, before they are understood."""

    texts: Mapping[str, str]
    switches: Mapping[str, bool]

    @property
    def store(self) -> Path:
        """The store's file."""
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
    """Bring the three sources together.

    Raises:
        SettingsProblem: the file is not TOML, holds an unknown key, or a switch is neither true nor false.
    """
    texts: dict[str, str] = {}
    switches: dict[str, bool] = {}
    for source, values in (
        (CONFIG_FILE, _from_file(config_file or Path(CONFIG_FILE))),
        ("the environment", _from_environment(os.environ if environment is None else environment)),
        ("the command line", {name: value for name, value in flags.items() if value is not None}),
    ):
        for name, value in values.items():
            if name in SWITCHES:
                switches[name] = _switch(name, value, source)
            elif name in TEXT_OPTIONS:
                texts[name] = str(value)
                if name == "store" and not texts[name].strip():
                    raise SettingsProblem(
                        f"{source}: the store is empty; give the path of a file, or leave it out"
                    )
            else:
                known = ", ".join(sorted((*TEXT_OPTIONS, *SWITCHES)))
                raise SettingsProblem(f"{source}: unknown key {name!r}; the keys are {known}")
    return Settings(texts, switches)


def _from_file(path: Path) -> Mapping[str, object]:
    try:
        with path.open("rb") as file:
            values = tomllib.load(file)
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsProblem(f"{path} is not valid TOML: {error}") from None
    except OSError as error:
        raise SettingsProblem(f"cannot read {path}: {error.strerror}") from None
    return {name.replace("-", "_"): value for name, value in values.items()}


def _from_environment(environment: Mapping[str, str]) -> Mapping[str, object]:
    names = (*TEXT_OPTIONS, *SWITCHES)
    return {
        name: environment[key] for name in names if (key := ENVIRONMENT_PREFIX + name.upper()) in environment
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
