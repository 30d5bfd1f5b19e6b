"""The options of ``import``."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from dropout_tui.command_line.options.annotation import add_annotation_options
from dropout_tui.command_line.options.shared import (
    CHECKS,
    SUITE,
    add_grading_place,
    add_line_options,
    add_store,
    add_task,
)

DESCRIPTION = """\
Makes an evaluation of replies that another program had a model write: rate, band, chart, runs, what-if, compare,
review and export are those of any other. No request is made. What the file tells of the model, the settings, tokens
and stop reasons is kept; the options say what it does not tell.

It reads what `grade` reads many answers from (samples of EvalPlus, BigCodeBench and LiveCodeBench, rows of TRL and
verifiers, conversations, batches), and logs of Inspect, .eval or .json. In a folder, each log is an evaluation of its
own, and the lines of all .jsonl files are one together. What has no answer in it is a void run.

An import that was interrupted goes on with the same command, and what is there already is not imported twice.
Exit status: 0 all graded, 1 some void, 2 usage, 3 not in the band (with --require-band), 130 interrupted.
"""


def add_import(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the command; `add` makes its parser."""
    parser = add(
        "import",
        help="completions made elsewhere, or an Inspect log, become an evaluation; no API calls",
        description=DESCRIPTION,
        as_it_stands=True,
    )
    parser.add_argument("path", metavar="FILE|DIR", help="what to import")
    add_task(parser)
    for name, metavar, text in (
        ("--model", "NAME", "who wrote the replies (default: what the file says)"),
        (
            "--prompt",
            "NAME|PATH",
            "what was asked: explicit, plain, terse, or a text file (default: the file's)",
        ),
        ("--mode", "answer|agent", "whether the answers are replies, or were submitted (default: answer)"),
        SUITE,
        CHECKS,
        ("--refusals", "failed|void", "how a run counts that the model refused (default: failed)"),
        ("--band", "LO-HI", "the pass rate aimed at, in percent (default: 10-40)"),
        ("--tolerance", "POINTS", "percentage points by which a decision may be off at an edge (default: 0)"),
        ("--seed", "N", "fixes the inputs of every grading"),
    ):
        parser.add_argument(name, metavar=metavar, help=text, default=argparse.SUPPRESS)
    add_annotation_options(parser.add_argument_group("name"))
    add_line_options(parser)
    add_store(parser)
    add_grading_place(parser)
