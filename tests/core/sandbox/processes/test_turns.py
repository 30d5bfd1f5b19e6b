"""Whose turn it is: several at a time, or one alone."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from dropout_core.sandbox import SandboxBroken
from dropout_core.sandbox.processes.turns import Turns


def never() -> bool:
    return False


def test_turns_are_limited_and_a_turn_alone_excludes_all_others() -> None:
    turns, running, most, company = Turns(3), 0, 0, []
    counting = threading.Lock()

    def work(number: int) -> None:
        nonlocal running, most
        alone = number % 5 == 0
        with turns.taken(never, alone=alone):
            with counting:
                running += 1
                most = max(most, running)
                if alone:
                    company.append(running)
            sum(range(20_000))
            with counting:
                if alone:
                    company.append(running)
                running -= 1

    with ThreadPoolExecutor(12) as threads:
        list(threads.map(work, range(200)))
    assert most <= 3
    assert set(company) == {1}
    assert len(company) == 80


@pytest.mark.parametrize("alone", [False, True])
def test_who_waits_can_be_stopped_and_leaves_the_turn_to_others(alone: bool) -> None:
    turns, stopped = Turns(1), threading.Event()
    waiting = threading.Event()

    def asked() -> bool:
        waiting.set()
        return stopped.is_set()

    def wait() -> None:
        with turns.taken(asked, alone=alone):
            pass

    with ThreadPoolExecutor(1) as threads:
        with turns.taken(never):
            work = threads.submit(wait)
            assert waiting.wait(60)
            stopped.set()
            turns.wake()
            with pytest.raises(SandboxBroken):
                work.result(60)
        with turns.taken(never):
            pass
