"""State of a trial and its attempts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from dropout_core.state.voided_by_user import is_replaced, is_voided_by_user
from dropout_core.verdict.verdict import Outcome, Verdict


class Status(StrEnum):
    """Activity of a trial, or the outcome of its latest attempt."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSING = "pausing"
    PAUSED = "paused"
    PASSED = "passed"
    FAILED = "failed"
    VOID = "void"

    @property
    def settled(self) -> bool:
        """Whether nothing more happens unless the user asks for it."""
        return self in _SETTLED


_SETTLED = frozenset({Status.PASSED, Status.FAILED, Status.VOID})


class Phase(StrEnum):
    """Phase of an attempt."""

    STARTING = "starting"
    WAITING = "waiting"
    ASKING = "asking"
    BATCHED = "batched"
    THINKING = "thinking"
    REPLYING = "replying"
    TOOL = "tool"
    GRADING = "grading"
    ENDED = "ended"


class Hold(StrEnum):
    """Whether the user has paused the trial."""

    NONE = "none"
    ASKED = "asked"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a request has not been sent yet."""

    reason: str
    """Reason in a few words: ``"API rate limited"``."""
    until: float | None
    """Earliest time at which it is sent; ``None`` when that depends on when other requests are answered."""
    failures: int
    """Failed tries of the request; 0 when it waits because others were turned away."""
    max_tries: int


@dataclass(frozen=True, slots=True)
class StepTaken:
    """Tokens, duration and ending of one reply of the model; the n-th belongs to the model's n-th turn."""

    input_tokens: int
    output_tokens: int
    seconds: float
    stop_reason: str
    refusal_category: str | None = None
    refusal_explanation: str | None = None
    thinking_tokens: int = 0
    cache_read_input_tokens: int = 0
    cache_creation_input_tokens: int = 0
    estimated: bool = False
    """Whether some token counts are estimates."""
    digest: str = ""
    """Equal for replies with the same content."""


@dataclass(frozen=True, slots=True)
class AttemptState:
    """State of one attempt: a conversation and the grading of its answer."""

    number: int
    seed: int
    started_at: float
    phase: Phase = Phase.STARTING
    wait: Wait | None = None
    """Why the request waits, in `Phase.WAITING`."""
    step: int = 0
    thinking_since: float | None = None
    """When the model was last seen to begin thinking, in `Phase.THINKING`."""
    input_tokens: int = 0
    """Includes tries without a reply, as far as known; so does `output_tokens`."""
    output_tokens: int = 0
    thinking_tokens: int = 0
    """Part of the output tokens."""
    cache_read_input_tokens: int = 0
    """Part of the input tokens, as are `cache_creation_input_tokens`."""
    cache_creation_input_tokens: int = 0
    estimated: bool = False
    """As in `StepTaken`, of any of its tries."""
    failed_tries: int = 0
    """Number of tries without a reply."""
    is_asking: bool = False
    """Whether a request is in flight."""
    batch: int | None = None
    """The batch that its request is part of; ``None`` when it waits for none."""
    model: str = ""
    steps: tuple[StepTaken, ...] = ()
    """Complete replies, in order."""
    busy_seconds: float = 0.0
    """Time with a slot, up to `busy_since`."""
    busy_since: float | None = None
    """When it last took a slot; ``None`` while it holds none."""
    code: str | None = None
    origin: str = ""
    verdict: Verdict | None = None

    @property
    def tokens(self) -> int:
        """Input and output tokens together."""
        return self.input_tokens + self.output_tokens

    @property
    def is_answered(self) -> bool:
        """Whether the model has answered, or has begun to."""
        return bool(self.steps) or self.phase in (Phase.THINKING, Phase.REPLYING)

    @property
    def has_left_round(self) -> bool:
        """Whether its request has been submitted in a batch, or answered."""
        return self.is_under_way or self.code is not None

    @property
    def stop_reasons(self) -> tuple[str, ...]:
        """Stop reasons of the complete replies, in order."""
        return tuple(step.stop_reason for step in self.steps)

    @property
    def stop_reason(self) -> str:
        """Stop reason of the latest complete reply; empty before the first."""
        return self.steps[-1].stop_reason if self.steps else ""

    @property
    def may_go_on(self) -> bool:
        """Whether an attempt that was cut off can continue from what is stored of it.

        One whose first request was still unanswered has nothing to continue from and starts over, unless that request
        is part of a batch, which goes on without the program.
        """
        return self.verdict is None and (self.step == 0 or self.is_under_way)

    @property
    def is_under_way(self) -> bool:
        """Whether there is something of it already that was paid for, or will be: a reply, or a batched request."""
        return self.verdict is None and (bool(self.steps) or self.batch is not None)

    @property
    def digest(self) -> str:
        """Equal for attempts with the same replies; empty where that is not known."""
        digests = [step.digest for step in self.steps]
        return " ".join(digests) if all(digests) else ""

    @property
    def is_to_be_graded(self) -> bool:
        """Whether its code is stored but not graded yet."""
        return self.code is not None and self.verdict is None

    def seconds(self, now: float) -> float:
        """Seconds with a slot; pauses do not count."""
        running = 0.0 if self.busy_since is None else max(0.0, now - self.busy_since)
        return self.busy_seconds + running

    def held_up(self, since: float, until: float) -> AttemptState:
        """The attempt without a period in which nothing could go on."""
        if self.busy_since is None:
            return self
        return replace(self, busy_since=self.busy_since + max(0.0, until - max(since, self.busy_since)))

    def idle_from(self, at: float) -> AttemptState:
        """The attempt without its slot."""
        return replace(self, busy_seconds=self.seconds(at), busy_since=None)


