"""Samples of Inspect AI logs, ``.eval`` archives and JSON, read without that package."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from dropout_core.completions.formats import answers_of, submission_of
from dropout_core.completions.known_facts import KnownFacts, known_facts, stop_reason_of
from dropout_core.completions.zip_members import NoZstandard, content_of

_ARCHIVE = b"PK\x03\x04"
_LARGEST_MEMBER = 200 << 20
_ATTACHED = "attachment://"


class NoInspectLog(ValueError):
    """It is an archive and no readable log; the message is a clause that says what to do."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample of a log."""

    place: str
    text: str
    facts: KnownFacts
    fault: str | None = None


def is_archive(file: BinaryIO) -> bool:
    """Whether the file begins as a ``.eval`` archive does."""
    file.seek(0)
    return file.read(len(_ARCHIVE)) == _ARCHIVE


def is_log(value: object) -> bool:
    """Whether a decoded JSON value is a log."""
    return isinstance(value, dict) and isinstance(value.get("eval"), dict) and "samples" in value


def of_log(value: Mapping[str, Any]) -> Iterator[Sample]:
    """The samples of a log in JSON."""
    for sample in value["samples"] or ():
        if isinstance(sample, dict):
            yield _sample(sample, value["eval"])


def of_archive(file: BinaryIO) -> Iterator[Sample]:
    """The samples of an archive, in its order.

    Raises:
        NoInspectLog: it cannot be read.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            spec = _spec(archive, file)
            members = [one for one in archive.infolist() if one.filename.startswith("samples/")]
            for member in members:
                try:
                    sample = _member(member, archive, file)
                except NoInspectLog as error:
                    yield Sample(member.filename.removeprefix("samples/"), "", KnownFacts(), str(error))
                else:
                    yield _sample(sample, spec)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise NoInspectLog(f"is a damaged archive: {error}") from None
    except (NotImplementedError, NoZstandard) as error:
        raise NoInspectLog(str(error)) from None


def spec_of_archive(file: BinaryIO) -> Mapping[str, Any]:
    """What an archive says of the evaluation as a whole; empty where it cannot be read."""
    try:
        with zipfile.ZipFile(file) as archive:
            return _spec(archive, file)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, NoZstandard):
        return {}


def _spec(archive: zipfile.ZipFile, file: BinaryIO) -> Mapping[str, Any]:
    for name in ("header.json", "_journal/start.json"):
        if name in archive.namelist():
            spec = _member(archive.getinfo(name), archive, file).get("eval")
            if isinstance(spec, dict):
                return spec
    raise NoInspectLog("is an archive, and no Inspect log: it has no header.json")


def _member(member: zipfile.ZipInfo, archive: zipfile.ZipFile, file: BinaryIO) -> dict[str, Any]:
    if member.file_size > _LARGEST_MEMBER:
        raise NoInspectLog(f"is larger than {_LARGEST_MEMBER >> 20} MB")
    try:
        value = json.loads(content_of(member, archive, file))
    except (ValueError, RecursionError) as error:
        raise NoInspectLog(f"is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise NoInspectLog("is no object")
    return value


def _sample(sample: Mapping[str, Any], spec: Mapping[str, Any]) -> Sample:
    epoch = sample.get("epoch")
    place = f"sample {sample.get('id', '?')}" + ("" if epoch in (None, 1) else f", epoch {epoch}")
    attached = sample.get("attachments")
    whole = _with_attachments(dict(sample), attached if isinstance(attached, dict) else {})
    facts = _facts(whole, spec)
    text = _answer(whole)
    if facts.error is not None:
        return Sample(place, text or "", facts, f"ended with an error: {facts.error}")
    if text is None and facts.stop_reason != "refusal":
        return Sample(place, "", facts, "holds no answer")
    return Sample(place, text or "", facts)


def _with_attachments(value: Any, attached: Mapping[str, Any]) -> Any:
    """`value` with the long texts that the sample keeps apart put back in their places."""
    if not attached:
        return value
    match value:
        case str() if value.startswith(_ATTACHED):
            return attached.get(value.removeprefix(_ATTACHED), value)
        case list():
            return [_with_attachments(one, attached) for one in value]
        case dict():
            return {key: _with_attachments(one, attached) for key, one in value.items() if key != "events"}
        case _:
            return value


def _facts(sample: Mapping[str, Any], spec: Mapping[str, Any]) -> KnownFacts:
    output = _mapping(sample.get("output"))
    usage = _sum(list(_mapping(sample.get("model_usage")).values())) or _mapping(output.get("usage"))
    facts = known_facts(
        {"usage": usage, "working_time": sample.get("working_time"), "error": sample.get("error")}
    )
    choice = next((one for one in _list(output.get("choices")) if isinstance(one, dict)), {})
    said = choice.get("stop_reason")
    model = output.get("model") or spec.get("model")
    return replace(
        facts,
        model=model if isinstance(model, str) and model else None,
        prompt=_prompt(sample.get("input")),
        stop_reason=stop_reason_of(said) if isinstance(said, str) else None,
    )


def _sum(usages: Sequence[Any]) -> dict[str, int]:
    """Tokens of all models that a sample used."""
    total: dict[str, int] = {}
    for usage in usages:
        for name, value in _mapping(usage).items():
            if type(value) is int:
                total[name] = total.get(name, 0) + value
    return total


def _prompt(given: Any) -> str | None:
    if isinstance(given, str):
        return given or None
    texts = answers_of([{"role": "assistant", "content": one.get("content")} for one in _list(given)
                        if isinstance(one, dict) and one.get("role") == "user"])  # fmt: skip
    return texts[0] if texts and texts[0] else None


def _answer(sample: Mapping[str, Any]) -> str | None:
    """What the sample submits, or else its completion."""
    turns = [_turn(one) for one in _list(sample.get("messages")) if isinstance(one, dict)]
    output = _mapping(sample.get("output"))
    submitted = submission_of(turns)
    if submitted is not None:
        return submitted
    spoken = (*_completion(output)[:1], *answers_of(turns)[:1])
    return next((text for text in spoken if text.strip()), None)


def _completion(output: Mapping[str, Any]) -> list[str]:
    completion = output.get("completion")
    return [completion] if isinstance(completion, str) else answers_of(output.get("choices"))


def _turn(message: Mapping[str, Any]) -> dict[str, Any]:
    """A turn with its tool calls in the form of other programs."""
    calls = [
        {"name": call.get("function"), "arguments": call.get("arguments")}
        for call in _list(message.get("tool_calls"))
        if isinstance(call, dict)
    ]
    return {**message, "tool_calls": calls} if calls else dict(message)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
