"""The name, the note and the tags of an evaluation as they are typed, and the change that they ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dropout_core.values.annotation import Annotation, AnnotationChange, AnnotationRefused, parse_tags


@dataclass(frozen=True, slots=True)
class AnnotationForm:
    """The fields as they were typed; tags stand between blanks or commas."""

    name: str
    note: str
    tags: str

    @classmethod
    def of(cls, annotation: Annotation) -> AnnotationForm:
        """The form that asks for `annotation`."""
        return cls(annotation.name, annotation.note, " ".join(annotation.tags))


def annotation_change(form: AnnotationForm, now: Annotation) -> AnnotationChange | Mapping[str, str]:
    """What `form` makes of the annotation that was shown, or what is wrong with it, by field.

    What was not touched is left out, so that it stays although another program has changed it meanwhile.
    """
    shown = AnnotationForm.of(now)
    typed = parse_tags(form.tags)
    change = AnnotationChange(
        None if form.name == shown.name else form.name,
        None if form.note == shown.note else form.note,
        tuple(tag for tag in typed if tag not in now.tags),
        tuple(tag for tag in now.tags if tag not in typed),
    )
    try:
        change.of(now)
    except AnnotationRefused as refused:
        return {refused.field: str(refused)}
    return change
