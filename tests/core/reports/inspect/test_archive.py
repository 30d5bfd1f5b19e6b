"""Archives of Inspect, read back as the importer reads those that Inspect writes."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from dropout_core.completions.inspect_samples import of_archive
from dropout_core.reports.inspect.archive import inspect_archive
from dropout_core.reports.inspect.log import inspect_log
from dropout_core.reports.inspect.names import file_name, model_name, task_id
from dropout_core.reports.record import Record
from dropout_core.storage.store import Store
from dropout_core.values.config import EvaluationConfig
from dropout_core.values.conversation import Message, TextBlock, ToolUseBlock
from dropout_core.verdict.verdict import Outcome
from tests.core.reports.test_reports import HOSTILE, every_block, hostile, record
from tests.tui.states import GOOD_CODE, evaluation_state, failed, void
from tests.tui.stored import stored


def archive_of(one: Record) -> io.BytesIO:
    return io.BytesIO(b"".join(inspect_archive(one)))


def test_an_archive_holds_what_the_log_holds() -> None:
    one = record(hostile(HOSTILE), *every_block(HOSTILE))
    log = json.loads("".join(inspect_log(one)))
    with zipfile.ZipFile(archive_of(one)) as archive:
        assert archive.testzip() is None
        members = {name: json.loads(archive.read(name)) for name in archive.namelist()}
    samples = {f"samples/{each['id']}_epoch_1.json": each for each in log.pop("samples")}

    assert json.dumps(members.pop("header.json")) == json.dumps(log)
    assert members.pop("_journal/start.json") == {name: log[name] for name in ("version", "eval", "plan")}
    summaries = members.pop("summaries.json")
    assert json.dumps(members.pop("_journal/summaries/1.json")) == json.dumps(summaries)
    assert json.dumps(members) == json.dumps(samples)
    assert [(each["id"], each["error"] is None) for each in summaries] == [
        ("trial-001", True),
        ("trial-002", True),
        ("trial-003", False),
    ]


def test_the_same_evaluation_is_always_the_same_bytes() -> None:
    one = record(hostile("a"), *every_block("a"))
    assert archive_of(one).getvalue() == archive_of(one).getvalue()


def test_an_exported_evaluation_can_be_imported(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite3")
    number = stored(store, [Outcome.PASSED, failed("rate"), void()], model="m")
    one = Record(number, store.state(number), lambda *place: store.conversation(number, *place))
    good, bad, voided = of_archive(archive_of(one))

    assert GOOD_CODE.strip() in good.text
    assert (good.facts.stop_reason, bad.fault) == ("end_turn", None)
    assert (good.facts.model or "").startswith("anthropic/")
    assert (voided.fault or "").startswith("ended with an error")
    store.close()


def test_what_an_agent_submitted_is_the_completion() -> None:
    call = ToolUseBlock("t", "submit_answer", {"answer": GOOD_CODE})
    state = evaluation_state(runs=1, trials=[Outcome.PASSED], mode="agent", ended="completed")
    one = record(state, Message.user("Go."), Message("assistant", (TextBlock("Done."), call)))
    (sample,) = json.loads("".join(inspect_log(one)))["samples"]

    assert sample["output"]["choices"][0]["message"]["content"] == state.trial(1).attempts[0].code
    assert sample["messages"][1]["tool_calls"][0]["function"] == "submit_answer"


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"model": "claude-x"}, "anthropic/claude-x"),
        ({"model": "anthropic/claude-x"}, "anthropic/claude-x"),
        ({"model": "Qwen/Qwen3", "base_url": "http://localhost:1"}, "anthropic/Qwen/Qwen3"),
        ({"model": "sample"}, "none/sample"),
        ({"model": "sample", "imported": "a.jsonl"}, "none/sample"),
        ({"model": "openai/gpt-x", "imported": "a.jsonl"}, "none/openai/gpt-x"),
    ],
)
def test_a_model_is_named_with_its_provider(config: dict[str, str], named: str) -> None:
    given = EvaluationConfig(**{"prompt_text": "", "seed": 1, **config})  # type: ignore[arg-type]
    assert model_name(given, given.model) == named


def test_nothing_pretends_that_an_imported_reply_was_asked_for() -> None:
    state = evaluation_state(runs=1, trials=[Outcome.PASSED], ended="completed", imported="a.jsonl")
    log = json.loads("".join(inspect_log(record(state))))

    assert {event["event"] for event in log["samples"][0]["events"]} == {"score"}
    assert log["eval"]["metadata"]["notice"] == state.config.notice


def test_a_log_in_a_folder_has_the_name_that_inspect_looks_for() -> None:
    one = record(evaluation_state(runs=1, task="a_b", suite="x/y"))
    assert file_name(one) == f"2025-06-15T15-06-40-00-00_a-b-x-y_{task_id(one)}.eval"
    assert task_id(one).isalnum()
