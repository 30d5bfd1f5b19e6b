"""The options and commands of the command line, as argparse has them."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import NoReturn

from dropout_core.models.anthropic.request_settings import EFFORTS
from dropout_core.values.config import DEFAULT_MODEL, SAMPLE_MODEL
from dropout_core.version import __version__
from dropout_tui.command_line.question_arguments import add_questions
from dropout_tui.command_line.sweep_arguments import DESCRIPTION as SWEEP
from dropout_tui.command_line.sweep_arguments import add_sweep

PROGRAM = "dropout-tui"

Command = Callable[[argparse.Namespace], int]

_DESCRIPTION = """\
Measure how often a language model passes a task, whether that pass rate is inside the band worth training on, and
which check each failing answer fails. The task is "implement dropout(x, p, training) in NumPy", unless --task names
another one or a file of your own.

Without a command it opens the dashboard: a form first, or the runs at once with --start or --runs. Where there is no
terminal, --start and --runs print lines, as run does, and without them nothing starts.
"""
_EPILOG = """\
Options may also stand in dropout.toml (runs = 20) or in the environment (DROPOUT_RUNS=20); the command line wins.
A dropout.toml in the working directory may set only what can do no harm: no address, store, budget or price.
The key of the API comes from ANTHROPIC_API_KEY. Without one, the built-in sample answers are used.
"""
_ID = "the number of an evaluation, as `dropout-tui history` lists them"
_EXPORT = """\
json     everything: settings, attempts, checks, code and conversations
csv      a row an attempt, with a column a check; nothing in it becomes a formula in a spreadsheet
html     one page to read or send on, without scripts
inspect  a log for `inspect view` and inspect_ai.log.read_eval_log (name it .json)
"""

_OTHER_WORDS = {
    "trials": "runs",
    "samples": "runs",
    "iterations": "runs",
    "parallel": "concurrency",
    "workers": "concurrency",
}
"""Option names that other programs use, with the ones used here."""
_SIMILAR = 0.7
"""The least difflib ratio of a misspelling: two letters swapped in ``runs`` give 0.75."""


class Complaint(Exception):
    """Ends the program with one clear line and the status of a usage error."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Complaint(f"{message}; see {self.prog} --help")

    def options(self) -> frozenset[str]:
        """Every option string, such as ``--runs``."""
        return frozenset(self._option_string_actions)

    def commands(self) -> Mapping[str, _Parser]:
        """The parsers of its subcommands, by name."""
        found = (action.choices for action in self._actions if isinstance(action, argparse._SubParsersAction))
        return next(found, {})


