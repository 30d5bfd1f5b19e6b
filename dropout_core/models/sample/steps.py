"""Built-in answers in agent mode: tried out over some steps, then submitted, or not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from textwrap import dedent

from dropout_core.models.sample.answers import SampleAnswer
from dropout_core.values.agent_tools import PYTHON_EXPRESSION, SUBMIT_ANSWER

_TRY = "x = np.arange(1.0, 13.0).reshape(3, 4)\nprint(dropout(x, 0.5, True))"
_TRY_ENDS = "x = np.arange(1.0, 5.0)\nprint(dropout(x, 0.0, True), dropout(x, 1.0, True))"
_LOOK_AROUND = "import numpy as np\nprint(np.__version__)\nprint(np.random.rand(2, 3) >= 0.5)"

_FENCE = re.compile(r"^ *(?:`{3,}|~{3,})\w*\r?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Call:
    """A tool and its input."""

    tool: str
    arguments: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Turn:
    """Text and tool calls of one step."""

    text: str
    calls: tuple[Call, ...] = ()
    stop_reason: str = "end_turn"


def turn(answer: SampleAnswer, draw: float, step: int) -> Turn:
    """Turn of step `step`, counted from 1; `draw`, a number in [0, 1), chooses the plan."""
    if not answer.holds_code or answer.stop_reason != "end_turn":
        return Turn(answer.text, stop_reason=answer.stop_reason)
    for share, plan in _PLANS:
        if draw < share:
            turns = plan(answer)
            break
        draw -= share
    else:
        return _never_done(answer, step)
    return turns[step - 1] if step <= len(turns) else Turn("That is my answer; there is nothing to add.")


def submitted_code(text: str) -> str:
    """Code that a model with this reply would submit: its only fenced block, or else the whole reply."""
    fences = list(_FENCE.finditer(text))
    if len(fences) != 2:
        return text
    return dedent(text[fences[0].end() + 1 : fences[1].start()])


def _call(text: str, tool: str, **arguments: str) -> Turn:
    return Turn(text, (Call(tool, arguments),), "tool_use")


def _evaluate(text: str, expression: str) -> Turn:
    return _call(text, PYTHON_EXPRESSION, expression=expression)


def _submit(text: str, submission: str) -> Turn:
    return _call(text, SUBMIT_ANSWER, answer=submission)


def _trial_of(answer: SampleAnswer, experiment: str = _TRY) -> str:
    return f"{submitted_code(answer.text)}\n\n{_fitting(answer, experiment)}"


def _fitting(answer: SampleAnswer, experiment: str) -> str:
    """Expression to try for an answer to another task: only whether the function is defined."""
    return experiment if answer.function == "dropout" else f"print({answer.function})"


def _try_then_submit(answer: SampleAnswer) -> tuple[Turn, ...]:
    return (
        _evaluate("I'll write the function and try it on a small array.", _trial_of(answer)),
        _submit("The output looks right, so I'll submit it.", submitted_code(answer.text)),
    )


def _submit_at_once(answer: SampleAnswer) -> tuple[Turn, ...]:
    return (_submit("", submitted_code(answer.text)),)


def _submit_fenced(answer: SampleAnswer) -> tuple[Turn, ...]:
    return (
        _evaluate("Let me check this first.", _trial_of(answer)),
        _submit("Good. Submitting.", f"```python\n{submitted_code(answer.text).rstrip()}\n```"),
    )


def _submit_the_whole_reply(answer: SampleAnswer) -> tuple[Turn, ...]:
    return (_submit("Here is my answer.", answer.text),)


def _explore(answer: SampleAnswer) -> tuple[Turn, ...]:
    return (
        _evaluate("First I'd like to see which NumPy this is.", _LOOK_AROUND),
        _evaluate("Now the function itself.", _trial_of(answer)),
        _evaluate("And the two ends of the range of p.", _trial_of(answer, _TRY_ENDS)),
        _submit("All three look fine.", submitted_code(answer.text)),
    )


def _fail_then_recover(answer: SampleAnswer) -> tuple[Turn, ...]:
    return (
        _evaluate("Let me try it.", _fitting(answer, _TRY)),
        _evaluate("Right, the function has to be defined in the same call.", _trial_of(answer)),
        _submit("That works.", submitted_code(answer.text)),
    )


def _use_unknown_tools(answer: SampleAnswer) -> tuple[Turn, ...]:
    return (
        _call("I'll run the code.", "run_python", code=_trial_of(answer)),
        _call("I see, the tool has another name.", PYTHON_EXPRESSION, code=_trial_of(answer)),
        _evaluate("", _trial_of(answer)),
        _submit("Done.", submitted_code(answer.text)),
    )


def _try_and_submit_in_one_turn(answer: SampleAnswer) -> tuple[Turn, ...]:
    calls = (
        Call(PYTHON_EXPRESSION, {"expression": _trial_of(answer)}),
        Call(SUBMIT_ANSWER, {"answer": submitted_code(answer.text)}),
    )
    return (Turn("I'll try it and submit it.", calls, "tool_use"),)


def _never_submit(answer: SampleAnswer) -> tuple[Turn, ...]:
    return (
        _evaluate("Let me see whether this works.", _trial_of(answer)),
        Turn(f"It works. This is the function:\n\n{answer.text}"),
    )


def _never_done(answer: SampleAnswer, step: int) -> Turn:
    experiment = f"{_TRY}\nprint('attempt {step}')"
    return _evaluate("One more test, to be on the safe side.", _trial_of(answer, experiment))


_PLANS: tuple[tuple[float, Callable[[SampleAnswer], tuple[Turn, ...]]], ...] = (
    (0.36, _try_then_submit),
    (0.12, _submit_at_once),
    (0.08, _submit_fenced),
    (0.04, _submit_the_whole_reply),
    (0.16, _explore),
    (0.08, _fail_then_recover),
    (0.04, _use_unknown_tools),
    (0.04, _try_and_submit_in_one_turn),
    (0.04, _never_submit),
)
"""Plans, each with its share; the rest never ends."""
