"""An evaluation by Inspect of the task that it finds by name, with a mock model. Prints what it made of the replies.

python inspect_evaluation.py FOLDER [BAND] < replies.json
"""

from __future__ import annotations

import json
import sys

from inspect_ai import eval as evaluate
from inspect_ai.model import ModelOutput, ModelUsage, get_model


def main(folder: str, replies: list[str], band: str | None = None) -> None:
    """Evaluate, and print JSON: the path of the log, of each sample its reply, value and explanation, and what early
    stopping by a `band` said."""
    outputs = []
    for reply in replies:
        output = ModelOutput.from_content("mockllm", reply)
        output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
        outputs.append(output)
    model = get_model("mockllm/model", custom_outputs=outputs)
    (log,) = evaluate(
        "dropout_core/dropout",
        model=model,
        epochs=len(replies),
        log_dir=folder,
        display="none",
        task_args={"suite": "basic", "band": band},
        max_samples=2,
    )
    scores = [
        (sample.output.completion, sample.scores["verdict"].value, sample.scores["verdict"].explanation)
        for sample in log.samples or ()
    ]
    stopped = log.results.early_stopping if log.results else None
    early = stopped and [stopped.metadata, [one.reason for one in stopped.early_stops]]
    print(json.dumps({"status": log.status, "log": log.location, "scores": scores, "early": early}))


if __name__ == "__main__":
    main(sys.argv[1], json.load(sys.stdin), *sys.argv[2:])
