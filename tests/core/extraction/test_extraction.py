import ast
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from dropout_core.extraction import Extraction, NoCodeFound, extract, extract_code
from dropout_core.extraction.fences import blocks_in

REAL_REPLIES = Path(__file__).parents[2] / "data" / "smollm2-replies.jsonl"

CODE = """\
import numpy as np

def dropout(x, p, training):
    if not training:
        return x
    return x * (np.random.rand(*x.shape) > p) / (1 - p)"""

OTHER = CODE.replace("np.random.rand(*x.shape)", "np.random.random(x.shape)")
HELPER = "def helper():\n    return 1"


def fenced(code: str, opening: str = "```python", closing: str = "```") -> str:
    return f"{opening}\n{code}\n{closing}"


def indented(code: str, margin: str) -> str:
    return "\n".join(margin + line if line else line for line in code.split("\n"))


# --- several blocks


def test_the_last_block_that_defines_dropout_wins() -> None:
    reply = (
        f"Draft:\n{fenced(OTHER)}\nBetter:\n{fenced(CODE)}\nUse it:\n{fenced('print(dropout(x, 0.5, True))')}"
    )

    assert extract(reply) == Extraction(CODE, "last fenced block that defines dropout")


@pytest.mark.parametrize(
    "definition",
    [
        "dropout = lambda x, p, training: x",
        "dropout: Callable = make()",
        "class dropout:\n    def __new__(cls, x, p, training):\n        return x",
        "try:\n    import numpy as np\nfinally:\n    def dropout(x, p, training):\n        return x",
        "def dropout(x, p, training): return x",
    ],
)
def test_each_way_of_defining_counts(definition: str) -> None:
    assert extract_code(f"{fenced(definition)}\nand\n{fenced(HELPER)}") == definition


@pytest.mark.parametrize(
    "other",
    [
        "dropout = 0.5",
        "from model import dropout",
        "y = dropout(x, 0.5, True)",
        "class Layer:\n    def dropout(self, x, p, training):\n        return x",
        "async def dropout(x, p, training):\n    return x",
        "def outer():\n    dropout = make()",
    ],
)
def test_a_mention_of_dropout_is_no_definition(other: str) -> None:
    assert extract_code(f"{fenced(CODE)}\nand\n{fenced(other)}") == CODE


def test_without_a_definition_the_last_python_block_is_taken() -> None:
    reply = (
        f"{fenced(HELPER)}\n{fenced('def drop_out(x, p): return x')}\n{fenced('array([0. 2.])', '```text')}"
    )

    assert extract(reply) == Extraction(
        "def drop_out(x, p): return x", "last fenced block, which does not define dropout"
    )


def test_a_definition_with_a_syntax_error_is_returned_unchanged() -> None:
    broken = "def dropout(x, p, training):\n    return x = 1"

    assert extract(f"Here:\n{fenced(broken)}\nIt works.") == Extraction(
        broken, "last fenced block that defines dropout, which does not parse"
    )
    assert extract_code(fenced(CODE) + "\n" + fenced(broken)) == CODE


def test_a_valid_part_of_a_broken_block_is_not_picked_out() -> None:
    broken = CODE + "\n\nprint(dropout(np.ones(3), 0.5, True)"

    assert extract_code(fenced(broken)) == broken


def test_broken_python_with_another_name_is_returned() -> None:
    assert extract_code(fenced("def drop(x, p")) == "def drop(x, p"


# --- fences


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("```", "```"),
        ("```py", "```"),
        ("``` Python 3 ", "```  "),
        ('```python title="dropout.py" {1,3}', "```"),
        ("~~~", "~~~"),
        ("~~~python `x`", "~~~~"),
        ("`````python", "`````"),
        ("```python", "`````"),
    ],
)
def test_kinds_of_fence(opening: str, closing: str) -> None:
    assert extract_code(f"Sure!\n\n{fenced(CODE, opening, closing)}\n\nDone.") == CODE


