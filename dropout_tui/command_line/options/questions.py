"""The options of the commands that answer a question from what is stored: `what-if` and `review`."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from dropout_tui.command_line.options.shared import add_grading_place, add_newest, add_store


def add_questions(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add both; `add` makes the parser of one."""
    what_if = add(
        "what-if",
        help="the rate without each requirement, and under each other suite; no API calls",
        description="Runs all checks of the task on every stored answer, without asking the model, and prints the rate"
        " and where it lies with each requirement left out or added, and under each other suite. What is graded is"
        " kept in the store: asked again, it is there at once. Exit status: 0 all answers graded, 1 some could not be,"
        " 2 usage, 130 interrupted (what is graded is kept).",
    )
    add_newest(what_if)
    what_if.add_argument("--json", action="store_true", dest="as_json", help="one JSON object a change")
    add_store(what_if)
    add_grading_place(what_if)

    review = add(
        "review",
        help="the author's checklist with its evidence, as Markdown",
        description="Says of each thing that makes a task good whether it is met, not met or not shown by what is"
        " stored, with the evidence: the runs, what `dropout-tui audit` found of just this task and suite, and what"
        " other seeds said of the answers. Nothing is run for it.",
    )
    add_newest(review)
    review.add_argument(
        "-o", "--output", metavar="FILE", default="-", help="the file to write (default: the output)"
    )
    review.add_argument("--json", action="store_true", dest="as_json", help="one JSON object")
    review.add_argument("--force", action="store_true", help="replace a file that is there")
    add_store(review)
