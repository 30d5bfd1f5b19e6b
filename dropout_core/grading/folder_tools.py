"""Tools of a task's folder: they run in the sandbox, each call in a new process."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from dropout_core.sandbox import ExpressionResult, Fault, Sandbox
from dropout_core.sandbox.function_calls import (
    CallsToMake,
    FunctionCall,
    FunctionObservation,
    NotSendable,
    PreparedCalls,
    ReturnedValue,
)
from dropout_core.sandbox.opening import open_sandbox
from dropout_core.sandbox.printable import printable
from dropout_core.task.sources.grader_folder import TOOLS, GraderFolder
from dropout_core.task.unusable import TaskUnusable
from dropout_core.values.agent_tools import tools_for_text
from dropout_core.values.conversation import Tool

LOADING_SEED = 0
"""Seed for loading the tools: they are the same for every attempt."""


class FolderTools:
    """Tools of the agent: expressions, and those of the folder."""

    def __init__(self, sandbox: Sandbox, folder: GraderFolder) -> None:
        self._sandbox = sandbox
        self._folder = folder

    async def evaluate(self, expression: str) -> ExpressionResult:
        """See `Sandbox.evaluate`."""
        return await self._sandbox.evaluate(expression)

    async def use(self, name: str, given: Any) -> ExpressionResult:
        """Output of a tool of the folder for this input."""
        try:
            text = json.dumps(given)
            value = await _called(self._sandbox, self._folder, "used", name, text)
        except NotSendable:
            value = "the input is too long to be handed over"
        except _ToolFault as fault:
            return ExpressionResult("", printable(str(fault)))
        return ExpressionResult(value, None)


def offered_tools(folder: GraderFolder, *, allow_weak_sandbox: bool = False) -> tuple[Tool, ...]:
    """Tools that an agent may call in this task. The folder is asked for its own in a sandbox, which takes a moment.

    Raises:
        TaskUnusable: they cannot be told; the message is one line.
        SandboxBroken: code cannot be run.
    """
    usual = tools_for_text()
    if not folder.has_tools:
        return usual

    async def asked() -> str:
        sandbox = await open_sandbox(allow_weak=allow_weak_sandbox, folder=folder.readable, workers=1)
        try:
            return await _called(sandbox, folder, "offered")
        finally:
            await sandbox.close()

    with ThreadPoolExecutor(1) as thread:  # this thread may already run an event loop
        try:
            listed = json.loads(thread.submit(asyncio.run, asked()).result())
            own = tuple(Tool(one["name"], one["description"], one["input_schema"]) for one in listed)
        except (_ToolFault, OSError, KeyError, TypeError, ValueError) as error:
            raise TaskUnusable(printable(f"{folder.place / TOOLS} cannot be used: {error}")) from error
    known = {tool.name for tool in usual}
    return (*usual, *(tool for tool in own if tool.name not in known))


class _ToolFault(Exception):
    """A tool of the folder, or the function that lists them, failed."""


async def _called(sandbox: Sandbox, folder: GraderFolder, function: str, *given: str) -> str:
    def prepared() -> PreparedCalls[str]:
        return CallsToMake(function, (FunctionCall(given),)), _text

    return await sandbox.call_function(folder.code_for(TOOLS), prepared, seed=LOADING_SEED)


def _text(seen: FunctionObservation) -> str:
    result = seen.results[0] if seen.results else None
    fault = seen.defining or seen.ended or (result if isinstance(result, Fault) else None)
    if fault is not None:
        raise _ToolFault(fault.text)
    if isinstance(result, ReturnedValue) and isinstance(result.value, str):
        return result.value
    raise _ToolFault("it gave no text")
