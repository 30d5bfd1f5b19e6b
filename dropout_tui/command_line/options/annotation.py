"""The options that give an evaluation a name, a note and tags."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from dropout_core.values.annotation import MOST_NAME, MOST_NOTE, AnnotationChange, AnnotationRefused
from dropout_tui.command_line.options.shared import ID, Options, add_store

_GIVEN_BY = {"name": "--name", "note": "--note", "tags": "--tag"}


def add_annotate(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the command; `add` makes its parser."""
    annotate = add(
        "annotate",
        help="give an evaluation a name, a note and tags",
        description="Gives a stored evaluation a name, a note and tags, also while it runs, and prints those it has"
        " then. Other commands take the name in the place of the number, and the history finds all three.",
    )
    annotate.add_argument("id", metavar="ID", help=ID)
    add_annotation_options(annotate)
    annotate.add_argument(
        "--untag", metavar="TAG", action="append", default=[], help="take a tag away; may be repeated"
    )
    annotate.add_argument("--json", action="store_true", dest="as_json", help="one JSON object")
    add_store(annotate)


def add_annotation_options(parser: Options) -> None:
    """Add what a name, a note and tags are given by."""
    parser.add_argument(
        "--name", metavar="NAME", help=f"what to call it, in up to {MOST_NAME} characters ('' takes it away)"
    )
    parser.add_argument(
        "--note",
        metavar="TEXT",
        help=f"a line about it, of up to {MOST_NOTE:,} characters ('' takes it away)",
    )
    parser.add_argument(
        "--tag", metavar="TAG", action="append", default=[], help="a word to find it by; may be repeated"
    )


def annotation_change(options: argparse.Namespace) -> AnnotationChange:
    """What these options ask for; nothing where a command has none of them."""
    given = vars(options)
    return AnnotationChange(
        given.get("name"), given.get("note"), tuple(given.get("tag", ())), tuple(given.get("untag", ()))
    )


def refusal(refused: AnnotationRefused) -> str:
    """The line about an annotation that cannot be kept, by the option that gave it."""
    return f"{_GIVEN_BY[refused.field]}: {refused}"
