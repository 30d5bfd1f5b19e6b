"""The connection of this process to a Ray cluster."""

from __future__ import annotations

import logging
import os
import socket

import ray
from ray._private import worker

from dropout_core.verdict.cluster_unusable import ClusterUnusable

LOCAL = "local"
"""The address at which Ray starts a cluster of this machine alone, which ends with this process."""
REACHED_WITHIN = 10.0
"""Seconds in which a machine has to answer. Ray itself tries for two minutes."""


def connect(address: str | None) -> None:
    """Connect this process, unless it is. Blocking.

    `address` is that of ``ray.init``. What Ray has to say of its machines is left to its own log files.

    Raises:
        ClusterUnusable: there is no cluster, or it cannot be used from here.
    """
    if ray.is_initialized():
        return
    named = _host_and_port(address)
    if named is not None:
        _reach(*named)
    # What it says of lost workers would stand among the output of this program, whatever `log_to_driver` is.
    worker._worker_logs_enabled = False
    only_local = {"include_dashboard": False} if address == LOCAL else {}
    try:
        ray.init(address, log_to_driver=False, logging_level=logging.CRITICAL, **only_local)
    except ConnectionAbortedError as error:
        raise ClusterUnusable(
            f"the Ray cluster at {address} could not begin a server for this program; try again, or see its "
            "ray_client_server.err"
        ) from error
    except ConnectionError as error:
        if named is not None:
            raise ClusterUnusable(f"the Ray cluster at {address} does not answer") from error
        raise ClusterUnusable("no Ray cluster runs here; name one by host:port") from error
    except (OSError, ValueError, RuntimeError, ImportError) as error:
        said = str(error).strip().partition("\n")[0]
        raise ClusterUnusable(f"there is no Ray cluster to be used at {address}: {said}") from error


def _host_and_port(address: str | None) -> tuple[str, int] | None:
    """Whom an address names; none where Ray is to find the cluster, or where it names none at all."""
    if address in (None, "auto"):
        address = os.environ.get("RAY_ADDRESS")
    host, _, port = (address or "").removeprefix("ray://").rpartition(":")
    return (host.strip("[]"), int(port)) if host and port.isdecimal() else None


def _reach(host: str, port: int) -> None:
    try:
        socket.create_connection((host, port), timeout=REACHED_WITHIN).close()
    except (OSError, OverflowError) as error:
        said = getattr(error, "strerror", None) or error
        raise ClusterUnusable(f"there is no Ray cluster at {host}:{port}: {said}") from error
