import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest

import dropout_core.tasks.dropout
from dropout_core.extraction import NoCodeFound, extract_code
from dropout_core.grading.grader import Grader
from dropout_core.models import Model, Reply, Request
from dropout_core.models.sample.answers import SampleAnswer, choose_answer, sample_answers
from dropout_core.models.sample.model import SampleModel
from dropout_core.models.sample.steps import submitted_code, turn
from dropout_core.tasks.dropout import BASIC
from dropout_core.values.agent_tools import PYTHON_EXPRESSION, SUBMIT_ANSWER, TOOLS
from dropout_core.values.conversation import Message, TextBlock, ThinkingBlock, ToolResultBlock, ToolUseBlock
from dropout_core.verdict.verdict import Outcome

ANSWERS = {answer.slug: answer for answer in sample_answers()}
TOTAL = sum(answer.weight for answer in ANSWERS.values())
ENDLESS = "endless-loop"
SUBMITTING = 0.0
"""A draw at which the model tries its function and then submits it."""


def request(seed: int, *, step: int = 1, tools: bool = False, max_tokens: int = 2000) -> Request:
    return Request((Message.user("Implement dropout."),), TOOLS if tools else (), max_tokens, seed, step)


async def ask(seed: int, *, step: int = 1, tools: bool = False, max_tokens: int = 2000) -> tuple[Reply, str]:
    """The reply, and the text that arrived on the way."""
    pieces: list[str] = []
    model: Model = SampleModel()
    reply = await model.reply(request(seed, step=step, tools=tools, max_tokens=max_tokens), pieces.append)
    await model.close()
    return reply, "".join(pieces)


def seed_for(slug: str) -> int:
    return next(seed for seed in range(100_000) if choose_answer(random.Random(seed).random()).slug == slug)


# --- the answers


def test_every_answer_file_is_listed_once() -> None:
    folder = Path(dropout_core.tasks.dropout.__file__).parent / "samples"

    assert sorted(path.stem for path in folder.glob("*.md")) == sorted(ANSWERS)
    assert len(sample_answers()) == len(ANSWERS) >= 48


def test_the_weight_of_right_answers_lies_inside_the_default_band() -> None:
    right = sum(answer.weight for answer in ANSWERS.values() if answer.expected_outcome is Outcome.PASSED)

    assert 0.25 <= right / TOTAL <= 0.30
    assert sum(answer.expected_outcome is Outcome.PASSED for answer in ANSWERS.values()) >= 12


def test_each_check_is_failed_in_several_ways() -> None:
    ways = Counter(check for answer in ANSWERS.values() for check in answer.expected_checks)

    assert set(ways) == {requirement.id for requirement in BASIC}
    assert min(ways.values()) >= 3


def test_answers_that_take_time_are_rare() -> None:
    assert ANSWERS[ENDLESS].weight / TOTAL <= 0.02


def test_escapes_are_decoded() -> None:
    assert "\r\n" in ANSWERS["crlf"].text
    assert {"\0", "\x1b"} <= set(ANSWERS["ansi-and-nul-in-text"].text)
    assert "\ud83d" in ANSWERS["lone-surrogate-in-text"].text


async def test_verdicts_match_the_manifest() -> None:
    # The loop would hold a core until the end of its time.
    async with Grader(suite="basic") as patient, Grader(suite="basic", time_limit=0.3) as hasty:

        async def unexpected(answer: SampleAnswer) -> str | None:
            try:
                code = extract_code(answer.text)
            except NoCodeFound as none_found:
                return f"{answer.slug}: {none_found}" if answer.holds_code else None
            grader = hasty if answer.slug == ENDLESS else patient
            verdict = await grader.grade(code, seed=7)
            failing = verdict.first_failing.id if verdict.first_failing else None
            if verdict.outcome is answer.expected_outcome and failing in (answer.expected_checks or (None,)):
                return None
            return f"{answer.slug}: {verdict.outcome} at {failing}: {verdict.reason}"

        findings = await asyncio.gather(*(unexpected(answer) for answer in ANSWERS.values()))

    assert [finding for finding in findings if finding] == []


