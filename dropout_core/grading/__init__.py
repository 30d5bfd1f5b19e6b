"""Inputs to try, checks on what came back, and the verdict."""

from dropout_core.grading.grader import Grader, grade

__all__ = ["Grader", "grade"]
