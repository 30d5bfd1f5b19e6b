"""Causes of a failure that are not checks of the task: names and meanings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

NO_CODE = "no_code"
NO_SUBMISSION = "no_submission"
CUT_OFF = "cut_off"
CONTEXT_WINDOW = "context_window"
PAUSED_TURN = "paused_turn"
UNPARSED_TOOL_CALL = "unparsed_tool_call"
REFUSAL = "refusal"


@dataclass(frozen=True, slots=True)
class CauseBesideTask:
    """Cause of a failure without a check to blame."""

    id: str
    title: str
    """As a heading: ``"Cut off"``."""
    counted: str
    """After a number: ``"cut off"``."""
    meaning: str


CAUSES_BESIDE_TASK: Mapping[str, CauseBesideTask] = {
    cause.id: cause
    for cause in (
        CauseBesideTask(NO_CODE, "No code", "without code", "The reply ended by itself and holds no code."),
        CauseBesideTask(
            NO_SUBMISSION,
            "No submission",
            "not submitted",
            "The agent stopped, or had no step left, and had not submitted an answer.",
        ),
        CauseBesideTask(
            CUT_OFF,
            "Cut off",
            "cut off",
            "The reply ended at the token limit (`--max-tokens`), and no code in it passes.",
        ),
        CauseBesideTask(
            CONTEXT_WINDOW,
            "Context full",
            "out of context",
            "The model's context window was full before the reply ended, and no code in it passes.",
        ),
        CauseBesideTask(
            PAUSED_TURN,
            "Paused turn",
            "paused",
            "The server paused the turn again and again, up to `--max-steps`, and no code in it passes.",
        ),
        CauseBesideTask(
            UNPARSED_TOOL_CALL,
            "Call as text",
            "called in text",
            "The model wrote its tool call as text, the server did not parse it, and it cannot be read.",
        ),
        CauseBesideTask(
            REFUSAL,
            "Refused",
            "refused",
            "The API ended the reply as a refusal; `refusal:CATEGORY` where it names a category.",
        ),
    )
}
"""Causes by id. One may have details after a colon, as in ``refusal:bio``."""


def cause_beside_task(cause: str) -> CauseBesideTask | None:
    """Row of the table for `cause`; ``None`` for a check of the task."""
    return CAUSES_BESIDE_TASK.get(cause.partition(":")[0])


def refusal_cause(category: str | None) -> str:
    """Cause for a refusal of this category."""
    return f"{REFUSAL}:{category}" if category else REFUSAL


def title_of_cause(cause: str) -> str | None:
    """Heading for `cause`, with its details; ``None`` for a check of the task."""
    known, more = cause_beside_task(cause), cause.partition(":")[2]
    if known is None:
        return None
    return f"{known.title}: {more}" if more else known.title


def table() -> str:
    """Table of all causes in Markdown, for the documentation."""
    rows = [f"| `{cause.id}` | {cause.title} | {cause.meaning} |" for cause in CAUSES_BESIDE_TASK.values()]
    return "\n".join(["| cause | shown as | meaning |", "|---|---|---|", *rows]) + "\n"


if __name__ == "__main__":
    print(table(), end="")
