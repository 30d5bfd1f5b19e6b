"""The filter of the table of runs and of the history: its syntax, and whether a row matches.

failed scaling            rows that say both
failed | void             rows that say one or the other
check:scaling|rate        one or the other in one field, for bars without blanks
code:random.rand          in the code alone; so with every `Field`
code:"x * mask | y"       blanks and bars inside quotes belong to the word
!passed                   rows that do not say it
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Field(StrEnum):
    """The field in which a word is searched."""

    ANY = ""
    CHECK = "check"
    CODE = "code"
    FLAG = "flag"
    NAME = "name"
    NOTE = "note"
    REASON = "reason"
    REPLY = "reply"
    RUN = "run"
    STATUS = "status"
    TAG = "tag"


class SearchText(NamedTuple):
    """The texts of a row that a filter searches, in lower case. Runs and evaluations have different ones."""

    run: str
    status: str
    check: str = ""
    reason: str = ""
    code: str = ""
    flag: str = ""
    reply: str | None = None
    """Its conversation; ``None`` until it has been read."""
    name: str = ""
    note: str = ""
    tag: str = ""
    """All tags, a line each."""


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a filter, in lower case."""

    word: str
    field: Field = Field.ANY
    excluded: bool = False

    def matches(self, said: SearchText) -> bool:
        """Whether a row contains it or, if it is negated, does not. While the text is unknown, neither matches."""
        if self.field is Field.REPLY and said.reply is None:
            return False
        return self._is_said(said) is not self.excluded

    def _is_said(self, said: SearchText) -> bool:
        word = self.word
        match self.field:
            case Field.ANY:
                return any(word in getattr(said, field) for field in _BY_ANY)
            case Field.CHECK:
                return word in said.check
            case Field.CODE:
                return word in said.code
            case Field.FLAG:
                return word in said.flag
            case Field.NAME:
                return word in said.name
            case Field.NOTE:
                return word in said.note
            case Field.REASON:
                return word in said.reason
            case Field.REPLY:
                return word in (said.reply or "")
            case Field.RUN:
                return word == said.run
            case Field.STATUS:
                return word in said.status
            case Field.TAG:
                return word in said.tag


Choices = tuple[Term, ...]
"""A choice: a row has to match one of these terms."""


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed filter: a row has to match one of `ways`, which means one term of each of its choices."""

    ways: tuple[tuple[Choices, ...], ...] = ()
    unknown: tuple[str, ...] = ()
    """Names before a colon that are no fields; such words are searched as they were typed."""

    def __bool__(self) -> bool:
        return bool(self.ways)

    @property
    def asks_for_replies(self) -> bool:
        """Whether it needs conversations to be read."""
        terms = (term for way in self.ways for choices in way for term in choices)
        return any(term.field is Field.REPLY for term in terms)

    def matches(self, said: SearchText) -> bool:
        """Whether a row matches."""
        return not self.ways or any(
            all(any(term.matches(said) for term in choices) for choices in way) for way in self.ways
        )


EVERY_ROW = Query()
_BY_ANY = ("status", "check", "reason", "code", "flag", "name", "note", "tag")
"""The texts that a word without a field is searched in."""
HISTORY_FIELDS = {field.value: field for field in (Field.NAME, Field.NOTE, Field.TAG)}
"""The fields of stored evaluations."""
FIELDS = {field.value: field for field in Field if field and field.value not in HISTORY_FIELDS}
"""Those of runs."""

_TERM = re.compile(r"""(!?)(?:([a-z][a-z_-]*):)?(?:"([^"]*)"?|([^\s|]+))""")
_ONE = r"""!?(?:[a-z][a-z_-]*:)?(?:"[^"]*"?|[^\s|]+)"""
_CHOICES = re.compile(rf"{_ONE}(?:\|{_ONE})*|\|")
"""Terms joined by bars without blanks, or a bar by itself."""
_HALF_TYPED = {"!", *(f"{not_}{name}:" for name in (*FIELDS, *HISTORY_FIELDS) for not_ in ("", "!"))}


def read_query(text: str, fields: Mapping[str, Field] = FIELDS) -> Query:
    """Parse a filter whose words may name `fields`; a half-typed one is parsed as far as possible.

    A word with another name before its colon is searched as it was typed.
    """
    ways: list[list[Choices]] = [[]]
    unknown: list[str] = []
    for choices in _CHOICES.findall(text.casefold()):
        if choices == "|":
            ways.append([])
            continue
        terms = tuple(_terms(choices, unknown, fields))
        if terms:
            ways[-1].append(terms)
    return Query(tuple(tuple(way) for way in ways if way), tuple(dict.fromkeys(unknown)))


def unknown_words(query: Query) -> str:
    """The note about names that are no fields; empty when all are."""
    if not query.unknown:
        return ""
    return f"no field {', '.join(query.unknown)}; fields: {', '.join(FIELDS)}"


def _terms(choices: str, unknown: list[str], fields: Mapping[str, Field]) -> Iterator[Term]:
    """The terms between the bars: one without a field is searched in the field of the one before it."""
    field = Field.ANY
    for match in _TERM.finditer(choices):
        excluded, name = bool(match[1]), match[2]
        word = match[4] if match[3] is None else match[3]
        if not word or match.group() in _HALF_TYPED:
            continue
        if name is None or name in fields:
            field = fields.get(name or "", field)
            yield Term(word, field, excluded)
        else:
            unknown.append(name)
            yield Term(f"{name}:{word}", excluded=excluded)
