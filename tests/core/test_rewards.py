"""Rewards: what replies earn, in which form they may come, and from where the grader may be used."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from dropout_core.completions.messages import reply_text, reply_texts
from dropout_core.rewards import Reward, RewardGrader, reward_of
from dropout_core.task.requirement import UnknownSuite
from dropout_core.task.unusable import TaskUnusable
from dropout_core.verdict.verdict import Check, CheckStatus, Outcome, Verdict
from tests.core.right_answers import RIGHT

CHECKS = ("runs", "shape", "rate", "randomness", "scaling", "eval_mode", "other_rates", "edge_cases")
RIGHT_REPLY = f"Here it is:\n\n```python\n{RIGHT['rand']}\n```\n"
IDENTITY = "def dropout(x, p, training):\n    return x"
ZEROS = "def dropout(x, p, training):\n    return np.zeros_like(x)"
UNSCALED = "def dropout(x, p, training):\n    return x * (np.random.rand(*x.shape) >= p) if training else x"
PROSE = "I would rather talk about the weather."
REPLIES = [RIGHT_REPLY, IDENTITY, ZEROS, UNSCALED, PROSE]


@pytest.fixture(scope="module")
def partial() -> Iterator[RewardGrader]:
    grader = RewardGrader(seed=7, partial=True)
    yield grader
    asyncio.run(grader.close())


def test_partial_rewards_are_shares_of_the_checks_as_documented(partial: RewardGrader) -> None:
    rewards = partial(REPLIES)
    assert [reward.score for reward in rewards] == [1, 3 / 8, 2 / 8, 6 / 8, 0]
    assert [reward.passed for reward in rewards] == [True, False, False, False, False]
    assert [reward.cause for reward in rewards] == [None, "rate", "rate", "scaling", "no_code"]
    assert rewards[4].reason == "No code found: the reply is prose and holds no code"
    assert not any(reward.void for reward in rewards)
    assert [{id_ for id_ in CHECKS if reward.metrics[id_] == 1} for reward in rewards[1:]] == [
        {"runs", "shape", "eval_mode"},
        {"runs", "shape"},
        set(CHECKS) - {"scaling", "other_rates"},
        set(),
    ]
    assert all(set(reward.metrics) == {*CHECKS, "seconds", "flags"} for reward in rewards)


async def test_the_same_grader_rewards_equally_in_a_running_loop_waited_for_or_blocking(
    partial: RewardGrader,
) -> None:
    waited = await partial.grade(REPLIES[:2])
    blocking = partial(REPLIES[:2])
    copy = pickle.loads(pickle.dumps(partial))
    elsewhere = await copy.grade(REPLIES[:2])
    await copy.close()
    assert scores(waited) == scores(blocking) == scores(elsewhere) == [1, 3 / 8]


async def test_whole_rewards_are_one_or_nothing() -> None:
    async with RewardGrader("softmax", workers=1, seed=3) as grader:
        right = "def softmax(x, axis=-1):\n    e = np.exp(x - x.max(axis, keepdims=True))\n" + (
            "    return e / e.sum(axis, keepdims=True)"
        )
        rewards = await grader.grade([right, "def softmax(x, axis=-1):\n    return x"])
        assert scores(rewards) == [1, 0]
        assert (rewards[0].cause, rewards[0].reason) == (None, "All tests passed!")
        assert rewards[1].cause == "values"
        assert "softmax" in grader.prompt("terse")


def test_nothing_to_reward_opens_nothing(partial: RewardGrader) -> None:
    assert partial([]) == []


def scores(rewards: list[Reward]) -> list[float | None]:
    return [reward.score for reward in rewards]


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        ("as it is", "as it is"),
        ([{"role": "assistant", "content": "said"}], "said"),
        ([{"role": "user", "content": "ask"}, {"role": "assistant", "content": "said"}], "said"),
        (
            [{"role": "assistant", "content": "first"}, {"role": "assistant", "content": "last"}],
            "last",
        ),
        ([{"role": "assistant", "content": "an example"}, {"role": "assistant", "content": ""}], ""),
        ([{"role": "assistant", "content": "said"}, {"role": "tool", "content": "3"}], "said"),
        (
            [
                {
                    "role": "assistant",
                    "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "a"}],
                }
            ],
            "a",
        ),
        (
            [
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [
                        {"function": {"name": "submit_answer", "arguments": '{"answer": "code"}'}}
                    ],
                }
            ],
            "code",
        ),
        (
            [
                {
                    "role": "assistant",
                    "content": [{"type": "tool_use", "name": "submit_answer", "input": {"answer": "code"}}],
                }
            ],
            "code",
        ),
        ([{"role": "user", "content": "ask"}], ""),
        ([], ""),
    ],
)
def test_a_reply_is_a_text_or_what_the_model_wrote_last(reply: Any, text: str) -> None:
    assert reply_text(reply) == text


@pytest.mark.parametrize(
    ("replies", "said"),
    [
        ("one reply", "give a list of replies"),
        ({"role": "assistant"}, "give a list of replies"),
        ([3], "reply 1: it is neither a text nor a list of messages"),
        (["a", [{"role": "assistant", "content": ""}, "b"]], "reply 2: it is neither"),
        ([{"role": "assistant", "content": "a"}], "reply 1: it is neither"),
    ],
)
def test_what_is_no_list_of_replies_is_refused(replies: Any, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        reply_texts(replies)


def test_a_task_or_suite_that_there_is_not_is_refused_at_once() -> None:
    with pytest.raises(TaskUnusable, match="unknown task 'dropin'"):
        RewardGrader("dropin")
    with pytest.raises(UnknownSuite):
        RewardGrader(suite="easy")


def check(id_: str, status: CheckStatus) -> Check:
    return Check(id_, id_, status, "")


def test_a_void_has_no_score_and_no_checks_and_what_was_not_reached_has_not_passed() -> None:
    checks = (check("runs", CheckStatus.PASSED), check("values", CheckStatus.NOT_REACHED))
    verdict = Verdict(Outcome.FAILED, "Not every check could be made", "basic", 1, "full", checks, 0.5)
    reward = reward_of(verdict, ("runs", "values"), partial=True)
    assert (reward.score, reward.cause) == (0.5, "values")
    assert reward.metrics == {"seconds": 0.5, "flags": 0, "runs": 1, "values": 0}
    for partial in (False, True):
        void = reward_of(
            replace(verdict, outcome=Outcome.VOID, cause=None, checks=()), ("runs",), partial=partial
        )
        assert (void.score, void.void, void.passed, void.cause) == (None, True, False, None)
        assert set(void.metrics) == {"seconds", "flags"}
