"""A conversation as the parts a screen shows: speakers, texts, thinking, and tool calls with their results."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from textual.app import App
from textual.content import Content

from dropout_core.state.trial_state import StepTaken
from dropout_core.values.conversation import (
    Block,
    Message,
    OtherBlock,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
)
from dropout_core.values.words.tokens import token_words
from dropout_tui.text.highlighting import coloured_code, coloured_reply
from dropout_tui.text.numbers import count, elapsed
from dropout_tui.text.sanitize import visible, visible_line

MAX_SHOWN = 40_000
"""The most characters shown of one block; a note says how much is left out."""
LONG_PROMPT = 6
"""The least lines of a prompt that opens folded: it is the same in every trial."""

_CODE_ARGUMENTS = ("expression", "answer", "code")


class Kind(StrEnum):
    """The kind of a part. Also the suffix of its component class."""

    SPEAKER = "speaker"
    TEXT = "text"
    THINKING = "thinking"
    CALL = "call"
    RESULT = "result"
    ERROR = "error"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a conversation: shown whole, or folded to its summary."""

    turn: int
    """The index of its turn, from 0."""
    place: int
    """Its index in the turn: 0 is the speaker."""
    kind: Kind
    block: Block | None = None
    result: ToolResultBlock | None = None
    """The tool's result, for a call."""
    role: str = ""
    """Who speaks, for a speaker: ``prompt``, ``model``, ``user`` or ``tools``."""
    reply: int | None = None
    """The index of the reply, from 0, for a model's turn."""

    @property
    def key(self) -> tuple[int, int]:
        """Its turn and index, which no other part of the conversation has."""
        return self.turn, self.place

    @property
    def foldable(self) -> bool:
        """Whether it can be folded to a summary."""
        match self.kind:
            case Kind.SPEAKER:
                return False
            case Kind.TEXT:
                text = self.block.text if isinstance(self.block, TextBlock) else ""
                return self.turn == 0 and text.count("\n") >= LONG_PROMPT
            case _:
                return True

    @property
    def opens_folded(self) -> bool:
        """Whether it is folded at first."""
        return self.foldable and self.kind not in (Kind.RESULT, Kind.ERROR)


def parts_of(turns: Sequence[Message]) -> tuple[Part, ...]:
    """The parts of a conversation in order. A tool's result stands under the call it answers, one turn earlier."""
    parts: list[Part] = []
    waiting: dict[str, list[int]] = {}
    replies = 0
    for turn, message in enumerate(turns):
        unanswered: list[Part] = []
        for place, block in enumerate(message.blocks, 1):
            if isinstance(block, ToolResultBlock) and waiting.get(block.tool_use_id):
                number = waiting[block.tool_use_id].pop(0)
                parts[number] = replace(parts[number], result=block)
            else:
                unanswered.append(Part(turn, place, _kind_of(block), block))
        waiting = {}
        if not unanswered and message.blocks:
            continue
        is_model = message.role == "assistant"
        parts.append(
            Part(turn, 0, Kind.SPEAKER, role=speaker_of(message, turn), reply=replies if is_model else None)
        )
        replies += is_model
        for part in unanswered:
            if is_model and isinstance(part.block, ToolUseBlock):
                waiting.setdefault(part.block.id, []).append(len(parts))
            parts.append(part)
    return tuple(parts)


def speaker_of(message: Message, turn: int) -> str:
    """Who speaks in the turn with this index, in a word."""
    if message.role == "assistant":
        return "model"
    if any(isinstance(block, ToolResultBlock) for block in message.blocks):
        return "tools"
    return "prompt" if turn == 0 else "user"


def speaker_line(part: Part, steps: Sequence[StepTaken], width: int) -> Content:
    """Who speaks and, for the model, what its reply took. What does not fit on one line goes on further lines."""
    who = Content.styled(f"{part.turn + 1} · {part.role}", "bold $text-primary")
    if part.reply is None or part.reply >= len(steps):
        return who
    taken = steps[part.reply]
    figures = (
        f"{token_words(taken, count, separator=' · ')}"
        f" · {elapsed(taken.seconds)} · {visible_line(taken.stop_reason) or 'no stop reason'}"
    )
    gap = "   " if who.cell_length + 3 + len(figures) <= width else "\n"
    return Content.assemble(who, gap, (figures, "dim"))


