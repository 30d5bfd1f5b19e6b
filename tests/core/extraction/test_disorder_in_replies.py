"""The usual disorder of replies around code that is right."""

from __future__ import annotations

import json

import pytest

from dropout_core.extraction import extract, extract_code
from tests.core.extraction.test_extraction import assert_code_or_reason

IMPORT = "import numpy as np"
FUNCTION = """\
def dropout(x, p, training):
    if not training:
        return x
    keep = np.random.random(x.shape) >= p
    return x * keep / (1 - p)"""
CODE = f"{IMPORT}\n\n{FUNCTION}"
QUOTED = "\n".join(f"> {line}".rstrip() for line in f"```python\n{CODE}\n```".split("\n"))
MARKS = [
    "<|im_end|>", "<|eot_id|>", "<|end|>", "<|endoftext|>", "</s>", "<end_of_turn>", "[/INST]", "<|end_of_text|>",
    "<|return|>", "<eos>", "<|eom_id|>", "<｜end▁of▁sentence｜>", "<|END_OF_TURN_TOKEN|>", "<|im_end|>\n<|endoftext|>",
]  # fmt: skip


@pytest.mark.parametrize(
    "reply",
    [
        f"```python {CODE}\n```",
        f"```{CODE}\n```",
        f"```py {CODE}\n```\nThat is it.",
        f"~~~python {CODE}\n~~~",
        f"```python\n{CODE}```",
        f"```python\n{CODE}```\nThis works.",
        f"```python\n{CODE} ```\n\n```python\nprint(dropout(x, 0.5, True))\n```",
        f"```python {CODE}```",
        f"```python\n{CODE}\n``\nThis works.",
        f"```python\n{CODE}\n``\nThis works:\n```python\nprint(dropout(x, 0.5, True))\n```",
        f"```python\n{CODE}\n`\nThis works.",
        f"````python\n{CODE}\n```\nThis works.",
        f"~~~python\n{CODE}\n```\nThis works.",
        f"```python\n%matplotlib inline\n{CODE}\n```",
        f"```python\n!pip install numpy\n%load_ext autoreload\n{CODE}\n```",
        f"```python\n%%time\n{CODE}\n```",
        f"```python\npip install numpy\n\n{CODE}\n```",
        f"```\n$ pip install numpy\n{CODE}\n```",
        f"```python\n{CODE}\n\n>>> dropout(np.ones(2), 0.5, True)\narray([0., 2.])\n```",
        f"```python\n{CODE}\n\n>>> x = np.ones(2)\n>>> dropout(x, 0.5, True)\narray([0., 2.])\n\n```",
        f"{CODE}\n\n>>> dropout(np.ones(2), 0.5, True)\narray([0., 2.])\n",
        f"As asked:\n\n{QUOTED}\n\nDone.",
        QUOTED,
        "\n".join(f"> {line}".rstrip() for line in CODE.split("\n")),
        "\n".join(f">{line}" for line in f"```python\n{CODE}\n```".split("\n")),
        f"```python\n{CODE}\n\nThis works because it scales.",
        f"```python\n{CODE}\n```".replace("\n", "\r\n"),
        json.dumps(f"```python\n{CODE}\n```"),
        json.dumps(CODE)[1:-1],
        json.dumps(f"Here:\n```python\n{CODE}\n```\nDone.")[1:-1],
        json.dumps({"code": CODE}),
        f"```json\n{json.dumps({'name': 'submit_answer', 'arguments': {'answer': CODE}})}\n```",
        f"<|channel|>analysis<|message|>Or\n```python\n{FUNCTION}\n```<|end|><|start|>assistant<|channel|>final"
        f"<|message|>```python\n{CODE}\n```<|return|>",
        f"<|im_start|>assistant\n```python\n{CODE}\n```<|im_end|>\n<|im_start|>user\n"
        "```python\ndef dropout(x, p, training):\n    return x\n```",
        f"<answer>{CODE}</answer>",
        f'<pre><code class="python">{CODE}</code></pre>\nThat was it.',
        f"[THINK]\n```python\n{FUNCTION}\n```\n[/THINK]\n```python\n{CODE}\n```",
        f"[INST] Write it. [/INST] {CODE}</s>",
    ],
)
def test_disorder_does_not_hide_the_code(reply: str) -> None:
    code = extract_code(reply)

    assert code.strip().endswith(FUNCTION)
    assert code.strip().removesuffix(FUNCTION).strip() in {IMPORT, ""}
    assert (IMPORT in code) == (IMPORT in reply)


@pytest.mark.parametrize(
    "form",
    [
        "{code}{mark}",
        "```python\n{code}\n```{mark}",
        "```python\n{code}{mark}",
        "{code}\n{mark}",
        "Yes:\n{code}{mark}",
    ],
)
def test_marks_at_the_end_of_a_turn_are_no_code(form: str) -> None:
    for mark in MARKS:
        assert extract_code(form.format(code=CODE, mark=mark)) == CODE, mark


