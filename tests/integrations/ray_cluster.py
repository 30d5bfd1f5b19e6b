"""A Ray cluster of two machines, both here. Prints its address, that of its client, and ends with its standard input.
At each line of it the second machine is lost, and another takes its place.

python ray_cluster.py
"""

from __future__ import annotations

import socket
import sys

from ray.cluster_utils import Cluster


def main() -> None:
    """Serve until the input ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "ray_client_server_port": port})
    other = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    print(cluster.address, f"ray://127.0.0.1:{port}", flush=True)
    for _ in sys.stdin:
        cluster.remove_node(other, allow_graceful=False)
        other = cluster.add_node(num_cpus=1)
    cluster.shutdown()


if __name__ == "__main__":
    main()
