"""A task's prompt and tools, assembled from the requirements it is judged by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from dropout_core.config import Mode
from dropout_core.conversation import Tool
from dropout_core.requirements import Explicitness, suite_named
from dropout_core.text_file import read_text

PYTHON_EXPRESSION = "python_expression"
SUBMIT_ANSWER = "submit_answer"


def tools_for(declared: str) -> tuple[Tool, ...]:
    """What an agent may call when it is to define the function that is `declared` so."""
    return _tools(f"The complete Python source that defines {declared}.")


def tools_for_text() -> tuple[Tool, ...]:
    """What an agent may call when any text may be its answer."""
    return _tools("The answer, as the task asks for it.")


def _tools(answer: str) -> tuple[Tool, ...]:
    return (
        Tool(
            name=PYTHON_EXPRESSION,
            description=(
                "Runs Python code and returns what it prints. NumPy is there as `np` and `numpy`."
                " Every call starts afresh: define again what you need. Use print() to see values."
            ),
            input_schema={
                "type": "object",
                "properties": {"expression": {"type": "string", "description": "The Python code to run."}},
                "required": ["expression"],
            },
        ),
        Tool(
            name=SUBMIT_ANSWER,
            description="Submits the final answer and ends the task.",
            input_schema={
                "type": "object",
                "properties": {
                    "answer": {
                        "type": "string",
                        "description": answer,
                    }
                },
                "required": ["answer"],
            },
        ),
    )


TOOLS = tools_for("dropout(x, p, training)")

_CLOSING = {
    "answer": {
        Explicitness.EXPLICIT: (
            "NumPy is given as `np` and `numpy`. There are no other packages, threads, further processes, files or"
            " network; all calls together take at most 10 seconds of processor time. Answer with one Python code block"
            " that holds the complete source."
        ),
        Explicitness.PLAIN: (
            "`np` is given. There are no other packages, threads, processes, files or network; take at most 10"
            " seconds of processor time. Answer with the complete code in one Python code block."
        ),
        Explicitness.TERSE: "`np` is given; no other packages, threads, files or network. Reply with one code block.",
    },
    "agent": {
        Explicitness.EXPLICIT: (
            "NumPy is given as `np` and `numpy`. There are no other packages, threads, further processes, files or"
            " network; all calls together take at most 10 seconds of processor time. You can try code with the tool"
            " `python_expression`. When you are sure, call `submit_answer` with the complete source."
        ),
        Explicitness.PLAIN: (
            "`np` is given. There are no other packages, threads, processes, files or network; take at most 10"
            " seconds of processor time. Try code with `python_expression`, then submit the complete source with"
            " `submit_answer`."
        ),
        Explicitness.TERSE: (
            "`np` is given; no other packages, threads, files or network. Submit the source with `submit_answer`."
        ),
    },
}


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model is asked."""

    name: str
    """``explicit``, ``plain``, ``terse``, or the path of the user's file."""
    text: str


class Clause(Protocol):
    """What is shown of one requirement."""

    @property
    def id(self) -> str:
        """The id of its check."""
        ...

    @property
    def title(self) -> str:
        """The check's name on screen."""
        ...

    @property
    def wording(self) -> Mapping[Explicitness, str]:
        """What the prompt says, at each level."""
        ...

    @property
    def mentions(self) -> tuple[str, ...]:
        """Words, in lower case, of which a prompt that states it holds at least one."""
        ...


class Prompted(Protocol):
    """A task, as far as its prompt goes."""

    @property
    def opening(self) -> str | None:
        """How the prompt begins; `None` where the requirements say it."""
        ...

    @property
    def whole_prompt(self) -> str | None:
        """The prompt where it stands as its author wrote it; `None` where it is assembled."""
        ...

    def suite(self, name: str) -> tuple[Clause, ...]:
        """The requirements of a suite.

        Raises:
            UnknownSuite: it has none of this name.
        """
        ...


C = TypeVar("C", bound=Clause)


def assemble(
    requirements: Sequence[Clause], explicitness: Explicitness, mode: Mode, *, opening: str | None = None
) -> str:
    """The prompt that states every one of `requirements`, after the `opening` of a task other than dropout."""
    clauses = [requirement.wording[explicitness] for requirement in requirements]
    closing = _CLOSING[mode][explicitness]
    if explicitness is Explicitness.EXPLICIT:
        listed = "\n".join(f"{number}. {clause}" for number, clause in enumerate(clauses, 1))
        return f"{opening or 'Implement dropout from scratch in NumPy.'}\n\n{listed}\n\n{closing}"
    if opening is not None:
        clauses.insert(0, opening)
    if explicitness is Explicitness.PLAIN:
        return f"{' '.join(clauses)}\n\n{closing}"
    return f"{' '.join(clauses)} {closing}"


def load_prompt(choice: str, *, suite: str, mode: Mode, task: Prompted | None = None) -> Prompt:
    """The prompt called `choice`: one of the built-in levels, or else the file at that path, as it is. The task is
    dropout unless another is given.

    Raises:
        TextUnreadable: with one line that says what to do.
        UnknownSuite: the task has no suite of this name.
    """
    requirements: Sequence[Clause] = suite_named(suite) if task is None else task.suite(suite)
    if choice in set(Explicitness):
        if task is not None and task.whole_prompt is not None:
            return Prompt(choice, task.whole_prompt)
        level = Explicitness(choice)
        return Prompt(
            choice, assemble(requirements, level, mode, opening=None if task is None else task.opening)
        )
    levels = ", ".join(Explicitness)
    text = read_text(choice, what="prompt", remedy=f"give one of {levels}, or the path of a text file")
    return Prompt(choice, text)


def unstated(prompt_text: str, requirements: Sequence[C]) -> tuple[C, ...]:
    """The requirements a prompt does not seem to mention: each is checked all the same, so say so to the user. One of
    which it is not known how it may be mentioned is left out."""
    text = prompt_text.lower()
    return tuple(
        requirement
        for requirement in requirements
        if requirement.mentions and not any(word in text for word in requirement.mentions)
    )
