"""How many processors may be used, by affinity and control groups."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from dropout_core.sandbox.processes.processors import (
    groups,
    quota_of_version_1,
    quota_of_version_2,
    usable_processors,
)
from tests.core.busy import on_one_processor
from tests.core.sandboxes import linux_only

MOUNT_2 = "31 24 0:27 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
MOUNT_1 = "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct\n"
IN_CONTAINER = (
    "35 31 0:31 /docker/ab /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
    "36 31 0:29 /docker/ab /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n"
)


@pytest.mark.parametrize(
    ("cpu_max", "processors"),
    [("max 100000\n", math.inf), ("50000 100000\n", 0.5), ("250000 100000", 2.5), ("", math.inf), ("x y", math.inf)],
)  # fmt: skip
def test_a_quota_of_version_2(cpu_max: str, processors: float) -> None:
    assert quota_of_version_2(cpu_max) == processors


@pytest.mark.parametrize(
    ("quota", "period", "processors"),
    [("-1\n", "100000\n", math.inf), ("200000\n", "100000\n", 2), ("", "", math.inf), ("1", "0", math.inf)],
)
def test_a_quota_of_version_1(quota: str, period: str, processors: float) -> None:
    assert quota_of_version_1(quota, period) == processors


@pytest.mark.parametrize(
    ("cgroup", "mounts", "expected"),
    [
        ("0::/\n", MOUNT_2, ["2 /sys/fs/cgroup"]),
        ("0::/a/b\n", MOUNT_2, ["2 /sys/fs/cgroup/a/b", "2 /sys/fs/cgroup/a", "2 /sys/fs/cgroup"]),
        ("0::/../../elsewhere\n", MOUNT_2, ["2 /sys/fs/cgroup"]),
        (
            "5:memory:/m\n4:cpu,cpuacct:/a\n1:name=systemd:/s\n",
            MOUNT_1 + MOUNT_2,
            ["1 /sys/fs/cgroup/cpu,cpuacct/a", "1 /sys/fs/cgroup/cpu,cpuacct"],
        ),
        ("3:cpu:/docker/ab\n2:memory:/docker/ab\n", IN_CONTAINER, ["1 /sys/fs/cgroup/cpu"]),
        ("3:cpu:/docker/ab/c\n", IN_CONTAINER, ["1 /sys/fs/cgroup/cpu/c", "1 /sys/fs/cgroup/cpu"]),
        ("3:cpu:/elsewhere\n", IN_CONTAINER, ["1 /sys/fs/cgroup/cpu"]),
        ("9:cpuset:/x\n", MOUNT_1, []),
        ("", "", []),
        ("nonsense\n", "nonsense - cgroup2\n", []),
    ],
)
def test_the_groups_of_a_process_and_those_above_them(cgroup: str, mounts: str, expected: list[str]) -> None:
    assert [f"{version} {folder}" for version, folder in groups(cgroup, mounts)] == expected
    assert all(isinstance(folder, PurePosixPath) for _, folder in groups(cgroup, mounts))


def test_there_is_always_one() -> None:
    assert 1 <= usable_processors() <= (os.cpu_count() or 1)


@linux_only
def test_the_affinity_counts() -> None:
    with on_one_processor():
        assert usable_processors() == 1


@pytest.fixture
def group_of_half_a_processor() -> Iterator[Path]:
    """A control group of version 1 with a quota, for root where these are mounted."""
    group = Path(f"/sys/fs/cgroup/cpu/processors_of_test_{os.getpid()}")
    try:
        group.mkdir()
    except OSError:
        pytest.skip("only root can make a control group, and only where those of version 1 are mounted")
    try:
        (group / "cpu.cfs_quota_us").write_text("50000")
        yield group
    finally:
        group.rmdir()


@linux_only
def test_the_quota_of_a_real_group_counts(group_of_half_a_processor: Path) -> None:
    enter = f"open('{group_of_half_a_processor}/cgroup.procs', 'w').write('0')"
    ask = (
        "from dropout_core.sandbox.processes.processors import usable_processors; print(usable_processors())"
    )
    command = [sys.executable, "-c", f"{enter}\n{ask}"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert answer.stdout == "1\n"
