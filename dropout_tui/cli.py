"""The command line. Thin: it reads options, opens what they name and hands over.

Nothing here imports the SDK, NumPy or Textual before a command needs them.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from dropout_core import __version__
from dropout_core.config import DEFAULT_MODEL, SAMPLE_MODEL, EvaluationConfig
from dropout_tui.launch_form import LaunchForm, parse
from dropout_tui.settings import SWITCHES, TEXT_OPTIONS, Settings, SettingsProblem, gather
from dropout_tui.visible import visible_line

PROGRAM = "dropout-tui"
EXIT_USAGE = 2
RUNS_UNTIL_DECIDED = "400"
"""How many trials `--until-decided` makes at most, unless told."""

_DESCRIPTION = """\
Measure how often a language model passes the task "implement dropout(x, p, training) in NumPy", whether that pass
rate is inside the band worth training on, and which check each failing answer fails.

Without a command it opens the dashboard, or prints lines when there is no terminal.
"""
_EPILOG = """\
Options may also stand in dropout.toml (runs = 20) or in the environment (DROPOUT_RUNS=20); the command line wins.
The key of the API comes from ANTHROPIC_API_KEY. Without one, the built-in sample answers are used.
"""


class Complaint(Exception):
    """Ends the program with one clear line and the status of a usage error."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        # Replies may hold what the terminal's encoding cannot say.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        options = _parser().parse_args(argv)
        command: Callable[[argparse.Namespace], int] = options.command
        return command(options)
    except Complaint as complaint:
        complain(str(complaint))
        return EXIT_USAGE
    except BrokenPipeError:
        # The reader went away, as `| head` does; Python would complain once more when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def complain(text: str) -> None:
    """Say one line on the error output."""
    print(f"{PROGRAM}: {visible_line(text)}", file=sys.stderr, flush=True)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Complaint(f"{message}; see {self.prog} --help")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=PROGRAM,
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    parser.add_argument(
        "--start",
        action="store_true",
        help="begin at once instead of showing the launch form (so does --runs)",
    )
    _add_evaluation_options(parser)
    parser.set_defaults(command=_dashboard, as_json=False, require_band=False)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=_Parser)

    run = commands.add_parser("run", help="no dashboard: print a line for each result", allow_abbrev=False)
    _add_evaluation_options(run)
    _add_line_options(run)
    run.set_defaults(command=_run)

    resume = commands.add_parser(
        "resume", help="go on with an interrupted evaluation (the newest, without ID)", allow_abbrev=False
    )
    resume.add_argument("id", nargs="?", metavar="ID")
    _add_store(resume)
    _add_line_options(resume)
    resume.set_defaults(command=_resume)

    history = commands.add_parser("history", help="list the stored evaluations", allow_abbrev=False)
    history.add_argument("--json", action="store_true", dest="as_json", help="one JSON object a line")
    _add_store(history)
    history.set_defaults(command=_history)

    show = commands.add_parser(
        "show", help="one evaluation, or one trial with code, checks and conversation", allow_abbrev=False
    )
    show.add_argument("id", metavar="ID")
    show.add_argument("trial", nargs="?", metavar="TRIAL")
    show.add_argument(
        "--json", action="store_true", dest="as_json", help="JSON lines, as `run --json` prints them"
    )
    _add_store(show)
    show.set_defaults(command=_show)

    grade = commands.add_parser(
        "grade",
        help="grade code, a model's reply, or a .jsonl of completions",
        description="Exit status: 0 passed, 1 failed, 2 usage, 4 could not be graded.",
        allow_abbrev=False,
    )
    grade.add_argument(
        "file", metavar="FILE|-", help="a .py file, a text with code in it, a .jsonl, or - for the input"
    )
    grade.add_argument("--suite", help="which checks (basic)")
    grade.add_argument("--seed", help="makes the verdict reproducible")
    grade.add_argument("--json", action="store_true", dest="as_json", help="one JSON object a line")
    grade.set_defaults(command=_grade)
    return parser


