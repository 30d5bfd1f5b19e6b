"""Completions made elsewhere, in the ways in which other programs write them down."""

from __future__ import annotations

import json

import pytest

from dropout_core.completions.formats import Completion, completions_in

CODE = "def dropout(x, p, training):\n    return x"
REPLY = f"Here:\n```python\n{CODE}\n```"
INPUT = json.dumps({"answer": CODE})
ASKED = {"role": "user", "content": "Write dropout."}
SAID = {"role": "assistant", "content": REPLY}

DIALECTS: dict[str, tuple[object, str]] = {
    "EvalPlus": ({"task_id": "HumanEval/0", "solution": CODE}, CODE),
    "EvalPlus, completion": ({"task_id": "HumanEval/0", "completion": CODE}, CODE),
    "HumanEval, the body alone": (
        {"prompt": "def dropout(x, p, training):\n", "completion": "    return x"},
        "def dropout(x, p, training):\n    return x",
    ),
    "BigCodeBench": ({"task_id": "BigCodeBench/0", "solution": CODE, "raw_solution": REPLY}, CODE),
    "BigCodeBench, nothing sanitized": ({"task_id": "a", "solution": "", "raw_solution": REPLY}, REPLY),
    "TRL": ({"prompt": "Write dropout.", "completion": REPLY}, REPLY),
    "TRL, conversational": ({"prompt": [ASKED], "completion": [SAID], "solution": "gold"}, REPLY),
    "TRL, response": ({"prompt": "Write dropout.", "response": REPLY}, REPLY),
    "verifiers": (
        {"example_id": 3, "prompt": [ASKED], "completion": [SAID], "answer": "gold", "reward": 1.0},
        REPLY,
    ),
    "verifiers, traces": (
        {
            "id": "e",
            "traces": [{"nodes": [{"message": ASKED, "sampled": False}, {"message": SAID, "sampled": True}]}],
        },
        REPLY,
    ),
    "messages": ({"messages": [{"role": "system", "content": "Be brief."}, ASKED, SAID]}, REPLY),
    "messages of several turns": (
        {"messages": [ASKED, {"role": "assistant", "content": "?"}, ASKED, SAID]},
        REPLY,
    ),
    "OpenAI chat": (
        {"id": "c", "object": "chat.completion", "choices": [{"index": 0, "message": SAID}]},
        REPLY,
    ),
    "OpenAI completion": (
        {"id": "c", "choices": [{"index": 0, "text": REPLY, "finish_reason": "stop"}]},
        REPLY,
    ),
    "OpenAI batch": (
        {"custom_id": "r1", "response": {"status_code": 200, "body": {"choices": [{"message": SAID}]}}},
        REPLY,
    ),
    "OpenAI responses": (
        {
            "output": [
                {"type": "reasoning", "summary": []},
                {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": REPLY}]},
            ]
        },
        REPLY,
    ),
    "Anthropic": (
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": REPLY}],
        },
        REPLY,
    ),
    "Anthropic batch": (
        {
            "custom_id": "r1",
            "result": {
                "type": "succeeded",
                "message": {
                    "type": "message",
                    "role": "assistant",
                    "content": [{"type": "text", "text": REPLY}],
                },
            },
        },
        REPLY,
    ),
    "a submission to Anthropic": (
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "I submit."},
                {"type": "tool_use", "id": "t", "name": "submit_answer", "input": {"answer": CODE}},
            ],
        },
        CODE,
    ),
    "a submission to OpenAI": (
        {
            "messages": [
                ASKED,
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [
                        {
                            "id": "1",
                            "type": "function",
                            "function": {"name": "submit_answer", "arguments": INPUT},
                        }
                    ],
                },
                {"role": "tool", "content": "Thanks."},
            ]
        },
        CODE,
    ),
    "a submission as a response": (
        {"output": [{"type": "function_call", "name": "submit_answer", "arguments": INPUT}]},
        CODE,
    ),
    "lm-eval": ({"doc_id": 0, "resps": [[REPLY]]}, REPLY),
    "a bare string": (REPLY, REPLY),
    "a list of messages": ([ASKED, SAID], REPLY),
    "saved by a script": ({"text": REPLY, "stop_reason": "end_turn"}, REPLY),
}


def read(raw: bytes, *, lines_expected: bool = True) -> list[Completion]:
    found = completions_in(raw, lines_expected=lines_expected)
    assert found is not None
    return list(found)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_each_dialect_gives_its_answer(dialect: str) -> None:
    value, text = DIALECTS[dialect]
    line = json.dumps(value).encode()

    assert [one.text for one in read(line + b"\n" + line + b"\n")] == [text, text]


