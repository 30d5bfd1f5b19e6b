"""How many answers a second are graded by Ray's actors, and what they take of a machine.

    python -m benchmarks.ray_actors [--answers 24] [--rounds 5]

Needs the extra `ray`. Compares, in turn and on this machine alone, a `Grader` with one worker, one with a worker for
each processor, and `RayGrader` with 1, 2 and 4 actors of one processor each. Then prints the bytes of an answer and
of its verdict as Ray sends them, what the object store holds of them, and the memory of each kind of process.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from itertools import cycle, islice
from pathlib import Path
from statistics import median

import ray

from dropout_core import Grader
from dropout_core.audit.corpus import built_in_answers
from dropout_core.integrations.ray import RayGrader
from dropout_core.verdict.known_answers import Kind
from dropout_core.verdict.verdict import Verdict

ACTORS = (1, 2, 4)
ONE_WORKER = "Grader, 1 worker"
EVERY_PROCESSOR = "Grader, a worker a processor"
SANDBOX = "sandbox of an actor"
GRADING = {SANDBOX, "ray::GraderActor", "launch.py"}
"""Kinds of processes that grade."""
Way = Grader | RayGrader


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--answers", type=int, default=24, help="answers a batch (default 24)")
    parser.add_argument("--rounds", type=int, default=5, help="batches each way (default 5)")
    options = parser.parse_args()
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # Its processes give way to those of others, nice 15, which on a busy machine would hide everything else.
    os.environ.setdefault("RAY_worker_niceness", "0")
    ray.init(
        "local",
        num_cpus=sum(ACTORS),
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.CRITICAL,
    )
    asyncio.run(_measured(options.answers, options.rounds))


async def _measured(answers: int, rounds: int) -> None:
    quick = [answer.code for answer in built_in_answers() if answer.kind is not Kind.HOSTILE]
    codes = list(islice(cycle(quick), answers))
    taken: dict[str, list[float]] = {}
    used: dict[str, list[float]] = {}
    async with AsyncExitStack() as stack:
        ways: dict[str, Way] = {ONE_WORKER: Grader(workers=1), EVERY_PROCESSOR: Grader()}
        ways |= {f"RayGrader, actors: {n}": RayGrader(actors=n, processors=1) for n in ACTORS}
        for way in ways.values():
            await stack.enter_async_context(way)
            await asyncio.gather(*(way.grade(code, seed=1) for code in codes[:8]))
        verdicts: list[Verdict] = []
        for seed in range(rounds):
            for name, way in ways.items():
                used_before, start = _processor_seconds(os.getpid()), time.perf_counter()
                verdicts = await asyncio.gather(*(way.grade(code, seed=seed) for code in codes))
                taken.setdefault(name, []).append(time.perf_counter() - start)
                used.setdefault(name, []).append(_processor_seconds(os.getpid()) - used_before)
        _print_rates(taken, used, answers)
        _print_sizes(codes, verdicts)
        print("| process | how many | MiB each (PSS) |\n|---|---:|---:|")
        for kind, sizes in sorted(_memory(os.getpid()).items()):
            print(f"| {kind} | {len(sizes)} | {median(sizes):.0f} |")


def _print_rates(taken: Mapping[str, list[float]], used: Mapping[str, list[float]], answers: int) -> None:
    print(f"processors {os.cpu_count()}, load {os.getloadavg()[0]:.1f}")
    print("| way | gradings/s, median | CPU ms a grading | × one worker, by round |\n|---|---:|---:|---|")
    for name, seconds in taken.items():
        ratios = " ".join(f"{base / own:.2f}" for base, own in zip(taken[ONE_WORKER], seconds, strict=True))
        print(
            f"| {name} | {answers / median(seconds):.1f} | {1000 * median(used[name]) / answers:.1f} | {ratios} |"
        )


def _print_sizes(codes: list[str], verdicts: list[Verdict]) -> None:
    code = median(len(ray.cloudpickle.dumps(one)) for one in codes)
    sizes = [len(ray.cloudpickle.dumps(one)) for one in verdicts]
    free, whole = ray.available_resources(), ray.cluster_resources()
    held = whole["object_store_memory"] - free["object_store_memory"]
    print(f"an answer {code:.0f} bytes, a verdict {median(sizes):.0f}, the largest {max(sizes)}")
    print(f"in the object store while all verdicts are held: {held:.0f} bytes")


def _processor_seconds(root: int) -> float:
    """What this process, the actors and all sandboxes have used: of Ray's own services nothing."""
    parents = dict(_parents())
    ticks = 0
    for pid in _below(root, parents):
        try:
            kind = _kind(Path(f"/proc/{pid}/cmdline").read_bytes(), parents, pid)
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile, and its parent has its seconds
            continue
        if pid == root or kind in GRADING:
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _below(root: int, parents: Mapping[int, int]) -> set[int]:
    """A process and all that came of it."""
    below = {root}
    while new := {pid for pid, parent in parents.items() if parent in below} - below:
        below |= new
    return below


def _memory(root: int) -> Mapping[str, list[float]]:
    """MiB of the processes below `root`, by their kind. Pages that several share count for each in part."""
    found: dict[str, list[float]] = {}
    parents = dict(_parents())
    for pid in _below(root, parents) - {root}:
        try:
            kind = _kind(Path(f"/proc/{pid}/cmdline").read_bytes(), parents, pid)
            pss = next(
                line for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines() if "Pss:" in line
            )
        except (OSError, StopIteration):  # it has ended meanwhile
            continue
        found.setdefault(kind, []).append(int(pss.split()[1]) / 1024)
    return found


def _parents() -> Iterator[tuple[int, int]]:
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            yield int(status.parent.name), int(status.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue


def _kind(command: bytes, parents: Mapping[int, int], pid: int) -> str:
    words = command.decode("utf-8", "replace").replace("\0", " ").split()
    first = " ".join(words[:1])
    if first.startswith("ray::"):
        return first
    parent = parents.get(pid, 0)
    try:
        above = Path(f"/proc/{parent}/cmdline").read_bytes().decode("utf-8", "replace")
    except OSError:
        above = ""
    if above.startswith("ray::GraderActor"):
        return SANDBOX
    scripts = [Path(word).name for word in words if word.endswith((".py", "raylet", "gcs_server"))]
    return next(iter(scripts), Path(first).name or "?")


if __name__ == "__main__":
    main()
