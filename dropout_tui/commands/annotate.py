"""``dropout-tui annotate``: gives a stored evaluation a name, a note and tags, or prints those it has."""

from __future__ import annotations

import json
from pathlib import Path

from dropout_core.values.annotation import AnnotationChange, AnnotationRefused
from dropout_tui.command_line.open_store import Complain, opened_store
from dropout_tui.command_line.options.annotation import refusal
from dropout_tui.exit_codes import EXIT_USAGE
from dropout_tui.text.sanitize import visible_line
from dropout_tui.text.words.annotation import annotation_lines


def annotate(path: Path, number: int, change: AnnotationChange, complain: Complain, *, as_json: bool) -> int:
    """Make `change`, and print the name, the note and the tags that the evaluation has then."""
    with opened_store(path, create=False) as store:
        try:
            before = store.annotation(number)
            strange = [tag for tag in change.remove if tag not in before.tags]
            if strange:
                has = f"it has {', '.join(before.tags)}" if before.tags else "it has none"
                complain(f"--untag: evaluation {number} has no tag {visible_line(strange[0])!r}; {has}")
                return EXIT_USAGE
            annotation = store.annotate(number, change)
        except AnnotationRefused as refused:
            complain(refusal(refused))
            return EXIT_USAGE
    if as_json:
        print(json.dumps({"type": "annotation", "id": number, **annotation.to_json()}))
    else:
        lines = list(annotation_lines(annotation)) or ["no name, no note, no tags"]
        print(f"Evaluation {number}:", *(f"  {line}" for line in lines), sep="\n")
    return 0
