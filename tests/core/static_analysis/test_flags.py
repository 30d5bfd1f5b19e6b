"""What looks at its grader is flagged with its line, and nothing that a right answer needs is."""

from __future__ import annotations

import pytest

from dropout_core import grade
from dropout_core.audit.corpus import built_in_answers
from dropout_core.static_analysis.flags import MOST_FLAGS, flags_of
from dropout_core.verdict.known_answers import Kind
from tests.core.right_answers import RIGHT
from tests.core.sandbox.test_honest_code import HONEST

FLAGGED = [
    ("import sys\nsys._getframe(1).f_locals", "frames", 2),
    ("import sys as s\n\ns._getframe(1)", "frames", 3),
    ("from sys import _getframe as up\nup(1)", "frames", 1),
    ("import sys\ngetattr(sys, '_get' + 'frame')(1)", "frames", 2),
    ("import sys\ngetattr(sys, ''.join(['_get', 'frame']))(1)", "frames", 2),
    ("import sys\ngetattr(sys, 'emarfteg_'[::-1])(1)", "frames", 2),
    ("import sys\nvars(sys)['_getframe'](1)", "frames", 2),
    ("import sys\nsys.__dict__['_getframe'](1)", "frames", 2),
    ("getattr(__import__('sys'), '_getframe')(1)", "frames", 1),
    ("look = getattr\nimport sys\nlook(sys, '_getframe')(1)", "frames", 3),
    ("import inspect\ninspect.currentframe()", "frames", 2),
    ("from inspect import stack\nstack()[1]", "frames", 1),
    ("try: 1 / 0\nexcept Exception as e: e.__traceback__.tb_frame", "frames", 2),
    ("def g(): yield\ng().gi_frame", "frames", 2),
    ("import operator\noperator.attrgetter('tb_frame.f_back')", "frames", 2),
    ("import sys\nsys.settrace(print)", "hooks", 2),
    ("from sys import setprofile\nsetprofile(print)", "hooks", 1),
    ("import sys\nsys.monitoring.use_tool_id(1, 'x')", "hooks", 2),
    ("import threading\nthreading.settrace(print)", "hooks", 2),
    ("import sys\nsys.addaudithook(print)", "hooks", 2),
    ("import sys\nsys.modules['numpy'] = None", "modules", 2),
    ("from sys import modules as m\nm.clear()", "modules", 1),
    ("import importlib, json\nimportlib.reload(json)", "modules", 2),
    ("import linecache", "modules", 1),
    ("import dropout_core.grading", "modules", 1),
    ("import gc\ngc.get_objects()", "gc", 2),
    ("from gc import get_referrers", "gc", 1),
    ("import gc\ngc.callbacks.append(print)", "gc", 2),
    ("import ctypes", "ctypes", 1),
    ("import importlib\nimportlib.import_module('ctypes')", "ctypes", 2),
    ("exec('import ctypes')", "ctypes", 1),
    ("x = __import__(name='ctypes')", "ctypes", 1),
    ("def f():\n    from tracemalloc import reset_peak", "tracemalloc", 2),
    ("import os\nos.write(3, b'')", "descriptors", 2),
    ("from os import dup2 as d\nd(3, 4)", "descriptors", 1),
    ("for d in range(9): open(d, 'wb')", "descriptors", 1),
    ("open('/proc/self/mem', 'rb')", "process", 1),
    ("import os\nos._exit(0)", "process", 2),
    ("import atexit", "process", 1),
    ("import signal\nsignal.signal(signal.SIGALRM, print)", "process", 2),
    ("().__class__.__base__.__subclasses__()", "internals", 1),
    ("def f(): pass\nf.__globals__", "internals", 2),
    ("def f(): pass\nf.__code__ = print.__code__", "internals", 2),
    ("__builtins__['len'] = print", "internals", 1),
    ("class A:\n    def __del__(self): pass", "internals", 2),
    ("import numpy as np\nnp.abs = abs", "patches", 2),
    ("import numpy as np\nn = np\nn.random.rand = abs", "patches", 3),
    ("import numpy as np\nsetattr(np, 'abs', abs)", "patches", 2),
    ("import numpy as np\nnp.__dict__['abs'] = abs", "patches", 2),
    ("import numpy as np\nfor np.abs in (1, 2): pass", "patches", 2),
    ("import builtins\nbuiltins.len = print", "patches", 2),
    ("import json\ndel json.dumps", "patches", 2),
    ("import numpy\nclass A(numpy.ndarray):\n    def __array_ufunc__(self): pass", "arrays", 3),
    ("import sys\nname = input()\ngetattr(sys, name)", "hidden", 3),
    ("__import__(input())", "hidden", 1),
    ("exec(input())", "hidden", 1),
]


def test_what_looks_at_its_grader_is_flagged_with_its_line() -> None:
    for code, id_, line in FLAGGED:
        assert (id_, line) in {(flag.id, flag.line) for flag in flags_of(code)}, code


