"""Where a command has answers graded: on this machine, or on those of a Ray cluster."""

from __future__ import annotations

import argparse
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from dropout_core.running.graders.open_graders import opened_graders
from dropout_core.verdict.cluster_unusable import ClusterUnusable
from dropout_tui.command_line.complaints import Complaint

if TYPE_CHECKING:
    from dropout_core.grading.task_grader import Graders, TaskGrader
    from dropout_core.task import Task

NOT_INSTALLED = (
    "--ray needs Ray, which is not installed; install this program with its extra `ray`: pip install '.[ray]'"
)
AT_ONCE = 256
AT_ONCE_ON_A_CLUSTER = 4096


@dataclass(frozen=True, slots=True)
class GradingPlace:
    """This machine, or a Ray cluster by its address."""

    allow_weak_sandbox: bool
    ray: str | None = None

    @property
    def at_once(self) -> int:
        """Answers of a file that are handed over at once: enough to keep all busy beside a slow one."""
        return AT_ONCE if self.ray is None else AT_ONCE_ON_A_CLUSTER

    @asynccontextmanager
    async def graders(self, task: Task) -> AsyncIterator[Graders]:
        """Graders of the task, closed afterwards.

        Raises:
            SandboxBroken: code cannot be run on this machine, or the machine not protected from it.
            Complaint: the cluster cannot be used.
        """
        if self.ray is None:
            async with opened_graders(task, allow_weak_sandbox=self.allow_weak_sandbox) as graders:
                yield graders
            return
        from dropout_core.integrations.ray import opened_graders_on

        try:
            async with opened_graders_on(
                self.ray, task, allow_weak_sandbox=self.allow_weak_sandbox
            ) as graders:
                yield graders
        except ClusterUnusable as error:
            raise Complaint(f"--ray: {error}") from error

    @asynccontextmanager
    async def grader(self, suite: str, task: Task) -> AsyncIterator[TaskGrader]:
        """The grader by one suite; see `graders`."""
        async with self.graders(task) as graders:
            yield graders.of(suite)


def place_of(options: argparse.Namespace) -> GradingPlace:
    """The place that the options name.

    Raises:
        Complaint: it is a cluster, and Ray is not installed.
    """
    address: str | None = options.ray
    if address is not None:
        if not address.strip():
            raise Complaint("--ray needs the address of a cluster: host:port, auto or local")
        if find_spec("ray") is None:
            raise Complaint(NOT_INSTALLED)
        # A cluster that is started here would report its use to its makers.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    return GradingPlace(options.allow_weak_sandbox, address)