# --- choosing


def test_draws_are_shared_by_weight() -> None:
    draws = 20_000
    counts = Counter(choose_answer((number + 0.5) / draws).slug for number in range(draws))

    for answer in ANSWERS.values():
        assert counts[answer.slug] / draws == pytest.approx(answer.weight / TOTAL, abs=1.5 / draws)
    assert choose_answer(1 - 2**-53) is sample_answers()[-1]


@pytest.mark.parametrize(
    ("seed", "slug"),
    [
        (0, "nan-at-one-binomial"),
        (1, "assigned-lambda"),
        (2, "identity-at-one"),
        (2**31 - 1, "asks-back"),
        (-5, "forgot-scaling"),
    ],
)
async def test_a_seed_means_the_same_answer_on_every_python(seed: int, slug: str) -> None:
    reply, _ = await ask(seed)

    assert reply.message.text == ANSWERS[slug].text


async def test_the_same_seed_gives_the_same_reply() -> None:
    assert await ask(11) == await ask(11)


# --- one reply


@pytest.mark.parametrize(
    "slug", ["rand-mask-guarded", "crlf", "ansi-and-nul-in-text", "lone-surrogate-in-text"]
)
async def test_the_stream_adds_up_to_the_reply(slug: str) -> None:
    reply, streamed = await ask(seed_for(slug))

    assert streamed == reply.message.text == ANSWERS[slug].text
    assert (reply.stop_reason, reply.model) == ("end_turn", "sample")
    assert reply.usage.output_tokens == -(-len(streamed) // 4)
    assert reply.usage.input_tokens > 0


@pytest.mark.parametrize(
    ("slug", "stop_reason"),
    [("refusal", "refusal"), ("truncated-mid-code", "max_tokens"), ("torch", "end_turn")],
)
async def test_the_reason_to_stop_is_the_answers(slug: str, stop_reason: str) -> None:
    for tools in (False, True):
        reply, _ = await ask(seed_for(slug), tools=tools)
        if tools and slug == "torch":
            stop_reason = "tool_use"
        assert reply.stop_reason == stop_reason


async def test_an_empty_answer_has_no_blocks() -> None:
    reply, streamed = await ask(seed_for("empty"))

    assert (reply.message.blocks, streamed, reply.usage.output_tokens) == ((), "", 0)


async def test_thinking_comes_in_a_block_of_its_own() -> None:
    reply, streamed = await ask(seed_for("fill-survivors"))

    match reply.message.blocks:
        case (ThinkingBlock(thinking), TextBlock(text)):
            assert "dividing only the survivors" in thinking
            assert text == streamed
        case blocks:
            pytest.fail(f"unexpected blocks {blocks}")


async def test_max_tokens_cuts_the_reply() -> None:
    reply, streamed = await ask(seed_for("rand-mask-guarded"), max_tokens=20)

    assert streamed == ANSWERS["rand-mask-guarded"].text[:80]
    assert (reply.stop_reason, reply.usage.output_tokens) == ("max_tokens", 20)


async def test_other_tasks_run_while_it_streams() -> None:
    heard = asyncio.Event()
    seed = seed_for("rand-mask-guarded")
    streaming = asyncio.create_task(SampleModel().reply(request(seed), lambda _: heard.set()))
    await heard.wait()

    assert not streaming.done()
    await streaming


async def test_it_waits_as_the_pace_demands(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("dropout_core.models.sample.model.asyncio.sleep", sleep)
    reply = await SampleModel(pace=80).reply(request(seed_for("fill-survivors")), lambda _: None)

    assert sum(waits) == pytest.approx(reply.usage.output_tokens / 80, rel=0.02)


async def test_it_can_be_cancelled() -> None:
    heard = asyncio.Event()
    streaming = asyncio.create_task(SampleModel(pace=0.01).reply(request(0), lambda _: heard.set()))
    await heard.wait()
    streaming.cancel()

    with pytest.raises(asyncio.CancelledError):
        await streaming


@pytest.mark.parametrize("pace", [0, -1, float("nan")])
def test_a_pace_has_to_be_positive(pace: float) -> None:
    with pytest.raises(ValueError, match="pace must be above 0"):
        SampleModel(pace)


# --- with tools


async def conversation(seed: int, steps: int = 10) -> list[Message]:
    """What the sample says while every tool answers "ok", until it submits, calls nothing or `steps` are used up."""
    messages = [Message.user("Implement dropout.")]
    replies = []
    for step in range(1, steps + 1):
        reply = await SampleModel().reply(Request(tuple(messages), TOOLS, 2000, seed, step), lambda _: None)
        replies.append(reply.message)
        assert (reply.stop_reason == "tool_use") == bool(reply.message.tool_calls)
        if not reply.message.tool_calls or any(
            call.name == SUBMIT_ANSWER for call in reply.message.tool_calls
        ):
            break
        results = tuple(ToolResultBlock(call.id, "ok") for call in reply.message.tool_calls)
        messages += [reply.message, Message("user", results)]
    return replies


def calls_of(replies: list[Message]) -> list[ToolUseBlock]:
    return [call for reply in replies for call in reply.tool_calls]


async def test_conversations_take_every_course_a_real_one_takes() -> None:
    talks = [await conversation(seed) for seed in range(150)]
    names = [[call.name for call in calls_of(talk)] for talk in talks]
    submissions = [
        str(call.input["answer"]) for talk in talks for call in calls_of(talk) if "answer" in call.input
    ]

    assert [PYTHON_EXPRESSION, SUBMIT_ANSWER] in names
    assert [SUBMIT_ANSWER] in names
    assert [PYTHON_EXPRESSION] * 3 + [SUBMIT_ANSWER] in names
    assert [PYTHON_EXPRESSION] * 10 in names
    assert [PYTHON_EXPRESSION] in names  # and then words, no submission
    assert [] in names
    assert any("run_python" in called for called in names)
    assert any(len(talk[0].tool_calls) == 2 for talk in talks)
    assert any(submission.startswith("```python\n") for submission in submissions)
    assert any(submission.startswith("import numpy as np\n") for submission in submissions)
    assert sum(len(talk) for talk in talks) / len(talks) > 1.5


async def test_ids_of_tool_calls_are_unique() -> None:
    ids = [call.id for seed in range(100) for call in calls_of(await conversation(seed))]

    assert len(set(ids)) == len(ids)


async def test_steps_depend_on_seed_and_step_alone() -> None:
    assert await conversation(3) == await conversation(3)


async def test_a_conversation_that_goes_on_after_the_submission_ends_in_words() -> None:
    reply, _ = await ask(seed_for("rand-mask-guarded"), step=9, tools=True)

    assert reply.message.tool_calls == ()
    assert reply.stop_reason == "end_turn"


def codes() -> list[SampleAnswer]:
    return [answer for answer in ANSWERS.values() if answer.holds_code and answer.stop_reason == "end_turn"]


def test_what_is_submitted_is_the_code_of_the_reply() -> None:
    for answer in codes():
        submission = turn(answer, SUBMITTING, step=2).calls[0]
        assert submission.tool == SUBMIT_ANSWER, answer.slug
        assert submission.arguments["answer"] == submitted_code(answer.text), answer.slug
        assert extract_code(submission.arguments["answer"]) == extract_code(answer.text), answer.slug


@pytest.mark.parametrize("number", range(21))
def test_every_course_of_a_conversation_ends_in_the_same_code(number: int) -> None:
    answer = ANSWERS["rand-mask-guarded"]
    turns = [turn(answer, number / 20 - 1e-9 * (number == 20), step) for step in range(1, 7)]
    texts = [call.arguments["answer"] for said in turns for call in said.calls if call.tool == SUBMIT_ANSWER]
    texts += [said.text for said in turns if not said.calls and "def dropout" in said.text]

    if texts:
        assert [extract_code(text) for text in texts] == [extract_code(answer.text)]
    else:
        assert all(said.calls for said in turns)
