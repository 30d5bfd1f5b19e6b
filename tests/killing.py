"""Kills the real program at random instants, and says what must be so after each kill and at the end."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from dropout_core.seeds import derived_seed
from dropout_core.state import EvaluationState
from dropout_core.store import Store
from dropout_core.trial_state import AttemptState, Phase
from dropout_core.verdict import Outcome, Verdict
from tests.killed_server import NUMBERED, STEPS, code_of, kind_of

Place = tuple[int, int]
"""A trial and its attempt."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What the store held after a kill."""

    state: EvaluationState
    replies: dict[Place, int]
    conversations: dict[Place, int]
    """The server's number of the conversation of each attempt that has a reply."""

    @property
    def verdicts(self) -> dict[Place, Verdict]:
        found = {place: attempt.verdict for place, attempt in _attempts(self.state)}
        return {place: verdict for place, verdict in found.items() if verdict is not None}

    @property
    def requests(self) -> set[tuple[int, int]]:
        """Conversation and step of every stored reply."""
        return {
            (number, step)
            for place, number in self.conversations.items()
            for step in range(1, self.replies[place] + 1)
        }


@dataclass
class Figures:
    """What came of it all."""

    kills: int = 0
    evaluations: int = 0
    trials: int = 0
    requests: int = 0
    stored_replies: int = 0
    unanswered: int = 0
    """Requests whose reply never was stored: they were in flight at a kill."""
    found: Counter[str] = field(default_factory=Counter)
    """What the kills hit: how many attempts were at which point."""

    def __str__(self) -> str:
        hit = ", ".join(f"{count} {name}" for name, count in self.found.most_common())
        return (
            f"{self.kills} kills over {self.evaluations} evaluations of {self.trials} trials in all; hit: {hit};"
            f" {self.requests} requests, {self.stored_replies} replies stored, {self.unanswered} cut off in flight"
        )


@contextmanager
def conversations_server(log: Path) -> Iterator[str]:
    """The server's address while it runs."""
    log.touch()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.killed_server", str(log)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.communicate()


def kill_and_resume(
    url: str, log: Path, store: Path, *, mode: str, runs: int, kills: int, chance: random.Random,
    figures: Figures,
) -> None:  # fmt: skip
    """Run one evaluation to its end through `kills` kills, or as many as it lasts for."""
    options = ["--model", "m", "--base-url", url, "--runs", str(runs), "--concurrency", "4"]
    command = ["run", *options, "--mode", mode, "--seed", str(chance.randrange(1000))]
    asked_before = len(_requests(log))
    history: list[tuple[Kept, int]] = []
    for _ in range(kills):
        ended = _run_and_kill([*command, "--store", str(store)], log, chance)
        command = ["resume", "1"]
        if not _started(store):
            command = ["run", *options, "--mode", mode, "--seed", "5"]
            continue
        kept = _kept(store)
        history.append((kept, len(_requests(log))))
        if ended:
            break
        figures.kills += 1
        figures.found.update(_hit(kept.state))
    done = _program([*command, "--store", str(store)])
    assert done.wait(timeout=300) == 0
    final = _kept(store)
    asked = _requests(log)[asked_before:]
    figures.evaluations += 1
    figures.trials += runs
    figures.requests += len(asked)
    figures.stored_replies += sum(final.replies.values())
    figures.unanswered += len(asked) - sum(final.replies.values())
    for kept, count in history:
        later = _requests(log)[count:]
        _nothing_lost(kept, final)
        _nothing_asked_again(kept, later)
    _as_if_undisturbed(final, mode)
    # Nobody asked for more than what was in flight at a kill.
    assert len(asked) - sum(final.replies.values()) <= 4 * kills


def _run_and_kill(command: list[str], log: Path, chance: random.Random) -> bool:
    """Kill the program at some instant; whether it had ended by then."""
    process = _program(command)
    if chance.random() < 0.15:
        # Anywhere, also while it opens the store and the sandbox.
        time.sleep(chance.uniform(0.2, 2.5))
    else:
        before = log.stat().st_size
        give_up = time.monotonic() + 5
        while log.stat().st_size == before and process.poll() is None and time.monotonic() < give_up:
            time.sleep(0.002)
        time.sleep(chance.uniform(0, 0.9))
    ended = process.poll() is not None
    process.send_signal(signal.SIGKILL)
    process.wait()
    return ended


