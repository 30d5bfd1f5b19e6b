"""Number of processors that this process may use: those it may run on, limited by its control groups.

A control group bounds processor time by a quota a period; a quota of half a period is half a processor. Both versions
of control groups are looked at, and the groups above this process's own too, as far as they are in sight.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from dropout_core.sandbox.inside.stopwatch import processors_at_once

CGROUP = Path("/proc/self/cgroup")
MOUNTS = Path("/proc/self/mountinfo")


def usable_processors() -> int:
    """Number of usable processors, at least 1. Part of a processor counts as a whole one."""
    quota = min(_quotas(_read(CGROUP), _read(MOUNTS)), default=math.inf)
    at_once = processors_at_once()
    return max(1, min(at_once, math.ceil(quota)) if math.isfinite(quota) else at_once)


def quota_of_version_1(quota: str, period: str) -> float:
    """Processors, from ``cpu.cfs_quota_us`` and ``cpu.cfs_period_us``; infinite when there is no quota."""
    return _divided(quota, period)


def quota_of_version_2(cpu_max: str) -> float:
    """Processors, from ``cpu.max``: ``"150000 100000"``, or ``"max 100000"`` for no quota."""
    quota, _, period = cpu_max.strip().partition(" ")
    return _divided(quota, period)


def groups(cgroup: str, mounts: str) -> Iterator[tuple[int, PurePosixPath]]:
    """The version and folder of each control group of this process that may bound its processor time, those above
    it too; from ``/proc/self/cgroup`` and ``/proc/self/mountinfo``."""
    own = dict(_own_groups(cgroup))
    for version, root, folder in _mounted(mounts):
        if version not in own:
            continue
        inside = PurePosixPath(folder) / _below(own[version], root)
        for group in (inside, *inside.parents):
            yield version, group
            if group == PurePosixPath(folder):
                break


def _own_groups(cgroup: str) -> Iterator[tuple[int, str]]:
    """Version and path of each group, from lines such as ``0::/a/b`` and ``4:cpu,cpuacct:/a/b``."""
    for line in cgroup.splitlines():
        match line.split(":", 2):
            case ["0", "", path]:
                yield 2, path
            case [_, controllers, path] if "cpu" in controllers.split(","):
                yield 1, path


def _mounted(mounts: str) -> Iterator[tuple[int, str, str]]:
    """Version, root and folder of each mounted hierarchy."""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        match before.split(), after.split():
            case [_, _, _, root, folder, *_], ["cgroup2", *_]:
                yield 2, root, folder
            case [_, _, _, root, folder, *_], ["cgroup", _, options, *_] if "cpu" in options.split(","):
                yield 1, root, folder


def _below(path: str, root: str) -> PurePosixPath:
    """The path relative to the root of the mount; the root itself for a path elsewhere."""
    try:
        inside = PurePosixPath(path).relative_to(root)
    except ValueError:
        return PurePosixPath()
    return PurePosixPath() if ".." in inside.parts else inside


def _quotas(cgroup: str, mounts: str) -> Iterator[float]:
    for version, group in groups(cgroup, mounts):
        folder = Path(group)
        if version == 2:
            yield quota_of_version_2(_read(folder / "cpu.max"))
        else:
            yield quota_of_version_1(_read(folder / "cpu.cfs_quota_us"), _read(folder / "cpu.cfs_period_us"))


def _divided(quota: str, period: str) -> float:
    try:
        share = int(quota) / int(period)
    except (ValueError, ZeroDivisionError):  # "max", or a file that is not there
        return math.inf
    return share if share > 0 else math.inf


def _read(path: Path) -> str:
    """Content of a file; empty where there is no such file."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
