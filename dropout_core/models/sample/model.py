"""Built-in model with canned answers, right and wrong, that needs no network and says nothing about any real model."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import Callable, Sequence

from dropout_core.models import Reply, Request, Usage
from dropout_core.models.sample.answers import SampleAnswer, choose_answer
from dropout_core.models.sample.steps import Turn, turn
from dropout_core.values.conversation import Block, Message, TextBlock, ThinkingBlock, ToolUseBlock

_CHARACTERS_PER_TOKEN = 4
_PIECE = re.compile(r".{1,12}", re.DOTALL)
"""Piece of text that arrives at once: about three tokens, as in real streams."""


class SampleModel:
    """Gives built-in answers, chosen by the request's seed alone: the same seed gives the same reply everywhere.

    The answers are those to dropout unless others are given as `answers`. `pace` is the speed of the stream in output
    tokens a second. Without one there is no delay; the event loop still gets its turn between the pieces.
    """

    def __init__(self, pace: float | None = None, answers: Sequence[SampleAnswer] | None = None) -> None:
        if pace is not None and not pace > 0:
            raise ValueError(f"pace must be above 0 tokens a second, not {pace}")
        self._answers = answers
        self._seconds_per_token = 0.0 if pace is None else 1.0 / pace

    @property
    def name(self) -> str:
        """Name by which the user refers to it."""
        return "sample"

    async def reply(self, request: Request, on_text: Callable[[str], None]) -> Reply:
        """Answer `request`, passing on text as it arrives. A reply without tools honours `max_tokens`."""
        rng = random.Random(request.seed)  # noqa: S311 - a choice among built-in answers, no secret
        # Only `random()` promises the same numbers on every version of Python.
        answer, plan = choose_answer(rng.random(), self._answers), rng.random()
        said = Turn(answer.text, stop_reason=answer.stop_reason)
        if request.tools:
            said = turn(answer, plan, request.step)
        limit = request.max_tokens * _CHARACTERS_PER_TOKEN
        if len(said.text) > limit and not said.calls:
            said = Turn(said.text[:limit], stop_reason="max_tokens")

        thinking = answer.thinking if request.step == 1 else ""
        await asyncio.sleep(_tokens(thinking) * self._seconds_per_token)
        for piece in _PIECE.findall(said.text):
            on_text(piece)
            await asyncio.sleep(_tokens(piece) * self._seconds_per_token)
        calls = [
            ToolUseBlock(f"toolu_sample_{request.seed}_{request.step}_{number}", call.tool, call.arguments)
            for number, call in enumerate(said.calls)
        ]
        called = "".join(json.dumps(dict(call.input)) for call in calls)
        await asyncio.sleep(_tokens(called) * self._seconds_per_token)

        blocks: list[Block] = [ThinkingBlock(thinking)] if thinking else []
        blocks += [TextBlock(said.text)] if said.text else []
        blocks += calls
        return Reply(
            message=Message("assistant", tuple(blocks)),
            stop_reason=said.stop_reason,
            usage=Usage(_input_tokens(request), _tokens(thinking + said.text + called)),
            model=self.name,
        )

    async def open(self) -> None:
        """Nothing to prepare."""

    async def close(self) -> None:
        """Nothing to close."""


def _tokens(text: str) -> int:
    """Estimated tokens of the text; at least 1 unless it is empty."""
    return -(-len(text) // _CHARACTERS_PER_TOKEN)


def _input_tokens(request: Request) -> int:
    tools = [{"name": tool.name, "description": tool.description} for tool in request.tools]
    return _tokens(json.dumps([message.to_json() for message in request.messages] + tools))
