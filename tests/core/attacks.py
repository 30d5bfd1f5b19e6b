"""Answers that reach for what is outside of their sandbox. Where they succeed they leave a trace: a changed
folder, a connection, a process that is not as it was, or a secret in an exception's text.

They are aimed at a target: words in capitals between ``@`` stand for its parts. See `aimed`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """What there is to attack."""

    folder: str
    """Everyone may write in it. It holds the file ``secret``, which everyone may read."""
    tcp_port: int
    udp_port: int
    """Of servers on loopback."""
    process: int
    """A process of the grading user, with a secret in its environment and its memory."""


def aimed(code: str, target: Target) -> str:
    """The attack on this target."""
    parts = {
        "FOLDER": target.folder,
        "TCP": str(target.tcp_port),
        "UDP": str(target.udp_port),
        "PROCESS": str(target.process),
    }
    whole = PRELUDE + code + POSTLUDE
    for word, part in parts.items():
        whole = whole.replace(f"@{word}@", part)
    return whole


PRELUDE = """
import ctypes, os, signal, socket, sys
FOLDER = "@FOLDER@"
libc = ctypes.CDLL(None, use_errno=True)
def leak(found):
    raise RuntimeError(repr(found)[:250])
def attempt(deed, *arguments):
    try:
        return deed(*arguments)
    except (Exception, SystemExit):
        return None
def everywhere():
    yield from (int(name) for name in attempt(os.listdir, "/proc") or range(2, 40_000) if str(name).isdigit())
"""

POSTLUDE = """
def dropout(x, p, training): return x
"""

ATTACKS = {
    # Files
    "writes a file": "attempt(lambda: open(FOLDER + '/new', 'w').write('x'))",
    "writes a file with raw system calls": "libc.open((FOLDER + '/new').encode(), 0o102, 0o666)",
    "creates a nameless file": "attempt(os.open, FOLDER, os.O_TMPFILE | os.O_RDWR)",
    "overwrites a file": "attempt(lambda: open(FOLDER + '/secret', 'r+').write('x'))",
    "truncates a file": "attempt(os.truncate, FOLDER + '/secret', 0)",
    "removes a file": "attempt(os.remove, FOLDER + '/secret')",
    "renames a file": "attempt(os.rename, FOLDER + '/secret', FOLDER + '/renamed')",
    "makes links": """
attempt(os.symlink, "/etc", FOLDER + "/link")
attempt(os.link, FOLDER + "/secret", FOLDER + "/hard")
""",
    "makes a folder, a pipe and a device": """
attempt(os.mkdir, FOLDER + "/made")
attempt(os.mkfifo, FOLDER + "/fifo")
attempt(os.mknod, FOLDER + "/node")
""",
    "changes modes, owners and times": """
attempt(os.chmod, FOLDER + "/secret", 0o777)
attempt(os.chown, FOLDER + "/secret", 1, 1)
attempt(os.utime, FOLDER + "/secret", (1, 1))
""",
    "reads a file": "leak(open(FOLDER + '/secret').read())",
    "reads a file by way of other folders": """
for path in ("/proc/self/root", "/proc/self/cwd", "/lib/.."):
    found = attempt(lambda: open(path + FOLDER + "/secret").read())
    if found: leak(found)
descriptor = attempt(os.open, FOLDER, os.O_PATH)
if descriptor is not None:
    leak(open(os.open("secret", os.O_RDONLY, dir_fd=descriptor)).read())
""",
    "reads a file from a handle": """
handle = ctypes.create_string_buffer(136)
ctypes.c_uint.from_buffer(handle).value = 128
mount = ctypes.c_int()
libc.name_to_handle_at(-100, (FOLDER + "/secret").encode(), handle, ctypes.byref(mount), 0)
for folder in ("/", "/usr", FOLDER):
    at = attempt(os.open, folder, os.O_RDONLY)
    if at is not None:
        descriptor = libc.open_by_handle_at(at, handle, 0)
        if descriptor >= 0: leak(os.read(descriptor, 1000))
""",
    "plants code that Python runs at its start": """
import sysconfig
for folder in (sysconfig.get_path("purelib"), os.path.dirname(os.__file__), FOLDER):
    attempt(lambda: open(folder + "/planted.pth", "w").write("import os"))
""",
    # Secrets
    "looks into its environment": "leak([value for value in os.environ.values() if 'canary' in value] or 'nothing')",
    "looks into the environment of others": """
for process in everywhere():
    found = attempt(lambda: open(f"/proc/{process}/environ", "rb").read())
    if found and b"canary" in found: leak(found[found.index(b"canary"):])
""",
    "looks into the memory of others": """
def search(process):
    for line in open(f"/proc/{process}/maps").readlines()[:50]:
        start, end = (int(part, 16) for part in line.split()[0].split("-"))
        with open(f"/proc/{process}/mem", "rb", 0) as memory:
            memory.seek(start)
            found = memory.read(min(end - start, 2**22))
        if b"canary" in found: leak(found[found.index(b"canary"):])
for process in (@PROCESS@, os.getppid()):
    attempt(search, process)
