"""Names, notes and tags on the command line, and names in the place of numbers."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from dropout_core.storage.store import Store
from dropout_core.verdict.verdict import Outcome
from tests.tui.program import dropout_tui
from tests.tui.states import failed
from tests.tui.stored import stored


@pytest.fixture
def path(tmp_path: Path) -> str:
    with closing(Store(tmp_path / "store.sqlite3")) as store:
        for _ in range(3):
            stored(store, [Outcome.PASSED, failed("scaling")])
    return str(tmp_path / "store.sqlite3")


def test_what_is_given_is_shown_listed_and_exported(path: str, tmp_path: Path) -> None:
    assert "NAME" not in dropout_tui("history", "--store", path).stdout
    done = dropout_tui(
        "annotate", "2", "--name", "small [/x]", "--note", "=1+1, *retry*", "--tag", "a", "--tag", "b", "--store", path
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Evaluation 2:\n  Name: small [/x]\n  Tags: a, b\n  Note: =1+1, *retry*\n"
    shown = dropout_tui("show", "small [/x]", "--store", path).stdout
    assert "Evaluation 2: " in shown
    assert "Name: small [/x]\nTags: a, b\nNote: =1+1, *retry*\n" in shown
    heads, *lines = dropout_tui("history", "--store", path).stdout.splitlines()
    assert [line[heads.index("NAME") :].startswith("small [/x] [a, b]  ") for line in lines] == [
        False,
        True,
        False,
    ]

    given = {"name": "small [/x]", "note": "=1+1, *retry*", "tags": ["a", "b"]}
    listed = dropout_tui("history", "--json", "--store", path).stdout.splitlines()[1]
    summary = dropout_tui("show", "2", "--json", "--store", path).stdout.splitlines()[-1]
    printed = dropout_tui("annotate", "2", "--json", "--store", path).stdout
    exported = {
        form: dropout_tui("export", "small [/x]", "--format", form, "-o", "-", "--store", path).stdout
        for form in ("json", "csv", "html", "inspect")
    }
    for text in (listed, summary, printed, exported["json"]):
        assert json.loads(text).items() >= given.items()
    assert 'small [/x],"a, b","\'=1+1, *retry*"' in exported["csv"]
    assert "<h1>Evaluation 2, small [/x]</h1>" in exported["html"]
    assert "<th>Tags</th><td>a, b</td>" in exported["html"]
    assert json.loads(exported["inspect"])["eval"]["tags"] == ["a", "b"]
    review = dropout_tui("review", "2", "--store", path).stdout
    assert "evaluation 2, small \\[/x\\]\n" in review
    assert "=1+1, \\*retry\\*\n" in review.replace("\\=", "=")


def test_a_run_begins_with_them(tmp_path: Path) -> None:
    path = str(tmp_path / "store.sqlite3")
    begun = ("run", "--model", "sample", "--runs", "1", "--seed", "1", "--store", path)
    refused = dropout_tui(*begun, "--name", "7")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert (
        refused.stderr
        == "dropout-tui: --name: a number is no name, since evaluations have numbers; add a word\n"
    )
    assert not Path(path).exists()
    assert dropout_tui(*begun, "--name", "first", "--tag", "night").returncode == 0
    (line,) = dropout_tui("history", "--json", "--store", path).stdout.splitlines()
    assert json.loads(line).items() >= {"name": "first", "note": "", "tags": ["night"]}.items()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("annotate", "1", "--untag", "x"), "--untag: evaluation 1 has no tag 'x'; it has a"),
        (("annotate", "1", "--tag", "two words"), "--tag: a tag is one word"),
        (("annotate", "1", "--note", "\x1b[2J"), "--note: it holds a character that cannot be seen"),
        (("annotate", "9", "--name", "x"), "there is no evaluation 9"),
        (("annotate", "9", "--untag", "x"), "there is no evaluation 9"),
        (("show", "nothing"), "ID is 'nothing'; give a whole number from 1 up, or the name of an evaluation"),
        (("show", "same"), "ID is 'same', the name of several evaluations; give a number: 1, 2"),
        (("compare", "1", "2", "same"), "the name of several evaluations"),
        (("compare", "1", "2", "#1"), "1 is given twice; compare takes two or more different evaluations"),
        (("compare", "1"), "only one is given; compare takes two or more"),
    ],
)
def test_what_cannot_be_done_is_one_line(path: str, arguments: tuple[str, ...], words: str) -> None:
    for number in ("1", "2"):
        dropout_tui("annotate", number, "--name", "same", "--tag", "a", "--store", path)
    done = dropout_tui(*arguments, "--store", path)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert words in line