@dataclass(frozen=True, slots=True)
class TrialState:
    """State of one trial, shown as a row, with its attempts."""

    number: int
    attempts: tuple[AttemptState, ...] = ()
    queued: bool = True
    """Whether it waits for a slot: for its attempt, or for another one after that has ended."""
    hold: Hold = Hold.NONE

    @property
    def latest(self) -> AttemptState | None:
        """The attempt that the row shows."""
        return self.attempts[-1] if self.attempts else None

    @property
    def counted(self) -> AttemptState | None:
        """The attempt that counts: the first that was graded. Later ones are shown beside it."""
        for attempt in self.attempts:
            if attempt.verdict is not None and attempt.verdict.outcome is not Outcome.VOID:
                return attempt
        return None

    @property
    def rerun_waits(self) -> bool:
        """Whether it has ended and its rerun waits for a slot. Until that begins, its outcome stays."""
        return self.queued and self.status.settled

    @property
    def is_under_way(self) -> bool:
        """Whether its attempt has a reply already, or a request in a batch, and continues from there."""
        latest = self.latest
        return latest is not None and latest.is_under_way

    @property
    def rerolled(self) -> int:
        """Number of attempts that the user voided after a request and repeated, before any was graded.

        The user may have seen how a voided attempt went, so these are reported beside the pass rate.
        """
        count = 0
        for attempt in self.attempts[:-1]:
            if attempt.verdict is None:
                continue
            if attempt.verdict.outcome is not Outcome.VOID:
                break
            count += attempt.step > 0 and is_voided_by_user(attempt.verdict)
        return count

    @property
    def status(self) -> Status:
        """Status that the row shows."""
        if self.hold is Hold.HELD:
            return Status.PAUSED
        latest = self.latest
        verdict = None if latest is None else latest.verdict
        if verdict is not None and not (self.queued and is_replaced(verdict)):
            return Status(verdict.outcome.value)
        if self.queued:
            return Status.QUEUED
        return Status.PAUSING if self.hold is Hold.ASKED else Status.RUNNING

    def attempt(self, number: int) -> AttemptState:
        """The attempt with this number.

        Raises:
            IndexError: there is none.
        """
        if not 1 <= number <= len(self.attempts):
            raise IndexError(f"trial {self.number} has no attempt {number}")
        return self.attempts[number - 1]
