"""What an evaluation was asking for, and with, when its program was ended."""

from __future__ import annotations

import json
from pathlib import Path

from dropout_core.running.session import Session
from dropout_core.state import events
from dropout_core.storage.store import Store
from dropout_core.values.agent_tools import TOOLS
from dropout_core.values.config import EvaluationConfig
from tests.core.bench import PASSING, Bench, bench, config


async def test_a_request_in_flight_at_the_end_of_a_program_is_counted_by_the_next(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=2, concurrency=1) as b:
        b.model.answer(1, PASSING)
        b.evaluation.start()
        await b.until(lambda: b.model.asked == [(1, 1), (2, 1)])
        await b.journal.flush()
        # As after a kill: the next program finds what is stored by now.
        again = Bench(b.store, 1, b.store.state(1), reopened=True)
        spent = again.state.tally.input_tokens, again.state.tally.output_tokens
        again.model.answer(2, PASSING, attempt=1)
        again.model.answer(2, PASSING, attempt=2)
        again.evaluation.start()
        await again.evaluation.finished()
        (failed,) = [event for event in again.events if isinstance(event, events.TryFailed)]
        assert (failed.input_tokens, failed.output_tokens, failed.estimated) == (100, 20, True)
        assert again.state.tally.estimated
        assert (again.state.tally.input_tokens, again.state.tally.output_tokens) == (
            spent[0] + 200,
            spent[1] + 40,
        )
        await again.evaluation.close()


def test_the_tools_of_an_evaluation_are_stored_with_it(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite3")
    for mode, tools in (("agent", TOOLS), ("answer", ())):
        session = Session.new(store, config(mode=mode), model=None)  # type: ignore[arg-type]
        stored = store.state(session.number).config
        assert stored.tools == tools
        assert EvaluationConfig.from_json(json.loads(json.dumps(stored.to_json()))) == stored
    store.close()
