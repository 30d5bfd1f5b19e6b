"""Prompt, assembled from the requirements that an answer is judged by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from dropout_core.task.requirement import Explicitness
from dropout_core.values.config import Mode

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


class Clause(Protocol):
    """Part of a requirement that a prompt needs."""

    @property
    def id(self) -> str:
        """The id of its check."""
        ...

    @property
    def title(self) -> str:
        """Name of the check on screen."""
        ...

    @property
    def wording(self) -> Mapping[Explicitness, str]:
        """Wording in the prompt, at each level."""
        ...

    @property
    def mentions(self) -> tuple[str, ...]:
        """Lower-case words, one of which appears in any prompt that states it."""
        ...


class Prompted(Protocol):
    """Part of a task that a prompt needs."""

    @property
    def opening(self) -> str | None:
        """Beginning of the prompt; `None` where the requirements contain it."""
        ...

    @property
    def whole_prompt(self) -> str | None:
        """Prompt as its author wrote it; `None` where it is assembled."""
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
    """Prompt that states every one of `requirements`, after the `opening` of a task other than dropout."""
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


def unstated(prompt_text: str, requirements: Sequence[C]) -> tuple[C, ...]:
    """Requirements that a prompt does not seem to mention; they are checked all the same, so tell the user. Those whose
    mention cannot be recognised are left out."""
    text = prompt_text.lower()
    return tuple(
        requirement
        for requirement in requirements
        if requirement.mentions and not any(word in text for word in requirement.mentions)
    )
