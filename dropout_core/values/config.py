"""Configuration of one evaluation. Stored with it; contains no key."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import PurePath
from typing import Any, Literal

from dropout_core.statistics.band.decision import tolerance_fits
from dropout_core.statistics.pass_rate import DECISION_ERROR, Band
from dropout_core.values.api import Api
from dropout_core.values.conversation import Tool
from dropout_core.values.price import Price
from dropout_core.values.stored.value import (
    Reader,
    Unreadable,
    count,
    fields_reader,
    mapping,
    number,
    sequence_of,
    text,
)
from dropout_core.values.task_names import DROPOUT, asked

Mode = Literal["answer", "agent"]
MODES: tuple[Mode, ...] = ("answer", "agent")
Refusals = Literal["failed", "void"]
REFUSALS: tuple[Refusals, ...] = ("failed", "void")
LimitSource = Literal["stated", "auto", "model", "assumed", "built in", "unknown"]
"""Origin of a reply's token limit: the user, not known yet, the model's own limit, this program because the server does
not report one, the sample answers, or nowhere, because the replies were made elsewhere."""
MOST_RUNS = 100_000
"""Most runs of an evaluation that asks a model; more would not fit into memory."""
MOST_IMPORTED = 1_000_000
"""Most runs of one that was imported."""
ANY_TEXT = ""
"""The function of a task that asks for none: any text is an answer, and none is code."""
SAMPLE_MODEL = "sample"
LOCAL_MODEL = "smollm2"
"""The model that this program serves by itself, unless an address says who does."""
LOCAL_SLOTS = 2
"""Requests that it answers at once: more would each be slower on one processor, and together hardly faster."""
DEFAULT_BAND = Band(0.10, 0.40)
DEFAULT_MODEL = "claude-haiku-4-5"
DEFAULT_MAX_TOKENS = 2000
ASSUMED_MAX_TOKENS = 16_000
"""Token limit where the server does not report one: generous, as thinking models use most of it for that."""
SAMPLE_NOTICE = "sample answers are built in; they say nothing about any model"
UNKNOWN = "unknown"
"""The model or the prompt of imported replies whose file does not tell it."""


@dataclass(frozen=True, slots=True)
class EvaluationConfig:
    """N trials of one task against one model."""

    model: str
    prompt_text: str
    """The whole prompt as it is sent."""
    seed: int
    base_url: str | None = None
    api: Api = "anthropic"
    """API that its server speaks."""
    runs: int = 10
    concurrency: int = 10
    sequential: bool = False
    mode: Mode = "answer"
    max_steps: int = 10
    max_tokens: int = DEFAULT_MAX_TOKENS
    """Token limit of one reply, including thinking."""
    max_tokens_from: LimitSource = "stated"
    prompt: str = "explicit"
    """Name of the prompt, or the path of the user's file."""
    prompt_from: str | None = None
    """What a person made this prompt from, a built-in one or a file; ``None`` for one that is as it was."""
    task: str = DROPOUT
    """Name of the task."""
    task_file: str | None = None
    """The file that defines it; ``None`` for a built-in one."""
    task_version: int = 0
    """As the task has it; 0 where that is not said."""
    task_digest: str | None = None
    """Digest of that file when the evaluation began."""
    function: str = DROPOUT
    """Name of the function that answers define, or `ANY_TEXT`."""
    suite: str = "basic"
    check_titles: tuple[tuple[str, str], ...] = ()
    """Ids and titles of its checks, in order, when the evaluation began."""
    unasked: tuple[str, ...] = ()
    """The checks of the suite that the prompt does not state, as far as that is known."""
    refusals: Refusals = "failed"
    """Outcome of an attempt that the model refused."""
    band: Band = DEFAULT_BAND
    tolerance: float = 0.0
    """How far the rate may lie on the wrong side of an edge before a statement about the band is false; a fraction."""
    decision_error: float = DECISION_ERROR
    """Highest probability that any statement about the band is ever false; a cell of a sweep has its share of it."""
    sweep: str | None = None
    """What the cells of one sweep have in common; ``None`` for an evaluation by itself."""
    sweep_cell: int = 0
    """Its place in the sweep, from 1."""
    batch: bool = False
    """Whether requests are submitted together, as batches of the Message Batches API."""
    until_decided: bool = False
    """Begin no further trials once the band decision is made."""
    budget: float | None = None
    """Budget of the whole evaluation in US dollars."""
    max_total_tokens: int | None = None
    """Budget of the whole evaluation in tokens, input and output together."""
    price: Price | None = None
    """Price stated by the user; ``None`` uses the price list."""
    thinking: str | None = None
    """``off``, ``auto``, or a number of tokens; ``None``, like those that follow, leaves it to the model."""
    effort: str | None = None
    temperature: float | None = None
    top_p: float | None = None
    system: str | None = None
    """The system prompt."""
    system_file: str | None = None
    """File of the system prompt."""
    timeout: str | None = None
    """Timeouts, in the form of `dropout_core.models.retry.user_limits`; ``None`` uses those that suit the server."""
    tries: int | None = None
    """Most tries of one request; ``None`` uses the program's default."""
    nonce: bool = False
    """Whether each attempt's prompt ends with a number of its own, so that no cache returns the same reply twice."""
    tools: tuple[Tool, ...] = field(default=(), hash=False)
    """Tools when the evaluation began; empty for today's."""
    set: dict[str, Any] = field(default_factory=dict, hash=False)
    """Further fields of each request."""
    imported: str | None = None
    """Name of the file that the replies were imported from; ``None`` where a model was asked for them."""
    imported_digest: str | None = None
    """Digest of what that file held."""

    @property
    def price_paid(self) -> Price | None:
        """Price stated by the user, as it is paid: half of it in a batch."""
        return self.price.in_a_batch if self.batch and self.price is not None else self.price

    @property
    def is_sample(self) -> bool:
        """Whether the answers are built in."""
        return self.model == SAMPLE_MODEL and self.imported is None

    @property
    def is_local(self) -> bool:
        """Whether this program itself serves the model, on this machine."""
        return self.model == LOCAL_MODEL and self.base_url is None and self.imported is None

    @property
    def asks_nobody(self) -> bool:
        """Whether no request is made, because the answers are built in or were made elsewhere."""
        return self.is_sample or self.imported is not None

    @property
    def notice(self) -> str:
        """What every output says of replies that nobody was asked for; empty where a model was asked."""
        if self.imported is not None:
            return f"imported from {PurePath(self.imported).name}: made elsewhere, no request was made"
        return SAMPLE_NOTICE if self.is_sample else ""

    @property
    def short_notices(self) -> tuple[str, ...]:
        """The notice in fewer words, the longest first, for where it does not fit."""
        if self.imported is not None:
            return ("imported, no request was made", "imported")
        return ("built-in answers, no model's", "built-in answers", "built in") if self.is_sample else ()

    @property
    def asked(self) -> str:
        """Suite, preceded by the name of a task other than dropout: ``"basic"``, ``"softmax basic"``."""
        return asked(self.task, self.suite)

    @property
    def slots(self) -> int:
        """Most trials in flight at once. Asked in batches, all of them, unless each round may be the last."""
        if self.batch and not self.until_decided:
            return self.runs
        return 1 if self.sequential else self.concurrency

    @property
    def reply_words(self) -> str:
        """Token limit of a reply and its origin, in words."""
        if self.max_tokens_from == "unknown":
            return "an unknown number of tokens a reply"
        if self.max_tokens_from == "auto":
            return "as many tokens a reply as the model lets"
        source = {"model": "the model's limit", "assumed": "assumed"}.get(self.max_tokens_from)
        return f"{self.max_tokens:,} tokens a reply" + (f" ({source})" if source else "")

    def to_json(self) -> dict[str, Any]:
        """The configuration as plain JSON values."""
        values = asdict(self)
        lists = {name: list(values[name]) for name in ("unasked", "tools")}
        lists["check_titles"] = [list(one) for one in self.check_titles]
        return {**values, "band": [self.band.lo, self.band.hi], **lists}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> EvaluationConfig:
        """The inverse of `to_json`; keys of a newer version are left out.

        Raises:
            Unreadable: it is no configuration that an evaluation can have.
        """
        config = cls(**_read(value))
        try:
            tolerance_fits(config.tolerance, config.band)
        except ValueError as error:
            raise Unreadable(str(error)) from None
        return config


