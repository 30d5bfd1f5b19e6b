"""The task clean_records: rows of dicts in, rows out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import numpy as np

from dropout_core.task import Call, Requirement, SuiteChange, Task, input_untouched, matches

Row = dict[str, Any]
T = TypeVar("T")

KEYS = ("name", "email", "age")
NAMES = ("Ada Lovelace", "Alan Turing", "Grace Hopper", "Kurt Gödel", "Emmy Noether", "Srinivasa Ramanujan")
OLDEST = 150


def clean_records(rows: list[Row]) -> list[Row]:
    """Reference solution."""
    cleaned: list[Row] = []
    seen: set[str] = set()
    for row in rows:
        name = " ".join((row.get("name") or "").split())
        email = _email(row.get("email"))
        if not name or email in seen:
            continue
        if email is not None:
            seen.add(email)
        cleaned.append({"name": name, "email": email, "age": _age(row.get("age"))})
    return cleaned


def _email(given: str | None) -> str | None:
    email = (given or "").strip().lower()
    user, at, host = email.partition("@")
    return email if user and at and host and "@" not in host else None


def _age(given: Any) -> int | None:
    if isinstance(given, str):
        text = given.strip()
        given = int(text) if text.isascii() and text.isdigit() else None
    if type(given) is not int or not 0 <= given <= OLDEST:
        return None
    return given


def _rows(rng: np.random.Generator, count: int) -> list[Row]:
    """Clean rows. Emails and ages differ, and names as far as there are enough of them."""
    names = _shuffled(rng, NAMES)
    ages = rng.choice(np.arange(1, OLDEST), count, replace=False)
    return [
        {
            "name": names[number % len(names)],
            "email": f"user{number}.{int(rng.integers(1000))}@example.org",
            "age": int(age),
        }
        for number, age in enumerate(ages)
    ]


def _shuffled(rng: np.random.Generator, items: Sequence[T]) -> list[T]:
    return [items[place] for place in rng.permutation(len(items))]


def _out_of_order(rng: np.random.Generator, rows: list[Row]) -> list[Row]:
    """The rows, so shuffled that sorting them by any key moves some. They are three or more, not all of one name."""
    while True:
        shuffled = _shuffled(rng, rows)
        if not any(_in_order([row[key] for row in shuffled]) for key in KEYS):
            return shuffled


def _in_order(values: list[Any]) -> bool:
    """Whether they go up, or down."""
    return values in (sorted(values), sorted(values, reverse=True))


def _mixed(rng: np.random.Generator, field: str, values: Sequence[Any]) -> Iterator[Call]:
    """Rows with each of the values once, and some that are clean, shuffled."""
    rows = _rows(rng, len(values) + 3)
    for row, value in zip(rows, values, strict=False):
        row[field] = value
    yield Call(_shuffled(rng, rows))


def _clean(rng: np.random.Generator) -> Iterator[Call]:
    for count in (1, 2):
        yield Call(_rows(rng, count))
    yield Call(_out_of_order(rng, _rows(rng, len(NAMES) + 1)))


def _names(rng: np.random.Generator) -> Iterator[Call]:
    name = NAMES[int(rng.integers(len(NAMES)))]
    yield from _mixed(
        rng, "name", (f"  {name}", f"{name} \n", name.replace(" ", " \t  "), "", "   ", None, name)
    )


def _emails(rng: np.random.Generator) -> Iterator[Call]:
    bad = ("", "  ", None, "nobody", "@example.org", "nobody@", "a@b@c", "@")
    good = tuple(f" Some.One{number}@Example.ORG " for number in range(3))
    yield from _mixed(rng, "email", (*bad, *good))


def _ages(rng: np.random.Generator) -> Iterator[Call]:
    age = int(rng.integers(10, 100))
    yield from _mixed(
        rng, "age", (age, str(age), f" {age} ", "0", 0, OLDEST, "150", -1, "-1", 151, "151", 10**6)
    )
    yield from _mixed(rng, "age", ("", "unknown", None, f"{age}.5", f"{age} years", "1e2"))


def _duplicates(rng: np.random.Generator) -> Iterator[Call]:
    """Equal emails in rows that have nothing else in common."""
    nameless, *rows = _rows(rng, len(NAMES))
    nameless["name"] = " "
    nameless["email"] = rows[2]["email"]
    rows[3]["email"] = rows[0]["email"].upper()
    rows[4]["email"] = f" {rows[1]['email']} "
    without = _rows(rng, 2)
    for row in without:
        row["email"] = None
    yield Call([nameless, *rows, *without])


def _keys(rng: np.random.Generator) -> Iterator[Call]:
    rows = _rows(rng, 5)
    for row in rows[:2]:
        row |= {"phone": "555", "": None}
    for row, missing in zip(rows[2:], ("email", "age", "name"), strict=True):
        del row[missing]
    yield Call(rows)


def _to_be_changed(rng: np.random.Generator) -> Iterator[Call]:
    """Rows whose every value is cleaned, and some that are left out: whatever is done in place shows."""
    rows = _rows(rng, 6)
    for row in rows:
        row |= {"name": f" {row['name']} ", "email": f" {row['email'].upper()} ", "age": f" {row['age']} "}
    rows[2]["email"] = rows[0]["email"]
    rows[3]["name"] = None
    rows[4]["phone"] = "555"
    yield Call(rows)
    yield from _names(rng)


def _odd_ages(rng: np.random.Generator) -> Iterator[Call]:
    yield from _mixed(rng, "age", (True, False, 42.0, 41.5, float("nan"), "٤٢", "+5", "1_0"))


def _nothing(_: np.random.Generator) -> Iterator[Call]:
    yield Call([])


_AS_EXPECTED = matches(clean_records, rtol=0)

task = Task(
    name="clean_records",
    function="clean_records",
    signature="clean_records(rows)",
    opening="Write a Python function `clean_records(rows)` that cleans a list of records.",
    requirements=(
        Requirement(
            "rows",
            {
                "explicit": (
                    "`rows` is a list of dicts with the keys `name`, `email` and `age`. Return a new list of new dicts"
                    " with the same keys, in the same order. What is clean already stays as it is."
                ),
                "plain": "`rows` is a list of dicts with `name`, `email` and `age`; it returns such a list, in order.",
                "terse": "List of dicts (`name`, `email`, `age`) in, the same out, in order.",
            },
            title="Rows",
            failure="Clean rows do not come back as they are",
            draw=_clean,
            check=_AS_EXPECTED,
            mentions=("rows", "dicts"),
        ),
        Requirement(
            "names",
            {
                "explicit": (
                    "Take white space away around a name, and make each run of white space in it one blank. Leave out"
                    " rows whose name is `None` or empty then."
                ),
                "plain": "White space around and inside names is tidied; rows without a name are left out.",
                "terse": "Tidy white space in names; drop rows without one.",
            },
            title="Names",
            failure="Names are tidied wrongly",
            draw=_names,
            check=_AS_EXPECTED,
            mentions=("white space", "whitespace", "name"),
        ),
        Requirement(
            "emails",
            {
                "explicit": (
                    "Take white space away around an email and make it lower case. One that is `None`, or does not hold"
                    " exactly one `@` with text on both sides, becomes `None`."
                ),
                "plain": "Emails are stripped and lower-cased; without one single `@` between text they are `None`.",
                "terse": "Emails: strip, lower-case, `None` unless text@text with one `@`.",
            },
            title="Emails",
            failure="Emails are cleaned wrongly",
            draw=_emails,
            check=_AS_EXPECTED,
            mentions=("email",),
        ),
        Requirement(
            "ages",
            {
                "explicit": (
                    "An age may be an int, or a text of digits with white space around it, which becomes an int. What"
                    " is no whole number from 0 to 150 becomes `None`."
                ),
                "plain": "Ages given as text become ints; what is no whole number from 0 to 150 becomes `None`.",
                "terse": "Ages: int or digits as text, to int; `None` unless 0 to 150.",
            },
            title="Ages",
            failure="Ages are cleaned wrongly",
            draw=_ages,
            check=_AS_EXPECTED,
            mentions=("age",),
        ),
        Requirement(
            "duplicates",
            {
                "explicit": (
                    "Of rows with the same cleaned email keep only the first. Rows whose email is `None` are all kept,"
                    " and a row that is left out for its name does not count."
                ),
                "plain": "Of rows with equal cleaned emails only the first kept one stays; `None` is no duplicate.",
                "terse": "Drop later rows with the same cleaned email (not `None`).",
            },
            title="Duplicates",
            failure="Duplicates are handled wrongly",
            draw=_duplicates,
            check=_AS_EXPECTED,
            mentions=("duplicate", "same cleaned email", "same email", "equal"),
        ),
        Requirement(
            "keys",
            {
                "explicit": "A key that a row lacks counts as `None`; keys other than the three are left out.",
                "plain": "Missing keys count as `None`, other keys are left out.",
                "terse": "Missing key: `None`; drop other keys.",
            },
            title="Keys",
            failure="Missing or further keys are handled wrongly",
            draw=_keys,
            check=_AS_EXPECTED,
            mentions=("key",),
        ),
        Requirement(
            "odd_ages",
            {
                "explicit": (
                    "A bool or a float is no age, and of texts only those of the digits 0 to 9 count: each becomes"
                    " `None`, like `'+5'` and `'1_0'`."
                ),
                "plain": "Bools, floats and texts of anything but the digits 0 to 9 are no ages.",
                "terse": "Bools, floats, '+5', '1_0': no ages.",
            },
            title="Odd ages",
            failure="A value that is no age is taken for one",
            draw=_odd_ages,
            check=_AS_EXPECTED,
            mentions=("bool",),
        ),
        Requirement(
            "nothing",
            {
                "explicit": "An empty list gives an empty list.",
                "plain": "An empty list gives an empty list.",
                "terse": "[] gives [].",
            },
            title="Empty list",
            failure="An empty list is handled wrongly",
            draw=_nothing,
            check=_AS_EXPECTED,
            mentions=("empty list", "[]"),
        ),
        Requirement(
            "input_untouched",
            {
                "explicit": "Do not modify `rows` or the dicts in it.",
                "plain": "It modifies neither `rows` nor its dicts.",
                "terse": "Modify neither `rows` nor its dicts.",
            },
            title="Input untouched",
            failure="The input is modified",
            draw=_to_be_changed,
            check=input_untouched,
            mentions=("modif", "untouched", "in place"),
        ),
    ),
    suites={
        "basic": ("rows", "names", "emails", "ages"),
        "strict": (
            *("rows", "names", "emails", "ages"),
            *("duplicates", "keys", "odd_ages", "nothing", "input_untouched"),
        ),
    },
    answers="answers",
    samples="samples",
    version=2,
    changes=(
        SuiteChange("basic", 2, ("rows",), "the rows are in no order by name, email or age"),
        SuiteChange("strict", 2, ("duplicates",), "rows of equal emails differ in name and age"),
        SuiteChange("strict", 2, ("input_untouched",), "emails, ages and further keys are watched too"),
    ),
)