def test_a_shorter_fence_or_another_character_does_not_close() -> None:
    with_fences = CODE + '\n"""\n```\n~~~\n"""'

    assert extract_code(fenced(with_fences, "````", "````")) == with_fences


@pytest.mark.parametrize("margin", [" ", "   ", "      ", "\t", "          "])
def test_fence_in_a_list(margin: str) -> None:
    assert extract_code(f"1. This:\n\n{indented(fenced(CODE), margin)}\n\n2. Done.") == CODE


def test_fence_in_a_list_with_the_code_at_the_left() -> None:
    assert extract_code(f"1. This:\n   ```python\n{CODE}\n   ```\n") == CODE
    assert extract_code(f"1. This:\n   ```python\n{CODE}\n```\n") == CODE


def test_fence_on_the_line_of_the_list_marker() -> None:
    assert extract_code(f"- ```python\n{indented(CODE, '  ')}\n  ```\n") == CODE


def test_fence_closed_too_far_in() -> None:
    assert extract_code(f"```python\n{CODE}\n        ```\nIt works.") == CODE


def test_fence_with_words_after_it() -> None:
    assert extract_code(f"```python\n{CODE}\n```This is it.\n\nEnjoy the code.") == CODE


def test_fence_that_opens_at_the_end_of_a_line() -> None:
    assert extract_code(f"Here you are: ```python\n{CODE}\n```\nIt works.") == CODE


def test_fence_in_a_quotation() -> None:
    quoted = "\n".join(f"> {line}".rstrip() for line in fenced(CODE).split("\n"))

    assert extract_code(f"As the manual says:\n\n{quoted}\n") == CODE


def test_fence_within_a_fence() -> None:
    assert extract_code(f"````markdown\n# Answer\n\n{fenced(CODE)}\n````") == CODE
    assert extract_code(f"```markdown\n# Answer\n\n{fenced(CODE)}\n```") == CODE


def test_unclosed_fence_goes_to_the_end() -> None:
    assert extract(f"Sure:\n```python\n{CODE}") == Extraction(CODE, "unclosed fence")


def test_reply_cut_off_in_its_closing_fence() -> None:
    assert extract_code(f"```python\n{CODE}\n``") == CODE


def test_truncated_code_is_returned_with_its_syntax_error() -> None:
    truncated = CODE[:-1]

    assert extract(f"Sure:\n```python\n{truncated}") == Extraction(
        truncated, "unclosed fence, which does not parse"
    )


@pytest.mark.parametrize("margin", ["", "    "])
@pytest.mark.parametrize("tag", ["", "python"])
def test_fences_in_a_docstring_do_not_end_the_block(margin: str, tag: str) -> None:
    example_ = indented(fenced("dropout(x, 0.5, True)", f"```{tag}"), margin)
    code = f'def dropout(x, p, training):\n    """Drops.\n\n{example_}\n    """\n    return x'

    assert extract_code(f"Here:\n{fenced(code)}\nIt works.") == code
    assert extract_code(f"Here:\n{fenced(code)}\nAnd:\n{fenced(HELPER)}") == code


def test_a_stray_closing_fence_does_not_swallow_the_answer() -> None:
    assert extract_code(f"{CODE}\n```\nThis is how it works:\n```python\nprint(1)\n```") == CODE


# --- no fence


def test_bare_code() -> None:
    assert extract(CODE) == Extraction(CODE, "the whole reply")
    assert extract_code(f"\n\n{indented(CODE, '    ')}\n\n") == CODE


@pytest.mark.parametrize(
    "before",
    [
        "",
        "Here's the function:\n\n",
        "Sure! This is it (inverted dropout):\n",
        "Solution\n\n",
        "1. **First**, import NumPy.\n\n---\n",
        "<answer>\n",
    ],
)
@pytest.mark.parametrize(
    "after",
    [
        "",
        "\n\nThis doesn't change the input.",
        "\n\nExplanation:\n- It draws a mask.\n- It scales by 1 / (1 - p).",
        "\n```\nThe mask is drawn (afresh) each time.",
        "\n\nEnjoy\n",
        "\n</answer>",
        "\n\n这是一个函数。",
    ],
)
def test_bare_code_amid_prose(before: str, after: str) -> None:
    assert extract_code(before + CODE + after) == CODE


