"""Names, notes and tags of the stored evaluations. They change at any time, whoever runs the evaluation."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from dropout_core.values.annotation import UNANNOTATED, Annotation, AnnotationRefused
from dropout_core.values.stored.compact_json import dump
from dropout_core.values.stored.value import Unreadable, json_value, sequence_of, text

UNREADABLE = Annotation(note="(the name, note and tags cannot be read)")
"""Stands for a damaged one until another is stored."""
_KEEP = "INSERT OR REPLACE INTO annotations VALUES (?, ?, ?, ?)"
_KEPT = "SELECT evaluation, name, note, tags FROM annotations"
_tags = sequence_of(text)


def keep_annotation(connection: sqlite3.Connection, evaluation: int, annotation: Annotation) -> None:
    """Store an annotation in the place of the one before."""
    tags = dump(list(annotation.tags))
    connection.execute(_KEEP, (evaluation, annotation.name, annotation.note, tags))


def kept_annotation(connection: sqlite3.Connection, evaluation: int) -> Annotation:
    """The annotation of one evaluation; empty where none was stored."""
    try:
        rows = connection.execute(f"{_KEPT} WHERE evaluation = ?", (evaluation,)).fetchall()
    except sqlite3.DataError:
        return UNREADABLE
    return _read(*rows[0][1:]) if rows else UNANNOTATED


def numbers_named(connection: sqlite3.Connection, name: str) -> list[int]:
    """The numbers of the evaluations that have this name, the lowest first."""
    rows = connection.execute(
        "SELECT evaluation FROM annotations WHERE name = ? ORDER BY evaluation", (name,)
    )
    return [number for (number,) in rows]


def kept_annotations(connection: sqlite3.Connection) -> Mapping[int, Annotation]:
    """All annotations, by the numbers of their evaluations."""
    try:
        return {number: _read(*row) for number, *row in connection.execute(_KEPT)}
    except sqlite3.DataError:
        # One of them is too large to be read; the others are not.
        numbers = connection.execute("SELECT evaluation FROM annotations").fetchall()
        return {number: kept_annotation(connection, number) for (number,) in numbers}


def _read(name: object, note: object, tags: object) -> Annotation:
    try:
        return Annotation(text(name), text(note), _tags(json_value(tags)))
    except (Unreadable, AnnotationRefused):
        return UNREADABLE
