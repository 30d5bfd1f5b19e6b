"""What leaves the program: read back by the readers of each format, whatever a model wrote."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
from dataclasses import replace
from functools import partial
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_core.reports import writing
from dropout_core.reports.csv_table import CHECK_PREFIX, csv_table
from dropout_core.reports.html.page import html_page
from dropout_core.reports.inspect.log import inspect_log
from dropout_core.reports.inspect.names import sample_id
from dropout_core.reports.json_document import json_document
from dropout_core.reports.jsonlines import summary_object
from dropout_core.reports.record import Record
from dropout_core.reports.writing import CannotWrite, write_whole
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.storage.store import Store
from dropout_core.values.conversation import (
    Message,
    OtherBlock,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
)
from dropout_core.verdict.check import Check, CheckStatus
from dropout_core.verdict.difference_map import DifferenceMap
from dropout_core.verdict.evidence import Evidence, Example
from dropout_core.verdict.flag import Flag
from dropout_core.verdict.verdict import Outcome, Verdict
from dropout_tui.command_line.lines.report_lines import flagged_runs
from tests.tui.states import (
    BUSY,
    HOSTILE_TEXTS,
    Ending,
    conversation,
    evaluation_state,
    failed,
    verdict,
    void,
)
from tests.tui.stored import stored

HOSTILE = '</script><img src=x onerror=alert(1)> & " \' ]]> =1+1 \0 \ud800 \u202e 漢字\r\nnext,"line"'
texts = st.one_of(
    st.text(),
    st.sampled_from(HOSTILE_TEXTS),
    st.text(alphabet=st.characters(codec=None), max_size=20),
    st.just(HOSTILE),
).filter(bool)


def record(state: EvaluationState, *turns: Message) -> Record:
    return Record(7, state, lambda trial, attempt: turns or conversation())


def hostile(text: str) -> EvaluationState:
    return evaluation_state(
        runs=3,
        trials=[
            replace(failed("scaling", reason=text), flags=(Flag(text, text, 3), Flag("gc", text))),
            verdict(Outcome.PASSED, reason=text),
            void(text),
        ],
        ended="completed",
        model=text,
        prompt=text,
        prompt_text=text,
        base_url=text,
    )


def every_block(text: str) -> tuple[Message, ...]:
    return (
        Message.user(text),
        Message(
            "assistant",
            (
                ThinkingBlock(text, "sig"),
                TextBlock(text),
                ToolUseBlock("t1", "python_expression", {"expression": text}),
                OtherBlock({"type": "redacted_thinking", "data": text}),
            ),
        ),
        Message("user", (ToolResultBlock("t1", text, is_error=True),)),
        Message("assistant", (TextBlock(text),)),
    )


# ---- JSON -----------------------------------------------------------------------------------------------------------


@given(texts)
def test_json_holds_everything_as_it_was(text: str) -> None:
    state = hostile(text)
    document = json.loads("".join(json_document(record(state, *every_block(text)))))
    assert document["config"] == state.config.to_json()
    assert document["summary"]["passed"] == 1
    for trial, written in zip(state.trials, document["trials"], strict=True):
        (attempt,) = trial.attempts
        (one,) = written["attempts"]
        assert Verdict.from_json(one["verdict"]) == attempt.verdict
        assert one["code"] == attempt.code
        assert tuple(Message.from_json(turn) for turn in one["conversation"]) == every_block(text)


def test_json_of_an_evaluation_with_nothing_in_it() -> None:
    document = json.loads("".join(json_document(record(evaluation_state(runs=2)))))
    assert [trial["attempts"] for trial in document["trials"]] == [[], []]


def test_json_from_a_real_store(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite3")
    number = stored(store, [Outcome.PASSED, failed("rate"), void()])
    one = Record(number, store.state(number), partial(store.conversation, number))
    document = json.loads("".join(json_document(one)))
    said = [len(attempt["conversation"]) for trial in document["trials"] for attempt in trial["attempts"]]
    assert said == [2, 2, 0]
    assert [trial["counted_attempt"] for trial in document["trials"]] == [1, 1, None]
    store.close()


# ---- CSV ------------------------------------------------------------------------------------------------------------


@given(texts)
def test_csv_has_a_row_an_attempt_and_text_survives_but_for_its_guard(text: str) -> None:
    state = hostile(text)
    rows = list(csv.DictReader(io.StringIO("".join(csv_table(record(state))), newline="")))
    assert [row["outcome"] for row in rows] == ["failed", "passed", "void"]
    for row in rows:
        assert row["reason"].replace("'", "") == text.replace("'", "")
        assert not row["model"].startswith(("=", "+", "-", "@"))
    assert rows[0][f"{CHECK_PREFIX}scaling"] == "failed"
    assert rows[2][f"{CHECK_PREFIX}scaling"] == ""


SEPARATORS = ("", ";", "\t", "|", "\n", "\r\n", "\r", ",", "\u2028")
BEGINNINGS = [
    *(f"x{separator}{sign}1+1" for separator in SEPARATORS for sign in "=+-@\t\r＝＋－＠"),
    *(
        f"{before}{separator}{blanks}=1+1"
        for before in ("", "7,", "a\nb")
        for separator in SEPARATORS
        for blanks in ("", " ", '"', ' "')
    ),
]


def test_no_cell_of_csv_is_a_formula_whatever_it_is_opened_with() -> None:
    for text in BEGINNINGS:
        lines = "".join(csv_table(record(hostile(text))))
        for separator in (",", ";", "\t", "|"):
            for row in csv.reader(io.StringIO(lines, newline=""), delimiter=separator):
                assert not [cell for cell in row if re.match(r'[ "]*[=+\-@\t\r＝＋－＠]', cell)], (
                    separator,
                    text,
                )


def test_numbers_of_csv_stay_numbers_and_code_stays_code() -> None:
    code = "def dropout(x, p, training):\n    mask = x > -0.5; return x * mask  # = kept - dropped\n"
    state = evaluation_state(runs=1, trials=[Outcome.PASSED], ended="completed")
    attempt = replace(state.trial(1).attempts[0], code=code, seed=-5)
    state = replace(state, trials=state.trials.with_row(0, replace(state.trial(1), attempts=(attempt,))))
    (row,) = csv.DictReader(io.StringIO("".join(csv_table(record(state))), newline=""))
    assert row["code"] == code
    assert row["seed"] == "-5"


# ---- HTML -----------------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        values = dict(attrs)
        self.ids.add(values.get("id") or "")
        if tag == "a":
            self.links.add((values["href"] or "").removeprefix("#"))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


_TAGS = {
    "html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "h4", "p", "strong", "div", "span",
    "table", "tr", "th", "td", "section", "details", "summary", "pre", "a",
}  # fmt: skip
_ATTRIBUTES = {
    "lang", "charset", "http-equiv", "content", "name", "class", "style", "aria-hidden", "id", "open", "href",
    "colspan",
}  # fmt: skip


@given(texts)
def test_html_is_well_formed_and_holds_no_untrusted_markup(text: str) -> None:
    html = "".join(html_page(record(hostile(text), *every_block(text))))
    page = Page(html)
    assert page.open == []
    assert set(page.tags) <= _TAGS
    assert page.attributes <= _ATTRIBUTES
    assert page.links <= page.ids
    assert "\0" not in html
    assert not any(0x202A <= ord(character) <= 0x202E for character in html)


def test_html_shows_the_same_as_the_screen() -> None:
    state = evaluation_state(runs=20, trials=BUSY, ended="interrupted")
    page = Page("".join(html_page(record(state))))
    text = " ".join(page.text.split())
    assert (
        "33.3% passed: 3 of 9. 95 % interval 12–65 %. Band 10-40 %: undecided. Void, not counted: 1." in text
    )
    assert "✗ failed" in text
    assert "○ not made" in text
    assert "Survivors are 1.00 × the input" in text
    assert "def dropout(x, p, training):" in text
    assert "Implement `dropout(x, p, training)`." in text


@pytest.mark.parametrize("call", ["f(x)", *HOSTILE_TEXTS, HOSTILE])
def test_html_shows_where_an_array_differs(call: str) -> None:
    seen = DifferenceMap((2, 3), 2, 1e-9, 0.5, ("000", "1x3"), (1, 1))
    examples = (Example(math.nan, 2.5, 3.0, (1, 2)), Example(7.0, math.inf, 1.0, (1, 1)))
    differs = Check("v", "V", CheckStatus.FAILED, "m", "1", "2", Evidence(call, examples, differences=seen))
    trial = replace(failed("scaling"), checks=(differs,))
    html = "".join(html_page(record(evaluation_state(runs=1, trials=(trial,)))))
    page = Page(html)
    assert page.open == []
    assert set(page.tags) <= _TAGS
    assert page.attributes <= _ATTRIBUTES
    assert "···\n░×▓" in page.text
    text = " ".join(page.text.split())
    assert "· as expected, ░▒▓ off by 1e-09 to 0.5, × not finite" in text
    assert "2 of 6 elements are wrong (2 × 3)" in text
    assert "<tr><th>At</th><th>Given</th><th>Expected</th><th>Got</th></tr>" in html
    assert "<tr><td>1, 2</td><td></td><td>3</td><td>2.5</td></tr>" in html
    assert "<tr><td>1, 1</td><td>7</td><td>1</td><td>inf</td></tr>" in html


def test_html_lists_what_is_flagged_with_its_line() -> None:
    flags = (Flag("frames", "reads the frames of its callers (f_back)", 3), Flag("gc", "looks for objects"))
    state = evaluation_state(runs=2, trials=[replace(verdict(), flags=flags), Outcome.PASSED])
    text = " ".join(Page("".join(html_page(record(state)))).text.split())
    assert "⚑ flagged: frames, gc" in text
    assert "reads the frames of its callers (f_back) (line 3)" in text
    assert text.count("⚑ flagged") == 1


def test_the_summary_names_the_flagged_runs() -> None:
    flags = (Flag("frames", "reads the frames of its callers (f_back)", 3),)
    trials: list[Ending] = [
        Outcome.PASSED,
        replace(verdict(), flags=flags),
        replace(failed("scaling"), flags=flags),
    ]
    state = evaluation_state(runs=3, trials=trials)
    assert summary_object(7, state)["flagged"] == [2, 3]
    assert flagged_runs(state) == ["Flagged: 2 (runs 2, 3): look at the code before trusting the verdict"]
    assert flagged_runs(evaluation_state(runs=3, trials=[Outcome.PASSED])) == []


def test_html_of_sample_answers_says_so() -> None:
    assert "say nothing about any model" in "".join(
        html_page(record(evaluation_state(runs=1, model="sample")))
    )


# ---- Inspect --------------------------------------------------------------------------------------------------------


@given(texts)
def test_an_inspect_log_has_a_sample_a_trial_and_leaves_voids_unscored(text: str) -> None:
    log = json.loads("".join(inspect_log(record(hostile(text), *every_block(text)))))
    # Its reader refuses lone surrogates.
    text = text.encode("utf-8", "replace").decode()
    assert list(log) == ["version", "status", "eval", "plan", "results", "stats", "samples"]
    assert (log["version"], log["status"]) == (2, "success")
    assert log["eval"]["model"] == f"anthropic/{text}"
    score, *checks = log["results"]["scores"]
    assert (score["scored_samples"], score["unscored_samples"]) == (2, 1)
    assert score["metrics"]["accuracy"]["value"] == 0.5
    failing, passing, voided = log["samples"]
    assert [sample["id"] for sample in log["samples"]] == [sample_id(n) for n in (1, 2, 3)]
    assert failing["scores"]["dropout"]["value"] == "I"
    assert passing["scores"]["dropout"]["value"] == "C"
    assert math.isnan(voided["scores"]["dropout"]["value"])
    assert voided["error"]["message"] == text
    assert {"score"} <= {event["event"] for event in passing["events"]}
    scaling = next(each for each in checks if each["name"] == "scaling")
    assert (scaling["scored_samples"], scaling["metrics"]["accuracy"]["value"]) == (2, 0.5)
    assert (failing["scores"]["scaling"]["value"], passing["scores"]["scaling"]["value"]) == ("I", "C")
    assert [turn["role"] for turn in failing["messages"]] == ["user", "assistant", "tool", "assistant"]
    tool = failing["messages"][2]
    assert (tool["function"], tool["tool_call_id"], tool["content"]) == ("python_expression", "t1", text)


def test_an_unfinished_evaluation_is_no_success_for_inspect() -> None:
    state = evaluation_state(runs=20, trials=BUSY, ended="interrupted")
    log = json.loads("".join(inspect_log(record(state))))
    assert log["status"] == "cancelled"
    assert len(log["samples"]) == 10
    assert log["results"]["total_samples"] == 20


# ---- Files ----------------------------------------------------------------------------------------------------------


def test_a_file_is_not_replaced_unless_it_may_be(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    write_whole(path, ["a", "\ud800"])
    assert path.read_text() == "a?"
    with pytest.raises(CannotWrite, match="--force"):
        write_whole(path, ["b"])
    assert path.read_text() == "a?"
    write_whole(path, ["b"], replace=True)
    assert path.read_text() == "b"
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    path.write_text("before")

    def broken() -> object:
        yield "half"
        raise KeyError("gone")

    with pytest.raises(KeyError):
        write_whole(path, broken(), replace=True)  # type: ignore[arg-type]
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_has_just_appeared_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "out.json"

    def slow() -> object:
        path.write_text("someone else's")
        yield "mine"

    with pytest.raises(CannotWrite, match="there already"):
        write_whole(path, slow())  # type: ignore[arg-type]
    assert path.read_text() == "someone else's"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link_to_what_was_written(tmp_path: Path) -> None:
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    target.write_text("before")
    link.symlink_to(target)
    write_whole(link, ["after"], replace=True)
    assert link.is_symlink()
    assert target.read_text() == "after"


@pytest.mark.parametrize("where", [".", "nowhere/out.json", "/dev/null", "x" * 300])
def test_an_unwritable_path_is_reported_in_one_line(tmp_path: Path, where: str) -> None:
    with pytest.raises(CannotWrite) as problem:
        write_whole(tmp_path / where, ["a"], replace=True)
    assert "\n" not in str(problem.value)
    assert list(tmp_path.iterdir()) == []


def test_remains_of_a_killed_program_do_no_harm(tmp_path: Path) -> None:
    left = tmp_path / f".{os.getpid()}.part"
    left.write_text("half")
    write_whole(tmp_path / "a.json", ["whole"], replace=True)
    assert (tmp_path / "a.json").read_text() == "whole"
    assert left.read_text() == "half"
    assert (tmp_path / "a.json").stat().st_mode & 0o777 == 0o666 & ~writing._umask()