def test_bare_code_keeps_its_helpers_and_decorators() -> None:
    code = (
        'import numpy as np\n\n"""\nA module.\n"""\n\nSHAPE = (\n    1,\n)\n\ndef helper(f):\n    return f\n\n'
        "@helper\ndef dropout(x, p, training):\n    return x\n\nprint(1)"
    )

    assert extract_code(f"Here is the code you want:\n\n{code}\n\nThat was the code.") == code


def test_broken_bare_code_is_not_mended() -> None:
    broken = CODE + "\n\nprint(dropout(x, 0.5, True)"

    assert extract(broken) == Extraction(broken, "unfenced lines that define dropout, which do not parse")
    assert extract_code(f"This is the code:\n{broken}\n\nThis is why it works.") == broken


def test_a_method_is_not_cut_out_of_its_class() -> None:
    code = "class Layer:\n    def dropout(self, x, p, training):\n        return x"

    assert extract_code(code) == code
    assert extract_code(fenced(code)) == code


def test_interactive_session() -> None:
    session = (
        ">>> import numpy as np\n>>> def dropout(x, p, training):\n...     return x\n...\n"
        ">>> dropout(1, 0, True)\n1\n"
    )
    code = "import numpy as np\ndef dropout(x, p, training):\n    return x\n\ndropout(1, 0, True)"

    assert extract_code(session) == code
    assert extract_code(f"Like this:\n{fenced(session, '```pycon')}") == code


def test_code_span() -> None:
    assert (
        extract_code("Use `dropout = lambda x, p, training: x` here.") == "dropout = lambda x, p, training: x"
    )


# --- thinking


@pytest.mark.parametrize("tag", ["think", "thinking"])
def test_code_in_thinking_is_not_the_answer(tag: str) -> None:
    assert extract_code(f"<{tag}>\n{fenced(OTHER)}\n</{tag}>\n\nHere:\n{fenced(CODE)}") == CODE
    assert extract_code(f"{fenced(OTHER)}\nHm.\n</{tag}>\n\n{fenced(CODE)}") == CODE


def test_code_in_thinking_is_taken_when_there_is_no_other() -> None:
    reply = f"<think>{fenced(CODE, chr(10) + '```')}\n</think>\nI gave the code above."

    assert extract(reply) == Extraction(CODE, "inside its thinking: last fenced block that defines dropout")


def test_thinking_that_never_ends() -> None:
    assert extract(f"<think>\nI would write\n{fenced(CODE)}\nbut").origin.startswith("inside its thinking")
    with pytest.raises(NoCodeFound, match="ends inside its thinking"):
        extract("<think>Let me see.")


# --- characters


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_newlines(newline: str) -> None:
    assert extract_code(f"Here:\n{fenced(CODE)}\nDone.".replace("\n", newline)) == CODE


def test_byte_order_mark() -> None:
    assert extract_code("\ufeff" + CODE) == CODE
    assert extract_code("\ufeff" + fenced("\ufeff" + CODE)) == CODE


def test_invisible_characters_go_only_when_the_code_does_not_parse() -> None:
    in_code = CODE.replace("return", "return\u200b").replace("    if", "\u00a0\u00a0\u00a0\u00a0if")
    in_string = CODE + "\nzero_width = '\u200b\u00a0'"

    assert extract_code(fenced(in_code)) == CODE
    assert extract_code(fenced(in_string)) == in_string


def test_html_entities_stay() -> None:
    code = CODE.replace(">", "&gt;")

    assert extract_code(fenced(code)) == code


@pytest.mark.parametrize("character", ["\0", "\ud800"])
def test_characters_that_python_rejects_are_kept(character: str) -> None:
    code = f"{CODE}\n# {character}"

    assert extract_code(f"Here {character} it is:\n{fenced(code)}") == code


def test_tabs() -> None:
    code = CODE.replace("    ", "\t")

    assert extract_code(fenced(code)) == code


