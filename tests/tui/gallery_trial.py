"""The trial screen and the dialogs in the states worth looking at, to be seen in a terminal or as pictures.

python -m tests.tui.gallery_trial failed                    # in this terminal
python -m tests.tui.gallery_trial --pictures DIRECTORY      # SVG of every state at three sizes
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from textual.app import App
from textual.screen import Screen

from dropout_core.running.trials.stage import refusal_of_start, stage_at_rest
from dropout_core.state import events
from dropout_core.state.command_table import Command, Stage, refusal_of_run, row_of
from dropout_core.state.trial_state import Phase
from dropout_core.values.config import SAMPLE_MODEL, Mode
from dropout_core.values.conversation import (
    Message,
    OtherBlock,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
)
from dropout_core.values.plan import Plan
from dropout_core.verdict.evidence import Evidence, Example, Histogram
from dropout_core.verdict.verdict import Check, CheckStatus, Outcome, Verdict
from dropout_tui.presenters.evaluations.live_evaluation import LiveEvaluation
from dropout_tui.presenters.launch.form import LaunchForm
from dropout_tui.screens.confirm import quit_dialog
from dropout_tui.screens.launch.screen import LaunchScreen
from dropout_tui.screens.trial.screen import TrialScreen
from tests.tui import states

SIZES = ((80, 24), (120, 40), (200, 60))


class StoredConversations:
    """Conversations by trial and attempt; a trial that is not there has none."""

    def __init__(self, conversations: Mapping[tuple[int, int], tuple[Message, ...]] | None = None) -> None:
        self.conversations = dict(conversations or {})

    def conversation(self, evaluation: int, trial: int, attempt: int) -> tuple[Message, ...]:
        return self.conversations.get((trial, attempt), ())


class RecordedCommands:
    """Writes down what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int | None]] = []
        self.live: LiveEvaluation | None = None
        """What they are commands of: what would do something follows from how it stands."""

    def refusal(self, command: Command, trial: int | None = None) -> str | None:
        if self.live is None:
            return None
        state = self.live.state
        stage = Stage.RUNNING if state.ended_at is None else stage_at_rest(state)
        if command is Command.START:
            return refusal_of_start(state, stage)
        if trial is None:
            return None
        row = row_of(state.trial(trial), has_task=True)
        return refusal_of_run(command, row, stage, trial)

    def pause(self, trial: int | None = None) -> str | None:
        return self._asked("pause", Command.PAUSE, trial)

    def resume(self, trial: int | None = None) -> str | None:
        return self._asked("resume", Command.RESUME, trial)

    def cancel(self, trial: int | None = None) -> str | None:
        return self._asked("cancel", Command.CANCEL, trial)

    def rerun(self, trial: int | None = None) -> str | None:
        return self._asked("rerun", Command.RERUN, trial)

    def start(self) -> str | None:
        return self._asked("start", Command.START, None)

    def repeat_voids(self) -> str | None:
        return self._asked("repeat_voids", Command.REPEAT_VOIDS, None)

    def add_runs(self, count: int) -> str | None:
        self.asked.append(("add_runs", count))
        return None

    def change_plan(self, plan: Plan) -> str | None:
        self.asked.append(("change_plan", plan.runs))
        return None

    def change_concurrency(self, by: int) -> int | str:
        self.asked.append(("concurrency", by))
        return by

    def _asked(self, name: str, command: Command, trial: int | None) -> str | None:
        why = self.refusal(command, trial)
        if why is None:
            self.asked.append((name, trial))
        return why


