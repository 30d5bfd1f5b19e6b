"""Code that does nothing wrong runs behind every layer as it would without them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator

import numpy as np
import pytest

if sys.platform != "linux":
    pytest.skip("the warm sandbox and its layers exist on Linux only", allow_module_level=True)

from dropout_core.sandbox import Call, Returned
from dropout_core.sandbox.processes.warm_process import WarmProcess

CALLS = [Call(np.arange(1.0, 7.0).reshape(2, 3), 0.5, True)]

HONEST = {
    "print": """
print('x')
import sys
sys.stderr.write('x')
sys.stdout.flush()
""",
    "logging": """
import logging
logging.basicConfig(level=logging.DEBUG)
logging.getLogger(__name__).warning('x')
""",
    "warnings": """
import warnings
warnings.warn('x')
np.float64(1) / 0
""",
    "BLAS": """
x = np.random.rand(300, 300)
x @ x.T
np.linalg.svd(x)
np.linalg.inv(x)
""",
    "fft": """
np.fft.fft2(np.ones((9, 9)))
""",
    "masked arrays": """
np.ma.masked_where(np.arange(3) > 1, np.arange(3)).mean()
""",
    "polynomials": """
np.polynomial.Polynomial([1, 2]).roots()
""",
    "testing": """
import numpy.testing
numpy.testing.assert_allclose(1.0, 1.0)
""",
    "unittest": """
import unittest
class T(unittest.TestCase):
    def test(self): self.assertTrue(1)
unittest.TextTestRunner().run(unittest.defaultTestLoader.loadTestsFromTestCase(T))
""",
    "typing": """
from typing import Any, Optional, Protocol
import numpy.typing as npt
x: Optional[npt.NDArray[Any]]
""",
    "dataclasses": """
import dataclasses
@dataclasses.dataclass(slots=True)
class A:
    x: int = 1
repr(A())
""",
    "abc and enum": """
import abc, enum
class A(abc.ABC):
    @abc.abstractmethod
    def f(self): ...
enum.Enum('E', 'a b')
""",
    "default_rng": """
from numpy.random import default_rng
default_rng().random(3)
np.random.SeedSequence().spawn(2)
""",
    "every bit generator": """
for g in ('PCG64', 'MT19937', 'Philox', 'SFC64'):
    np.random.Generator(getattr(np.random, g)()).normal()
""",
    "time": """
import time
time.sleep(0.001)
time.time(), time.perf_counter(), time.process_time(), time.localtime()
""",
    "datetime": """
import datetime
datetime.datetime.now().astimezone().isoformat()
""",
    "zoneinfo": """
import zoneinfo
zoneinfo.ZoneInfo('UTC')
""",
    "platform": """
import platform
platform.platform(), platform.python_version(), platform.uname()
""",
    "os": """
import os
os.getcwd(), os.getpid(), os.cpu_count(), os.path.exists('/x')
os.environ.get('HOME'), os.urandom(3)
""",
    "secrets and uuid": """
import secrets, uuid, random
secrets.token_hex(3), uuid.uuid4(), random.SystemRandom().random()
""",
    "hashlib": """
import hashlib
hashlib.sha256(b'x').hexdigest()
""",
    "functools and itertools": """
import functools, itertools, math
functools.lru_cache(None)(math.sqrt)(2)
list(itertools.islice(itertools.count(), 3))
""",
    "contextlib": """
import contextlib, io
with contextlib.redirect_stdout(io.StringIO()): print('x')
with np.errstate(all='ignore'): np.log(0)
""",
    "generators and locks": """
import threading, queue
with threading.Lock(): pass
queue.Queue().put(1)
threading.local()
""",
    "C libraries": """
import ctypes
ctypes.CDLL('libm.so.6').abs(1)
""",
    "less usual modules": """
import sqlite3, ssl, decimal, fractions, statistics, csv, xml.dom.minidom, zlib, lzma, bz2, pickle, copy
""",
    "pickles and copies": """
import copy, pickle
pickle.loads(pickle.dumps(copy.deepcopy(np.ones(3))))
""",
    "tracebacks": """
import traceback
try: 1 / 0
except ZeroDivisionError: traceback.print_exc()
""",
    "inspecting itself": """
import inspect
def f(): pass
inspect.signature(f)
inspect.getsource(f)
""",
    "timers of its own": """
import signal
signal.signal(signal.SIGALRM, signal.SIG_DFL)
signal.alarm(100)
signal.alarm(0)
""",
    "memory maps": """
import mmap
mmap.mmap(-1, 4096)[0]
""",
    "much memory": """
np.zeros(2**24) + 1
""",
    "the name of the module": """
if __name__ == '__main__': raise SystemExit
""",
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[WarmProcess]:
    sandbox = WarmProcess(time_limit=60, workers=1)
    yield sandbox
    asyncio.run(sandbox.close())


@pytest.mark.parametrize("name", HONEST)
async def test_honest_code_is_not_hindered(sandbox: WarmProcess, name: str) -> None:
    code = f"import numpy as np\n{HONEST[name]}\ndef dropout(x, p, training): return x"
    observation = await sandbox.call(code, CALLS, seed=1)
    assert observation.defining is None, observation.defining
    assert isinstance(observation.results[0], Returned)
    assert (await sandbox.evaluate(HONEST[name])).error is None
    assert sandbox.isolation != "basic"
