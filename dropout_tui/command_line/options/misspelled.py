"""The option that is meant by one that there is not."""

from __future__ import annotations

from difflib import get_close_matches

_OTHER_WORDS = {
    "trials": "runs",
    "samples": "runs",
    "iterations": "runs",
    "parallel": "concurrency",
    "workers": "concurrency",
}
"""Option names that other programs use, with the ones used here."""
_SIMILAR = 0.7
"""The least difflib ratio of a misspelling: two letters swapped in ``runs`` give 0.75."""


def meant_option(name: str, options: frozenset[str]) -> str | None:
    """The option that `name` is a synonym, a misspelling or a part of."""
    names = sorted(option.removeprefix("--") for option in options if option.startswith("--"))
    if (known := _OTHER_WORDS.get(name)) in names:
        return f"--{known}"
    near = [each for each in names if sorted(each) == sorted(name)]  # letters in another order
    near += get_close_matches(name, names, 1, cutoff=_SIMILAR)
    near += [each for each in names if name in each.split("-")]
    return f"--{near[0]}" if near else None
