"""Failures that no check is to blame for: counted apart in the header, the summary, the comparison and the exports."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from dropout_core.analysis.comparison.comparison import compare
from dropout_core.analysis.review.rate_warnings import failures_beside_task, warning_of_cut_off
from dropout_core.reports.csv_table import csv_table
from dropout_core.reports.html.page import html_page
from dropout_core.reports.inspect.log import inspect_log
from dropout_core.reports.json_document import json_document
from dropout_core.reports.markdown import trial_markdown
from dropout_core.reports.record import Record
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.storage.store import Store
from dropout_core.verdict.verdict import Outcome
from dropout_tui.command_line.lines.report_lines import beside_task, failing_checks
from dropout_tui.commands.compare import compare_evaluations
from dropout_tui.presenters.trials.trial_lines import Heading, grouped_lines
from dropout_tui.settings.config_file import gather
from dropout_tui.widgets.dashboard.warning_line import WarningLine, lines
from tests.messages_server import Answer, MessagesServer, refusal, thinking
from tests.tui.command_line.test_command_line import RIGHT, UNSCALED
from tests.tui.looking import text_on_screen
from tests.tui.program import dropout_tui
from tests.tui.states import Ending, evaluation_state, failed, verdict
from tests.tui.stored import stored


def caused(*causes: str) -> list[Ending]:
    return [verdict(Outcome.FAILED, cause=cause, reason=f"{cause} no. {n}") for n, cause in enumerate(causes)]


def state_of(*trials: Ending, refusals: str = "failed") -> EvaluationState:
    return evaluation_state(runs=len(trials), trials=trials, refusals=refusals)


def test_they_are_counted_by_cause_the_most_frequent_first() -> None:
    trials = [failed("scaling")] * 4 + caused("refusal:bio", "cut_off", "cut_off", "refusal")
    assert failures_beside_task(state_of(*trials)) == (
        "4 of 8 failures are beside the task: 2 refused, 2 cut off"
    )
    assert failures_beside_task(state_of(*caused("no_code"))) == (
        "1 of 1 failure is beside the task: 1 without code"
    )
    assert failures_beside_task(state_of(*caused("of_tomorrow"))) == (
        "1 of 1 failure is beside the task: 1 for other causes"
    )
    assert failures_beside_task(state_of(failed("scaling"), Outcome.PASSED)) is None


@pytest.mark.parametrize(
    ("runs", "cut_off", "warns"), [(20, 1, False), (19, 1, True), (40, 2, False), (40, 3, True)]
)
def test_it_warns_when_more_than_one_in_twenty_was_cut_off(runs: int, cut_off: int, warns: bool) -> None:
    state = state_of(*caused(*["cut_off"] * cut_off), *[Outcome.PASSED] * (runs - cut_off))
    said = f"{cut_off} of {runs} replies were cut off at the token limit: raise --max-tokens"
    assert warning_of_cut_off(state) == (said if warns else None)


def test_the_lines_of_the_summary_keep_checks_and_causes_apart() -> None:
    state = state_of(failed("scaling"), *caused("refusal:bio", "cut_off"))
    assert failing_checks(state) == ["Failing checks: scaling 1"]
    assert beside_task(state) == [
        "2 of 3 failures are beside the task: 1 refused, 1 cut off (refusal:bio 1)",
        "Warning: 1 of 3 replies were cut off at the token limit: raise --max-tokens",
    ]


def test_reasons_do_not_part_a_group_and_its_heading_says_that_it_is_beside_the_task() -> None:
    state = state_of(failed("scaling"), *caused("cut_off", "cut_off", "refusal:bio"))
    headings = [
        line
        for line in grouped_lines(list(state.trials), (), {"scaling": "Scaling"}, lambda code: None)
        if isinstance(line, Heading)
    ]
    assert [(heading.title, heading.remark, heading.trials) for heading in headings] == [
        ("✗ Cut off", "beside the task", (2, 3)),
        ("✗ Refused: bio", "beside the task", (4,)),
        ("✗ Scaling", "", (1,)),
    ]


def test_a_comparison_lists_them_below_the_checks() -> None:
    first = state_of(failed("scaling"), *caused("cut_off", "cut_off", "cut_off"))
    second = state_of(failed("scaling"), Outcome.PASSED, Outcome.PASSED, Outcome.PASSED, refusals="void")
    moved = compare((1, first), (2, second))
    assert [(check.id, check.beside_task, check.first, check.second) for check in moved.checks] == [
        ("scaling", False, (1, 1), (1, 4)),
        ("cut_off", True, (3, 4), (0, 4)),
    ]
    assert [(setting.name, setting.second) for setting in moved.settings] == [("refusals", "void")]
    assert "Refusals count as failed on one side and are void on the other." in moved.cautions


words = st.text("abc defg", min_size=1, max_size=90)


@given(st.none() | words, st.none() | words, st.integers(20, 220))
def test_nothing_of_the_notice_is_cut_off(beside: str | None, warning: str | None, width: int) -> None:
    drawn = [line.plain for line in lines(beside, warning, width)]
    assert all(len(line) <= width for line in drawn)
    said = "".join((beside or "", f"! {warning}" if warning else ""))
    assert "".join("".join(drawn).split()) == "".join(said.split())


class Noticing(App[None]):
    def compose(self) -> ComposeResult:
        yield WarningLine()


@pytest.mark.parametrize(("width", "height"), [(160, 1), (80, 2), (40, 4)])
async def test_the_notice_takes_the_lines_it_needs_and_none_without_need(width: int, height: int) -> None:
    app = Noticing()
    async with app.run_test(size=(width, 20)) as pilot:
        notice = app.query_one(WarningLine)
        notice.show(state_of(failed("scaling"), Outcome.PASSED))
        await pilot.pause()
        assert not notice.display or notice.size.height == 0
        notice.show(state_of(failed("scaling"), *caused("cut_off")))
        await pilot.pause()
        assert notice.size.height == height
        shown = " ".join(text_on_screen(app).split())
        assert "1 of 2 failures is beside the task: 1 cut off ! 1 of 2 replies were cut off" in shown
        assert "raise --max-tokens" in shown


REPLIES = [
    Answer(RIGHT, [thinking("So.")], "max_tokens"),
    Answer(UNSCALED, stop_reason="max_tokens"),
    Answer("", [thinking("Let me see.")], "max_tokens"),
    Answer("", stop_reason="refusal", stop_details=refusal("bio", "It looks like biology.")),
    Answer(UNSCALED),
]


def run(server: MessagesServer, store: str, *more: str) -> list[str]:
    """The lines of a run that is answered with `REPLIES`."""
    server.play(*REPLIES)
    where = ("--base-url", server.url, "--store", store)
    done = dropout_tui("run", "--model", "m-1", "--runs", "5", "--sequential", *where, *more)
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_a_server_that_does_all_of_it_in_json(messages_server: MessagesServer, tmp_path: Path) -> None:
    lines_of_json = run(messages_server, str(tmp_path / "store.sqlite3"), "--json")
    *trials, summary = map(json.loads, lines_of_json)
    assert [trial["cause"] for trial in trials] == [None, "cut_off", "cut_off", "refusal:bio", "scaling"]
    assert [trial["task_related"] for trial in trials] == [None, False, False, False, True]
    assert [bool(trial["checks"]) for trial in trials] == [True, False, False, False, True]
    assert trials[1]["code"] == trials[4]["code"]
    assert trials[1]["reason"].startswith(
        "Cut off at the token limit of 16000 tokens; the code so far does not"
    )
    assert (summary["task_unrelated"], summary["cut_off"]) == (3, 3)
    assert summary["causes"] == {"cut_off": 2, "refusal:bio": 1, "scaling": 1}
    assert summary["warning"] == "3 of 5 replies were cut off at the token limit: raise --max-tokens"


def test_a_server_that_does_all_of_it_where_refusals_are_void(
    messages_server: MessagesServer, tmp_path: Path
) -> None:
    store = str(tmp_path / "store.sqlite3")
    said = run(messages_server, store, "--refusals", "void")
    assert "⊘ Run 4: VOID - The model refused (bio): It looks like biology." in said
    assert "  2 of 3 failures are beside the task: 2 cut off" in said
    assert "  Failing checks: scaling 1, other_rates 1" in said
    shown = dropout_tui("show", "1", "4", "--store", store).stdout
    assert "cause: refusal:bio, beside the task" in shown


def test_the_exports_keep_checks_and_causes_apart() -> None:
    record = Record(
        7, state_of(failed("scaling"), *caused("refusal:bio", "cut_off")), lambda trial, attempt: ()
    )
    csv, html, inspect, document = (
        "".join(form(record)) for form in (csv_table, html_page, inspect_log, json_document)
    )
    assert ",refusal:bio,no," in csv
    assert "<h2>Failures beside the task</h2>" in html
    assert "<td>Refused: bio</td><td>1 of 3</td>" in html
    assert "2 of 3 failures are beside the task: 1 refused, 1 cut off." in html
    assert '"cause": "refusal:bio", "task_related": false' in inspect
    assert [check["id"] for check in json.loads(document)["checks"] if not check["task_related"]] == [
        "refusal:bio",
        "cut_off",
    ]
    config, trial = record.state.config, record.state.trial(2)
    assert "Beside the task, cause refusal:bio: no check is to blame." in trial_markdown(config, trial, {})


def test_the_lines_of_a_comparison_name_them_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(Store(tmp_path / "store.sqlite3")) as store:
        stored(store, trials=[failed("scaling"), *caused("refusal:frontier_llm")])
        stored(store, trials=[failed("scaling"), Outcome.PASSED])
    compare_evaluations(tmp_path / "store.sqlite3", 1, 2, pytest.fail, as_json=False)
    printed = capsys.readouterr().out.splitlines()
    after = printed.index("Failures beside the task, of all graded runs:")
    assert printed[after - 1].startswith("  scaling ")
    assert printed[after + 1].startswith("  refusal:frontier_llm ")


def test_what_a_refusal_is_may_stand_in_a_file_or_in_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "dropout.toml"
    file.write_text('refusals = "void"\n', encoding="utf-8")
    assert gather({}, {}, file).texts["refusals"] == "void"
    assert gather({}, {"DROPOUT_REFUSALS": "failed"}, file).texts["refusals"] == "failed"