def summary_of(part: Part, width: int, *, folded: bool) -> Content:
    """The line of a foldable part, shown alone when it is folded and above the body when it is not."""
    name, gist, tail = _summary(part)
    glyph = "▸" if folded else "▾"
    head = Content.assemble(f"{glyph} ", (name, "bold"))
    gap = "  " if name else ""
    style = "$text-error" if tail.startswith("✗") else "dim"
    room = width - len(tail) - 2
    if room < head.cell_length:
        return head.truncate(width, ellipsis=True)
    if folded and gist:
        head = Content.assemble(head, (f"{gap}{gist}", "dim")).truncate(room, ellipsis=True)
    return Content.assemble(head.pad_right(room - head.cell_length), (f"  {tail}", style))


def body_of(part: Part, app: App[object]) -> Content:
    """The body of a part, shortened if it is very long."""
    match part.block:
        case TextBlock(text=text):
            return shortened(coloured_reply(text, app))
        case ThinkingBlock(shown=thinking):
            return shortened(Content(visible(thinking)))
        case ToolUseBlock() as call:
            return Content("\n").join([*_arguments(call, app), *_answer(part.result)])
        case ToolResultBlock() as result:
            return shortened(Content(visible(result.content)))
        case OtherBlock(raw=raw):
            return _json(raw)
        case None:
            return Content()


def shortened(content: Content) -> Content:
    """`content` cut to the length that is shown, with a note of how much is left out."""
    hidden = len(content) - MAX_SHOWN
    if hidden <= 0:
        return content
    return Content.assemble(content[:MAX_SHOWN], (f"\n… {hidden:,} more characters are stored", "dim"))


def _kind_of(block: Block) -> Kind:
    match block:
        case TextBlock():
            return Kind.TEXT
        case ThinkingBlock():
            return Kind.THINKING
        case ToolUseBlock():
            return Kind.CALL
        case ToolResultBlock(is_error=True):
            return Kind.ERROR
        case ToolResultBlock():
            return Kind.RESULT
        case OtherBlock():
            return Kind.OTHER


def _summary(part: Part) -> tuple[str, str, str]:
    """A name, the first telling line of what is folded, and the result."""
    match part.block:
        case ToolUseBlock(name=name) as call:
            text = _text_of(call)
            came = "" if part.result is None else f"{_came_of(part.result)} · "
            return visible_line(name), _gist(text), f"{came}{_size(text)}"
        case ToolResultBlock() as result:
            return "result of a call that is not shown", _gist(result.content), _came_of(result)
        case ThinkingBlock(thinking=thinking, shown=shown):
            return "thinking", _gist(shown), _size(thinking)
        case TextBlock(text=text):
            return "", _gist(text), _size(text)
        case OtherBlock(raw=raw):
            kind = visible_line(str(raw.get("type", "")))
            return "a block of a kind this version does not know", kind, ""
        case None:
            return "", "", ""


def _came_of(result: ToolResultBlock) -> str:
    return "✗ error" if result.is_error else "✓ ok"


def _text_of(call: ToolUseBlock) -> str:
    code = (call.input[name] for name in _CODE_ARGUMENTS if isinstance(call.input.get(name), str))
    return next(code, None) or ", ".join(f"{name}={value!r}" for name, value in call.input.items())


def _gist(text: str) -> str:
    """The first line with content; in code the first that neither imports nor opens a fence."""
    lines = [line for line in (visible_line(line) for line in text[:MAX_SHOWN].split("\n")) if line]
    telling = (line for line in lines if not line.startswith(("import ", "from ", "```")))
    return next(telling, lines[0] if lines else "")


def _size(text: str) -> str:
    lines = text.rstrip("\n").count("\n") + 1
    return f"{lines} lines" if lines > 1 else f"{count(len(text))} chars"


def _arguments(call: ToolUseBlock, app: App[object]) -> Iterator[Content]:
    for name, value in call.input.items():
        if name in _CODE_ARGUMENTS and isinstance(value, str):
            yield shortened(coloured_code(value, app))
        else:
            shown = Content(visible(value)) if isinstance(value, str) else _json(value)
            yield Content.assemble((f"{visible_line(name)}: ", "dim"), shortened(shown))


def _answer(result: ToolResultBlock | None) -> Iterator[Content]:
    if result is None:
        return
    if result.is_error:
        yield Content.styled("✗ returned an error", "bold $text-error")
    else:
        yield Content.styled("✓ returned", "bold dim")
    yield shortened(Content(visible(result.content)))


def _json(value: object) -> Content:
    return shortened(Content(visible(json.dumps(value, indent=2, ensure_ascii=False, default=str))))
