"""The requirements of the dropout task, each with its wording, its calls and its check."""

from dropout_core.tasks.dropout.clauses.basic import BASIC
from dropout_core.tasks.dropout.clauses.hard import ADDED_BY_HARD
from dropout_core.tasks.dropout.clauses.strict import ADDED_BY_STRICT

ALL = (*BASIC, *ADDED_BY_STRICT, *ADDED_BY_HARD)
"""In the order of their checks."""
