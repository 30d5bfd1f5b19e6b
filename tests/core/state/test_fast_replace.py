from dataclasses import FrozenInstanceError, replace

import pytest

from dropout_core.state.fast_replace import fast_replace
from dropout_core.state.trial_state import AttemptState, Phase


def test_it_is_what_replace_gives_and_leaves_the_original_alone() -> None:
    value = AttemptState(1, 2, 3.0, phase=Phase.ASKING, code="x = 1")
    before = replace(value)
    changed = fast_replace(value, phase=Phase.GRADING, wait=None, seed=7)
    assert changed == replace(value, phase=Phase.GRADING, wait=None, seed=7)
    assert hash(changed) == hash(replace(changed))
    assert value == before
    with pytest.raises(FrozenInstanceError):
        changed.seed = 8  # type: ignore[misc]


def test_a_field_that_is_not_there_is_refused() -> None:
    with pytest.raises(KeyError):
        fast_replace(AttemptState(1, 2, 3.0), colour="red")