def test_a_mark_in_a_string_stays() -> None:
    code = f'{CODE}\n\nSTOP = "<|im_end|>"'

    assert extract_code(f"So:\n```python\n{code}\n```") == code
    assert extract_code(code) == code


def test_a_command_of_a_notebook_within_a_function_leaves_the_lines_where_they_are() -> None:
    code = CODE.replace("    keep", "    %timeit x\n    keep")

    assert extract_code(f"```python\n{code}\n```").split("\n").index("    return x * keep / (1 - p)") == 7


def test_quotation_marks_are_made_straight_only_where_nothing_else_parses() -> None:
    curly = CODE.replace("if not", "if training != “yes” and not")
    documented = CODE.replace("    if not", '    """Drops “some”, doesn’t it?"""\n    if not')

    assert '"yes"' in extract_code(f"```python\n{curly}\n```")
    assert extract_code(f"```python\n{documented}\n```") == documented


def test_a_minus_sign_and_dashes_are_read_as_meant() -> None:
    assert extract_code(f"```python\n{CODE.replace('1 - p', '1 − p')}\n```") == CODE


def test_escapes_in_a_string_are_left_alone() -> None:
    code = f'{CODE}\n\nNOTE = "a\\nb"'

    assert extract_code(f"```python\n{code}\n```") == code
    assert extract_code(json.dumps(code)) == code


@pytest.mark.parametrize(
    "call",
    [
        "<tool_call>{}</tool_call>",
        "[TOOL_CALLS] [{}]",
        "I submit:\n```json\n{}\n```",
        "```python\nprint(dropout(1, 2, 3))\n```\n<tool_call>\n{}\n</tool_call>",
        "First try:\n```python\ndef dropout(x, p, training):\n    return x\n```\n<tool_call>\n{}\n</tool_call>",
    ],
)
@pytest.mark.parametrize("answer", [CODE, f"```python\n{CODE}\n```", json.dumps(CODE)[1:-1]])
def test_a_written_submission_is_the_answer(call: str, answer: str) -> None:
    written = json.dumps({"name": "submit_answer", "arguments": {"answer": answer}})
    found = extract(call.replace("{}", written))

    assert found.code == CODE
    assert found.origin.startswith("a written call of submit_answer")


def test_of_several_written_submissions_the_last_counts() -> None:
    first = json.dumps({"name": "submit_answer", "arguments": {"answer": CODE.replace(">=", "<")}})
    last = json.dumps({"name": "submit_answer", "arguments": {"answer": CODE}})

    assert extract_code(f"<tool_call>{first}</tool_call>\n<tool_call>{last}</tool_call>") == CODE


def huge(size: int) -> dict[str, str]:
    """A megabyte or so each, at size 5."""
    return {
        "lines that end in marks": "```python\nx = (\n" + "a``\n" * (40_000 * size),
        "fences behind code": "```python x``\n" * (12_000 * size),
        "marks of turns": "<|im_end|>" * (20_000 * size),
        "turns of others": "<|im_start|>user x\n" * (10_000 * size),
        "commands": "!ls\n" * (50_000 * size),
        "quotations in quotations": "> " * (100_000 * size),
        "quoted lines": "> x\n" * (50_000 * size),
        "words before statements": "> x;1\n" * (25_000 * size),
        "quoted fences": "> ```\n> def dropout(x):\n" * (10_000 * size),
        "escapes": "\\n" * (100_000 * size),
        "escaped definitions": "def dropout(x):\\n return x\\n" * (6_000 * size),
        "sessions": "def dropout(x):\n>>> x\n" * (12_000 * size),
        "tags": "<answer>" * (24_000 * size),
        "a chain of helpers": "".join(
            f"```python\ndef f{n}():\n    return f{n - 1}()\n```\n" for n in range(1, 8_000)
        )
        + "```python\ndef dropout(x):\n    return f7999()\n```",
        "a chain of names": "```python\n"
        + "".join(f"a{n} = a{n - 1}\n" for n in range(1, 5_000))
        + "dropout = a4999\n```",
        "blocks that use many names": (
            "```python\ndef dropout(x):\n    return "
            + "+".join(f"a{n}" for n in range(300))
            + "\na1 = 1\n```\n"
        )
        * (60 * size),
        "makers of makers": "```python\ndef f(g):\n    return f(f(f(f(g))))\ndropout = f(f(f(f(f(f))))) \n```",
    }


SIZES = [1, pytest.param(5, marks=pytest.mark.long_run)]
LIKE_QUOTED_LINES = ("words before statements", "quoted fences")
"""For long runs."""


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.long_run) if name in LIKE_QUOTED_LINES else name
        for name in huge(1)
    ],
)
def test_megabytes_of_disorder_end_too(name: str, size: int) -> None:
    assert_code_or_reason(huge(size)[name])
