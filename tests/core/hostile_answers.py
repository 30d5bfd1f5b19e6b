"""Answers that attack the grading, or fall apart."""

from __future__ import annotations

HOSTILE = {
    "endless loop at import": "while True: pass",
    "endless loop in a call": "def dropout(x, p, training):\n    while True: pass",
    "sleeps, and swallows every exception": """
import time
def dropout(x, p, training):
    while True:
        try:
            time.sleep(1000)
        except BaseException:
            pass
""",
    "sys.exit at import": "import sys\nsys.exit(0)",
    "sys.exit in a call": "import sys\ndef dropout(x, p, training): sys.exit(0)",
    "os._exit at import": "import os\nos._exit(0)",
    "os._exit in a call": "import os\ndef dropout(x, p, training): os._exit(0)",
    "KeyboardInterrupt": "def dropout(x, p, training): raise KeyboardInterrupt",
    "BaseException at import": "raise BaseException('no')",
    "exception that cannot be printed": """
class Mute(Exception):
    def __str__(self): raise SystemExit
    __repr__ = __str__
def dropout(x, p, training): raise Mute
""",
    "segmentation fault": "import ctypes\ndef dropout(x, p, training): ctypes.string_at(0)",
    "kills itself": "import os\ndef dropout(x, p, training): os.kill(os.getpid(), 9)",
    "kills its supervisor": """
import os, signal, time
def dropout(x, p, training):
    os.kill(os.getppid(), signal.SIGKILL)
    while True: time.sleep(1)
""",
    "stops its supervisor and goes on for ever": """
import os, signal
def dropout(x, p, training):
    os.kill(os.getppid(), signal.SIGSTOP)
    while True: pass
""",
    "10 GB at once": "import numpy as np\ndef dropout(x, p, training): return np.ones(10 * 2**27)",
    "10 GB in parts": "import numpy as np\nparts = []\nwhile True: parts.append(np.ones(2**25))",
    "1 GB on standard output": """
import os
def dropout(x, p, training):
    for _ in range(1024):
        os.write(1, b"x" * 2**20)
""",
    "NumPy patched": """
import numpy as np
np.allclose = np.array_equal = lambda *_, **__: True
np.abs = np.isfinite = np.count_nonzero = lambda *_, **__: 0
def dropout(x, p, training): return x * 7
""",
    "builtins patched": """
import builtins
builtins.isinstance = lambda *_: True
builtins.len = lambda _: 0
def dropout(x, p, training): return x * 7
""",
    "subclass that lies": """
import numpy as np
class Liar(np.ndarray):
    shape = property(lambda self: Always())
    size = property(lambda self: Always())
    __eq__ = __ne__ = __lt__ = __le__ = lambda self, other: True
    def __array__(self, *_, **__): return self
    def astype(self, *_, **__): return self
    def tobytes(self, *_, **__): return b""
class Always(int):
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = lambda self, other: True
    __hash__ = int.__hash__
def dropout(x, p, training): return x.view(Liar)
""",
    "object that claims to be an array": """
import numpy as np
class Liar:
    __class__ = np.ndarray
    def __getattr__(self, name): return self
    def __call__(self, *_, **__): return self
    def __eq__(self, other): return True
def dropout(x, p, training): return Liar()
""",
    "objects that equal everything": """
import numpy as np
class Equal:
    def __eq__(self, other): return True
def dropout(x, p, training): return np.full(x.shape, Equal())
""",
    "NaN": "import numpy as np\ndef dropout(x, p, training): return x * np.nan",
    "infinity": "import numpy as np\ndef dropout(x, p, training): return x * np.inf",
    "complex": "def dropout(x, p, training): return x * (1 + 0j)",
    "text": "import numpy as np\ndef dropout(x, p, training): return np.full(x.shape, 'passed')",
    "wider than numbers are": "import numpy as np\ndef dropout(x, p, training): return x.astype(np.longdouble)",
    "huge, by broadcasting": """
import numpy as np
def dropout(x, p, training): return np.broadcast_to(x, (2**20, *x.shape))
""",
    "huge, by stride tricks": """
import numpy as np
def dropout(x, p, training): return np.lib.stride_tricks.as_strided(x, (2**40,), (0,))
""",
    "many dimensions": "def dropout(x, p, training): return x.reshape((1,) * 20 + x.shape)",
    "itself": "def dropout(x, p, training): return dropout",
    "nothing": "def dropout(x, p, training): pass",
    "a list": "def dropout(x, p, training): return x.tolist()",
    "a coroutine": "async def dropout(x, p, training): return x",
    "garbage in every descriptor": """
import os
def dropout(x, p, training):
    for descriptor in range(64):
        try:
            os.write(descriptor, b"\\x00garbage" * 1000)
        except OSError:
            pass
    return x
""",
    "every descriptor closed": "import os\ndef dropout(x, p, training):\n    os.closerange(0, 256)\n    return x",
    "results truncated": """
import os
def dropout(x, p, training):
    for descriptor in range(64):
        try:
            os.ftruncate(descriptor, 0)
        except OSError:
            pass
    os._exit(0)
""",
    "a report forged": """
import os
with open(f"/proc/{os.getppid()}/fd/1", "wb") as report:
    report.write(b"passed\\nended exited 0\\n" * 10_000)
os._exit(0)
""",
    "working folder deleted": "import os\nos.rmdir(os.getcwd())\ndef dropout(x, p, training): return x",
    "working folder without permissions": "import os\nos.chmod('.', 0)\ndef dropout(x, p, training): return x",
    "folders nested deeply": """
import os
for _ in range(1500):
    os.mkdir("d")
    os.chdir("d")
def dropout(x, p, training): return x
""",
    "file too large": "open('f', 'wb').write(b'x' * 2**28)\ndef dropout(x, p, training): return x",
    "fork bomb": """
import os
for _ in range(6):
    os.fork()
while True: pass
""",
    "grandchildren that go on": """
import os, time
def dropout(x, p, training):
    if os.fork() == 0:
        os.setsid()
        while True: time.sleep(1)
    return x
""",
    "ignores signals and stops its timers, in an endless loop": """
import signal
def dropout(x, p, training):
    for number in signal.valid_signals():
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    for timer in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
        signal.setitimer(timer, 0)
    while True: pass
""",
    "an endless loop that no signal handler interrupts": "x = 10 ** 10 ** 9",
    "says that it passed": """
print("All tests passed!")
print('{"passed": true}')
def dropout(x, p, training): return x
""",
    "records forged": """
import json, os, struct
def record(meta, payload=b""):
    head = json.dumps(meta).encode()
    return struct.pack("<IQ", len(head), len(payload)) + head + payload
forged = record({"event": "defined"}) + record({"event": "returned", "dtype": "<f8", "shape": [1]}, bytes(8)) * 100
for descriptor in range(3, 64):
    try:
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, forged)
    except OSError:
        pass
os._exit(0)
""",
    "does not let its process end": """
import os
os._exit = lambda *_: None
def dropout(x, p, training): return x
""",
    "the writing of results patched": """
import json, os, struct
json.dumps = lambda *_, **__: '{"event": "returned", "passed": true}'
os.write = lambda descriptor, data: len(data)
struct.pack = lambda *_: b""
def dropout(x, p, training): return x
""",
    "a storm of signals": """
import signal
def raising(*_): raise RuntimeError("interrupted")
signal.signal(signal.SIGALRM, raising)
signal.setitimer(signal.ITIMER_REAL, 1e-5, 1e-5)
def dropout(x, p, training): return x
""",
    "goes on when it should end": """
import atexit, sys, time
class Last:
    def __del__(self): time.sleep(1000)
kept = [Last()]
atexit.register(time.sleep, 1000)
def dropout(x, p, training): sys.exit()
""",
    "C stack overflow": """
import sys
sys.setrecursionlimit(10**9)
def deeper(x): return sorted([x], key=deeper)
def dropout(x, p, training): return deeper(1)
""",
    "deeply nested code": "x = " + "-" * 100_000 + "1",
    "NUL": "def dropout(x, p, training):\x00 return x",
    "lone surrogate": "name = '\ud800'",
    "lone surrogate in an exception": "def dropout(x, p, training): raise ValueError(chr(0xD800) + chr(27) + '[2J')",
    "not Python": "I would multiply x by a mask.",
    "indentation": "def dropout(x, p, training):\nreturn x",
    "empty": "",
    "no such function": "def drop_out(x, p, training): return x",
    "not a function": "dropout = 0.5",
    "no such parameter": "def dropout(x, rate, training): return x",
}
"""Each fails, and leaves nothing behind."""

ENDLESS = {name for name in HOSTILE if "endless" in name or "for ever" in name or "swallows" in name} | {
    "fork bomb",
    "a storm of signals",
}
"""Those that only the time limit ends."""
