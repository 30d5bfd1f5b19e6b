"""Rollouts of other programs: answers with what their file tells of them, read one by one, whatever its size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from dropout_core.completions import inspect_samples
from dropout_core.completions.formats import (
    LONGEST_LINE,
    Completion,
    Decoded,
    completions_of,
    decode,
    is_conversation,
)
from dropout_core.completions.known_facts import NOTHING_KNOWN, KnownFacts, known_facts
from dropout_core.values.files.user_file import open_file

LARGEST_DOCUMENT = 200 << 20
"""Bytes of a file that is one JSON value: it is read as a whole, unlike lines of JSON and archives."""
LINES_EXPECTED = (".jsonl", ".ndjson")
_LINES_LOOKED_AT = 50


class Unreadable(ValueError):
    """The file holds no rollouts, or cannot be read; the message is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class Rollout:
    """One answer with what is known of it, or the reason why there is none."""

    place: str
    """Where it stands: ``"line 7"``, ``"line 7, answer 2"``, ``"sample 3 (epoch 1)"``."""
    text: str
    facts: KnownFacts = NOTHING_KNOWN
    fault: str | None = None
    """What is wrong with it, as a clause: ``"is not JSON: …"``."""


def rollouts_in(path: Path) -> Iterator[Rollout]:
    """The rollouts of one file.

    Raises:
        Unreadable: it holds none at all.
    """
    try:
        with open_file(path) as file:
            yield from _rollouts(file, path.name)
    except inspect_samples.NoInspectLog as error:
        raise Unreadable(f"{str(path)!r} {error}") from None
    except OSError as error:
        raise Unreadable(f"cannot read {str(path)!r}: {error.strerror or error}") from None
    except (RuntimeError, ValueError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(f"cannot read {str(path)!r}: {error}") from None


def _rollouts(file: BinaryIO, name: str) -> Iterator[Rollout]:
    if inspect_samples.is_archive(file):
        for sample in inspect_samples.of_archive(file):
            yield _of_sample(sample)
        return
    document = _document(file)
    if document is None:
        yield from _of_lines(file, name)
        return
    value = document.value
    if isinstance(value, dict) and inspect_samples.is_log(value):
        for sample in inspect_samples.of_log(value):
            yield _of_sample(sample)
        return
    if isinstance(value, list) and _are_records(value):
        for number, item in enumerate(value, 1):
            yield from _of_record(number, item, "item")
    else:
        number, _ = next(_lines(file))
        yield from _of_record(number, value, "line")


def _of_sample(sample: inspect_samples.Sample) -> Rollout:
    return Rollout(sample.place, sample.text, sample.facts, sample.fault)


def _document(file: BinaryIO) -> Decoded | None:
    """The JSON value that the whole file is; ``None`` where it is lines of JSON, or none of both."""
    first = list(islice(_lines(file), 2))
    if not first:
        return None
    begins = decode(first[0][1])
    if len(first) == 2 and isinstance(begins, Decoded) and isinstance(begins.value, dict | list):
        return None
    size = file.seek(0, 2)
    if size > LARGEST_DOCUMENT:
        return None
    file.seek(0)
    whole = decode(file.read())
    return whole if isinstance(whole, Decoded) and isinstance(whole.value, dict | list) else None


def _are_records(values: Sequence[object]) -> bool:
    """Whether these are answers, and not the turns of one conversation."""
    return any(isinstance(one, dict) for one in values) and not is_conversation(values)


def _of_lines(file: BinaryIO, name: str) -> Iterator[Rollout]:
    begun = [decode(line) for _, line in islice(_lines(file), _LINES_LOOKED_AT)]
    if not any(isinstance(one, Decoded) and isinstance(one.value, dict) for one in begun):
        if not begun or name.endswith(LINES_EXPECTED):
            first = next((one for one in begun if isinstance(one, str)), "holds no objects") if begun else ""
            raise Unreadable(
                f"{name!r} holds no completions{f': its first line {first}' if first else ''};"
                " each line is an object with 'completion', 'solution' or 'messages'"
            )
        raise Unreadable(
            f"{name!r} is neither lines of JSON nor an Inspect log; a single answer is judged by: dropout-tui grade"
        )
    for number, line in _lines(file):
        if len(line) > LONGEST_LINE:
            yield Rollout(f"line {number}", "", fault=f"is longer than {LONGEST_LINE >> 20} MB")
            continue
        decoded = decode(line)
        if isinstance(decoded, str):
            yield Rollout(f"line {number}", "", fault=decoded)
        else:
            yield from _of_record(number, decoded.value, "line")


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Non-blank lines from the beginning on, with their numbers; of one that is too long, only its beginning."""
    file.seek(0)
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        rest = line
        while len(rest) > LONGEST_LINE and not rest.endswith(b"\n"):
            rest = file.readline(LONGEST_LINE + 1)
        if line.strip():
            yield number, line


def _of_record(number: int, record: object, unit: str) -> Iterator[Rollout]:
    facts = known_facts(record)
    completions = completions_of(number, record)
    if len(completions) > 1:
        # The tokens that were counted are those of all answers together.
        facts = replace(
            facts,
            output_tokens=0,
            thinking_tokens=0,
            seconds=0.0,
            stop_reason=_only(record, facts.stop_reason),
        )
    for one in completions:
        yield _rollout(one, facts, unit)


def _only(record: object, stop_reason: str | None) -> str | None:
    """The stop reason of several answers, where there is one for all."""
    choices = record.get("choices") if isinstance(record, Mapping) else None
    if not isinstance(choices, list):
        return stop_reason
    said = {known_facts(choice).stop_reason for choice in choices}
    return stop_reason if len(said) == 1 else None


def _rollout(one: Completion, facts: KnownFacts, unit: str) -> Rollout:
    place = f"{unit} {one.line}" + ("" if one.sample is None else f", answer {one.sample}")
    if one.fault is None:
        return Rollout(place, one.text, facts)
    refused = facts.stop_reason == "refusal"
    fault = None if refused else one.fault if facts.error is None else f"holds no answer: {facts.error}"
    return Rollout(place, "", facts, fault)
