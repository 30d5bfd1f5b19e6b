"""Grade answers to a task and measure how often a model passes it: everything but the screen.

    from dropout_core import grade, Grader, extract_code, Evaluation

Names are imported when first used, so that importing the package costs nothing.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

from dropout_core.version import __version__ as __version__

if TYPE_CHECKING:
    from dropout_core.evaluation import Evaluation as Evaluation
    from dropout_core.extraction import NoCodeFound as NoCodeFound
    from dropout_core.extraction import extract_code as extract_code
    from dropout_core.grading import Grader as Grader
    from dropout_core.grading import grade as grade
    from dropout_core.verdict.verdict import Check as Check
    from dropout_core.verdict.verdict import CheckStatus as CheckStatus
    from dropout_core.verdict.verdict import Outcome as Outcome
    from dropout_core.verdict.verdict import Verdict as Verdict

_HOME = {
    "Check": "dropout_core.verdict.verdict",
    "CheckStatus": "dropout_core.verdict.verdict",
    "Evaluation": "dropout_core.evaluation",
    "Grader": "dropout_core.grading",
    "NoCodeFound": "dropout_core.extraction",
    "Outcome": "dropout_core.verdict.verdict",
    "Verdict": "dropout_core.verdict.verdict",
    "extract_code": "dropout_core.extraction",
    "grade": "dropout_core.grading",
}

__all__ = sorted(_HOME)

# Logging is opt-in. Without this, Python would print errors in the middle of a screen.
logging.getLogger(__name__).addHandler(logging.NullHandler())


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
