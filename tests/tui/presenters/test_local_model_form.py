"""What the launch form says of the model that this program serves by itself."""

from __future__ import annotations

from dropout_core.values.config import EvaluationConfig
from dropout_tui.presenters.launch.form import LaunchForm
from dropout_tui.presenters.launch.notice import notice_of
from dropout_tui.presenters.launch.parsing import parse


def test_it_needs_no_key_and_is_loaded_here() -> None:
    assert notice_of(LaunchForm("smollm2"), anthropic_key=False).startswith("Loading smollm2 into a process")
    assert "no API key" in notice_of(LaunchForm("another"), anthropic_key=False)


def test_at_an_address_it_is_a_model_like_any_other() -> None:
    form = LaunchForm("smollm2", base_url="http://127.0.0.1:9")
    assert notice_of(form, anthropic_key=False) == ""
    parsed = parse(form)
    assert isinstance(parsed, EvaluationConfig)
    assert not parsed.is_local


def test_it_takes_no_batches() -> None:
    problems = parse(LaunchForm("smollm2", batch=True))
    assert isinstance(problems, dict)
    assert "takes no batches" in problems["batch"]
