"""Finds what binds keys: the app, its screens and their widgets."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import walk_packages

from textual.app import App
from textual.binding import Binding
from textual.containers import ScrollableContainer
from textual.dom import DOMNode
from textual.screen import Screen

PACKAGE = __name__.partition(".")[0]
_TEXTUALS_OWN = (*Screen.BINDINGS, *ScrollableContainer.BINDINGS)
"""Bindings of Textual's own base classes, which are left out."""
_HOMES = (f"{PACKAGE}.screens", f"{PACKAGE}.widgets")


@dataclass(frozen=True, slots=True)
class Place:
    """A screen, and every widget on it that can get keys."""

    screen: type[Screen[object]]
    widgets: tuple[type[DOMNode], ...]


@cache
def app_class() -> type[App[None]]:
    """The app."""
    app: type[App[None]] = import_module(f"{PACKAGE}.app.dropout_app").DropoutApp
    return app


@cache
def places() -> tuple[Place, ...]:
    """Every screen, sorted by name. Imports them all."""
    for home in _HOMES:
        for module in walk_packages(import_module(home).__path__, f"{home}."):
            import_module(module.name)
    screens = sorted(_ours(Screen), key=lambda screen: screen.__name__)
    return tuple(
        Place(screen, tuple(dict.fromkeys(_widgets_of(screen.__module__, set())))) for screen in screens
    )


def bindings_of(owner: type[DOMNode]) -> tuple[Binding, ...]:
    """The bindings of `owner` and of its base classes in this program; keys as they are written."""
    found: dict[str | None, Binding] = {}
    for cls in owner.__mro__:
        if cls.__module__.startswith(PACKAGE):
            for binding in vars(cls).get("BINDINGS", ()):
                if isinstance(binding, Binding) and binding not in _TEXTUALS_OWN:
                    found.setdefault(binding.id or binding.key, binding)
        if not vars(cls).get("_inherit_bindings", True):
            break
    return tuple(found.values())


def keys_of(binding: Binding) -> tuple[str, ...]:
    """The keys of a binding, by their long names: ``"question_mark"``."""
    return tuple(single.key for single in Binding.make_bindings([binding]))


def _ours(base: type[DOMNode]) -> Iterator[type]:
    for cls in base.__subclasses__():
        if cls.__module__.startswith(f"{PACKAGE}."):
            yield cls
        yield from _ours(cls)


def _widgets_of(module: str, seen: set[str]) -> Iterator[type[DOMNode]]:
    """The widgets that a module imports, and those that their modules import: what a screen may consist of."""
    seen.add(module)
    named = [value for value in vars(sys.modules[module]).values() if isinstance(value, type)]
    here = [value for value in named if value.__module__ == module]
    for value in named:
        if not issubclass(value, DOMNode) or issubclass(value, App | Screen):
            continue
        if any(value in other.__mro__[1:] for other in here):
            continue  # imported only as a base class
        home = value.__module__
        if not home.startswith(f"{PACKAGE}.widgets."):
            continue
        if bindings_of(value):
            yield value
        if home not in seen:
            yield from _widgets_of(home, seen)