def _program(command: list[str]) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "ANTHROPIC_API_KEY": "sk-test"}
    return subprocess.Popen(
        [sys.executable, "-m", "dropout_tui", *command],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment,
    )  # fmt: skip


def _started(store: Path) -> bool:
    if not store.exists():
        return False
    opened = Store(store)
    try:
        return bool(opened.history())
    finally:
        opened.close()


def _kept(path: Path) -> Kept:
    store = Store(path)
    try:
        state = store.state(1)
        replies, numbers = {}, {}
        for place, attempt in _attempts(state):
            turns = store.conversation(1, *place)
            said = [turn for turn in turns if turn.role == "assistant"]
            # A turn and the word that it is complete are stored together.
            assert len(said) == len(attempt.stop_reasons)
            replies[place] = len(said)
            if said:
                found = NUMBERED.search(said[0].text)
                assert found is not None
                numbers[place] = int(found[1])
        return Kept(state, replies, numbers)
    finally:
        store.close()


def _nothing_lost(kept: Kept, final: Kept) -> None:
    for place, verdict in kept.verdicts.items():
        assert final.verdicts[place] == verdict
    for place, number in kept.conversations.items():
        assert final.conversations[place] == number
        trial, attempt = place
        # Whoever had a reply went on with it and was not replaced by another attempt.
        assert len(final.state.trial(trial).attempts) == attempt


def _nothing_asked_again(kept: Kept, later: list[dict[str, int]]) -> None:
    asked = {(request["conversation"], request["step"]) for request in later}
    assert not asked & kept.requests


def _as_if_undisturbed(final: Kept, mode: str) -> None:
    state = final.state
    assert state.stop_reason == "completed"
    assert state.settled
    assert len(set(final.conversations.values())) == len(final.conversations) == len(state.trials)
    for trial in state.trials:
        latest = trial.latest
        assert latest is not None
        assert trial.counted is latest
        assert [attempt.verdict for attempt in trial.attempts[:-1]] == [None] * (latest.number - 1)
        _ended_right(latest, final.conversations[trial.number, latest.number])
        assert latest.seed == derived_seed(state.config.seed, trial.number, latest.number)
        assert final.replies[trial.number, latest.number] == STEPS[mode]
        # Neither tokens nor text came in twice.
        # A request in flight at a kill has cost something that nobody knows, and counts beside the replies.
        known = sum(step.output_tokens for step in latest.steps)
        assert known == 34 * STEPS[mode]
        assert (latest.output_tokens > known) == latest.estimated == (latest.failed_tries > 0)


def _ended_right(attempt: AttemptState, number: int) -> None:
    code, verdict = code_of(number), attempt.verdict
    assert verdict is not None
    assert (attempt.code or "").strip() == (code or "").strip()
    expected = {
        "right": (Outcome.PASSED, "All tests passed!"),
        "unscaled": (Outcome.FAILED, "Non-zero values are not scaled correctly"),
        "raises": (Outcome.FAILED, None),
        "no code": (Outcome.FAILED, None),
    }
    outcome, reason = expected[kind_of(number)]
    assert verdict.outcome is outcome
    assert reason in (None, verdict.reason)
    assert verdict.seed == attempt.seed


def _hit(state: EvaluationState) -> list[str]:
    """Where the attempts were that had not ended."""
    names = []
    for trial in state.trials:
        latest = trial.latest
        if latest is None or latest.verdict is not None:
            continue
        if latest.phase is Phase.GRADING:
            names.append("in grading")
        elif latest.code is not None:
            names.append("with code, not graded")
        elif latest.step > len(latest.stop_reasons):
            names.append("in flight" if latest.step == 1 else "in flight, with a conversation")
        elif latest.stop_reasons:
            names.append("with a reply, between steps")
        else:
            names.append("not yet asked")
    return names or ["nothing under way"]


def _attempts(state: EvaluationState) -> list[tuple[Place, AttemptState]]:
    return [((t.number, attempt.number), attempt) for t in state.trials for attempt in t.attempts]


def _requests(log: Path) -> list[dict[str, int]]:
    return [json.loads(line) for line in log.read_text().splitlines()]
