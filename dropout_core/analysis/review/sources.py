"""What an author's checklist is read off, as it is now: the evaluation, its task, and the task's file."""

from __future__ import annotations

from pathlib import Path

from dropout_core.analysis.review.review import Reviewed
from dropout_core.analysis.review.stored_evidence import NO_EVIDENCE, StoredEvidence
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.task.requirement import UnknownSuite
from dropout_core.task.unusable import TaskUnusable
from dropout_core.tasks.chosen import task_of, what_changed


def reviewed(state: EvaluationState, stored: StoredEvidence = NO_EVIDENCE) -> Reviewed:
    """What there is to review an evaluation by. Blocking: it loads the task."""
    try:
        task = task_of(state.config)
        task.suite(state.config.suite)
    except (TaskUnusable, UnknownSuite) as error:
        return Reviewed(state, None, str(error), stored=stored)
    own = task.path
    if own is None or what_changed(state.config, task) is not None:
        return Reviewed(state, task, stored=stored)
    return Reviewed(state, task, source=_source(own), stored=stored)


def _source(path: Path) -> str | None:
    """The text of a task's file; of a folder that of its grader."""
    from dropout_core.task.sources.grader_folder import GRADER

    try:
        return (path / GRADER if path.is_dir() else path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
