import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_core.extraction.written_tool_calls import WrittenToolCall, tool_calls_in_text

CODE = """\
import numpy as np

def dropout(x, p, training):
    \"\"\"Drop <some> of x, as in {"name": "x"}.\"\"\"
    if not training:
        return x
    return x * (np.random.rand(*x.shape) >= p) / (1 - p)"""

SUBMITTED = WrittenToolCall("submit_answer", {"answer": CODE})
CALL = json.dumps({"name": "submit_answer", "arguments": {"answer": CODE}})
INPUT = json.dumps({"answer": CODE})
TEXT = json.dumps(CODE)
TRIED = WrittenToolCall("python_expression", {"expression": "print(1)"})
TRIAL = json.dumps({"name": "python_expression", "arguments": {"expression": "print(1)"}})

WAYS = {
    "Hermes and Qwen": f"<tool_call>\n{CALL}\n</tool_call>",
    "Hermes without its end": f"<tool_call>\n{CALL}\n",
    "Hermes, fenced": f"<tool_call>\n```json\n{CALL}\n```\n</tool_call>",
    "Hermes and an end of turn": f"<tool_call>{CALL}</tool_call><|im_end|>",
    "Granite and Phi": f"<|tool_call|>[{CALL}]",
    "Phi": f"functools[{CALL}]",
    "Nemotron": f"<TOOLCALL>[{CALL}]</TOOLCALL>",
    "Mistral": f"[TOOL_CALLS] [{CALL}]",
    "Mistral with its end": f"[TOOL_CALLS][{CALL}]</s>",
    "Mistral, later": f"[TOOL_CALLS]submit_answer[ARGS]{INPUT}",
    "Mistral with an id": f"[TOOL_CALLS]submit_answer[CALL_ID]a1b2c3d4e[ARGS]{INPUT}",
    "Llama": f'<|python_tag|>{{"name": "submit_answer", "parameters": {INPUT}}}<|eom_id|>',
    "Llama with tags": f"<function=submit_answer>{INPUT}</function>",
    "Llama in Python": f"[submit_answer(answer={CODE!r})]<|eot_id|>",
    "Qwen coder": f"<function=submit_answer>\n<parameter=answer>\n{CODE}\n</parameter>\n</function>",
    "Qwen coder in a call": "<tool_call>\n<function=submit_answer>\n<parameter=answer>\n"
    f"{CODE}\n</parameter>\n</function>\n</tool_call>",
    "Qwen coder, parameter left open": f"<function=submit_answer>\n<parameter=answer>\n{CODE}\n</function>",
    "GLM": "<tool_call>submit_answer\n<arg_key>answer</arg_key>\n"
    f"<arg_value>{CODE}</arg_value>\n</tool_call>",
    "Claude": '<function_calls>\n<invoke name="submit_answer">\n<parameter name="answer">'
    f"{CODE}</parameter>\n</invoke>\n</function_calls>",
    "MiniMax": '<minimax:tool_call>\n<invoke name="submit_answer">\n<parameter name="answer">'
    f"{CODE}</parameter>\n</invoke>\n</minimax:tool_call>",
    "Kimi": "<|tool_calls_section_begin|><|tool_call_begin|>functions.submit_answer:0"
    f"<|tool_call_argument_begin|>{INPUT}<|tool_call_end|><|tool_calls_section_end|>",
    "DeepSeek": "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>submit_answer\n"
    f"```json\n{INPUT}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
    "DeepSeek, later": f"<｜tool▁call▁begin｜>submit_answer<｜tool▁sep｜>{INPUT}<｜tool▁call▁end｜>",
    "gpt-oss": "<|channel|>commentary to=functions.submit_answer <|constrain|>json<|message|>"
    f"{INPUT}<|call|>",
    "Gemma": f"```tool_code\nsubmit_answer(answer={CODE!r})\n```",
    "ReAct": f"Thought: done.\nAction: submit_answer\nAction Input: {INPUT}",
    "fenced": f"I submit this.\n\n```json\n{CALL}\n```\nDone.",
    "fenced with an input": f'```\n{{"name": "submit_answer", "input": {INPUT}}}\n```',
    "fenced with other words": f'```json\n[{{"tool_name": "submit_answer", "parameters": {INPUT}}}]\n```',
    "OpenAI": json.dumps(
        {
            "tool_calls": [
                {"type": "function", "id": "1", "function": {"name": "submit_answer", "arguments": INPUT}}
            ]
        }
    ),
    "alone": CALL,
    "alone with its type": json.dumps(
        {"type": "tool_use", "name": "submit_answer", "input": {"answer": CODE}}
    ),
    "its argument without a name": f'{{"name": "submit_answer", "arguments": {TEXT}}}',
    "escaped twice": "<tool_call>" + json.dumps(CALL)[1:-1] + "</tool_call>",
    "a quoted value": json.dumps(CALL),
    "real newlines": f"<tool_call>{CALL}</tool_call>".replace("\\n", "\n"),
    "an unknown escape": f"<tool_call>{CALL}</tool_call>".replace("'", "\\'").replace("<some>", "<so\\'me>"),
    "a brace forgotten": f"<tool_call>\n{CALL[:-1]}\n</tool_call>",
    "single quotes": f"<tool_call>{json.loads(CALL)!r}</tool_call>",
    "three quotes": f"""<tool_call>{{"name": "submit_answer", "arguments": {{"answer": '''{CODE}'''}}}}</tool_call>""",
}


