"""Leases between real processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dropout_core.storage.lease import EvaluationBusy, Lease, leased_elsewhere

_HOLDER = """\
import sys
from pathlib import Path
from dropout_core.storage.lease import Lease
leases = [Lease(Path(sys.argv[1]), int(number)) for number in sys.argv[2:]]
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held_by_another_program(store: Path, *numbers: int) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(store), *map(str, numbers)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        assert process.stdout.readline() == "held\n"
        yield
    finally:
        process.stdin.close()
        process.wait(20)
        process.stdout.close()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite3"


def test_another_program_keeps_its_leases_to_itself(store: Path) -> None:
    with held_by_another_program(store, 3, 4, 900):
        with pytest.raises(EvaluationBusy, match="another program"):
            Lease(store, 3)
        mine = Lease(store, 5)
        assert leased_elsewhere(store) == {3, 4, 900}
        mine.release()
    assert leased_elsewhere(store) == frozenset()
    Lease(store, 3).release()


def test_trying_for_one_lease_does_not_lose_another(store: Path) -> None:
    mine = Lease(store, 1)
    with pytest.raises(EvaluationBusy, match="this program"):
        Lease(store, 1)
    Lease(store, 2).release()
    assert leased_elsewhere(store) == frozenset()
    with pytest.raises(subprocess.CalledProcessError):
        subprocess.run(
            [sys.executable, "-c", _HOLDER, str(store), "1"],
            input="",
            check=True,
            capture_output=True,
            text=True,
        )
    mine.release()
    mine.release()
    with held_by_another_program(store, 1):
        assert leased_elsewhere(store) == {1}


def test_an_unused_store_has_no_leases(store: Path) -> None:
    assert leased_elsewhere(store) == frozenset()
    assert not store.with_name("store.sqlite3-leases").exists()