def parsed(commands_of: Mapping[str, Command], argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse `argv`, or the arguments of this process; `command` holds the function of the chosen subcommand.

    Raises:
        Complaint: the arguments cannot be understood.
    """
    root = parser(commands_of)
    argv = _with_values(sys.argv[1:] if argv is None else argv)
    try:
        return root.parse_args(argv)
    except Complaint:
        # argparse mistakes the value of an unknown option for the subcommand, and complains about that.
        unknown = _unknown_option(root, argv)
        if unknown is None:
            raise
        raise Complaint(unknown) from None


def _with_values(argv: Sequence[str]) -> list[str]:
    """The arguments with `--checks=-id` joined: a list of checks that begins with a minus is no option."""
    joined: list[str] = []
    for argument in argv:
        if joined and joined[-1] == "--checks" and re.match(r"-[a-z]", argument):
            joined[-1] = f"--checks={argument}"
        else:
            joined.append(argument)
    return joined


def _unknown_option(root: _Parser, argv: Sequence[str]) -> str | None:
    """The complaint about the first unknown option; ``None`` when all are known."""
    commands = root.commands()
    known = root.options().union(*(command.options() for command in commands.values()))
    here = root
    for argument in argv:
        if argument == "--":
            break
        option = argument.partition("=")[0]
        if option.startswith("--") and " " not in option and option not in known:
            near = _meant(option.removeprefix("--"), here.options())
            hint = f"see {here.prog} --help" if near is None else f"did you mean {near}?"
            return f"unknown option {option}; {hint}"
        here = commands.get(argument, here)
    return None


def _meant(name: str, options: frozenset[str]) -> str | None:
    """The option that `name` is a synonym, a misspelling or a part of."""
    names = sorted(option.removeprefix("--") for option in options if option.startswith("--"))
    if (known := _OTHER_WORDS.get(name)) in names:
        return f"--{known}"
    near = [each for each in names if sorted(each) == sorted(name)]  # letters in another order
    near += get_close_matches(name, names, 1, cutoff=_SIMILAR)
    near += [each for each in names if name in each.split("-")]
    return f"--{near[0]}" if near else None


def parser(commands_of: Mapping[str, Command]) -> _Parser:
    """The parser; the options it returns hold, as `command`, the function of the chosen subcommand."""
    root = _Parser(
        prog=PROGRAM,
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    root.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    root.add_argument(
        "--start",
        action="store_true",
        help="begin at once instead of showing the launch form (so does --runs)",
    )
    root.add_argument(
        "--demo",
        action="store_true",
        help="see the program at work; no model is asked, nothing is kept",
    )
    _add_evaluation_options(root)
    _add_screen_options(root)
    root.set_defaults(command=commands_of["dashboard"], as_json=False, require_band=False)
    commands = root.add_subparsers(title="commands", metavar="COMMAND", parser_class=_Parser)

    run = commands.add_parser(
        "run",
        help="no dashboard: print a line for each result",
        description="Prints a line for each result as it completes, then a summary. "
        "Exit status: 0 all trials graded, 1 some void, 2 usage, or the budget or the model stopped it early, "
        "3 not in the band (with --require-band), 130 interrupted.",
        allow_abbrev=False,
    )
    _add_evaluation_options(run)
    _add_line_options(run)
    run.set_defaults(command=commands_of["run"])

    resume = commands.add_parser(
        "resume",
        help="resume an interrupted evaluation (the newest, without ID), or let one that has ended grow",
        description="Resumes an interrupted evaluation: in the dashboard, or in lines when there is no terminal. "
        "With --runs, or --until-decided, one that has ended goes on as if it had begun with that many runs. "
        "The prompt and the grading stay as they were; the address, the concurrency, the band and the budget may "
        "change.",
        allow_abbrev=False,
    )
    resume.add_argument("id", nargs="?", metavar="ID", help=f"{_ID} (default: the newest not finished)")
    resume.add_argument("--voids", action="store_true", help="also make the void runs again")
    _add_evaluation_options(resume)
    _add_screen_options(resume)
    _add_line_options(resume)
    resume.set_defaults(command=commands_of["resume"])

    serve = commands.add_parser(
        "serve",
        help="the dashboard in a browser",
        description="Serves the dashboard to this machine's browser. Options fill the launch form in. "
        "Needs the optional dependency: pip install '.[serve]' in the clone.",
        allow_abbrev=False,
    )
    serve.add_argument("--host", default="127.0.0.1", help="the address to listen at (default: 127.0.0.1)")
    serve.add_argument("--port", default="8000", help="the port to listen at (default: 8000)")
    serve.add_argument("--demo", action="store_true", help="every page shows the demo")
    _add_evaluation_options(serve)
    _add_screen_options(serve)
    serve.set_defaults(command=commands_of["serve"])

    keys = commands.add_parser(
        "keys",
        help="list the keys, what they do, and their ids for dropout.toml",
        description="Lists what the keys do, with the ids that [keys] in dropout.toml remaps.",
        allow_abbrev=False,
    )
    keys.set_defaults(command=commands_of["keys"])

    history = commands.add_parser(
        "history",
        help="list the stored evaluations",
        description="Lists the stored evaluations, the newest first. One that cannot be read is a line that says why.",
        allow_abbrev=False,
    )
    history.add_argument("--json", action="store_true", dest="as_json", help="one JSON object a line")
    _add_store(history)
    history.set_defaults(command=commands_of["history"])

    show = commands.add_parser(
        "show",
        help="one evaluation, or one trial with code, checks and conversation",
        description="Prints one stored evaluation, or one of its trials with code, checks and conversation.",
        allow_abbrev=False,
    )
    show.add_argument("id", metavar="ID", help=_ID)
    show.add_argument("trial", nargs="?", metavar="TRIAL", help="the number of one of its trials")
    form = show.add_mutually_exclusive_group()
    form.add_argument(
        "--json", action="store_true", dest="as_json", help="JSON lines, as `run --json` prints them"
    )
    form.add_argument(
        "--code", action="store_true", help="only the code of the trial, as it is: … --code > answer.py"
    )
    _add_store(show)
    show.set_defaults(command=commands_of["show"])

    regrade = commands.add_parser(
        "regrade",
        help="grade stored answers again, without API calls, and print what changed",
        description="Grades the stored answers by today's checks, without asking the model, and prints what changed.",
        allow_abbrev=False,
    )
    regrade.add_argument("id", metavar="ID", help=_ID)
    regrade.add_argument("--suite", metavar="NAME", help="which checks (default: those of the evaluation)")
    regrade.add_argument(_CHECKS[0], metavar=_CHECKS[1], help=_CHECKS[2])
    regrade.add_argument("--json", action="store_true", dest="as_json", help="one JSON object a line")
    _add_store(regrade)
    _add_weak_sandbox(regrade)
    regrade.set_defaults(command=commands_of["regrade"])

    add_questions(commands, _ID, (_add_store, _add_weak_sandbox), commands_of)

    compare = commands.add_parser(
        "compare",
        help="two evaluations: rates, checks, settings and prompts that differ",
        description="Says whether B's pass rate can be told apart from A's, and what else differs.",
        allow_abbrev=False,
    )
    compare.add_argument("first", metavar="A", help=_ID)
    compare.add_argument("second", metavar="B", help="that of another")
    compare.add_argument("--json", action="store_true", dest="as_json", help="one JSON object")
    _add_store(compare)
    compare.set_defaults(command=commands_of["compare"])

    export = commands.add_parser(
        "export",
        help="one evaluation as JSON, CSV, an HTML page, or an Inspect AI log",
        description=_EXPORT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    export.add_argument("id", metavar="ID", help=_ID)
    export.add_argument(
        "--format",
        required=True,
        metavar="json|csv|html|inspect",
        dest="format_name",
        help="one of those above",
    )
    export.add_argument(
        "-o", "--output", required=True, metavar="FILE|-", help="the file to write, or - for the output"
    )
    export.add_argument("--force", action="store_true", help="replace a file that is there")
    _add_store(export)
    export.set_defaults(command=commands_of["export"])

    audit = commands.add_parser(
        "audit",
        help="grade the grader: known-right, known-wrong and cheating answers",
        description="Grades known-right, known-wrong and cheating answers, and prints both error rates. "
        "Exit status: 0 no fault, 1 faults, 2 usage.",
        allow_abbrev=False,
    )
    _add_task(audit)
    audit.add_argument("--suite", metavar="NAME", help="which checks (default: all suites)")
    audit.add_argument(_CHECKS[0], metavar=_CHECKS[1], help=_CHECKS[2])
    audit.add_argument(
        "--seeds", default="3", metavar="N", help="how often each answer is graded (default: 3)"
    )
    audit.add_argument("--seed", metavar="N", help="repeat an audit exactly")
    own = audit.add_mutually_exclusive_group()
    own.add_argument(
        "--answers",
        metavar="FOLDER",
        help="your own answers too: its right/*.py, wrong/*.py and hostile/*.py",
    )
    own.add_argument("--only-answers", metavar="FOLDER", help="your own answers instead of the built-in ones")
    audit.add_argument("--json", action="store_true", dest="as_json", help="one JSON object a suite")
    _add_weak_sandbox(audit)
    audit.set_defaults(command=commands_of["audit"])

    grade = commands.add_parser(
        "grade",
        help="grade code, a model's reply, or many completions",
        description="Grades one answer and prints every check, or grades the completions of a file, such as the "
        "samples of EvalPlus, BigCodeBench and LiveCodeBench, rows of TRL, or conversations as JSON, and prints "
        "a line for each. Its content tells what a file is. "
        "Exit status: 0 passed, 1 failed, 2 usage, 4 could not be graded.",
        allow_abbrev=False,
    )
    grade.add_argument(
        "file", metavar="FILE|-", help="code, a reply with code in it, lines of JSON, or - for the input"
    )
    _add_task(grade)
    grade.add_argument(
        "--suite", metavar="NAME", help="which checks (default: basic; of another task, its first)"
    )
    grade.add_argument(_CHECKS[0], metavar=_CHECKS[1], help=_CHECKS[2])
    grade.add_argument("--seed", metavar="N", help="make the verdict reproducible")
    grade.add_argument("--json", action="store_true", dest="as_json", help="one JSON object a line")
    _add_weak_sandbox(grade)
    grade.set_defaults(command=commands_of["grade"])

    sweep = commands.add_parser(
        "sweep",
        help="a grid of evaluations, each until it is decided",
        description=SWEEP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_sweep(sweep, _add_evaluation_options, _add_line_options)
    sweep.set_defaults(command=commands_of["sweep"])

    tasks = commands.add_parser(
        "tasks",
        help="list the tasks that come with the program and with installed packages",
        description="Lists the tasks that come with the program, with their suites and checks, and those of packages.",
        allow_abbrev=False,
    )
    tasks.add_argument("--json", action="store_true", dest="as_json", help="one JSON object a line")
    tasks.set_defaults(command=commands_of["tasks"])

    prompt = commands.add_parser(
        "prompt",
        help="print the prompt that would be sent",
        description="Prints the prompt that these options would send.",
        allow_abbrev=False,
    )
    _add_task(prompt)
    for name, metavar, text in _WHAT_IS_ASKED:
        prompt.add_argument(name, metavar=metavar, help=text, default=argparse.SUPPRESS)
    prompt.set_defaults(command=commands_of["prompt"])

    new_task = commands.add_parser(
        "new-task",
        help="write a task file of your own, with answers to audit it",
        description="Writes NAME.py, a task to be changed into your own, and the folder NAME_answers beside it.",
        allow_abbrev=False,
    )
    new_task.add_argument("name", metavar="NAME", help="what the task is called, such as moving_average")
    new_task.set_defaults(command=commands_of["new-task"])
    return root


_MODE = ("--mode", "answer|agent", "one reply, or a loop with tools (default: answer)")
_PROMPT = ("--prompt", "NAME|PATH", "explicit, plain, terse, or a text file (default: explicit)")
_SUITE = (
    "--suite",
    "NAME",
    "which checks: basic, strict or hard (default: basic; of another task, its first)",
)
_CHECKS = ("--checks", "LIST", "add checks to the suite, or leave some out: +dtype,-edge_cases")
_WHAT_IS_ASKED = (_MODE, _PROMPT, _SUITE, _CHECKS)


def _add_task(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    parser.add_argument(
        "--task",
        metavar="NAME|FILE|FOLDER",
        default=argparse.SUPPRESS,
        help="what is asked: one of `dropout-tui tasks`, a Python file of your own, which is run, or a folder with"
        " prompt.txt and grader.py (default: dropout)",
    )


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
    add(
        "--runs",
        "N",
        "how many trials in all (default: 10; with --until-decided at most that many, default 400)",
    )
    add("--concurrency", "N", "how many trials at once (default: 10)")
    group.add_argument(
        "--sequential", action="store_true", default=argparse.SUPPRESS, help="one trial after the other"
    )
    _add_task(group)
    add(*_MODE)
    add("--max-steps", "N", "requests per trial in agent mode (default: 10)")
    add(
        "--max-tokens", "N|auto", "tokens per reply, thinking included (default: auto, the model's own limit)"
    )
    add(*_PROMPT)
    add(*_SUITE)
    add(*_CHECKS)
    add("--refusals", "failed|void", "how a run counts that the model refused (default: failed)")
    add("--band", "LO-HI", "the pass rate aimed at, in percent (default: 10-40)")
    add(
        "--tolerance",
        "POINTS",
        "percentage points by which a decision may be off at an edge (default: 0)",
    )
    group.add_argument(
        "--until-decided",
        action="store_true",
        default=argparse.SUPPRESS,
        help="start no further trials once the rate is known to be in, below or above the band",
    )
    group.add_argument(
        "--nonce",
        action="store_true",
        default=argparse.SUPPRESS,
        help="end each prompt with a number of its own, so that no cache gives two runs the same reply",
    )
    add("--seed", "N", "fixes the sample answers and the inputs of every grading")
    add("--budget", "USD", "what the whole evaluation may cost: near it, no further attempt begins")
    add("--max-total-tokens", "N", "the same in tokens, in and out together")
    add("--price", "IN,OUT", "dollars per million tokens, if the model's price is not known, or differs")
    add(
        "--thinking",
        "off|auto|N",
        "whether the model thinks first: not, as it sees fit, or in at most N tokens",
    )
    add("--effort", "LEVEL", f"how much effort the model makes: {', '.join(EFFORTS)}")
    add("--temperature", "T", "how varied the wording is, from 0 to 1; not every model takes it")
    add("--top-p", "P", "choose only among the likeliest words that make up this share, above 0, up to 1")
    add(
        "--timeout",
        "S,S,S",
        "seconds to the first token, between two tokens, and for an attempt (default: 120,60,3600)",
    )
    add("--tries", "N", "how often a request is tried, where trying again may help (default: 8)")
    add("--system", "TEXT|@FILE", "the system prompt, or the text file that holds it")
    group.add_argument(
        "--set",
        metavar="KEY=JSON",
        action="append",
        default=argparse.SUPPRESS,
        help="any other field of the request, such as top_k=5; may be repeated",
    )
    add("--log", "FILE", "write down what happens, every fault and every new try; never a key")
    _add_store(group)
    _add_weak_sandbox(group)


def _add_screen_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument_group("screen").add_argument(
        "--theme",
        metavar="NAME",
        default=argparse.SUPPRESS,
        help="the colours, such as nord; ansi-dark and ansi-light are the terminal's own (default: as last time)",
    )


def _add_store(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    parser.add_argument(
        "--store",
        metavar="PATH",
        default=argparse.SUPPRESS,
        help="the SQLite file (default: in your data folder)",
    )


def _add_weak_sandbox(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    parser.add_argument(
        "--allow-weak-sandbox",
        action="store_true",
        help="run untrusted code even where this system cannot be protected from it",
    )


def _add_line_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", dest="as_json", help="JSON lines instead of text")
    parser.add_argument(
        "--require-band",
        action="store_true",
        help="exit with 3 unless the rate is known to be inside the band",
    )
