"""One attempt: every stop reason has an outcome, in both modes."""

from pathlib import Path

import pytest

from dropout_core.models import Reply, Usage
from dropout_core.values.conversation import Message, TextBlock, ToolResultBlock, ToolUseBlock
from dropout_core.verdict.verdict import Outcome, Verdict
from tests.core.bench import FAILING, PASSING, Bench, bench, text_reply

SUBMITTED = "def dropout(x, p, training):\n    return 'pass'\n"


def calls(*blocks: ToolUseBlock, text: str = "", stop_reason: str = "tool_use") -> Reply:
    return Reply(Message("assistant", (TextBlock(text), *blocks)), stop_reason, Usage(10, 5), "scripted-1")


def submit(answer: object, id_: str = "s") -> ToolUseBlock:
    return ToolUseBlock(id_, "submit_answer", {"answer": answer})


def expression(code: object, id_: str = "e") -> ToolUseBlock:
    return ToolUseBlock(id_, "python_expression", {"expression": code})


async def verdict_of(b: Bench, *replies: Reply) -> Verdict:
    for step, reply in enumerate(replies, 1):
        b.model.answer(1, reply, step=step)
    b.evaluation.start()
    await b.evaluation.finished()
    verdict = b.state.trial(1).attempts[0].verdict
    assert verdict is not None
    return verdict


def results_in(b: Bench) -> list[ToolResultBlock]:
    turns = b.store.conversation(b.journal.evaluation, 1, 1)
    return [block for turn in turns for block in turn.blocks if isinstance(block, ToolResultBlock)]


@pytest.mark.parametrize(
    "stop_reason",
    ["end_turn", "stop_sequence", "max_tokens", "tool_use", "model_context_window_exceeded", "novel"],
)
async def test_code_in_an_answer_is_graded_whatever_ended_it(tmp_path: Path, stop_reason: str) -> None:
    async with bench(tmp_path, runs=1) as b:
        verdict = await verdict_of(b, text_reply(PASSING, stop_reason))
        assert verdict.outcome is Outcome.PASSED
        attempt = b.state.trial(1).attempts[0]
        assert attempt.stop_reason == stop_reason
        assert b.grading.asked == [attempt.seed]


@pytest.mark.parametrize(
    ("stop_reason", "cause", "words"),
    [
        ("end_turn", "no_code", "No code found"),
        ("max_tokens", "cut_off", "Cut off at the token limit of 2000 tokens; no code found: "),
        ("model_context_window_exceeded", "context_window", "context window was full; no code found: "),
        ("refusal", "refusal", "refused"),
        ("novel", "no_code", "stop reason novel"),
    ],
)
async def test_an_answer_without_code_fails_with_its_reason(
    tmp_path: Path, stop_reason: str, cause: str, words: str
) -> None:
    async with bench(tmp_path, runs=1) as b:
        verdict = await verdict_of(b, text_reply("I would rather talk about the weather.", stop_reason))
        assert (verdict.outcome, verdict.cause) == (Outcome.FAILED, cause)
        assert words in verdict.reason
        assert b.grading.asked == []


@pytest.mark.parametrize(
    ("stop_reason", "cause"),
    [
        ("max_tokens", "cut_off"),
        ("model_context_window_exceeded", "context_window"),
        ("end_turn", None),
        ("novel", None),
    ],
)
@pytest.mark.parametrize("mode", ["answer", "agent"])
async def test_code_that_was_cut_short_and_does_not_pass_blames_no_check(
    tmp_path: Path, mode: str, stop_reason: str, cause: str | None
) -> None:
    async with bench(tmp_path, runs=1, mode=mode, max_steps=1) as b:
        reply = (
            text_reply(FAILING, stop_reason)
            if mode == "answer"
            else calls(submit(FAILING), stop_reason=stop_reason)
        )
        verdict = await verdict_of(b, reply)
        assert (verdict.outcome, verdict.cause, verdict.checks) == (Outcome.FAILED, cause, ())
        if cause is not None:
            assert verdict.reason.endswith(
                "; the code so far does not pass (last fenced block that defines dropout)"
            )
        assert b.state.trial(1).attempts[0].code is not None


async def test_a_turn_that_is_paused_for_ever(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=1, max_steps=3) as b:
        verdict = await verdict_of(b, *[text_reply("Hm.", "pause_turn")] * 3)
        assert verdict.cause == "paused_turn"
        assert verdict.reason.startswith(
            "The turn was paused and did not end within 3 steps; no code found: "
        )


async def test_a_refusal_is_one_even_with_code_before_it(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=1) as b:
        assert (await verdict_of(b, text_reply(PASSING, "refusal"))).cause == "refusal"


async def test_a_paused_turn_is_let_go_on(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=1) as b:
        verdict = await verdict_of(b, text_reply("Let me see.", "pause_turn"), text_reply(PASSING))
        assert verdict.passed
        sent = b.model.requests[1].messages
        assert [message.role for message in sent] == ["user", "assistant"]
        assert b.model.requests[0].tools == ()


async def test_an_agent_tries_and_submits(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=1, mode="agent") as b:
        verdict = await verdict_of(b, calls(expression("1 + 1")), calls(submit(SUBMITTED)))
        assert verdict.passed
        assert [(r.tool_use_id, r.content, r.is_error) for r in results_in(b)] == [("e", "ran 1 + 1", False)]
        assert {tool.name for tool in b.model.requests[0].tools} == {"python_expression", "submit_answer"}
        assert b.state.trial(1).attempts[0].step == 2


