"""What one evaluation is asked to do. Stored with it; holds no key."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from dropout_core.statistics.band_decision import tolerance_fits
from dropout_core.statistics.pass_rate import Band
from dropout_core.values.conversation import Tool
from dropout_core.values.price import Price
from dropout_core.values.stored_value import (
    Reader,
    Unreadable,
    count,
    fields_reader,
    mapping,
    number,
    sequence_of,
)
from dropout_core.values.task_names import DROPOUT, asked

Mode = Literal["answer", "agent"]
MODES: tuple[Mode, ...] = ("answer", "agent")
Refusals = Literal["failed", "void"]
REFUSALS: tuple[Refusals, ...] = ("failed", "void")
LimitSource = Literal["stated", "auto", "model", "assumed", "built in"]
"""Where the length of a reply comes from: the user, nobody as yet, the model's own limit, this program because the
server does not say, or the sample answers."""
MOST_RUNS = 100_000
"""Of a stored evaluation. More would take all the memory there is."""
SAMPLE_MODEL = "sample"
DEFAULT_BAND = Band(0.10, 0.40)
DEFAULT_MODEL = "claude-haiku-4-5"
DEFAULT_MAX_TOKENS = 2000
ASSUMED_MAX_TOKENS = 16_000
"""Where the server does not say what is the most: generous, as models that think spend most of it on that."""
SAMPLE_NOTICE = "sample answers are built in; they say nothing about any model"


@dataclass(frozen=True, slots=True)
class EvaluationConfig:
    """N trials of one task against one model."""

    model: str
    prompt_text: str
    """The whole prompt as it is sent."""
    seed: int
    base_url: str | None = None
    runs: int = 10
    concurrency: int = 10
    sequential: bool = False
    mode: Mode = "answer"
    max_steps: int = 10
    max_tokens: int = DEFAULT_MAX_TOKENS
    """Of one reply; thinking is a part of it."""
    max_tokens_from: LimitSource = "stated"
    prompt: str = "explicit"
    """The prompt's name, or the path of the user's file."""
    task: str = DROPOUT
    """The task's name."""
    task_file: str | None = None
    """The file that defines it; ``None`` for a built-in one."""
    task_version: int = 0
    """As the task has it; 0 for dropout, whose suites have versions."""
    task_digest: str | None = None
    """Of that file, as it was when the evaluation began."""
    function: str = DROPOUT
    """The name of what answers define."""
    suite: str = "basic"
    refusals: Refusals = "failed"
    """What an attempt is that the model refused."""
    band: Band = DEFAULT_BAND
    tolerance: float = 0.0
    """How far a rate may lie on the wrong side of an edge before what is said of the band is false; a fraction."""
    until_decided: bool = False
    """Start no further trials once the band decision is made."""
    budget: float | None = None
    """US dollars for the whole evaluation."""
    max_total_tokens: int | None = None
    """Tokens in and out for the whole evaluation."""
    price: Price | None = None
    """As the user stated it; ``None`` goes by the price list."""
    thinking: str | None = None
    """``off``, ``auto``, or a number of tokens; ``None``, like those that follow, leaves it to the model."""
    effort: str | None = None
    temperature: float | None = None
    top_p: float | None = None
    system: str | None = None
    """The system prompt."""
    system_file: str | None = None
    """The file it came from."""
    timeout: str | None = None
    """Time limits as `dropout_core.models.retry.user_limits` reads them; ``None`` is what suits the server."""
    tries: int | None = None
    """Of one request at most; ``None`` is as many as the program makes by itself."""
    nonce: bool = False
    """Whether each attempt's prompt ends with a number of its own, so that no cache answers twice with one reply."""
    tools: tuple[Tool, ...] = field(default=(), hash=False)
    """What an agent may call, as it was when the evaluation began; empty are those of today."""
    set: dict[str, Any] = field(default_factory=dict, hash=False)
    """Further fields of each request, as they are sent."""

    @property
    def is_sample(self) -> bool:
        """Whether the answers are built in."""
        return self.model == SAMPLE_MODEL

    @property
    def asked(self) -> str:
        """The suite, after the name of a task other than dropout: ``"basic"``, ``"softmax basic"``."""
        return asked(self.task, self.suite)

    @property
    def slots(self) -> int:
        """How many trials may be in flight at once."""
        return 1 if self.sequential else self.concurrency

    @property
    def reply_words(self) -> str:
        """How long a reply may be, and who says so."""
        if self.max_tokens_from == "auto":
            return "as many tokens a reply as the model lets"
        source = {"model": "the model's limit", "assumed": "assumed"}.get(self.max_tokens_from)
        return f"{self.max_tokens:,} tokens a reply" + (f" ({source})" if source else "")

    def to_json(self) -> dict[str, Any]:
        """The configuration as plain JSON values."""
        values = asdict(self)
        return {**values, "band": [self.band.lo, self.band.hi], "tools": list(values["tools"])}

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


def _two_numbers(value: Any) -> tuple[float, float]:
    numbers = sequence_of(number)(value)
    if len(numbers) != 2:
        raise Unreadable("it is not two numbers")
    return numbers[0], numbers[1]


_read_tool = fields_reader(Tool, {"input_schema": mapping})
_read = fields_reader(
    EvaluationConfig,
    {
        "runs": from_1_to(MOST_RUNS),
        "concurrency": from_1_to(MOST_RUNS),
        "max_steps": from_1_to(MOST_RUNS),
        "band": read_band,
        "price": lambda value: None if value is None else Price.from_json(value),
        "tools": sequence_of(lambda value: Tool(**_read_tool(value))),
    },
)
