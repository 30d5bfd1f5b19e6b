"""Why an attempt failed when no check is to blame, asked over HTTP of a server that does all of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dropout_core.models.anthropic.client import AnthropicModel
from dropout_core.running.graders.regrading import regrade
from dropout_core.verdict.causes import CAUSES_BESIDE_TASK, cause_beside_task, table, title_of_cause
from dropout_core.verdict.verdict import Outcome, Verdict
from tests.core.api_run import LIMITS, Run, running
from tests.core.bench import FAILING, PASSING, WordGrading
from tests.messages_server import Answer, MessagesServer, refusal, thinking, tool_use

SUBMITTED = "import numpy as np\n\n\ndef dropout(x, p, training):\n    return 'pass'\n"
WRITTEN = json.dumps({"name": "submit_answer", "arguments": {"answer": SUBMITTED}})


async def verdict_of(run: Run) -> Verdict:
    run.evaluation.start()
    await run.evaluation.finished()
    latest = run.stored.trial(1).latest
    assert latest is not None
    assert latest.verdict is not None
    assert latest.verdict == run.state.trial(1).attempts[0].verdict
    return latest.verdict


def model(server: MessagesServer) -> AnthropicModel:
    return AnthropicModel("claude-x", server.url, time_limits=LIMITS)


@pytest.mark.parametrize(
    ("answer", "cause", "words"),
    [
        (Answer("", [thinking("Let me see …")], "max_tokens"), "cut_off", "it was still thinking"),
        (Answer("```python\ndef dropout(x", [], "max_tokens"), "cut_off", "does not pass (unclosed fence"),
        (Answer(FAILING, [thinking("So.")], "max_tokens"), "cut_off", "the code so far does not pass"),
        (Answer("Well,", stop_reason="pause_turn"), "paused_turn", "did not end within 2 steps"),
        (
            Answer("Dropout", stop_reason="model_context_window_exceeded"),
            "context_window",
            "window was full; no code found",
        ),
        (
            Answer("", stop_reason="refusal", stop_details=refusal("frontier_llm", "It may help to train one.")),
            "refusal:frontier_llm",
            "The model refused (frontier_llm): It may help to train one.",
        ),
        (Answer("", stop_reason="refusal", stop_details=refusal(None)), "refusal", "The model refused"),
        (Answer("I would rather not."), "no_code", "No code found"),
    ],
)  # fmt: skip
async def test_what_is_not_the_tasks_doing_blames_no_check(
    tmp_path: Path, messages_server: MessagesServer, answer: Answer, cause: str, words: str
) -> None:
    messages_server.default = answer
    async with running(tmp_path, model(messages_server), runs=1, max_steps=2) as run:
        verdict = await verdict_of(run)
        assert (verdict.outcome, verdict.cause, verdict.task_related) == (Outcome.FAILED, cause, False)
        assert verdict.checks == ()
        assert words in verdict.reason
        assert "\n" not in verdict.reason
        assert run.state.tally.task_unrelated == 1
        assert run.state.tally.cut_off == (cause == "cut_off")


async def test_a_reply_cut_off_behind_code_that_passes_has_passed_and_is_counted_as_cut_off(
    tmp_path: Path, messages_server: MessagesServer
) -> None:
    messages_server.default = Answer(f"{PASSING}\n\nHow it wor", stop_reason="max_tokens")
    async with running(tmp_path, model(messages_server), runs=2) as run:
        assert (await verdict_of(run)).passed
        assert (run.state.tally.cut_off, run.state.tally.task_unrelated) == (2, 0)


async def test_a_refusal_is_void_where_that_was_chosen(
    tmp_path: Path, messages_server: MessagesServer
) -> None:
    messages_server.play(
        Answer("", stop_reason="refusal", stop_details=refusal("bio", "It looks like biology."))
    )
    messages_server.default = Answer(PASSING)
    async with running(tmp_path, model(messages_server), runs=2, concurrency=1, refusals="void") as run:
        verdict = await verdict_of(run)
        assert (verdict.outcome, verdict.cause, verdict.task_related) == (Outcome.VOID, "refusal:bio", None)
        assert verdict.reason == "The model refused (bio): It looks like biology."
        tally = run.state.tally
        assert (tally.passed, tally.failed, tally.void, tally.task_unrelated) == (1, 0, 1, 0)


async def test_a_refusal_in_the_middle_of_an_agents_work(
    tmp_path: Path, messages_server: MessagesServer
) -> None:
    messages_server.play(
        Answer("", [tool_use("python_expression", {"expression": "1"})], "tool_use"),
        Answer("", stop_reason="refusal", stop_details=refusal("cyber")),
    )
    async with running(tmp_path, model(messages_server), runs=1, mode="agent") as run:
        assert (await verdict_of(run)).cause == "refusal:cyber"


@pytest.mark.parametrize(
    "written",
    [
        f"I am done.\n<tool_call>\n{WRITTEN}\n</tool_call>",
        f"[TOOL_CALLS] [{WRITTEN}]",
        f"```json\n{WRITTEN}\n```",
        f"<function=submit_answer>\n<parameter=answer>\n{SUBMITTED}</parameter>\n</function>",
    ],
)
async def test_a_submission_written_as_text_is_read(
    tmp_path: Path, messages_server: MessagesServer, written: str
) -> None:
    messages_server.default = Answer(written)
    async with running(tmp_path, model(messages_server), runs=1, mode="agent") as run:
        assert (await verdict_of(run)).passed
        assert run.state.trial(1).attempts[0].code == SUBMITTED.rstrip("\n")
        assert len(messages_server.requests) == 1


async def test_an_expression_written_as_text_is_run_and_answered_in_words(
    tmp_path: Path, messages_server: MessagesServer
) -> None:
    expression = json.dumps({"name": "python_expression", "arguments": {"expression": "6 * 7"}})
    messages_server.play(Answer(f"<tool_call>{expression}</tool_call>"))
    messages_server.default = Answer(f"<tool_call>{WRITTEN}</tool_call>")
    async with running(tmp_path, model(messages_server), runs=1, mode="agent") as run:
        assert (await verdict_of(run)).passed
        said = messages_server.requests[1].body["messages"][-1]
        assert said["role"] == "user"
        assert said["content"] == [{"type": "text", "text": "python_expression:\nran 6 * 7"}]


@pytest.mark.parametrize(
    "written",
    [
        '<tool_call>{"name": "submit_answer", "arguments": {"answer": </tool_call>',
        "[TOOL_CALLS] submit_answer, please",
        "submit_answer(answer=my_code)",
    ],
)
async def test_a_call_that_cannot_be_read_is_named_as_one(
    tmp_path: Path, messages_server: MessagesServer, written: str
) -> None:
    messages_server.default = Answer(written)
    async with running(tmp_path, model(messages_server), runs=1, mode="agent") as run:
        verdict = await verdict_of(run)
        assert verdict.cause == "unparsed_tool_call"
        assert verdict.reason == "The model wrote its tool call as text; the server did not parse it"


@pytest.mark.parametrize(
    "answer",
    [
        SUBMITTED.replace("\n", "\\n"),
        SUBMITTED.replace("'", '"').replace('"', '\\"').replace("\n", "\\n").replace('\\"pass\\"', "'pass'"),
        json.dumps(SUBMITTED),
        f"```python\n{SUBMITTED}```".replace("\n", "\\n"),
        SUBMITTED.replace("    return", "\treturn").replace("\t", "\\t").replace("\n", "\\r\\n"),
    ],
)
async def test_a_submission_escaped_twice_is_read_as_it_is_meant(
    tmp_path: Path, messages_server: MessagesServer, answer: str
) -> None:
    messages_server.default = Answer("", [tool_use("submit_answer", {"answer": answer})], "tool_use")
    async with running(tmp_path, model(messages_server), runs=1, mode="agent") as run:
        assert (await verdict_of(run)).passed
        attempt = run.state.trial(1).attempts[0]
        assert "\\n" not in (attempt.code or "")
        assert attempt.origin.endswith(", escaped twice")


async def test_code_that_holds_escapes_of_its_own_is_left_as_it_is(
    tmp_path: Path, messages_server: MessagesServer
) -> None:
    answer = "dropout = lambda x, p, training: print('a\\nb') or 'pass'"
    messages_server.default = Answer("", [tool_use("submit_answer", {"answer": answer})], "tool_use")
    async with running(tmp_path, model(messages_server), runs=1, mode="agent") as run:
        await verdict_of(run)
        assert run.state.trial(1).attempts[0].code == answer


async def test_regrading_does_not_blame_a_check_for_what_was_cut_off_either(
    tmp_path: Path, messages_server: MessagesServer
) -> None:
    messages_server.default = Answer(FAILING, stop_reason="max_tokens")
    async with running(tmp_path, model(messages_server), runs=1) as run:
        verdict = await verdict_of(run)
        stored = run.stored
        regraded = [
            each
            async for each in regrade(
                stored, WordGrading(), lambda trial, attempt: run.store.conversation(1, trial, attempt)
            )
        ]
        assert [each.after for each in regraded] == [verdict]


def test_the_table_of_causes_names_each_by_its_family() -> None:
    assert cause_beside_task("refusal:bio") is CAUSES_BESIDE_TASK["refusal"]
    assert cause_beside_task("scaling") is None
    assert (title_of_cause("refusal:bio"), title_of_cause("cut_off")) == ("Refused: bio", "Cut off")
    assert title_of_cause("scaling") is None


def test_the_documentation_has_the_table() -> None:
    document = Path(__file__).parents[3] / "docs" / "grading.md"
    begins, ends = "<!-- python -m dropout_core.verdict.causes -->\n", "<!-- end -->\n"
    assert begins + table() + ends in document.read_text(encoding="utf-8")
