"""Variants of a prompt: what a person made of one that is built in or stands in a file, under a name of its own."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from dropout_core.task.prompt import states
from dropout_core.task.requirement import Explicitness, Requirement
from dropout_core.values.files.text_file import MAX_BYTES
from dropout_core.values.known_secrets import refuse_secrets

LONGEST_NAME = 40
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_NUMBERED = re.compile(r"(.+)-[0-9]+")
_ODD = re.compile(r"[^A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class PromptVariant:
    """A prompt that a person made from another."""

    name: str
    text: str
    made_from: str
    """The built-in prompt that it goes back to, or the path of the file."""


def is_prompt_name(name: str) -> bool:
    """Whether a variant may be called so."""
    try:
        return parse_prompt_name(name) == name
    except ValueError:
        return False


def parse_prompt_name(text: str) -> str:
    """The name of a variant.

    Raises:
        ValueError: it is none; with one line that says what to write.
    """
    name = text.strip()
    if name in set(Explicitness):
        raise ValueError(f"{name!r} is the name of a built-in prompt; give another")
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        wrong = f"{name!r} is not a name for a prompt; write" if name else "write"
        raise ValueError(f"{wrong} one word of letters, digits, '-', '_' and '.', such as plain-2")
    return name


def next_name(origin: str, taken: Collection[str]) -> str:
    """A name that is not taken, for a variant of `origin`: ``plain`` gives ``plain-2``, and ``plain-2`` ``plain-3``."""
    base = origin if origin in set(Explicitness) else _ODD.sub("-", PurePath(origin).stem).strip("-._")
    if (numbered := _NUMBERED.fullmatch(base)) is not None:
        base = numbered[1]
    base = base[: LONGEST_NAME - 7] or "prompt"
    # One of these is free: there are more of them than names that are taken.
    return next(name for number in range(2, len(taken) + 3) if (name := f"{base}-{number}") not in taken)


def parse_prompt_text(text: str) -> str:
    """The text of a variant, without surrounding white space.

    Raises:
        ValueError: it is empty or too long, or holds a key; with one line that says what to do.
    """
    stripped = text.strip()
    if not stripped:
        raise ValueError("the prompt is empty; write what the model is asked")
    if len(stripped.encode(errors="replace")) > MAX_BYTES:
        raise ValueError("the prompt is larger than 1 MB; write a shorter one")
    refuse_secrets(stripped, "prompt")
    return stripped


def no_longer_stated(before: str, after: str, requirements: Sequence[Requirement]) -> tuple[Requirement, ...]:
    """The requirements that one text states and the other, made from it, does not."""
    return tuple(one for one in requirements if states(after, one) is False and states(before, one))


def diff_of_prompts(before: str, after: str, name: str, other: str) -> tuple[str, ...]:
    """A unified diff, line by line; empty when the texts are equal."""
    if before == after:
        return ()
    lines = before.splitlines(), after.splitlines()
    return tuple(difflib.unified_diff(*lines, name, other, lineterm="", n=2))
