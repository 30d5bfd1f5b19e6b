"""Grading: calls to make, checks of their results, and the verdict."""

from dropout_core.grading.grader import Grader, grade

__all__ = ["Grader", "grade"]
