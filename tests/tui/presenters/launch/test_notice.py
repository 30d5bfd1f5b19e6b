"""What the form says of a run before it starts: that no model answers, or that a key is missing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dropout_core.values.config import SAMPLE_NOTICE
from dropout_tui.presenters.launch.form import LaunchForm
from dropout_tui.presenters.launch.notice import KEY_NOTICES, notice_of

FORM = LaunchForm(model="sample")


@pytest.mark.parametrize(
    ("form", "anthropic_key", "notice"),
    [
        (FORM, False, SAMPLE_NOTICE),
        (FORM, True, SAMPLE_NOTICE),
        (replace(FORM, model="claude-haiku-4-5"), False, KEY_NOTICES["anthropic"]),
        (replace(FORM, model="gpt", api="openai"), True, KEY_NOTICES["openai"]),
        (replace(FORM, model="claude-haiku-4-5"), True, ""),
        (replace(FORM, model="own", base_url="http://localhost:1"), False, ""),
        (replace(FORM, model="own", base_url="http://localhost:1", api="openai"), True, ""),
    ],
)
def test_built_in_answers_are_named_and_a_missing_key_where_one_is_needed(
    form: LaunchForm, anthropic_key: bool, notice: str
) -> None:
    assert notice_of(form, anthropic_key=anthropic_key) == notice