def from_1_to(most: int) -> Reader:
    """Reads a whole number from 1 to `most`."""

    def reading(value: Any) -> int:
        if not 1 <= count(value) <= most:
            raise Unreadable(f"it is not from 1 to {most:,}")
        return int(value)

    return reading


def _read_error(value: Any) -> float:
    if not 0.0 < number(value) <= DECISION_ERROR:
        raise Unreadable(f"it is not above 0 and at most {DECISION_ERROR:g}")
    return float(value)


def read_band(value: Any) -> Band:
    """Read a band that is stored as two numbers.

    Raises:
        Unreadable: it is none.
    """
    lo, hi = _two_numbers(value)
    try:
        return Band(lo, hi)
    except ValueError as error:
        raise Unreadable(str(error)) from None


def _id_and_title(value: Any) -> tuple[str, str]:
    texts = sequence_of(text)(value)
    if len(texts) != 2:
        raise Unreadable("it is not an id and a title")
    return texts[0], texts[1]


def _two_numbers(value: Any) -> tuple[float, float]:
    numbers = sequence_of(number)(value)
    if len(numbers) != 2:
        raise Unreadable("it is not two numbers")
    return numbers[0], numbers[1]


_read_tool = fields_reader(Tool, {"input_schema": mapping})
_read = fields_reader(
    EvaluationConfig,
    {
        "runs": from_1_to(MOST_IMPORTED),
        "concurrency": from_1_to(MOST_RUNS),
        "max_steps": from_1_to(MOST_RUNS),
        "band": read_band,
        "check_titles": sequence_of(_id_and_title),
        "unasked": sequence_of(text),
        "decision_error": _read_error,
        "price": lambda value: None if value is None else Price.from_json(value),
        "tools": sequence_of(lambda value: Tool(**_read_tool(value))),
    },
)
