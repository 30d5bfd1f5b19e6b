"""Which of several codes in a reply is the answer, and what comes with it."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from dropout_core.extraction import extract_code

RIGHT = """\
import numpy as np

def dropout(x, p, training):
    if not training or p == 0:
        return x
    if p == 1:
        return np.zeros_like(x)
    keep = np.random.random(x.shape) >= p
    return x * keep / (1 - p)"""


@cache
def works(code: str) -> bool:
    """Whether running the code gives a dropout that drops and scales."""
    space: dict[str, object] = {"np": np, "numpy": np, "__name__": "answer"}
    try:
        exec(code, space)
        dropped = space["dropout"](np.full(400, 3.0), p=0.5, training=True)  # type: ignore[operator]
        kept = space["dropout"](np.full(400, 3.0), 0.5, False)  # type: ignore[operator]
        return bool(set(np.unique(dropped)) == {0.0, 6.0} and (kept == 3.0).all())
    except Exception:  # An answer may raise whatever it likes; then it does not work.
        return False


def fenced(code: str) -> str:
    return f"```python\n{code}\n```"


VARIANTS = {
    "the same": fenced(RIGHT),
    "another": fenced(RIGHT.replace(">= p", "> p").replace("keep", "mask")),
    "a signature": "Signature:\n" + fenced("def dropout(x, p, training): ..."),
    "a stub": '```python\ndef dropout(x, p, training):\n    """Drops.\n\n    More of it.\n    """\n    pass\n```',
    "not implemented": fenced("def dropout(x, p, training):\n    raise NotImplementedError('later')"),
    "PyTorch": fenced(
        "import torch\n\ndef dropout(x, p, training):\n    if not training:\n        return x\n"
        "    mask = torch.rand_like(x) > p\n    return x * mask / (1 - p)"
    ),
    "PyTorch without its import": fenced(
        "def dropout(x, p, training):\n    return torch.nn.functional.dropout(x, p, training)"
    ),
    "usage": "Usage:\n" + fenced("x = np.ones((2, 3))\nprint(dropout(x, 0.5, True))"),
    "a layer": fenced(
        "class Layer:\n    def __init__(self, p):\n        self.p = p\n\n"
        "    def __call__(self, x, training):\n        return dropout(x, self.p, training)\n\n"
        "dropout = Layer(0.5)"
    ),
    "a layer of PyTorch": fenced("import torch.nn as nn\n\ndropout = nn.Dropout(0.5)\ny = dropout(x)"),
    "a class": fenced(
        "class dropout:\n    def __init__(self, p):\n        self.p = p\n\n"
        "    def forward(self, x, training):\n        return x"
    ),
    "tests": "Tests:\n" + fenced("def test_dropout():\n    assert dropout(np.ones(3), 0, True).all()"),
    "output": "Output:\n```\n[0. 2. 2.]\n```",
    "a block in tildes": f"~~~python\n{RIGHT}\n~~~",
    "a list item": "- Or:\n\n" + "\n".join(f"  {line}" for line in fenced(RIGHT).split("\n")),
    "no fence": RIGHT,
}
WHOLE = {
    "fenced": fenced(RIGHT),
    "without a language": f"```\n{RIGHT}\n```",
    "in tildes": f"~~~\n{RIGHT}\n~~~",
    "no fence": RIGHT,
    "in a list": "1. Here:\n\n" + "\n".join(f"   {line}" for line in fenced(RIGHT).split("\n")),
    "short closing fence": f"```python\n{RIGHT}\n``",
    "fence behind the code": f"```python\n{RIGHT}```",
    "code on the line of the fence": f"```python {RIGHT}\n```",
}


EVERY_PAIR = [(whole, variant) for whole in WHOLE for variant in VARIANTS]
EACH_ONCE = [
    pair
    for place, pair in enumerate(EVERY_PAIR)
    if place // len(VARIANTS) == place % len(VARIANTS) % len(WHOLE)
]
"""Every variant with one whole answer, and every whole answer with two variants."""


@pytest.mark.parametrize(
    ("whole", "variant"),
    [pair if pair in EACH_ONCE else pytest.param(*pair, marks=pytest.mark.long_run) for pair in EVERY_PAIR],
)
def test_a_whole_answer_is_taken_wherever_a_variant_after_it_is_cut(whole: str, variant: str) -> None:
    before = f"{WHOLE[whole]}\n\nThis is how it works. Another way:\n\n"
    after = VARIANTS[variant]

    wrong = [cut for cut in range(len(after) + 1) if not works(extract_code(before + after[:cut]))]

    assert wrong == []


LAYER = "class Layer:\n    def __init__(self, p):\n        self.p = p\n"
CANNOT_WORK = {
    "dots": "def dropout(x, p, training):\n    ...",
    "pass": "def dropout(x, p, training): pass",
    "words": 'def dropout(x, p, training):\n    """Drops elements."""',
    "not implemented": "def dropout(x, p, training):\n    '''Do.'''\n    raise NotImplementedError",
    "nothing returned": "def dropout(x, p, training):\n    # to do\n    return None",
    "a layer": f"{LAYER}\ndropout = Layer(0.5)",
    "a layer from elsewhere": "from layers import Dropout\ndropout = Dropout(p=0.5)",
    "a class of PyTorch": "dropout = nn.Dropout",
    "a module of PyTorch": "dropout: nn.Module = nn.Dropout(0.5)",
    "a call of no known function": "dropout = build_layer(p=0.5)",
    "a layer by another name": f"{LAYER}\nlayer = Layer(0.5)\ndropout = layer",
    "a maker of layers": f"{LAYER}\ndef build(p):\n    return Layer(p)\n\ndropout = build(0.5)",
    "a maker of another function": "def build(p):\n    def inner(x):\n        return x * p\n    return inner\n\n"
    "dropout = build(0.5)",
    "an empty class": "class dropout:\n    pass",
    "dots in a lambda": "dropout = lambda x, p, training: ...",
    "an array": "dropout = np.ones(3) * 0.5",
    "a right function that is overwritten": f"{RIGHT}\n\ndropout = dropout(np.ones(3), 0.5, True)",
}
CAN_WORK = {
    "another name": "def my_dropout(x, p, training):\n    return x * 1\n\ndropout = my_dropout",
    "a name from elsewhere": "from secrets import choice\n\ndropout = choice",
    "a lambda": "dropout = lambda x, p, training: x * 1",
    "a closure": "def make_dropout():\n    def inner(x, p, training):\n        return x * 1\n    return inner\n\n"
    "dropout = make_dropout()",
    "a lambda made by a function": "def make(seed=0):\n    return lambda x, p, training: x * seed\n\ndropout = make(1)",
    "a closure by another name": "def make():\n    def inner(x, p, training):\n        return x * 1\n"
    "    made = inner\n    return made\n\ndropout = make()",
    "partial": "import functools\n\ndef g(x, p, training, rng):\n    return x * 1\n\n"
    "dropout = functools.partial(g, rng=None)",
    "a decorated one": "def checked(f):\n    return f\n\n@checked\ndef dropout(x, p, training):\n    return x * 1",
    "a wrapped one": "def checked(f):\n    def inner(*args, **kwargs):\n        return f(*args, **kwargs)\n"
    "    return inner\n\ndef g(x, p, training):\n    return x * 1\n\ndropout = checked(g)",
    "an object that is called": "class Dropout:\n    def __call__(self, x, p, training):\n        return x * 1\n\n"
    "dropout = Dropout()",
    "a method": f"{LAYER}\n    def apply(self, x, p, training):\n        return x\n\ndropout = Layer(0).apply",
    "a class that gives an array": "class dropout:\n    def __new__(cls, x, p, training):\n        return x * 1",
    "either of two": "try:\n    import secrets\nexcept ImportError:\n    dropout = None\n"
    "else:\n    def dropout(x, p, training):\n        return x * 1",
    "its own try-out": "def dropout(x, p, training):\n    return x * 1\n\nif __name__ == '__main__':\n"
    "    dropout = dropout(np.ones(3), 0.5, True)",
}  # fmt: skip


@pytest.mark.parametrize("other", CANNOT_WORK)
def test_what_cannot_work_is_taken_only_where_nothing_else_is(other: str) -> None:
    code = CANNOT_WORK[other]

    assert extract_code(f"{fenced(RIGHT)}\nand\n{fenced(code)}") == RIGHT
    assert extract_code(f"{fenced(code)}\nand\n{fenced(RIGHT)}") == RIGHT
    assert extract_code(f"{fenced(code)}\nand\n{fenced('y = 1')}") == code


@pytest.mark.parametrize("other", CAN_WORK)
def test_whatever_may_be_a_function_counts_as_one(other: str) -> None:
    code = CAN_WORK[other]

    assert extract_code(f"{fenced(RIGHT)}\nand better\n{fenced(code)}") == code


def test_a_stub_gives_way_to_code_that_was_cut_off() -> None:
    cut = RIGHT[:-8]

    assert extract_code(f"{fenced('def dropout(x, p, training): ...')}\nSo:\n```python\n{cut}") == cut


def test_code_with_other_libraries_gives_way_and_is_taken_alone() -> None:
    other = "from scipy.stats import bernoulli\n\ndef dropout(x, p, training):\n    return x * bernoulli.rvs(1 - p)"

    assert extract_code(f"{fenced(RIGHT)}\nor\n{fenced(other)}") == RIGHT
    assert extract_code(f"Only this:\n{fenced(other)}") == other


# --- what comes with it


USES = """\
def dropout(x, p, training):
    if not training:
        return x
    return apply_mask(x, p)"""
HELPERS = """\
import math
from random import Random

