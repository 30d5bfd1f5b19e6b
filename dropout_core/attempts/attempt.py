"""One attempt of a trial: ask the model, extract the code, grade it; it can be paused between steps."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from dropout_core.attempts.reply_ending import (
    Ended,
    cut_short,
    judged,
    refused,
    steps,
    ungraded,
    unusual_ending,
    without_code,
)
from dropout_core.attempts.request_events import RequestEvents, Stamp
from dropout_core.attempts.submission import (
    answer_of,
    code_of,
    defines_function,
    looks_like_a_call,
    submitted_in,
    written_calls,
)
from dropout_core.attempts.transcript import Transcript
from dropout_core.extraction import Extraction, NoCodeFound, extract
from dropout_core.models import Reply, Request
from dropout_core.models.request_settings import fields_of
from dropout_core.models.retry.time_budget import ATTEMPT_SECONDS, TimeAllowance
from dropout_core.models.stop_reasons import CONTEXT_FULL, PAUSED, REFUSED, TOKEN_LIMIT
from dropout_core.sandbox import SandboxBroken
from dropout_core.sandbox.processes.ending import TOO_BUSY, Starved
from dropout_core.state import events
from dropout_core.state.trial_state import AttemptState
from dropout_core.values.agent_tools import PYTHON_EXPRESSION, SUBMIT_ANSWER, TOOLS
from dropout_core.values.config import EvaluationConfig
from dropout_core.values.conversation import Message, ToolResultBlock, ToolUseBlock
from dropout_core.values.seeds import derived_seed
from dropout_core.verdict.causes import NO_SUBMISSION, UNPARSED_TOOL_CALL
from dropout_core.verdict.verdict import Grading, Outcome, Verdict

_CALL_CUT_OFF = "This call was cut off at the token limit and was not run. Send it again, shorter."
_UNPARSED = "The model wrote its tool call as text; the server did not parse it"
_GO_ON = "Your reply was cut off at the token limit. Go on, and call submit_answer with the complete source."


class ExpressionOutput(Protocol):
    """Output of a tool expression."""

    @property
    def stdout(self) -> str:
        """Printed text, including what was printed before an error."""
        ...

    @property
    def error(self) -> str | None:
        """End of the traceback, or why it was stopped; ``None`` on success."""
        ...


class Interpreter(Protocol):
    """Runs the agent's expressions in isolation."""

    async def evaluate(self, expression: str) -> ExpressionOutput:
        """Run `expression` with NumPy available."""
        ...


@runtime_checkable
class UsesTools(Protocol):
    """Runs the tools that a task defines itself."""

    async def use(self, name: str, given: Mapping[str, Any]) -> ExpressionOutput:
        """Output of the tool with this name for the given input."""
        ...


class Client(Protocol):
    """Asks the model."""

    async def reply(
        self, request: Request, asker: RequestEvents, allowance: TimeAllowance | None = None
    ) -> Reply:
        """The reply to `request`; `asker` is told how it comes about, and `allowance` is the time left for tries.

        Raises:
            ModelError: there will be none.
            ModelUnusable: no request can succeed.
        """
        ...


@dataclass(frozen=True, slots=True)
class AttemptContext:
    """Everything that the attempts of an evaluation share."""

    config: EvaluationConfig
    client: Client
    grading: Grading
    interpreter: Interpreter
    record: Callable[[events.Event], None]
    stored: Callable[[], Awaitable[None]]
    """Waits until everything recorded so far is durable."""
    writable: Callable[[], Awaitable[None]]
    """Waits while the store is blocked: nothing is requested that could not be stored."""
    conversation: Callable[[int, int], Awaitable[tuple[Message, ...]]]
    """Stored turns of an attempt, by trial and attempt number."""
    clock: Callable[[], float]
    attempt_seconds: float = ATTEMPT_SECONDS
    """Time limit for the requests of one attempt, not counting waits and pauses."""


class NotRun(Exception):
    """The model's code could not be run, through no fault of its own; the message says why, in one line.

    The attempt continues from there as soon as code can be run.
    """