AGENT_TURNS: tuple[Message, ...] = (
    Message.user("Implement `dropout(x, p, training)`. Use only NumPy.\n\nSubmit with `submit_answer`."),
    Message(
        "assistant",
        (
            ThinkingBlock("Inverted dropout: scale by 1 / (1 - p). p = 1 must not divide by zero."),
            TextBlock("I'll try it first:\n\n```python\nprint(1 / (1 - 0.5))\n```"),
            ToolUseBlock(
                "t1", "python_expression", {"expression": "import numpy as np\nprint(np.ones(3) * 2)"}
            ),
            ToolUseBlock("t2", "python_expression", {"expression": "1 / 0", "timeout": 3}),
        ),
    ),
    Message(
        "user",
        (
            ToolResultBlock("t1", "[2. 2. 2.]"),
            ToolResultBlock(
                "t2", "Traceback (most recent call last):\nZeroDivisionError: division by zero", True
            ),
        ),
    ),
    Message("assistant", (ToolUseBlock("t3", "submit_answer", {"answer": states.UNSCALED_CODE}),)),
)

HOSTILE = "\n".join(states.HOSTILE_TEXTS)
HOSTILE_LINE = " ".join(states.HOSTILE_TEXTS)
HOSTILE_TURNS: tuple[Message, ...] = (
    Message.user(HOSTILE),
    Message(
        "assistant",
        (
            ThinkingBlock(HOSTILE),
            TextBlock(f"```python\n{HOSTILE}\n```"),
            ToolUseBlock("t1", HOSTILE_LINE, {HOSTILE_LINE: HOSTILE, "answer": HOSTILE, "n": [HOSTILE]}),
            OtherBlock({"type": HOSTILE}),
        ),
    ),
    Message("user", (ToolResultBlock("t1", HOSTILE, True),)),
)


def failing_run(mode: Mode = "answer") -> LiveEvaluation:
    """A run that failed twice, and ran again: the message of its first failing check names a line."""
    commands = RecordedCommands()
    observed = tuple(
        Check(
            check.id,
            check.title,
            check.status,
            "ValueError at line 8: operands could not be broadcast together."
            if check.id == "scaling"
            else check.message,
            check.measured,
            check.expected,
            Evidence(line=8) if check.id == "scaling" else None,
        )
        for check in states.checks("scaling", "other_rates")
    )
    failed = Verdict(
        Outcome.FAILED, "Non-zero values are not scaled correctly", "basic", 101, "process", observed
    )
    live = states.live_evaluation(
        runs=5, trials=[failed, Phase.REPLYING, Outcome.PASSED], commands=commands, mode=mode
    )
    live.receive(states.attempt_events(1, states.failed("edge_cases"), attempt=2, at=states.T0 + 9))
    return live


ROWS_DROPPED = tuple(("0" if n in (2, 3, 7, 11) else "1") * 64 for n in range(16))
EXAMPLES = (Example(0.71, 0.71, 1.42), Example(-1.2, 0.0, 0.0), Example(0.93, 1.86, 1.86))
SPREAD = Histogram(0.9, 2.1, (3, 9, 40, 12, 2, 0, 0, 0, 0, 0, 0, 0, 0, 1, 30, 4))
CALL = "dropout(x, p=0.5, training=True) with x of shape (290, 196)"


def with_evidence(*failing: str, **evidence: Evidence) -> Verdict:
    """A failure at these checks, some of which keep evidence."""
    seen = tuple(replace(check, evidence=evidence.get(check.id)) for check in states.checks(*failing))
    return replace(states.failed(*failing), checks=seen)


def telling_run() -> LiveEvaluation:
    """Four runs whose failures can be seen: dropped rows, a wrong scale, an exception, and one that passed."""
    verdicts = (
        with_evidence("randomness", randomness=Evidence(CALL, mask=ROWS_DROPPED, p=0.5)),
        with_evidence("scaling", scaling=Evidence(CALL, EXAMPLES, SPREAD, p=0.5)),
        with_evidence("runs", runs=Evidence(CALL, line=8)),
        Outcome.PASSED,
    )
    return states.live_evaluation(runs=5, trials=verdicts, commands=RecordedCommands())


def hostile_run() -> LiveEvaluation:
    """A run in which every text of a stranger means harm."""
    observed = tuple(
        Check(f"c{n}", text, status, HOSTILE, text, text)
        for n, text in enumerate(states.HOSTILE_TEXTS)
        for status in (CheckStatus.FAILED, CheckStatus.NOT_REACHED, CheckStatus.PASSED)
    )
    verdict = Verdict(Outcome.FAILED, HOSTILE, "basic", 1, "process", observed)
    live = states.live_evaluation(runs=2, commands=RecordedCommands())
    live.receive(states.attempt_events(1, verdict, code=HOSTILE))
    return live


