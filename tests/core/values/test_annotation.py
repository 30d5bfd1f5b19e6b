"""Names, notes and tags: what may be kept, and what a change makes of them."""

from __future__ import annotations

import pytest

from dropout_core.values.annotation import (
    MOST_NAME,
    MOST_NOTE,
    MOST_TAG,
    MOST_TAGS,
    UNANNOTATED,
    Annotation,
    AnnotationChange,
    AnnotationRefused,
)


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"name": "n" * (MOST_NAME + 1)}, "name", "61 characters; give at most 60"),
        ({"name": "12"}, "name", "a number is no name"),
        ({"name": "#12"}, "name", "a number is no name"),
        ({"name": "--json"}, "name", "begins with no minus"),
        ({"name": "a\x1b[2Jb"}, "name", "a character that cannot be seen"),
        ({"note": "two\nlines"}, "note", "plain text on one line"),
        ({"note": "\u202egnorw"}, "note", "a character that cannot be seen"),
        ({"note": "n" * (MOST_NOTE + 1)}, "note", "1,001 characters; give at most 1,000"),
        ({"tags": ("two words",)}, "tags", "one word"),
        ({"tags": ("a,b",)}, "tags", "without commas"),
        ({"tags": ("",)}, "tags", "one word"),
        ({"tags": ("t" * (MOST_TAG + 1),)}, "tags", "41 characters; give at most 40"),
        ({"tags": tuple(f"t{number}" for number in range(MOST_TAGS + 1))}, "tags", "at most 20 tags"),
    ],
)
def test_what_cannot_be_shown_or_typed_is_refused_with_what_may_be(
    given: dict[str, object], field: str, words: str
) -> None:
    with pytest.raises(AnnotationRefused) as refused:
        Annotation(**given)  # type: ignore[arg-type]
    assert refused.value.field == field
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_change_leaves_what_it_does_not_name() -> None:
    before = Annotation("small", "a note", ("a", "b"))
    assert AnnotationChange().of(before) == before
    assert AnnotationChange(name=" large ").of(before) == Annotation("large", "a note", ("a", "b"))
    assert AnnotationChange(note="", add=("c", "a"), remove=("b",)).of(before) == Annotation(
        "small", "", ("a", "c")
    )
    assert not AnnotationChange(name="").of(Annotation("small"))


def test_the_label_is_the_name_with_the_tags() -> None:
    assert Annotation("small", tags=("a", "b")).label == "small [a, b]"
    assert Annotation(tags=("a",)).label == "[a]"
    assert UNANNOTATED.label == ""
