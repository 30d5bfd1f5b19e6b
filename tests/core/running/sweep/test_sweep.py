"""Several evaluations that are stopped and started together."""

from __future__ import annotations

import pytest

from dropout_core.costs.purse import Purse
from dropout_core.running.sweep.sweep import Sweep


@pytest.mark.parametrize("how", ["stop", "cut_off"])
async def test_a_sweep_that_goes_on_was_stopped_for_no_reason(how: str) -> None:
    async with Sweep(2, Purse()) as sweep:
        sweep.start()
        getattr(sweep, how)("interrupted")
        assert sweep.stop_reason == "interrupted"
        sweep.start()
        assert sweep.stop_reason is None