""",
    "reads the memory of others with a system call": """
class Part(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
data = ctypes.create_string_buffer(4096)
here = Part(ctypes.addressof(data), 4096)
there = Part(id(os), 4096)
for process in (@PROCESS@, os.getppid()):
    if libc.process_vm_readv(process, ctypes.byref(here), 1, ctypes.byref(there), 1, 0) > 0:
        leak("canary " + repr(data.raw))
""",
    "traces others": """
for process in (@PROCESS@, os.getppid()):
    for request in (16, 0x4206):
        if libc.ptrace(request, process, None, None) == 0: leak("canary: traced")
""",
    "takes descriptors of others": """
for process in (@PROCESS@, os.getppid()):
    descriptor = libc.syscall(434, process, 0)
    if descriptor >= 0:
        for number in range(30):
            if libc.syscall(438, descriptor, number, 0) >= 0: leak("canary: taken")
""",
    "looks for expected values among all objects": """
import gc
found = [object for object in gc.get_objects() if type(object) is dict and "expected" in object and "checks" in object]
if found: leak("canary")
""",
    "searches every frame for a verdict": """
frame = sys._getframe()
while frame:
    for name in ("verdict", "passed", "checks", "expected"):
        if name in frame.f_locals: frame.f_locals[name] = True
    frame = frame.f_back
""",
    "jumps over checks with a trace function": """
def tracer(frame, event, argument):
    if event == "line" and "assert" in (frame.f_code.co_name or ""): frame.f_lineno += 1
    return tracer
sys.settrace(tracer)
frame = sys._getframe()
while frame:
    frame.f_trace = tracer
    frame = frame.f_back
""",
    # The network
    "opens a TCP connection": """
attempt(lambda: socket.create_connection(("127.0.0.1", @TCP@), 1).send(b"x"))
""",
    "sends a datagram": """
attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", @UDP@)))
""",
    "opens a TCP connection with raw system calls": """
descriptor = libc.socket(2, 1, 0)
address = (2).to_bytes(2, "little") + (@TCP@).to_bytes(2, "big") + bytes([127, 0, 0, 1]) + bytes(8)
libc.connect(descriptor, address, 16)
libc.send(descriptor, b"x", 1, 0)
""",
    "speaks with the kernel": """
for family, kind, protocol in ((16, 3, 0), (17, 3, 0x300), (40, 1, 0), (38, 5, 0)):
    attempt(lambda: socket.socket(family, kind, protocol)) and leak("canary: a socket")
""",
    "listens on an abstract socket": """
if attempt(lambda: socket.socket(socket.AF_UNIX).bind("\\0canary") or True): leak("canary: listens")
""",
    # Processes
    "kills a process": """
for number in (signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL): attempt(os.kill, @PROCESS@, number)
""",
    "kills everything": "attempt(os.kill, -1, signal.SIGKILL)",
    "kills the process groups": """
for group in (0, os.getpgid(@PROCESS@) if attempt(os.getpgid, @PROCESS@) else 0, os.getpgid(os.getppid())):
    if group != os.getpgrp(): attempt(os.killpg, group, signal.SIGKILL)
""",
    "kills with other system calls": """
for number in (200, 234, 129, 297, 424):
    for process in (@PROCESS@, os.getppid()):
        libc.syscall(number, process, process, signal.SIGKILL, 0)
        libc.syscall(number, process, signal.SIGKILL, 0, 0)
descriptor = attempt(os.pidfd_open, @PROCESS@)
if descriptor is not None: attempt(signal.pidfd_send_signal, descriptor, signal.SIGKILL)
""",
    "has the kernel signal another process": """
import fcntl
reader, writer = os.pipe()
attempt(fcntl.fcntl, reader, fcntl.F_SETOWN, @PROCESS@)
attempt(fcntl.fcntl, reader, 10, signal.SIGKILL)
attempt(fcntl.fcntl, reader, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
os.write(writer, b"x")
""",
    "limits other processes": """
import resource
for process in (@PROCESS@, os.getppid()):
    attempt(resource.prlimit, process, resource.RLIMIT_NOFILE, (3, 3))
    attempt(resource.prlimit, process, resource.RLIMIT_CPU, (1, 1))
""",
    "slows other processes down": """
attempt(os.setpriority, os.PRIO_PROCESS, @PROCESS@, 19)
attempt(os.sched_setaffinity, @PROCESS@, {0})
attempt(os.sched_setscheduler, @PROCESS@, os.SCHED_IDLE, os.sched_param(0))
""",
    "stops the process that started it": "attempt(os.kill, os.getppid(), signal.SIGSTOP)",
    "kills the process that started it": "attempt(os.kill, os.getppid(), signal.SIGKILL)",
    "runs a shell": "libc.system(f'echo x > {FOLDER}/shell'.encode())",
    "runs programs": """
import subprocess
for command in (["/bin/sh", "-c", f"touch {FOLDER}/run"], [sys.executable, "-c", f"open('{FOLDER}/run', 'w')"]):
    attempt(subprocess.run, command)
    attempt(os.posix_spawn, command[0], command, {})
attempt(os.execv, "/bin/sh", ["/bin/sh", "-c", f"touch {FOLDER}/run"])
""",
    "runs a program from memory": """
descriptor = attempt(os.memfd_create, "program")
if descriptor is not None:
    attempt(os.write, descriptor, open("/usr/bin/touch", "rb").read())
    attempt(os.execve, descriptor, ["touch", FOLDER + "/run"], {})
""",
    "runs a program with the loader": """
for loader in ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"):
    attempt(os.execv, loader, [loader, "/usr/bin/touch", FOLDER + "/run"])
""",
    "forks with raw system calls": """
for number in (56, 57, 58, 220, 435):
    if libc.syscall(number, 17, 0, 0, 0, 0) == 0:
        attempt(lambda: open(FOLDER + "/forked", "w"))
        while True: signal.pause()
""",
    "starts a daemon": """
if attempt(os.fork) == 0:
    os.setsid()
    if os.fork() == 0:
        attempt(lambda: open(FOLDER + "/daemon", "w"))
        while True: signal.pause()
    os._exit(0)
""",
    "starts threads": """
import threading
for _ in range(50): attempt(threading.Thread(target=signal.pause).start)
""",
    "starts processes with multiprocessing": """
import multiprocessing
for method in ("fork", "spawn", "forkserver"):
    attempt(lambda: multiprocessing.get_context(method).Process(target=os.getpid).start())
""",
    # The kernel
    "enters new namespaces": """
for flags in (0x10000000, 0x10000000 | 0x20000, 0x40000000, 0x20000000):
    if libc.unshare(flags) == 0: leak("canary: unshared")
if libc.mount(b"none", FOLDER.encode(), b"tmpfs", 0, None) == 0: leak("canary: mounted")
""",
    "becomes root again": """
for become in (os.setuid, os.setgid, os.seteuid):
    if os.getuid() != 0 and attempt(lambda: become(0) or True): leak("canary: root")
if attempt(lambda: os.setresuid(0, 0, 0) or True): leak("canary: root")
""",
    "lifts its own limits": """
import resource
for which in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_NPROC):
    for limits in ((-1, -1), (2**40, 2**40)):
        if attempt(lambda: resource.setrlimit(which, limits) or True): leak("canary: no limits")
""",
    "survives its parent": "if libc.prctl(1, 0, 0, 0, 0) == 0: leak('canary: immortal')",
    "replaces its seccomp filter": """
if libc.prctl(22, 1, None) == 0 or libc.syscall(317, 1, 0, None) == 0: leak("canary: filter")
""",
    "leaves shared memory behind": """
for made in (libc.shmget(0x5EC, 4096, 0o1666), libc.semget(0x5EC, 1, 0o1666), libc.msgget(0x5EC, 0o1666)):
    if made >= 0: leak("canary: left behind")
""",
    "leaves a key behind": """
for number in (248, 217):
    if libc.syscall(number, b"user", b"canary", b"x", 1, -4) > 0: leak("canary: key")
""",
    "opens rarely used doors": """
doors = {"io_uring_setup": 425, "bpf": 321, "userfaultfd": 323, "perf_event_open": 298, "memfd_secret": 447,
         "fanotify_init": 300, "inotify_init1": 294, "timerfd_create": 283, "memfd_create": 319}
room = ctypes.create_string_buffer(256)
opened = [name for name, number in doors.items() if libc.syscall(number, 1, room, 0, 0, 0) >= 0]
if opened: leak("canary " + repr(opened))
""",
    "types into the terminal": """
import fcntl
for descriptor in (0, 1, 2, attempt(os.open, "/dev/tty", os.O_RDONLY) or 0):
    if attempt(fcntl.ioctl, descriptor, 0x5412, b"x") is not None: leak("canary: typed")
""",
    "sets the clock and the name": """
import time
attempt(time.clock_settime, time.CLOCK_REALTIME, 1.0)
if attempt(lambda: socket.sethostname("canary") or True): leak("canary: name")
""",
    # The results
    "reads the results and the request back": """
import mmap
for descriptor in range(3, 64):
    for found in (
        attempt(lambda: os.pread(descriptor, 100, 0)),
        attempt(lambda: bytes(mmap.mmap(descriptor, 100, access=mmap.ACCESS_READ))),
        attempt(lambda: open(f"/proc/self/fd/{descriptor}", "rb").read(100)),
    ):
        if found and any(found): leak("canary " + repr(found))  # zeros are its own empty results
""",
    "resizes the results": """
import fcntl
for descriptor in range(3, 64):
    for size in (0, 2**40):
        attempt(os.ftruncate, descriptor, size)
    attempt(os.posix_fallocate, descriptor, 0, 2**30)
    attempt(fcntl.fcntl, descriptor, 1033, 8)
""",
    "writes far beyond the results": """
for descriptor in range(3, 64):
    for at in (2**20, 2**30, 2**40):
        attempt(os.pwrite, descriptor, b"x" * 2**20, at)
""",
}
"""Each fails, and leaves no trace."""
