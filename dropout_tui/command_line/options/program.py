"""The options of the commands about the program itself: ``config`` and ``completion``."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from dropout_tui.command_line.options.shared import add_evaluation_options, add_screen_options


def add_program(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add both; `add` makes the parser of one."""
    config = add(
        "config",
        help="every setting, its value, and where that comes from",
        description="Prints every setting with its value and its source: a flag, the environment, your own"
        " dropout.toml, that of the working directory, or none of them. Takes the options of an evaluation, to show"
        " what they would change. docs/dropout.schema.json describes the files to an editor.",
    )
    config.add_argument("--json", action="store_true", dest="as_json", help="one JSON object a line")
    add_evaluation_options(config)
    add_screen_options(config)

    completion = add(
        "completion",
        help="completion of commands and options, for bash, zsh or fish",
        description="Prints what a shell needs to complete commands, options and values. In ~/.bashrc:"
        ' eval "$(dropout-tui completion bash)". For zsh write it to a file _dropout-tui in a folder of $fpath; for'
        " fish: dropout-tui completion fish | source.",
    )
    completion.add_argument(
        "shell", metavar="bash|zsh|fish", choices=("bash", "zsh", "fish"), help="which shell"
    )
