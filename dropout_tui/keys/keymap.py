"""The user's own keys: the ``[keys]`` table of `dropout.toml`, checked against what the screens bind."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

from textual.binding import Binding
from textual.keys import Keys
from textual.screen import ModalScreen

from dropout_tui.keys.binding_owners import app_class, bindings_of, keys_of, places

_MODIFIERS = frozenset({"ctrl", "shift", "alt", "super", "hyper", "meta"})

Ids = Mapping[str, Sequence[str]]
"""Keys, by their long names, of each binding id."""


@dataclass(frozen=True, slots=True)
class CheckedKeys:
    """The user's keys that can be used, and the problems with the others."""

    keymap: Mapping[str, str]
    """Binding id to keys, in the form of `App.set_keymap`."""
    problems: tuple[str, ...]
    """One line for each entry that cannot be used; that action keeps its keys."""


def checked_keys(wanted: Mapping[str, str]) -> CheckedKeys:
    """Check the ``[keys]`` table against all screens of the program."""
    contexts = list(_contexts())
    return check_keys(wanted, contexts)


def check_keys(wanted: Mapping[str, str], contexts: Iterable[Sequence[Binding]]) -> CheckedKeys:
    """Keep the entries of `wanted` that name a binding and a key, and do not take the key of another binding.

    A context is a set of bindings that can be reached at the same time.
    """
    contexts = list(contexts)
    known = {binding.id for context in contexts for binding in context if binding.id is not None}
    problems: list[str] = []
    taken: dict[str, tuple[str, ...]] = {}
    for identity, text in wanted.items():
        problem, keys = _read(identity, text, known)
        if problem:
            problems.append(problem)
        else:
            taken[identity] = keys
    while (clash := _first_clash(taken, contexts)) is not None:
        loser, key, holder = clash
        problems.append(f'keys: {loser} = "{key}" is the key of {holder} already; {loser} keeps its own')
        del taken[loser]
    keymap = {identity: ",".join(keys) for identity, keys in taken.items()}
    return CheckedKeys({**_neighbours(taken, contexts), **keymap}, tuple(problems))


def _read(identity: str, text: str, known: set[str]) -> tuple[str, tuple[str, ...]]:
    if identity not in known:
        near = get_close_matches(identity, known, 1)
        hint = f"did you mean {near[0]}?" if near else "dropout-tui keys lists them"
        return f"keys: there is no action {identity!r}; {hint}", ()
    parts = [part.strip() for part in text.split(",")] if text != "," else ["comma"]
    for part in parts:
        if not _is_key(part):
            return (
                f'keys: {identity} = "{text}": {part!r} is not a key; write such as "r", "f5" or "ctrl+r"',
                (),
            )
    return "", keys_of(Binding(",".join(parts), ""))


def _is_key(text: str) -> bool:
    if len(text) == 1:
        return text.isprintable()
    *modifiers, key = text.split("+")
    return set(modifiers) <= _MODIFIERS and key in _key_names()


@cache
def _key_names() -> frozenset[str]:
    marks = [mark for mark in string.punctuation if mark != ","]
    return frozenset(
        {str(key.value) for key in Keys}
        | set(string.ascii_lowercase + string.digits)
        | {keys_of(Binding(mark, ""))[0] for mark in marks}
        | {"comma", "space"}
    )


def _contexts() -> Iterator[tuple[Binding, ...]]:
    everywhere = bindings_of(app_class())
    for place in places():
        # Screens under a dialog get no keys.
        beneath = () if issubclass(place.screen, ModalScreen) else everywhere
        here = (*bindings_of(place.screen), *beneath)
        yield here
        for widget in place.widgets:
            yield (*bindings_of(widget), *here)


def _first_clash(
    taken: Mapping[str, tuple[str, ...]], contexts: Iterable[Sequence[Binding]]
) -> tuple[str, str, str] | None:
    """The id that must keep its old keys, the key, and the id that has it."""
    for context in contexts:
        merged = _merged(context)
        holders: dict[str, list[str]] = {}
        for identity, keys in merged.items():
            for key in taken.get(identity, keys):
                holders.setdefault(key, []).append(identity)
        for key, sharing in holders.items():
            for loser in (one for one in reversed(sharing) if one in taken and key not in merged[one]):
                # Two that share a key by default, as pause and resume do, may share another.
                others = [one for one in sharing if one != loser and not {*merged[one]} & {*merged[loser]}]
                if others:
                    return loser, key, others[0]
    return None


def _neighbours(
    taken: Mapping[str, tuple[str, ...]], contexts: Iterable[Sequence[Binding]]
) -> dict[str, str]:
    """Bindings that share a key with one that is moved. Unless told their keys, Textual takes that key from them."""
    stay: dict[str, str] = {}
    for context in contexts:
        merged = _merged(context)
        left = {key for identity in taken for key in merged.get(identity, ())}
        for identity, keys in merged.items():
            if identity not in taken and left & set(keys):
                stay[identity] = ",".join(keys)
    return stay


def _merged(context: Sequence[Binding]) -> Ids:
    merged: dict[str, list[str]] = {}
    for binding in context:
        if binding.id is not None:
            keys = merged.setdefault(binding.id, [])
            keys.extend(key for key in keys_of(binding) if key not in keys)
    return merged