class Attempt:
    """One conversation with the model and the grading of what it produced."""

    def __init__(
        self,
        context: AttemptContext,
        *,
        trial: int,
        begun: AttemptState,
        goes_on: bool,
        boundary: Callable[[], Awaitable[None]],
    ) -> None:
        """`begun` is the attempt's state so far. One that `goes_on` was cut off, and part of it may be stored.

        `boundary` is awaited where the attempt may pause.
        """
        self._context = context
        self._config = context.config
        self._trial = trial
        self._fields = fields_of(context.config)
        self._begun = begun
        self._goes_on = goes_on
        self._number = begun.number
        self._seed = begun.seed
        self._boundary = boundary
        self._stop_reason = begun.stop_reason
        self._transcript = Transcript(self._record_turn)
        self._allowance = TimeAllowance(context.attempt_seconds)

    async def run(self) -> Verdict:
        """Run the attempt to its verdict.

        Raises:
            ModelError: the model gave up; the attempt says nothing about it.
            ModelUnusable: no request to this model can succeed.
            NotRun: the code, or an expression on the way to it, could not be run. It is stored, and can be run without
                asking again.
        """
        code, origin = self._begun.code, self._begun.origin
        if code is None:
            await self._recall()
            self._transcript.add(Message.user(self._prompt))
            try:
                found = await (self._agent() if self._config.mode == "agent" else self._answer())
            except Ended as ended:
                return ungraded(ended, self._config, self._seed)
            self._record(events.CodeFound(**self._stamp(), code=found.code, origin=found.origin))
            code, origin = found.code, found.origin
        await self._boundary()
        self._record(events.GradingStarted(**self._stamp()))
        verdict = await self._context.grading.grade(code, seed=self._seed)
        if verdict.outcome is Outcome.VOID and verdict.reason != TOO_BUSY:
            raise NotRun(verdict.reason)
        return judged(verdict, self._stop_reason, origin, self._config)

    @property
    def _prompt(self) -> str:
        """The prompt. With a nonce it ends with a number that differs for each attempt and has no meaning."""
        if not self._config.nonce:
            return self._config.prompt_text
        return f"{self._config.prompt_text}\n\n(Request {derived_seed(self._seed, 'nonce'):x}.)"

    async def _recall(self) -> None:
        """Continue the conversation where it was cut off."""
        if self._goes_on:
            self._transcript = Transcript(
                self._record_turn,
                stored=await self._context.conversation(self._trial, self._number),
                taken=self._begun.steps,
            )

    async def _answer(self) -> Extraction:
        """Take the code from a single reply. A turn that the server paused is continued."""
        texts: list[str] = []
        for step in range(1, self._config.max_steps + 1):
            reply = await self._ask(step)
            texts.append(reply.message.text)
            if reply.stop_reason != PAUSED:
                break
        if reply.stop_reason == REFUSED:
            raise refused(reply)
        try:
            return extract("\n\n".join(filter(None, texts)), self._config.function)
        except NoCodeFound as missing:
            raise without_code(reply, str(missing), self._config) from None

    async def _agent(self) -> Extraction:
        """Run the tool loop until the model submits, for at most `max_steps` requests."""
        submission_cut = False
        for step in range(1, self._config.max_steps + 1):
            reply = await self._ask(step)
            if reply.stop_reason == REFUSED:
                raise refused(reply)
            calls = reply.message.tool_calls or written_calls(reply.message)
            if reply.stop_reason == CONTEXT_FULL:
                # Nothing more fits into the context, so it cannot continue.
                submitted = submitted_in(reply.message)
                return self._last_words(reply) if submitted is None else self._code_of(submitted, reply)
            if calls:
                submitted = await self._use_tools(step, calls, reply.stop_reason)
                if submitted is not None:
                    return self._code_of(submitted, reply)
                submission_cut = submission_cut or (
                    reply.stop_reason == TOKEN_LIMIT and any(call.name == SUBMIT_ANSWER for call in calls)
                )
            elif reply.stop_reason == TOKEN_LIMIT and step < self._config.max_steps:
                self._transcript.add(Message.user(_GO_ON))
            elif reply.stop_reason != PAUSED:
                return self._last_words(reply, submission_cut=submission_cut)
        limit = steps(self._config.max_steps)
        if submission_cut or reply.stop_reason in (TOKEN_LIMIT, PAUSED):
            why = TOKEN_LIMIT if submission_cut else reply.stop_reason
            raise cut_short(why, f"no answer submitted within {limit}", self._config)
        raise Ended(NO_SUBMISSION, f"No answer submitted within {limit}")

    def _code_of(self, submitted: str, reply: Reply) -> Extraction:
        try:
            return code_of(submitted, self._config.function)
        except NoCodeFound as missing:
            raise without_code(reply, str(missing), self._config) from None

    def _last_words(self, reply: Reply, *, submission_cut: bool = False) -> Extraction:
        """Take the answer from the text of an agent that stopped without submitting."""
        if not self._config.function:
            raise Ended(NO_SUBMISSION, f"No answer submitted{unusual_ending(reply)}")
        unread = looks_like_a_call(reply.message.text)
        missing = "what looks like a tool call cannot be read"
        try:
            found = extract(reply.message.text, self._config.function)
            if not unread or defines_function(found.code, self._config.function):
                return found
        except NoCodeFound as nothing:
            missing = str(nothing)
        if reply.stop_reason in (TOKEN_LIMIT, CONTEXT_FULL):
            raise without_code(reply, missing, self._config)
        if submission_cut:
            raise cut_short(TOKEN_LIMIT, "no answer submitted after that", self._config)
        if unread:
            raise Ended(UNPARSED_TOOL_CALL, _UNPARSED)
        raise Ended(NO_SUBMISSION, f"No answer submitted{unusual_ending(reply)}")

    async def _ask(self, step: int) -> Reply:
        stored = self._transcript.stored_reply(step)
        if stored is not None:
            self._stop_reason = stored.stop_reason
            return stored
        request = Request(
            messages=self._transcript.said,
            tools=(self._config.tools or TOOLS) if self._config.mode == "agent" else (),
            max_tokens=self._config.max_tokens,
            seed=derived_seed(self._seed, "model"),
            step=step,
            fields=self._fields,
            trial=self._trial,
            attempt=self._number,
        )
        told = RequestEvents(self._record, self._stamp, step, self._may_ask)
        reply = await self._context.client.reply(request, told, self._allowance)
        # The turn and its end are recorded without a pause in between, so that both are stored or neither.
        self._transcript.add(reply.message)
        self._record(
            events.ReplyFinished(
                **self._stamp(),
                step=step,
                stop_reason=reply.stop_reason,
                model=reply.model,
                input_tokens=reply.usage.input_tokens,
                output_tokens=reply.usage.output_tokens,
                seconds=told.seconds,
                thinking_tokens=reply.usage.thinking_tokens,
                cache_read_input_tokens=reply.usage.cache_read_input_tokens,
                cache_creation_input_tokens=reply.usage.cache_creation_input_tokens,
                estimated=reply.usage.estimated,
                refusal_category=reply.refusal_category,
                refusal_explanation=reply.refusal_explanation,
                digest=reply.message.digest,
            )
        )
        await self._context.stored()
        self._stop_reason = reply.stop_reason
        return reply

    async def _may_ask(self) -> None:
        await self._boundary()
        await self._context.writable()

    async def _use_tools(self, step: int, calls: tuple[ToolUseBlock, ...], stop_reason: str) -> str | None:
        """Run the calls in order. A submission ends them and is returned; otherwise the results go to the model."""
        if self._transcript.take_stored() is not None:
            return None
        results: list[ToolResultBlock] = []
        for call in calls:
            self._record(events.ToolCalled(**self._stamp(), step=step, name=call.name))
            if (answer := answer_of(call)) is not None:
                return answer
            match call:
                case ToolUseBlock(name=str(name), input={"expression": str(code)}) if (
                    name == PYTHON_EXPRESSION
                ):
                    results.append(await self._expression(call.id, code))
                case ToolUseBlock(name=str(name)) if name in self._own_tools and stop_reason != TOKEN_LIMIT:
                    results.append(await self._own_tool(call))
                case _:
                    why = _why_not(call, stop_reason, self._own_tools)
                    results.append(ToolResultBlock(call.id, why, is_error=True))
        self._transcript.add(_turn_of(calls, results))
        return None

    async def _expression(self, call_id: str, code: str) -> ToolResultBlock:
        output = await _run(self._context.interpreter.evaluate(code))
        return _result(call_id, output, "(it printed nothing; use print() to see values)")

    @property
    def _own_tools(self) -> tuple[str, ...]:
        """Names of the tools that the task adds."""
        usual = (PYTHON_EXPRESSION, SUBMIT_ANSWER)
        return tuple(tool.name for tool in self._config.tools or () if tool.name not in usual)

    async def _own_tool(self, call: ToolUseBlock) -> ToolResultBlock:
        tools = self._context.interpreter
        if not isinstance(tools, UsesTools):
            return ToolResultBlock(call.id, f"{call.name} is not there any more.", is_error=True)
        return _result(call.id, await _run(tools.use(call.name, call.input)), "(it gave an empty text)")

    def _record_turn(self, position: int, message: Message) -> None:
        self._record(events.MessageAdded(**self._stamp(), position=position, message=message))

    def _record(self, event: events.Event) -> None:
        self._context.record(event)

    def _stamp(self) -> Stamp:
        return {"at": self._context.clock(), "trial": self._trial, "attempt": self._number}