ORDINARY = [
    "import numpy as np\nnp.random.seed(3)",
    "import gc\ngc.collect()\ngc.disable()",
    "import sys\nsys.float_info.eps, sys.maxsize, sys.version_info, sys.getrecursionlimit()",
    "import sys\nsys.stdout.write('x')\nsys.stdout = sys.stderr",
    "import numpy as np\ny = np.zeros(4)\nz = y\nz.shape = (2, 2)\ny.flags.writeable = False",
    "import numpy as np\nrng = np.random.default_rng()\nrng.bit_generator.state = rng.bit_generator.state",
    "import os\nos.environ.get('HOME'), os.path.join('a', 'b'), os.urandom(3)",
    "import warnings\nwith warnings.catch_warnings(): warnings.simplefilter('ignore')",
    "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_DFL)",
    "class A:\n    __slots__ = ('x',)\n    def __init__(self): self.x = 1\n    def __call__(self): return self.x",
    "from collections import namedtuple\nnamedtuple('A', 'x y')",
    "from typing import NamedTuple\nclass A(NamedTuple):\n    x: int",
    "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int = 1",
    "import functools\nf = functools.partial(print)\nf.__name__ if hasattr(f, '__name__') else f.__class__",
    "globals()['a'] = 1\nlocals()\nvars()",
    "exec('a = 1')\neval('1 + 1')",
    "'''Reads no sys._getframe, f_back, gc.get_objects or /proc.'''",
    "# sys._getframe(1).f_locals",
    "import numpy as np\nnp.trace(np.eye(3)), np.linalg.norm(np.eye(3))",
    "import inspect\ninspect.signature(print)",
    "if __name__ == '__main__': print(__file__ if '__file__' in globals() else __doc__)",
    "raise ValueError(f'p is {0.5!r}') from None",
    "not Python",
    "x = " + "-" * 50_000 + "1",
    "import sys\nx = sys" + ".a" * 3000,
    "import sys\nx = " + " + ".join(["'a'"] * 3000),
]


def test_what_programs_do_as_a_matter_of_course_is_not_flagged() -> None:
    assert {code: flags for code in ORDINARY if (flags := flags_of(code))} == {}


LOADS_A_LIBRARY = "C libraries"
"""Honest, and yet what a person should look at."""


@pytest.mark.parametrize(
    "codes",
    [
        {name: code for name, code in HONEST.items() if name != LOADS_A_LIBRARY},
        {answer.name: answer.code for answer in built_in_answers() if answer.kind is Kind.RIGHT},
        RIGHT,
    ],
    ids=["honest", "of the audit", "others"],
)
def test_no_right_answer_is_flagged(codes: dict[str, str]) -> None:
    assert codes
    assert {name: flags for name, code in codes.items() if (flags := flags_of(code))} == {}


REACHES = ("reads the calls", "finds ", "mends ", "leaves the scaling", "replaces ", "is called with one")
"""How the names of answers begin that reach for their grading."""


@pytest.mark.parametrize(
    "code",
    [
        answer.code
        for answer in built_in_answers()
        if answer.kind is Kind.HOSTILE and answer.name.startswith(REACHES)
    ],
)
def test_an_answer_that_reaches_for_its_grading_is_flagged(code: str) -> None:
    assert flags_of(code)


def test_there_are_at_most_so_many_flags_in_the_order_of_their_lines() -> None:
    flags = flags_of("import sys\n" + "sys._getframe(1); sys.modules\n" * 100)
    assert len(flags) == MOST_FLAGS
    lines = [flag.line or 0 for flag in flags]
    assert lines == sorted(lines)


def test_a_flag_names_what_it_saw_on_one_line() -> None:
    (flag,) = flags_of("import sys\nsys._getframe(1)")
    assert str(flag) == "reads the frames of its callers (sys._getframe) (line 2)"
    (flag,) = flags_of("open('/proc/\\x1b[2J\\n')")
    assert "\x1b" not in flag.message
    assert "\n" not in flag.message


GOOD = """import numpy as np
def dropout(x, p, training):
    if not training: return x
    return np.where(np.random.rand(*x.shape) < p, 0, x / (1 - p)) if p < 1 else np.zeros_like(x)
"""


def test_a_flag_does_not_change_the_verdict() -> None:
    plain, looking, failing = (
        grade(code, seed=3)
        for code in (GOOD, f"{GOOD}import sys\nsys._getframe()\n", "import gc\ngc.get_objects()")
    )
    assert plain.passed
    assert plain.flags == ()
    assert looking.passed
    assert [(flag.id, flag.line) for flag in looking.flags] == [("frames", 6)]
    assert not failing.passed
    assert [(flag.id, flag.line) for flag in failing.flags] == [("gc", 2)]
