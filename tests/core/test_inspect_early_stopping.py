"""Early stopping for Inspect, by what Inspect tells of each epoch. Inspect itself runs in `tests/integrations`."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_core.integrations.inspect_early_stopping import StopOnceDecided
from dropout_core.statistics.band.decision import decide
from dropout_core.statistics.pass_rate import Band, Decision

BAND = Band.parse("10-40")
UNSCORED = math.nan


def scores(value: object) -> Any:
    """What Inspect tells of an epoch with one scorer."""
    return {"verdict": SimpleNamespace(score=SimpleNamespace(value=value))}


def decided_in_order(values: list[object]) -> tuple[Decision, int]:
    """The first decision of looking after every epoch, and by how many that have a score."""
    graded = passed = 0
    for value in values:
        if value in ("C", "I"):
            graded, passed = graded + 1, passed + (value == "C")
            if (decision := decide(passed, graded, BAND)) is not Decision.UNDECIDED:
                return decision, graded
    return Decision.UNDECIDED, graded


@given(st.data())
async def test_whatever_ends_first_epochs_count_in_their_order(data: st.DataObject) -> None:
    values = data.draw(st.lists(st.sampled_from(["C", "I", UNSCORED]), max_size=60))
    order = data.draw(st.permutations(range(len(values))))
    stopping = StopOnceDecided(BAND)
    await stopping.start_task(None, [None], len(values))
    for place in order:
        await stopping.complete_sample("dropout basic", place + 1, scores(values[place]))
    said = await stopping.complete_task()
    assert (said["decision"], said["graded"]) == decided_in_order(values)


async def test_what_is_behind_an_epoch_in_progress_decides_nothing() -> None:
    stopping = StopOnceDecided(BAND)
    for epoch in range(2, 100):
        await stopping.complete_sample("dropout basic", epoch, scores("I"))
    assert await stopping.schedule_sample("dropout basic", 100) is None
    await stopping.complete_sample("dropout basic", 1, scores("I"))
    assert stopping.decision is Decision.BELOW


async def test_several_samples_have_no_pass_rate_in_common() -> None:
    with pytest.raises(ValueError, match="a band is for one sample, and this task has 2"):
        await StopOnceDecided(BAND).start_task(None, [None, None], 5)
