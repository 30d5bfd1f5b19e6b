"""A name, a note and tags in lines."""

from __future__ import annotations

from collections.abc import Iterator

from dropout_core.values.annotation import Annotation
from dropout_tui.text.sanitize import visible_line


def annotation_lines(annotation: Annotation) -> Iterator[str]:
    """What there is of a name, tags and a note, a line each."""
    if annotation.name:
        yield f"Name: {visible_line(annotation.name)}"
    if annotation.tags:
        yield f"Tags: {visible_line(', '.join(annotation.tags))}"
    if annotation.note:
        yield f"Note: {visible_line(annotation.note)}"
