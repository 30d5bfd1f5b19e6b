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
    except Exception:
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


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("whole", WHOLE)
def test_a_whole_answer_is_taken_wherever_a_variant_after_it_is_cut(whole: str, variant: str) -> None:
    before = f"{WHOLE[whole]}\n\nThis is how it works. Another way:\n\n"
    after = VARIANTS[variant]

    wrong = [cut for cut in range(len(after) + 1) if not works(extract_code(before + after[:cut]))]

    assert wrong == []