SIZE = 3

def draw(x, p):
    return np.random.random(x.shape) >= p

def apply_mask(x, p):
    return x * draw(x, p) / (1 - p)

class Unused:
    pass

x = np.ones(SIZE)
print(apply_mask(x, 0.5))"""


def test_what_an_earlier_block_defines_comes_with_what_uses_it() -> None:
    code = extract_code(f"First:\n{fenced(HELPERS)}\nThen:\n{fenced(USES)}\n")

    assert works(code)
    assert code == (
        "def draw(x, p):\n    return np.random.random(x.shape) >= p\n\n"
        f"def apply_mask(x, p):\n    return x * draw(x, p) / (1 - p)\n\n{USES}"
    )


def test_what_it_defines_itself_or_a_later_block_defines_does_not_come() -> None:
    own = f"def apply_mask(x, p):\n    return x\n\n{USES}"
    later = fenced("def apply_mask(x, p):\n    return 0")

    assert extract_code(f"{fenced(HELPERS)}\n{fenced(own)}") == own
    assert extract_code(f"{fenced(USES)}\nand\n{later}") == USES


def test_of_two_earlier_definitions_the_nearer_comes() -> None:
    old = "def apply_mask(x, p):\n    return 0"
    code = extract_code(f"{fenced(old)}\nbetter\n{fenced(HELPERS)}\nthen\n{fenced(USES)}")

    assert works(code)
    assert old not in code


def test_given_names_and_builtins_are_not_fetched() -> None:
    code = "def dropout(x, p, training):\n    return np.where(len(x) > p, x, max(0, p))"

    assert extract_code(fenced("import numpy as np\nlen = 3") + "\n" + fenced(code)) == code


def test_a_function_is_made_of_one_in_an_earlier_block() -> None:
    made = "import functools\ndropout = functools.partial(dropout)"
    plain = RIGHT.removeprefix("import numpy as np\n\n")
    code = extract_code(f"{fenced(plain)}\n{fenced(made)}")

    assert code == f"{plain}\n\n{made}"


def test_imports_from_the_future_stay_first() -> None:
    code = extract_code(fenced(HELPERS) + "\n" + fenced(f"from __future__ import annotations\n\n{USES}"))

    assert code.startswith("from __future__ import annotations\n")
    assert works(code)


def test_a_maker_in_an_earlier_block_is_known() -> None:
    maker = "def make():\n    def inner(x, p, training):\n        return x * 1\n    return inner"
    code = extract_code(f"{fenced(RIGHT)}\n{fenced(maker)}\n{fenced('dropout = make()')}")

    assert code == f"{maker}\n\ndropout = make()"


def test_borrowed_imports_count_as_the_codes_own() -> None:
    other = "def dropout(x, p, training):\n    return draws.rvs(1 - p) * x"
    reply = f"{fenced(RIGHT)}\n{fenced('from scipy.stats import bernoulli as draws')}\n{fenced(other)}"

    assert extract_code(reply) == RIGHT
