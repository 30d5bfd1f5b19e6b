"""What a run without a screen says while it waits."""

from __future__ import annotations

from pathlib import Path

import pytest

from dropout_core.state.events import Event, RequestHeld
from dropout_tui.cli import main
from dropout_tui.command_line.lines.wait_notices import WaitNotices
from tests.messages_server import Answer, Failure, MessagesServer


def held(at: float, seconds: float | None, trial: int = 1) -> Event:
    return RequestHeld(
        at=at,
        trial=trial,
        attempt=1,
        step=1,
        reason="API rate limited",
        seconds=seconds,
        failures=0,
        max_tries=5,
    )


@pytest.mark.parametrize(
    ("events", "lines"),
    [
        ([held(0, 3.2)], ["API rate limited, requests wait 4 s"]),
        ([held(0, 4, trial) for trial in range(1, 20)], ["API rate limited, requests wait 4 s"]),
        (
            [held(0, 20), held(15, 5), held(20, 6)],
            [f"API rate limited, requests wait {n} s" for n in (20, 6)],
        ),
        ([held(0, 2), held(2, 2), held(4, 2), held(6, 2)], ["API rate limited, requests wait 2 s"] * 2),
        ([held(0, 0.4), held(1, None)], []),
    ],
)
def test_one_line_a_wait(events: list[Event], lines: list[str]) -> None:
    said: list[str] = []
    waits = WaitNotices(said.append)
    for event in events:
        waits.receive([event])
    assert said == lines


@pytest.mark.parametrize("as_json", [False, True])
def test_a_run_in_lines_says_that_it_waits(
    messages_server: MessagesServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    messages_server.play(
        Failure(429, "rate_limit_error", headers={"retry-after": "1"}), Answer("no code"), Answer("no code")
    )
    where = ["--base-url", messages_server.url, "--store", str(tmp_path / "store.sqlite3")]
    options = ["--json"] if as_json else []
    main(["run", "--runs", "1", "--model", "m", *where, *options])
    said = [line for line in capsys.readouterr().err.splitlines() if "requests wait" in line]
    assert len(said) == (0 if as_json else 1)