def test_warnings_about_the_code_stay_silent(recwarn: pytest.WarningsRecorder) -> None:
    assert extract_code(fenced(CODE + '\n"\\d" is 1')) == CODE + '\n"\\d" is 1'
    assert not recwarn.list


# --- no code


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("", "the reply is empty"),
        (" \r\n\t\u200b\ufeff", "the reply is empty"),
        ("I can't help with that request.", "the reply declines the task and holds no code"),
        ("I’m sorry, but I cannot write code.", "the reply declines the task and holds no code"),
        ("Dropout zeroes elements at random.", "the reply is prose and holds no code"),
        ("Pass `dropout=p` to the layer; `dropout = 0.5` is usual.", "the reply is prose and holds no code"),
        ("Thanks", "the reply is prose and holds no code"),
        ("```\n[0. 2. 0.]\n```", "the reply's fenced blocks hold no Python code"),
        ("```python\n```", "the reply's fenced blocks hold no Python code"),
        (
            "```\nFUNCTION dropout(x, p, training)\n  mask <- RANDOM > p\n```",
            "the reply's fenced blocks hold no Python code",
        ),
    ],
)
def test_no_code(reply: str, reason: str) -> None:
    with pytest.raises(NoCodeFound) as caught:
        extract(reply)

    assert str(caught.value) == reason
    assert isinstance(caught.value, ValueError)


# --- real replies


def test_every_real_reply_gives_code() -> None:
    replies = [json.loads(line)["text"] for line in REAL_REPLIES.read_text("utf-8").splitlines()]
    extractions = [extract(reply) for reply in replies]

    assert len(extractions) == 60
    assert sum("which do" in found.origin for found in extractions) == 13
    assert sum("def dropout(" in found.code for found in extractions) == 54
    assert all(found.code in reply for found, reply in zip(extractions, replies, strict=True))


# --- properties

FRAGMENTS = [
    "```", "~~~", "````", "```python", "\n", "\r", "\r\n", "    ", "\t", ">", "- ", '"""', "'''", ">>> ", "... ",
    "<think>", "</think>", "def dropout(x):", "def dropout(", "return x", "dropout = ", "lambda: 0", "class dropout",
    "import numpy", "(", ")", "[", "{", "\\", "#", "\0", "\ud800", "\u200b", "\ufeff", "\x0c", "Here's the code:", "`",
    "0" * 5000, "(" * 300, "-" * 3000,
]  # fmt: skip
hostile_text = st.one_of(
    st.text(st.characters(), max_size=200), st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join)
)


def parses(code: str) -> bool:
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def assert_code_or_reason(text: str) -> None:
    try:
        found = extract(text)
    except NoCodeFound as none_found:
        reason = str(none_found)
    else:
        assert found.code.strip()
        reason = f"the reply holds code: {found.origin}"
    assert reason.startswith("the reply")


@given(hostile_text)
def test_any_text_ends_in_code_or_a_reason(text: str) -> None:
    assert_code_or_reason(text)


def huge(size: int) -> dict[str, str]:
    """A megabyte or so each, at size 5."""
    return {
        "backticks": "`" * (200_000 * size),
        "fences": "```\n" * (50_000 * size),
        "fences of every length": "\n".join("`" * (3 + n % 300) for n in range(6_000)),
        "unclosed strings": '```\n"""\n' * (20_000 * size),
        "definitions": "def dropout(x):\n" * (12_000 * size),
        "definitions amid prose": f"{CODE}\nThis is it.\n" * 6_000,
        "brackets": "```python\n" + "(" * (200_000 * size),
        "a deep tree": "dropout = x" + "+x" * (18_000 * size),
        "blanks": " " * (200_000 * size) + "x",
        "prompts": ">>> x\n" * (30_000 * size),
        "thinking": "<think>\n" * (20_000 * size),
    }