def running_agent() -> LiveEvaluation:
    """A run whose reply is arriving."""
    live = states.live_evaluation(runs=3, trials=[Phase.ASKING], commands=RecordedCommands(), mode="agent")
    text = "I'll define the mask first, and scale the survivors by 1 / (1 - p), so that the mean stays. " * 6
    live.receive([events.TextArrived(at=states.T0 + 2, trial=1, attempt=1, step=1, text=text)])
    return live


def _agent() -> TrialScreen:
    turns = {(1, 1): AGENT_TURNS, (1, 2): AGENT_TURNS}
    return TrialScreen(failing_run(mode="agent"), 1, StoredConversations(turns), now=lambda: states.T0 + 10)


def _no_code() -> TrialScreen:
    verdict = states.verdict(Outcome.FAILED, cause="no_code", reason="No code in the reply")
    live = states.live_evaluation(runs=1, trials=[verdict], model=SAMPLE_MODEL)
    return TrialScreen(live, 1, StoredConversations({(1, 1): states.conversation("I cannot.")}))


def _running() -> TrialScreen:
    source = StoredConversations({(1, 1): AGENT_TURNS[:3]})
    return TrialScreen(running_agent(), 1, source, now=lambda: states.T0 + 5)


def _hostile() -> TrialScreen:
    return TrialScreen(hostile_run(), 1, StoredConversations({(1, 1): HOSTILE_TURNS}))


def _telling(trial: int) -> TrialScreen:
    source = StoredConversations({(trial, 1): states.conversation(states.UNSCALED_CODE)})
    return TrialScreen(telling_run(), trial, source, now=lambda: states.T0 + 10)


def _launch() -> LaunchScreen:
    return LaunchScreen(LaunchForm(model=SAMPLE_MODEL), key_configured=False)


SCREENS: Mapping[str, tuple[Callable[[], Screen[Any]], tuple[str, ...]]] = {
    "failed": (_agent, ()),
    "rows": (lambda: _telling(1), ()),
    "scale": (lambda: _telling(2), ()),
    "exception": (lambda: _telling(3), ()),
    "difference": (lambda: _telling(1), ("d", "4", "enter")),
    "attempts": (_agent, ("3",)),
    "agent": (_agent, ("2",)),
    "no-code": (_no_code, ()),
    "running": (_running, ()),
    "hostile": (_hostile, ()),
    "hostile-conversation": (_hostile, ("2",)),
    "launch": (_launch, ()),
    "quit": (lambda: quit_dialog(4), ()),
}


class GalleryApp(App[None]):
    """One screen, alone."""

    def __init__(self, screen: Screen[Any]) -> None:
        super().__init__()
        self._first = screen

    def on_mount(self) -> None:
        self.push_screen(self._first, lambda _: self.exit())


async def draw(directory: Path, names: list[str]) -> None:
    """Write a picture of the named screens at every size."""
    for name in names:
        make, keys = SCREENS[name]
        for size in SIZES:
            app = GalleryApp(make())
            async with app.run_test(size=size, notifications=True) as pilot:
                await pilot.pause(0.3)
                await pilot.press(*keys)
                await pilot.pause(0.3)
                app.save_screenshot(f"{name}-{size[0]}.svg", path=str(directory))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="STATE", help=", ".join(SCREENS))
    parser.add_argument("--pictures", type=Path, metavar="DIRECTORY")
    chosen = parser.parse_args()
    if chosen.pictures is not None:
        chosen.pictures.mkdir(parents=True, exist_ok=True)
        asyncio.run(draw(chosen.pictures, chosen.names or list(SCREENS)))
    else:
        GalleryApp(SCREENS[(chosen.names or ["failed"])[0]][0]()).run()


if __name__ == "__main__":
    main()
