"""What the records of other programs tell of an answer."""

from __future__ import annotations

import pytest

from dropout_core.completions.known_facts import NOTHING_KNOWN, KnownFacts, known_facts

SAID = {"role": "assistant", "content": "x"}
RECORDS: dict[str, tuple[object, KnownFacts]] = {
    "OpenAI batch": (
        {
            "custom_id": "1",
            "response": {
                "status_code": 200,
                "body": {
                    "model": "gpt-x",
                    "choices": [{"message": SAID, "finish_reason": "length"}],
                    "usage": {
                        "prompt_tokens": 100,
                        "completion_tokens": 20,
                        "prompt_tokens_details": {"cached_tokens": 60},
                        "completion_tokens_details": {"reasoning_tokens": 7},
                    },
                },
            },
        },
        KnownFacts(
            model="gpt-x",
            stop_reason="max_tokens",
            input_tokens=100,
            output_tokens=20,
            thinking_tokens=7,
            cache_read_input_tokens=60,
        ),
    ),
    "Anthropic batch": (
        {
            "custom_id": "1",
            "result": {
                "type": "succeeded",
                "message": {
                    "model": "claude-x",
                    "stop_reason": "end_turn",
                    "usage": {
                        "input_tokens": 10,
                        "output_tokens": 20,
                        "cache_read_input_tokens": 30,
                        "cache_creation_input_tokens": 5,
                    },
                },
            },
        },
        KnownFacts(
            model="claude-x",
            stop_reason="end_turn",
            input_tokens=45,
            output_tokens=20,
            cache_read_input_tokens=30,
            cache_creation_input_tokens=5,
        ),
    ),
    "a batch that failed": (
        {
            "custom_id": "1",
            "result": {"type": "errored", "error": {"type": "invalid", "message": "too\nlong"}},
        },
        KnownFacts(error="too long"),
    ),
    "verifiers, a row": (
        {"prompt": [{"role": "user", "content": "Do it."}], "completion": [SAID], "is_truncated": True},
        KnownFacts(prompt="Do it.", stop_reason="max_tokens"),
    ),
    "verifiers, an episode": (
        {
            "task": {"data": {"prompt": "Do it."}},
            "traces": [{"agent": {"config": {"model": "m"}}, "nodes": []}],
        },
        KnownFacts(model="m", prompt="Do it."),
    ),
    "what is no fact": (
        {"model": 3, "usage": {"output_tokens": -4, "input_tokens": "many"}, "finish_reason": "x" * 999},
        NOTHING_KNOWN,
    ),
    "deeper than anyone looks": ({"result": {"result": {"result": [[[{"model": "m"}]]]}}}, NOTHING_KNOWN),
    "no record": ("text", NOTHING_KNOWN),
}


@pytest.mark.parametrize("name", RECORDS)
def test_what_a_record_tells_is_found_where_its_program_puts_it(name: str) -> None:
    record, known = RECORDS[name]
    assert known_facts(record) == known