SIZES = [1, pytest.param(5, marks=pytest.mark.long_run)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", huge(1))
def test_megabytes_of_nonsense_end_too(name: str, size: int) -> None:
    assert_code_or_reason(huge(size)[name])


@given(hostile_text)
def test_extraction_from_code_that_parses_changes_nothing(text: str) -> None:
    try:
        code = extract_code(text)
    except NoCodeFound:
        return
    if parses(code):
        assert extract_code(code) == code


DOCSTRINGS = [
    "",
    '    """Drop elements."""\n',
    '    """Drop.\n\n    >>> dropout(x, 0.5, True)\n    array([0., 2.])\n    """\n',
    '    """Drop.\n\n    ```python\n    y = dropout(x, 0.5, True)\n    ```\n    """\n',
    "    '''Drop.\n   \n\t\n~~~\nin the margin\n~~~\n    '''\n",
]
BODIES = [
    "    return x\n",
    "    if not training:\n        return x\n    return np.where(np.random.rand(*x.shape) >= p, x / (1 - p), 0)\n",
    "    return (\n        x\n    )  # ` and ``` and ~~~\n",
    "    s = 'a\\n```\\n'\n    return x if s else f'{p}'\n",
]
functions = st.builds(
    lambda before, docstring, body, after: (
        f"{before}def dropout(x, p, training):\n{docstring}{body}{after}".strip("\n")
    ),
    st.sampled_from(
        [
            "",
            "import numpy as np\n\n",
            "import numpy as np\n\n@staticmethod\n",
            "# Dropout\n",
            "A = 1; B = {\n}\n",
        ]
    ),
    st.sampled_from(DOCSTRINGS),
    st.sampled_from(BODIES),
    st.sampled_from(["", "\nif __name__ == '__main__':\n    print(dropout(np.ones(3), 0.5, True))\n"]),
)
PROSE = [
    "",
    "Here's the implementation:",
    "Sure!\n\n**Inverted dropout** scales by `1 / (1 - p)`, so that E[y] = x.",
    "1. Draw a mask\n2. Scale it",
    "# Explanation\n\nThe mask (drawn afresh) isn't kept; see `dropout`.",
    "I first tried:\n\n```python\nmask = np.random.rand(3)\n```\n\nwhich isn't enough.",
]
STYLES = {
    "backticks": lambda code: fenced(code),
    "no tag": lambda code: fenced(code, "```"),
    "long": lambda code: fenced(code, "`````python", "`````"),
    "tildes": lambda code: fenced(code, "~~~~ py", "~~~~"),
    "attributes": lambda code: fenced(code, '```{.python title="a"}'),
    "list": lambda code: indented(fenced(code), "   "),
    "deep list": lambda code: indented(fenced(code), "        "),
    "unclosed": lambda code: f"```python\n{code}",
    "crlf": lambda code: fenced(code).replace("\n", "\r\n"),
}


@pytest.mark.parametrize("style", STYLES)
@given(code=functions, before=st.sampled_from(PROSE), after=st.sampled_from(PROSE))
def test_any_function_in_any_fence_comes_back(style: str, code: str, before: str, after: str) -> None:
    if style == "unclosed":
        after = ""
    found = extract_code(f"{before}\n\n{STYLES[style](code)}\n\n{after}")

    assert ast.dump(ast.parse(found)) == ast.dump(ast.parse(code))
    assert extract_code(found) == found


LINES = [
    "",
    "text",
    "```",
    "````",
    "```python",
    "~~~",
    "~~~ x",
    "  ```",
    "   ~~~",
    "``` `",
    "  indented",
    "`` ```",
]


@given(st.lists(st.sampled_from(LINES), max_size=12))
def test_blocks_are_those_of_commonmark(lines: list[str]) -> None:
    tokens = MarkdownIt("zero").enable("fence").parse("\n".join(lines))
    expected = [token.content for token in tokens if token.type == "fence"]

    outer: list[str] = []
    reached = 0
    for block in blocks_in(lines):
        if block.start >= reached:
            outer.append(block.body)
            reached = block.stop
    # Neither the indentation of a fence nor the end of the last line is the scanner's business.
    assert [body.split() for body in outer] == [content.split() for content in expected]