@pytest.mark.parametrize("before", ["", "I am done.\n\n"])
def test_each_way_of_writing_a_call(before: str) -> None:
    for way, written in WAYS.items():
        (call,) = tool_calls_in_text(before + written)
        assert call.name == "submit_answer", way
        assert str(call.input["answer"]).replace("so\\'me", "some") == CODE, way


@pytest.mark.parametrize(
    "text",
    [
        f"<tool_call>{TRIAL}</tool_call>\n<tool_call>\n{CALL}\n</tool_call>",
        f"[TOOL_CALLS][{TRIAL}, {CALL}]",
        f"<|python_tag|>{TRIAL}; {CALL}",
        f"{TRIAL}\n{CALL}",
        f"```json\n{TRIAL}\n```\nand then\n```json\n{CALL}\n```",
        f"<function=python_expression><parameter=expression>print(1)</parameter></function>\n"
        f"<function=submit_answer>{INPUT}</function>",
        f"[python_expression(expression='print(1)'), submit_answer({CODE!r})]",
    ],
)
def test_several_calls_come_in_order(text: str) -> None:
    assert tool_calls_in_text(text) == (TRIED, SUBMITTED)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I would call submit_answer with the code.",
        f"You might write {CALL} to submit.",
        f"<think><tool_call>{CALL}</tool_call></think>I am not sure yet.",
        f"```python\n{CODE}\n```",
        '```json\n{"name": "dropout", "p": 0.5}\n```',
        '{"name": "submit_answer", "parameters": {"type": "object", "properties": {"answer": {}}}}',
        "<tool_call></tool_call>",
        "submit_answer(code)",
    ],
)
def test_text_about_a_call_is_not_a_call(text: str) -> None:
    assert tool_calls_in_text(text) == ()


@pytest.mark.parametrize(
    "way", ["Hermes and Qwen", "Mistral, later", "Qwen coder", "GLM", "Claude", "Llama in Python"]
)
def test_a_call_that_is_cut_off_submits_nothing_but_the_whole(way: str) -> None:
    text = WAYS[way]
    for cut in range(len(text)):
        for call in tool_calls_in_text(text[:cut]):
            assert call == SUBMITTED


FRAGMENTS = [
    "<tool_call>", "</tool_call>", "[TOOL_CALLS]", "```json\n", "```", "\n", "{", "}", '{"name": ', "[", "]", '"a"',
    ",", ":", "<function=f>", "<parameter=a>", "</parameter>", "</function>", '{"name": "f", "arguments": {}}', "\\",
    "'", "submit_answer(", ")", "<think>", "</think>", "\0", "\ud800", "[" * 300, '{"function":' * 300, "<arg_key>",
]  # fmt: skip


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join))
def test_any_text_gives_calls_or_none(text: str) -> None:
    for call in tool_calls_in_text(text):
        assert call.name
        assert isinstance(call.input, dict)


def huge(size: int) -> dict[str, str]:
    """A megabyte or so each, at size 5."""
    return {
        "openings": "<tool_call>{" * (16_000 * size),
        "fences": '```json\n{"' * (20_000 * size),
        "brackets": "[TOOL_CALLS]" + "[" * (200_000 * size),
        "functions": "<function=f>" * (16_000 * size),
        "parameters": "<function=f>" + "<parameter=a>" * (16_000 * size),
        "blanks": "<tool_call>" + " " * (200_000 * size) + "x",
        "lines of blanks": " \n" * (100_000 * size),
        "words": "to=" + "a" * (200_000 * size),
        "calls": f"{CALL}\n" * 4_000,
        "deep": '{"function":' * (18_000 * size),
        "strings": '{"name": "' * (20_000 * size),
        "calls in Python": "submit_answer(\n" * (12_000 * size),
    }


SIZES = [1, pytest.param(5, marks=pytest.mark.long_run)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", huge(1))
def test_megabytes_of_beginnings_end_too(name: str, size: int) -> None:
    assert all(call.input is not None for call in tool_calls_in_text(huge(size)[name]))
