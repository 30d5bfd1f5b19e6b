"""What a person adds to an evaluation to find it by: a name, a note and tags."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

MOST_NAME = 60
MOST_NOTE = 1_000
MOST_TAG = 40
"""Most characters of each."""
MOST_TAGS = 20
_BETWEEN_TAGS = re.compile(r"[\s,]+")


class AnnotationRefused(ValueError):
    """A name, a note or a tag cannot be kept; the message says what may be, and `field` which of them it is."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


@dataclass(frozen=True, slots=True)
class Annotation:
    """A name, a note and tags; empty where there is none."""

    name: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what could not be shown on a line, or be typed where it is searched.

        Raises:
            AnnotationRefused: one of them is too long, or holds what it may not.
        """
        _check_line("name", self.name, MOST_NAME)
        if self.name.lstrip("#").isdecimal():
            raise AnnotationRefused("name", "a number is no name, since evaluations have numbers; add a word")
        if self.name.startswith("-"):
            raise AnnotationRefused("name", "a name begins with no minus, which begins options")
        _check_line("note", self.note, MOST_NOTE)
        for tag in self.tags:
            _check_line("tags", tag, MOST_TAG)
            if not tag or tag.startswith("-") or any(sign.isspace() or sign == "," for sign in tag):
                raise AnnotationRefused(
                    "tags", "a tag is one word, without commas, that begins with no minus"
                )
        if len(self.tags) > MOST_TAGS:
            raise AnnotationRefused("tags", f"an evaluation has at most {MOST_TAGS} tags")

    def __bool__(self) -> bool:
        return bool(self.name or self.note or self.tags)

    @property
    def label(self) -> str:
        """The name with the tags after it: ``small prompt [base, night]``; empty where there are none."""
        tags = f"[{', '.join(self.tags)}]" if self.tags else ""
        return " ".join(filter(None, (self.name, tags)))

    def to_json(self) -> dict[str, Any]:
        """The three as plain JSON values."""
        return {"name": self.name, "note": self.note, "tags": list(self.tags)}


@dataclass(frozen=True, slots=True)
class AnnotationChange:
    """What is to become of an annotation. What is ``None``, or not among the tags, stays as it is."""

    name: str | None = None
    note: str | None = None
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()

    @classmethod
    def to(cls, annotation: Annotation) -> AnnotationChange:
        """The change that gives an evaluation `annotation` that has none yet."""
        return cls(annotation.name, annotation.note, annotation.tags)

    def of(self, before: Annotation) -> Annotation:
        """`before` with the change; blanks around a text are dropped.

        Raises:
            AnnotationRefused: what comes out cannot be kept.
        """
        kept = [tag for tag in before.tags if tag not in self.remove]
        return Annotation(
            before.name if self.name is None else self.name.strip(),
            before.note if self.note is None else self.note.strip(),
            tuple(dict.fromkeys((*kept, *self.add))),
        )


def parse_tags(text: str) -> tuple[str, ...]:
    """The tags that are typed between blanks or commas, each once."""
    return tuple(dict.fromkeys(filter(None, _BETWEEN_TAGS.split(text))))


def _check_line(field: str, text: str, most: int) -> None:
    if len(text) > most:
        raise AnnotationRefused(field, f"it has {len(text):,} characters; give at most {most:,}")
    if not text.isprintable():
        raise AnnotationRefused(
            field, "it holds a character that cannot be seen; give plain text on one line"
        )


UNANNOTATED = Annotation()
UNCHANGED = AnnotationChange()
