"""Prompt, assembled from the requirements that an answer is judged by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dropout_core.task.requirement import Explicitness, Requirement
from dropout_core.values.config import Mode
from dropout_core.values.files.text_file import read_text

if TYPE_CHECKING:
    from dropout_core.task.definition import Task

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
    """Prompt sent to the model."""

    name: str
    """``explicit``, ``plain``, ``terse``, or the path of the user's file."""
    text: str


def load_prompt(choice: str, *, suite: str, mode: Mode, task: Task, stored: Sequence[str] = ()) -> Prompt:
    """The prompt called `choice`: one of the built-in levels, or else the file at that path, as it is.

    Raises:
        TextUnreadable: with one line that says what to do.
        UnknownSuite: the task has no suite of this name.
    """
    if choice in set(Explicitness):
        return Prompt(choice, task.prompt(choice, suite, mode))
    task.suite(suite)
    levels = ", ".join(Explicitness)
    files = "the path of a text file"
    files = f"{files}, or a stored one: {', '.join(stored)}" if stored else f"or {files}"
    text = read_text(choice, what="prompt", remedy=f"give one of {levels}, {files}")
    return Prompt(choice, text)


def assemble(
    requirements: Sequence[Requirement], explicitness: Explicitness, mode: Mode, *, opening: str
) -> str:
    """The prompt that states every one of `requirements`, after the `opening`, which may be empty."""
    clauses = [requirement.wording[explicitness] for requirement in requirements]
    closing = _CLOSING[mode][explicitness]
    if explicitness is Explicitness.EXPLICIT:
        listed = "\n".join(f"{number}. {clause}" for number, clause in enumerate(clauses, 1))
        return "\n\n".join(filter(None, (opening, listed, closing)))
    said = " ".join(filter(None, (opening, *clauses)))
    return f"{said}\n\n{closing}" if explicitness is Explicitness.PLAIN else f"{said} {closing}"


def unstated(prompt_text: str, requirements: Sequence[Requirement]) -> tuple[Requirement, ...]:
    """The requirements a prompt does not seem to state: each is checked all the same, so say so to the user. One of
    which nothing tells is left out."""
    return tuple(one for one in requirements if states(prompt_text, one) is False)


def unmentioned(prompt_text: str, requirements: Sequence[Requirement]) -> tuple[Requirement, ...]:
    """The requirements of which a prompt holds none of the words that speak of them, be their wording in it or not:
    of an assembled prompt, which always holds it, this shows what the wording leaves unsaid."""
    return tuple(one for one in requirements if mentions(prompt_text, one) is False)


def states(prompt_text: str, requirement: Requirement) -> bool | None:
    """Whether a prompt states a requirement: it holds its wording, or one of the words that speak of it. `None` where
    it does not hold the wording, and no words are known."""
    return True if quotes(prompt_text, requirement) else mentions(prompt_text, requirement)


def quotes(prompt_text: str, requirement: Requirement) -> bool:
    """Whether a prompt holds the wording of a requirement, at any level."""
    return any(wording in prompt_text for wording in requirement.wording.values())


def mentions(prompt_text: str, requirement: Requirement) -> bool | None:
    """Whether a prompt holds one of the words that speak of a requirement; `None` where none are known."""
    text = prompt_text.lower()
    return any(word in text for word in requirement.mentions) if requirement.mentions else None
