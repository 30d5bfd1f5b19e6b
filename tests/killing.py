"""Kills the real program at random instants, and says what must be so after each kill and at the end.

Some kills come amid trouble: a server that answers nobody, or no more files to be opened, so that answers are stored
and cannot be graded.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.trial_state import AttemptState, Phase, Status
from dropout_core.storage.store import Store
from dropout_core.values.seeds import derived_seed
from dropout_core.verdict.verdict import Outcome, Verdict
from tests.killed_server import NUMBERED, STEPS, code_of, down_file, kind_of

Place = tuple[int, int]
"""A trial and its attempt."""
WAITING = "waiting for the server"
TO_GRADE = "with an answer to be graded"
SPOKEN_WAIT = "requests wait"


class Trouble(StrEnum):
    """What goes wrong around the program before it is killed."""

    NONE = "none"
    OUTAGE = "outage"
    NO_FILES = "no more files"


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
    left: Counter[str] = field(default_factory=Counter)
    """The same, where the program gave up by itself."""

    def __str__(self) -> str:
        hit = ", ".join(f"{count} {name}" for name, count in self.found.most_common())
        return (
            f"{self.kills} kills over {self.evaluations} evaluations of {self.trials} trials in all; hit: {hit};"
            f" {self.requests} requests, {self.stored_replies} replies stored, {self.unanswered} cut off in flight"
        )


@contextmanager
def conversations_server(log: Path, api: str) -> Iterator[str]:
    """The address of a server that speaks this API, while it runs."""
    log.touch()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.killed_server", str(log), api],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.communicate()


def kill_and_resume(
    url: str, log: Path, store: Path, *, api: str, mode: str, runs: int, kills: int, chance: random.Random,
    figures: Figures, troubles: Sequence[Trouble] = (Trouble.NONE,),
) -> None:  # fmt: skip
    """Run one evaluation to its end through `kills` kills, or as many as it lasts for; each amid one of `troubles`."""
    options = ["--model", "m", "--api", api, "--base-url", url, "--runs", str(runs), "--concurrency", "4"]
    command = ["run", *options, "--mode", mode, "--seed", str(chance.randrange(1000))]
    asked_before = len(_requests(log))
    history: list[tuple[Kept, int]] = []
    for _ in range(kills):
        ended, met = _run_and_kill(command, log, store, chance, chance.choice(troubles))
        command = ["resume", "1"]
        if not _started(store):
            command = ["run", *options, "--mode", mode, "--seed", "5"]
            continue
        kept = _kept(store)
        history.append((kept, len(_requests(log))))
        if not ended:
            figures.kills += 1
            figures.found.update([*_hit(kept.state), *met])
        elif kept.state.settled:
            break
        else:
            figures.left.update(_hit(kept.state))
    if command[0] == "resume":
        # Two requests may have failed for good before it was clear that the server answers nobody.
        command = [*command, "--voids"]
    said = store.with_name(f"{store.name}.lines")
    done = _program([*command, "--store", str(store)], said)
    assert done.wait(timeout=300) == 0, said.read_text()
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
    _as_if_undisturbed(final, mode, troubled=set(troubles) != {Trouble.NONE})
    # Nobody asked for more than what was in flight at a kill.
    assert len(asked) - sum(final.replies.values()) <= 4 * kills


def _run_and_kill(
    command: list[str], log: Path, store: Path, chance: random.Random, trouble: Trouble
) -> tuple[bool, list[str]]:
    """Kill the program at some instant; whether it had ended by then, and what only its lines tell of that instant."""
    said = store.with_name(f"{store.name}.lines")
    early = chance.random() < (0.7 if TO_GRADE in _hits(store) else 0.15)
    process = _program([*command, "--store", str(store)], said)
    down = down_file(log)
    if early:
        # Anywhere, also while it opens the store and the sandbox, or takes up what is to be graded.
        trouble = Trouble.NONE
        time.sleep(chance.uniform(0.2, 2.5))
    else:
        before = log.stat().st_size
        _until(lambda: log.stat().st_size > before, process, 60)
        time.sleep(chance.uniform(0, 0.9 if trouble is Trouble.NONE else 0.3))
    match trouble:
        case Trouble.OUTAGE:
            down.write_text(chance.choice(["404", "500", "529"]))
            _until(lambda: SPOKEN_WAIT in said.read_text(), process, 10)
        case Trouble.NO_FILES if process.poll() is None:
            _take_away_files(process)
            _until(lambda: TO_GRADE in _hits(store), process, 10)
            # Some are killed with the answer in hand, others go on until the program gives up.
            time.sleep(chance.choice([0, chance.uniform(0, 0.5), 3]))
    ended = process.poll() is not None
    process.send_signal(signal.SIGKILL)
    process.wait()
    down.unlink(missing_ok=True)
    waited = trouble is Trouble.OUTAGE and SPOKEN_WAIT in said.read_text()
    return ended, [WAITING] if waited else []


def _until(reached: Callable[[], bool], process: subprocess.Popen[bytes], seconds: float) -> None:
    """Wait for something to be so, while the program runs."""
    give_up = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < give_up and not reached():
        time.sleep(0.002)


def _take_away_files(process: subprocess.Popen[bytes]) -> None:
    """Let the program open no more files; those that are open stay so."""
    try:
        opened = {int(fd.name) for fd in Path(f"/proc/{process.pid}/fd").iterdir()}
        lowest = next(number for number in itertools.count() if number not in opened)
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (lowest, lowest))
    except (ProcessLookupError, FileNotFoundError):
        pass  # It has ended in the meantime.


def _hits(store: Path) -> list[str]:
    if not _started(store):
        return []
    opened = Store(store)
    try:
        return _hit(opened.state(1))
    finally:
        opened.close()


def _program(command: list[str], said: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "ANTHROPIC_API_KEY": "sk-test", "OPENAI_API_KEY": "sk-test"}
    with said.open("wb") as lines:
        return subprocess.Popen(
            [sys.executable, "-m", "dropout_tui", *command],
            stdin=subprocess.DEVNULL, stdout=lines, stderr=lines, env=environment,
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
        # Whoever had a reply went on with it and was not replaced by another attempt; except in the middle of an
        # agent's conversation, where the server turned the next request away for good.
        verdict = final.verdicts[place]
        replaced = len(final.state.trial(trial).attempts) - attempt
        assert replaced == 0 or verdict.outcome is Outcome.VOID


def _nothing_asked_again(kept: Kept, later: list[dict[str, int]]) -> None:
    asked = {(request["conversation"], request["step"]) for request in later}
    assert not asked & kept.requests


def _as_if_undisturbed(final: Kept, mode: str, *, troubled: bool) -> None:
    state = final.state
    assert state.stop_reason == "completed"
    assert state.settled
    assert len(set(final.conversations.values())) == len(final.conversations)
    latest_ones = {(trial.number, len(trial.attempts)) for trial in state.trials}
    assert latest_ones == final.conversations.keys() or (
        troubled and latest_ones < final.conversations.keys()
    )
    for trial in state.trials:
        latest = trial.latest
        assert latest is not None
        assert trial.counted is latest
        _earlier_say_nothing(trial.attempts[:-1], troubled=troubled)
        _ended_right(latest, final.conversations[trial.number, latest.number])
        assert latest.seed == derived_seed(state.config.seed, trial.number, latest.number)
        assert final.replies[trial.number, latest.number] == STEPS[mode]
        # Neither tokens nor text came in twice.
        # A request in flight at a kill has cost something that nobody knows, and counts beside the replies.
        known = sum(step.output_tokens for step in latest.steps)
        assert known == 34 * STEPS[mode]
        assert (latest.output_tokens > known) == latest.estimated
        # One that the server has turned away has cost nothing.
        assert latest.failed_tries > 0 or not latest.estimated
        assert troubled or latest.failed_tries == 0 or latest.estimated


def _earlier_say_nothing(attempts: Sequence[AttemptState], *, troubled: bool) -> None:
    """Attempts before the last were cut off, or turned away by a server that answers nobody."""
    for attempt in attempts:
        if attempt.verdict is None:
            assert not attempt.steps
        else:
            assert troubled
            assert attempt.verdict.outcome is Outcome.VOID


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
        if latest.code is not None and trial.status is Status.QUEUED:
            names.append(TO_GRADE)
        elif latest.phase is Phase.GRADING:
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
