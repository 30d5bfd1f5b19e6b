"""Grading the grader: answers whose verdict is known beforehand, and how often it is another."""