async def _run(running: Awaitable[ExpressionOutput]) -> ExpressionOutput:
    """Result of running the model's code, or a tool.

    Raises:
        NotRun: it could not be run.
        Starved: it had too little of the processor.
    """
    try:
        return await running
    except Starved:
        raise
    except (SandboxBroken, OSError, MemoryError) as error:
        raise NotRun(str(error) or "no memory") from error


def _result(call_id: str, output: ExpressionOutput, nothing: str) -> ToolResultBlock:
    said = "\n".join(part.rstrip("\n") for part in (output.stdout, output.error or "") if part)
    return ToolResultBlock(call_id, said or nothing, is_error=output.error is not None)


def _turn_of(calls: Sequence[ToolUseBlock], results: Sequence[ToolResultBlock]) -> Message:
    """Tool results as a user turn. A call that was written as text has no id, so its result is text too."""
    if all(call.id for call in calls):
        return Message("user", tuple(results))
    said = (f"{call.name}:\n{result.content}" for call, result in zip(calls, results, strict=True))
    return Message.user("\n\n".join(said))


def _why_not(call: ToolUseBlock, stop_reason: str, own: Sequence[str]) -> str:
    wanted = {SUBMIT_ANSWER: "answer", PYTHON_EXPRESSION: "expression"}.get(call.name)
    if wanted is None and call.name not in own:
        usable = ", ".join((*own, PYTHON_EXPRESSION))
        return f"There is no tool {call.name!r}. Use {usable} or {SUBMIT_ANSWER}."
    if stop_reason == TOKEN_LIMIT:
        return _CALL_CUT_OFF
    return f"{call.name} needs one argument, {wanted!r}, and it must be a string."