def _add_evaluation_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("evaluation")

    def add(name: str, metavar: str, text: str) -> None:
        group.add_argument(name, metavar=metavar, help=text, default=argparse.SUPPRESS)

    add("--model", "NAME", f"who answers (default: {DEFAULT_MODEL} with a key, {SAMPLE_MODEL} without)")
    add(
        "--base-url",
        "URL",
        "a server that speaks the Messages API (default: ANTHROPIC_BASE_URL, or Anthropic)",
    )
    add("--runs", "N", "how many trials (default: 10; with --until-decided at most that many, default 400)")
    add("--concurrency", "N", "how many trials at once (default: 10)")
    group.add_argument(
        "--sequential", action="store_true", default=argparse.SUPPRESS, help="one trial after the other"
    )
    add("--mode", "answer|agent", "one reply, or a loop with tools (default: answer)")
    add("--max-steps", "N", "requests per trial in agent mode (default: 10)")
    add("--max-tokens", "N", "tokens per reply (default: 2000)")
    add("--prompt", "NAME|PATH", "explicit, plain, terse, or a text file (default: explicit)")
    add("--suite", "NAME", "which checks (default: basic)")
    add("--band", "LO-HI", "the pass rate aimed at, in percent (default: 10-40)")
    group.add_argument(
        "--until-decided",
        action="store_true",
        default=argparse.SUPPRESS,
        help="start no further trials once the rate is known to be in, below or above the band",
    )
    add("--seed", "N", "settles the sample answers and the inputs of every grading")
    _add_store(group)


def _add_store(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    parser.add_argument(
        "--store",
        metavar="PATH",
        default=argparse.SUPPRESS,
        help="the SQLite file (default: in your data folder)",
    )


def _add_line_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", dest="as_json", help="JSON lines instead of text")
    parser.add_argument(
        "--require-band",
        action="store_true",
        help="exit with 3 unless the rate is known to be inside the band",
    )


def _settings(options: argparse.Namespace) -> Settings:
    given = vars(options)
    try:
        return gather({name: given[name] for name in (*TEXT_OPTIONS, *SWITCHES) if name in given})
    except SettingsProblem as problem:
        raise Complaint(str(problem)) from None


def _form(settings: Settings) -> LaunchForm:
    """The launch form, filled in as far as the options go."""
    from dropout_core.models.credentials import key_configured

    given: dict[str, Any] = {**settings.texts, **settings.switches}
    given.pop("store", None)
    given.setdefault("model", DEFAULT_MODEL if key_configured() or "base_url" in given else SAMPLE_MODEL)
    if settings.switches.get("until_decided"):
        given.setdefault("runs", RUNS_UNTIL_DECIDED)
    return LaunchForm(**given)


def _config(settings: Settings) -> EvaluationConfig:
    parsed = parse(_form(settings))
    if isinstance(parsed, EvaluationConfig):
        return parsed
    field, problem = next(iter(parsed.items()))
    raise Complaint(f"--{field.replace('_', '-')}: {problem}")


def _has_terminal() -> bool:
    streams = (sys.stdin, sys.stdout, sys.stderr)
    return (
        all(stream is not None and stream.isatty() for stream in streams) and os.environ.get("TERM") != "dumb"
    )


def _dashboard(options: argparse.Namespace) -> int:
    if not _has_terminal():
        return _run(options)
    from dropout_tui.app import run_dashboard

    settings = _settings(options)
    at_once = _config(settings) if options.start or hasattr(options, "runs") else None
    return run_dashboard(settings.store, complain, form=_form(settings), config=at_once)


def _run(options: argparse.Namespace) -> int:
    from dropout_tui.run_command import run

    settings = _settings(options)
    config = _config(settings)
    return run(settings.store, config, complain, as_json=options.as_json, require_band=options.require_band)


def _resume(options: argparse.Namespace) -> int:
    from dropout_tui.run_command import resume

    number = None if options.id is None else _number(options.id, "ID")
    store = _settings(options).store
    if _has_terminal() and not options.as_json:
        from dropout_tui.app import resume_dashboard

        return resume_dashboard(store, complain, number)
    return resume(store, number, complain, as_json=options.as_json, require_band=options.require_band)


def _history(options: argparse.Namespace) -> int:
    from dropout_tui.history_command import history

    return history(_settings(options).store, complain, as_json=options.as_json)


def _show(options: argparse.Namespace) -> int:
    from dropout_tui.show_command import show

    number = _number(options.id, "ID")
    trial = None if options.trial is None else _number(options.trial, "TRIAL")
    return show(_settings(options).store, number, trial, complain, as_json=options.as_json)


def _grade(options: argparse.Namespace) -> int:
    from dropout_tui.grade_command import grade_file

    seed = None if options.seed is None else _number(options.seed, "--seed")
    return grade_file(options.file, options.suite or "basic", seed, complain, as_json=options.as_json)


def _number(text: str, name: str) -> int:
    try:
        number = int(text.lstrip("#"))
    except ValueError:
        number = -1
    if number < 0 or number >= 2**63:
        raise Complaint(f"{name} is {text!r}; give a whole number")
    return number


if __name__ == "__main__":
    sys.exit(main())
