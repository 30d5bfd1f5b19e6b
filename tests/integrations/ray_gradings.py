"""Gradings on a Ray cluster of two machines, both here, of which one is lost midway. Prints the verdicts.

python ray_gradings.py < codes.json
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import ray
from ray.cluster_utils import Cluster

from dropout_core import Grader, Verdict
from dropout_core.integrations.ray import RayGrader


def told(verdict: Verdict) -> list[Any]:
    """What must not depend on where it was reached."""
    return [
        str(verdict.outcome),
        verdict.reason,
        verdict.seed,
        [str(status) for _, status in verdict.statuses],
    ]


async def main(codes: list[str]) -> None:
    """Grade here and there, lose a machine, grade once more, and print JSON."""
    async with Grader() as here:
        expected = [told(await here.grade(code, seed)) for seed, code in enumerate(codes)]
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    other = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    async with RayGrader(cluster.address) as grader:
        there = await asyncio.gather(*(grader.grade(code, seed) for seed, code in enumerate(codes)))
        under_way = [asyncio.create_task(grader.grade(code, seed)) for seed, code in enumerate(codes)]
        await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.to_thread(cluster.remove_node, other)
        after = await asyncio.gather(*under_way)
        lost = grader.lost
    ray.shutdown()
    cluster.shutdown()
    print(
        json.dumps(
            {
                "expected": expected,
                "there": [told(verdict) for verdict in there],
                "after_the_loss": [told(verdict) for verdict in after],
                "lost": lost,
                "isolation": sorted({verdict.isolation for verdict in there}),
            }
        )
    )


if __name__ == "__main__":
    asyncio.run(main(json.load(sys.stdin)))