async def test_a_submitted_answer_may_be_fenced(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=1, mode="agent") as b:
        assert (await verdict_of(b, calls(submit(PASSING)))).passed


async def test_calls_before_the_submission_run_and_those_after_do_not(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=1, mode="agent") as b:
        reply = calls(expression("first"), submit(SUBMITTED), submit(FAILING, "later"))
        assert (await verdict_of(b, reply)).passed


async def test_every_call_gets_a_result_and_wrong_ones_say_what_is_wrong(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=1, mode="agent") as b:
        wrong = calls(
            expression("boom", "1"),
            ToolUseBlock("2", "web_search", {"query": "dropout"}),
            expression(7, "3"),
            submit(None, "4"),
            ToolUseBlock("5", "submit_answer", {}),
        )
        assert (await verdict_of(b, wrong, calls(submit(SUBMITTED)))).passed
        results = results_in(b)
        assert [result.tool_use_id for result in results] == ["1", "2", "3", "4", "5"]
        assert all(result.is_error for result in results)
        assert "boom" in results[0].content
        assert "no tool 'web_search'" in results[1].content
        assert "'expression'" in results[2].content
        assert "'answer'" in results[3].content


async def test_an_agent_that_never_submits_fails_at_the_step_limit(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=1, mode="agent", max_steps=2) as b:
        verdict = await verdict_of(b, calls(expression("1")), calls(expression("2")))
        assert (verdict.cause, verdict.reason) == ("no_submission", "No answer submitted within 2 steps")


@pytest.mark.parametrize(
    ("last", "cause"),
    [
        (calls(submit(SUBMITTED), stop_reason="max_tokens"), None),
        (calls(ToolUseBlock("c", "submit_answer", {"_raw": "{"}), stop_reason="max_tokens"), "cut_off"),
        (calls(ToolUseBlock("c", "submit_answer", {"_raw": "{"})), "no_submission"),
        (calls(ToolUseBlock("c", "python_expression", {"_raw": "{"}), stop_reason="max_tokens"), "cut_off"),
        (text_reply("I think that", "max_tokens"), "cut_off"),
        (text_reply(PASSING, "max_tokens"), None),
        (text_reply("I think that", "model_context_window_exceeded"), "context_window"),
        (text_reply("Hm.", "pause_turn"), "paused_turn"),
        (text_reply("<tool_call>{submit it all}</tool_call>"), "unparsed_tool_call"),
        (text_reply("<tool_call>{submit it all}</tool_call>", "max_tokens"), "cut_off"),
        (calls(expression("2")), "no_submission"),
    ],
)
async def test_outcomes_of_an_agents_last_step(tmp_path: Path, last: Reply, cause: str | None) -> None:
    async with bench(tmp_path, runs=1, mode="agent", max_steps=2) as b:
        verdict = await verdict_of(b, calls(expression("1")), last)
        assert (verdict.passed, verdict.cause) == (cause is None, cause)


async def test_a_submission_that_was_cut_off_is_why_none_followed(tmp_path: Path) -> None:
    cut = calls(ToolUseBlock("c", "submit_answer", {"_raw": "{"}), stop_reason="max_tokens")
    async with bench(tmp_path, runs=1, mode="agent", max_steps=3) as b:
        verdict = await verdict_of(b, cut, calls(expression("1")), calls(expression("2")))
        assert verdict.cause == "cut_off"
        assert verdict.reason == (
            "Cut off at the token limit of 2000 tokens; no answer submitted within 3 steps"
        )


async def test_a_full_context_window_is_not_written_into_again(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=1, mode="agent") as b:
        reply = calls(expression("1"), stop_reason="model_context_window_exceeded")
        assert (await verdict_of(b, reply)).cause == "context_window"
        assert len(b.model.requests) == 1


async def test_an_agents_last_words_count_when_they_hold_the_code(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=1, mode="agent") as b:
        assert (await verdict_of(b, text_reply(PASSING))).passed


@pytest.mark.parametrize(("stop_reason", "cause"), [("end_turn", "no_submission"), ("refusal", "refusal")])
async def test_an_agent_that_just_stops(tmp_path: Path, stop_reason: str, cause: str) -> None:
    async with bench(tmp_path, runs=1, mode="agent") as b:
        assert (await verdict_of(b, text_reply("Done!", stop_reason))).cause == cause


async def test_an_agent_is_told_that_its_call_was_cut_off(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=1, mode="agent") as b:
        cut = calls(ToolUseBlock("c", "submit_answer", {"_raw": '{"answer": "def'}), stop_reason="max_tokens")
        assert (await verdict_of(b, cut, calls(submit(SUBMITTED)))).passed
        assert "cut off at the token limit" in results_in(b)[0].content


async def test_an_agent_cut_off_in_its_words_is_asked_to_go_on(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=1, mode="agent") as b:
        assert (await verdict_of(b, text_reply("So, first", "max_tokens"), calls(submit(SUBMITTED)))).passed
        assert b.model.requests[1].messages[-1].role == "user"


async def test_an_agents_paused_turn_is_let_go_on(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=1, mode="agent") as b:
        assert (await verdict_of(b, text_reply("Hm.", "pause_turn"), calls(submit(SUBMITTED)))).passed
