"""The author's checklist as a JSON object."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from dropout_core.analysis.review.repeating import command_of
from dropout_core.analysis.review.review import Met, ReviewLine
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.values.annotation import UNANNOTATED, Annotation


def review_object(
    number: int,
    state: EvaluationState,
    lines: Sequence[ReviewLine],
    annotation: Annotation = UNANNOTATED,
) -> dict[str, object]:
    """The checklist as plain JSON values."""
    config = state.config
    counts = Counter(line.met for line in lines)
    return {
        "type": "review",
        "id": number,
        "name": annotation.name,
        "note": annotation.note,
        "tags": list(annotation.tags),
        "task": config.task,
        "suite": config.suite,
        "model": config.model,
        "prompt": config.prompt,
        "counts": {str(met).replace(" ", "_"): counts[met] for met in Met},
        "lines": [
            {
                "title": line.title,
                "met": str(line.met).replace(" ", "_"),
                "evidence": line.evidence,
                "runs": list(line.runs),
                "command": line.command or None,
            }
            for line in lines
        ],
        "repeated_by": command_of(config),
    }
