"""Traces of replies, scored by verifiers. Prints what they earned.

python verifiers_scores.py < replies.json
"""

from __future__ import annotations

import asyncio
import json
import sys

import verifiers.v1 as vf
from verifiers.v1.state import state_cls

from dropout_core.integrations.verifiers import DropoutConfig, DropoutTaskset


def trace_of(task: vf.Task, reply: str) -> vf.Trace:
    """A rollout whose only message is the reply."""
    trace = vf.Trace(
        task=vf.TraceTask(type=type(task).__name__, data=task.data, key=task.key, hash=task.hash),
        state=state_cls(type(task))(),
        agent=vf.AgentInfo(config=vf.AgentConfig(), name="scripted", trainable=False),
    )
    trace.root_reply = reply
    return trace


async def main(replies: list[str]) -> None:
    """Score, and print JSON."""
    tasks = list(DropoutTaskset(DropoutConfig(partial=True, levels=["explicit", "terse"])))
    scores = []
    for reply in replies:
        trace = trace_of(tasks[0], reply)
        await tasks[0].score(trace)
        scores.append({"reward": trace.reward, "metrics": trace.metrics, "reason": trace.info["reason"]})
    print(json.dumps({"prompts": len(tasks), "prompt": tasks[0].data.prompt, "scores": scores}))


if __name__ == "__main__":
    asyncio.run(main(json.load(sys.stdin)))
