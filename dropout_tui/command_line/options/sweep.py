"""The options of ``dropout-tui sweep`` beside those of an evaluation."""

from __future__ import annotations

import argparse

from dropout_tui.command_line.options.shared import add_evaluation_options, add_line_options

DESCRIPTION = """\
Lays out a grid and runs an evaluation for each of its cells, until each is known to be in the band, below it or
above it. Trials go first to the cells that may soon be known to be in the band. One limit of requests in flight and
one budget hold for all of them, and --runs is the most that one cell gets (default: 400). Anything false is said of
any cell with a probability of 5 % at most. Called again with the same grid and store it goes on where it was, with
more --runs or another --tolerance, too: what is there is not asked for again. Another --seed, or any other setting
of the answers, makes it another sweep. In a terminal it opens a screen, a matrix of the cells; in a
pipe, or with --json, it prints lines. Exit status: as of run; with --require-band 3 unless some cell is in the band.
"""


def add_sweep(parser: argparse.ArgumentParser) -> None:
    """Add the options of a sweep to its parser."""
    grid = parser.add_argument_group("grid")
    for name, metavar, text in (
        ("--prompts", "A,B", "prompts: explicit, plain, terse, text files, or names of stored variants"),
        ("--suites", "A,B", "suites: which checks"),
        ("--models", "A,B", "who answers"),
        ("--tasks", "A,B", "what is asked"),
    ):
        grid.add_argument(name, metavar=metavar, help=text)
    grid.add_argument(
        "--set-grid",
        metavar="KEY=A,B",
        action="append",
        default=[],
        help="a setting such as effort=low,high or temperature=0,1, or a field of the request; may be given again",
    )
    add_evaluation_options(
        parser,
        texts={
            "runs": "the most trials that a cell gets (default: 400)",
            "batch": "submit the requests together, as Message Batches: half the price, answered within 24 hours; a"
            " round of each cell has as many as --concurrency says",
            "until_decided": argparse.SUPPRESS,
        },
    )
    add_line_options(parser)
