"""The addresses that the user has named: a key is sent to no other, whatever a stored evaluation says.

A store may come from anybody, and so may the server at an address in it.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace

from dropout_core.models import ModelUnusable
from dropout_core.models.http.credentials import ADDRESS_NAMES, base_of_chat, base_of_messages, is_loopback
from dropout_core.models.http.destination import Destination, destination_of
from dropout_core.values.config import EvaluationConfig
from dropout_tui.settings.config_file import Settings
from dropout_tui.settings.kept_names import KeptNames

_KEPT = KeptNames("addresses.json")


class AddressNotNamed(ModelUnusable):
    """A key would be sent to an address that only the store names; the message is one line that says what to do."""

    def __init__(self, destination: Destination) -> None:
        self.destination = destination
        super().__init__(
            f"only the stored evaluation says that {destination.words}; if that is right, name it:"
            f" --base-url {shlex.quote(destination.shown)}"
        )

    @property
    def question(self) -> str:
        """The same, to be answered with yes or no."""
        return f"Only the stored evaluation says that {self.destination.words}. Send them there?"


@dataclass(frozen=True, slots=True)
class KnownAddresses:
    """The addresses that the user has named."""

    today: frozenset[str] = frozenset()
    """Named at this start of the program, or in answer to a question."""
    earlier: frozenset[str] = frozenset()
    """Addresses of this machine where an evaluation was begun: resuming one there asks no question."""

    def check(self, config: EvaluationConfig) -> None:
        """Check that a stored evaluation may be resumed at its address.

        Raises:
            AddressNotNamed: a key would be sent to an address that is not known.
        """
        destination = destination_of(config)
        if config.base_url is not None and destination is not None and not self.know(destination):
            raise AddressNotNamed(destination)

    def know(self, destination: Destination) -> bool:
        """Whether requests may go there although nobody has just said so: no key does, or only to a known address."""
        if not destination.credentials or destination.is_official:
            return True
        known = self.today | (self.earlier if destination.is_loopback else frozenset())
        return _plain(destination.address) in known

    def with_one(self, base_url: str) -> KnownAddresses:
        """These, and one that the user has just named."""
        return replace(self, today=self.today | {_plain(base_url)})


def known_addresses(settings: Settings, environ: Mapping[str, str] = os.environ) -> KnownAddresses:
    """The addresses named on the command line, in the environment, in the settings, and earlier."""
    named = (settings.texts.get("base_url"), *(environ.get(name) for name in ADDRESS_NAMES.values()))
    return KnownAddresses(frozenset(_plain(one) for one in named if one), frozenset(_KEPT.read()))


def keep_address(config: EvaluationConfig) -> None:
    """Save the address of a new evaluation if it is this machine; if that fails, resuming asks a question."""
    if config.base_url is None or not is_loopback(config.base_url):
        return
    _KEPT.add(_plain(config.base_url))


def _plain(base_url: str) -> str:
    """The server, however its address was written."""
    return base_of_messages(base_of_chat(base_url)).strip().rstrip("/")