@pytest.mark.parametrize(
    "dialect", [name for name, (value, _) in DIALECTS.items() if not isinstance(value, str)]
)
def test_a_single_document_is_known_by_its_content(dialect: str) -> None:
    value, text = DIALECTS[dialect]

    (one,) = read(json.dumps(value, indent=2).encode(), lines_expected=False)
    assert (one.text, one.fault) == (text, None)


def test_several_answers_of_a_line_are_numbered() -> None:
    lines = [
        {"question_id": "q1", "code_list": [CODE, "", "b"], "output_list": ["x", REPLY, "y"]},
        {"question_id": "q2", "output_list": ["c"]},
        {"task_id": "t", "completion": ["d", "e"]},
        {"id": "c", "choices": [{"message": {"role": "assistant", "content": word}} for word in "fg"]},
        {"completion": [[{"role": "assistant", "content": word}] for word in "hi"]},
    ]
    found = read("\n".join(map(json.dumps, lines)).encode())

    assert [(one.line, one.task_id, one.sample, one.text) for one in found] == [
        (1, "q1", 1, CODE), (1, "q1", 2, REPLY), (1, "q1", 3, "b"), (2, "q2", None, "c"), (3, "t", 1, "d"),
        (3, "t", 2, "e"), (4, "c", 1, "f"), (4, "c", 2, "g"), (5, None, 1, "h"), (5, None, 2, "i"),
    ]  # fmt: skip


def test_a_list_of_objects_is_read_item_by_item() -> None:
    raw = json.dumps([{"question_id": "q", "code_list": [CODE]}, {"question_id": "r"}], indent=1).encode()

    found = read(raw, lines_expected=False)
    assert [(one.line, one.task_id, one.text, one.fault is None) for one in found] == [
        (1, "q", CODE, True),
        (2, "r", "", False),
    ]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b"{broken", "is not JSON"),
        (b"not JSON at all", "is not JSON"),
        (b'{"task_id": "t"}', "holds no answer"),
        (b'{"completion": null}', "holds no answer"),
        (b'{"completion": 3}', "holds no answer"),
        (b"7", "holds no answer"),
        (b"[]", "holds no answer"),
        (b'{"completion": ' + b"[" * 200_000, "is nested too deeply"),
        (b'{"completion": "a\0b"}', "holds a NUL byte"),
        (b'{"completion": ' + b"1" * 5000 + b"}", "holds a number with too many digits"),
        (b'{"completion": NaN}', "holds no answer"),
        (b'{"completion": -1e999}', "holds no answer"),
        (b'{"completion": "\xff"}', "is not UTF-8 text"),
        (b'{"completion": "' + b"x" * (33 << 20) + b'"}', "is longer than 32 MB"),
    ],
    ids=range(14),
)
def test_a_bad_line_is_one_with_a_fault_and_not_the_end(line: bytes, fault: str) -> None:
    good = json.dumps({"completion": CODE}).encode()
    first, bad, last = read(b"\n".join([good, line, good]))

    assert (first.text, last.text, last.line) == (CODE, CODE, 3)
    assert (first.fault, last.fault) == (None, None)
    assert (bad.line, bad.text) == (2, "")
    assert fault in str(bad.fault)


def test_a_deep_object_that_can_be_decoded_ends_too() -> None:
    deep = '{"message": ' * 300 + "1" + "}" * 300

    (one,) = read(deep.encode())
    assert one.fault is not None


@pytest.mark.parametrize(
    "text",
    [
        CODE,
        REPLY,
        "",
        "Hello.",
        '"""Docs."""\n' + CODE,
        "{'a': 1}\n" + CODE,
        f"[1]\n{CODE}",
        "[TOOL_CALLS] [{}]",
    ],
)
def test_code_and_replies_are_no_completions(text: str) -> None:
    assert completions_in(text.encode()) is None


def test_lines_are_known_by_their_content_even_after_a_broken_one() -> None:
    good = json.dumps({"task_id": "t", "completion": CODE})

    assert [one.fault is None for one in read(f"\n{{broken\n{good}\n".encode(), lines_expected=False)] == [
        False,
        True,
    ]
    assert [one.line for one in read(f"\ufeff{good}\r\n\r\n{good}".encode(), lines_expected=False)] == [1, 3]
