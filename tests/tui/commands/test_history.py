"""The list of stored evaluations without a screen."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dropout_core.state import events
from dropout_core.storage.store import Store
from dropout_core.values.config import EvaluationConfig
from dropout_tui.cli import main


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "store.sqlite3")
    yield store
    store.close()


def stored(store: Store, reason: str | None) -> int:
    config = EvaluationConfig(model="sample", prompt_text="", seed=1)
    number = store.create(events.EvaluationStarted(at=0.0, config=config))
    if reason is not None:
        store.append(number, [events.EvaluationEnded(at=1.0, reason=reason)])
    return number


def states(store: Store, capsys: pytest.CaptureFixture[str]) -> list[str]:
    assert main(["history", "--store", str(store.path)]) == 0
    heads, *lines = capsys.readouterr().out.splitlines()
    return [line[heads.index("STATE") :] for line in lines]


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        (None, "interrupted"),
        ("interrupted", "interrupted"),
        ("completed", "completed"),
        ("decided", "decided"),
        ("budget", "interrupted: budget"),
        ("the server\nsays no", "interrupted: the server says no"),
    ],
)
def test_the_state_is_in_the_words_of_the_screen(
    store: Store, capsys: pytest.CaptureFixture[str], reason: str | None, state: str
) -> None:
    stored(store, reason)
    assert states(store, capsys) == [state]


def test_what_a_program_runs_says_so(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    held = stored(store, None), stored(store, "completed"), stored(store, "budget")
    stored(store, None)

    program = "import sys; from pathlib import Path; from dropout_core.storage.lease import Lease\n"
    program += f"leases = [Lease(Path(sys.argv[1]), number) for number in {held}]\n"
    program += "print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", program, str(store.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        # What has ended is only open there.
        assert states(store, capsys) == [
            "interrupted",
            "interrupted: budget",
            "completed",
            "running elsewhere",
        ]
        other.communicate()


def test_a_long_reason_is_cut_and_marked(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    stored(store, "overloaded, " * 25)
    (state,) = states(store, capsys)
    assert state.startswith("interrupted: overloaded, ")
    assert state.endswith("…")
    assert len(state) <= 40
