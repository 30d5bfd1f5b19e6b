"""The options and commands of the command line, as argparse has them."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

from dropout_core.version import __version__
from dropout_tui.command_line.complaints import PROGRAM, Complaint
from dropout_tui.command_line.options.annotation import add_annotate, add_annotation_options
from dropout_tui.command_line.options.importing import add_import
from dropout_tui.command_line.options.misspelled import meant_option
from dropout_tui.command_line.options.program import add_program
from dropout_tui.command_line.options.questions import add_questions
from dropout_tui.command_line.options.shared import (
    CHECKS,
    ID,
    WHAT_IS_ASKED,
    add_evaluation_options,
    add_grading_place,
    add_line_options,
    add_newest,
    add_resume_options,
    add_screen_options,
    add_store,
    add_task,
    add_weak_sandbox,
)
from dropout_tui.command_line.options.sweep import DESCRIPTION as SWEEP
from dropout_tui.command_line.options.sweep import add_sweep

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
The key of the API comes from ANTHROPIC_API_KEY, with --api openai from OPENAI_API_KEY. Without the first,
and without another address, the built-in sample answers are used.
"""
_EXPORT = """\
json     everything: settings, attempts, checks, code and conversations
csv      a row an attempt, with a column a check; nothing in it becomes a formula in a spreadsheet
html     one page to read or send on, without scripts
inspect  a log for `inspect view` and inspect_ai.log.read_eval_log: .eval, or .json; in a folder it gets the name
         that Inspect looks for
"""


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


class Subcommands:
    """The subcommands of a parser."""

    def __init__(self, root: _Parser, commands_of: Mapping[str, Command]) -> None:
        """`commands_of` has the function of each."""
        self._parsers = root.add_subparsers(title="commands", metavar="COMMAND", parser_class=_Parser)
        self._commands_of = commands_of

    def add(
        self,
        name: str,
        *,
        help: str,  # noqa: A002  argparse's name
        description: str,
        as_it_stands: bool = False,
    ) -> argparse.ArgumentParser:
        """The parser of one more; `as_it_stands` keeps the line breaks of its description."""
        added = self._parsers.add_parser(
            name,
            help=help,
            description=description,
            formatter_class=argparse.RawDescriptionHelpFormatter if as_it_stands else argparse.HelpFormatter,
            allow_abbrev=False,
        )
        added.set_defaults(command=self._commands_of[name])
        return added


def parsed(commands_of: Mapping[str, Command], argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse `argv`, or the arguments of this process; `command` holds the function of the chosen subcommand.

    Raises:
        Complaint: the arguments cannot be understood.
    """
    root = parser(commands_of)
    argv = _with_values(sys.argv[1:] if argv is None else argv)
    try:
        options, left = root.parse_known_args(argv)
        if left:
            here = next((command for name, command in root.commands().items() if name in argv), root)
            raise Complaint(f"unexpected {' '.join(left)}; see {here.prog} --help")
        return options
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
            near = meant_option(option.removeprefix("--"), here.options())
            hint = f"see {here.prog} --help" if near is None else f"did you mean {near}?"
            return f"unknown option {option}; {hint}"
        here = commands.get(argument, here)
    return None


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
    add_evaluation_options(root)
    add_screen_options(root)
    root.set_defaults(command=commands_of["dashboard"], as_json=False, require_band=False)
    commands = Subcommands(root, commands_of)

    run = commands.add(
        "run",
        help="no dashboard: print a line for each result",
        description="Prints a line for each result as it completes, then a summary. "
        "Exit status: 0 all trials graded, 1 some void, 2 usage, or the budget or the model stopped it early, "
        "3 not in the band (with --require-band), 130 interrupted.",
    )
    add_evaluation_options(run)
    add_annotation_options(run.add_argument_group("name"))
    add_line_options(run)

    resume = commands.add(
        "resume",
        help="resume an interrupted evaluation (the newest, without ID), or let one that has ended grow",
        description="Resumes an interrupted evaluation: in the dashboard, or in lines when there is no terminal. "
        "With --runs, or --until-decided, one that has ended goes on as if it had begun with that many runs. "
        "The prompt and the grading stay as they were; the address, the concurrency, the band and the budget may "
        "change.",
    )
    resume.add_argument("id", nargs="?", metavar="ID", help=f"{ID} (default: the newest not finished)")
    resume.add_argument("--voids", action="store_true", help="also make the void runs again")
    resume.add_argument(
        "--cancel-batch",
        action="store_true",
        help="cancel the runs that wait for a batch, and the batch at its server; nothing else is done",
    )
    resume.add_argument(
        "--batch-again",
        action="store_true",
        help="ask anew what was in a batch that is lost, or of which cannot be told whether it was submitted;"
        " the same may be paid for twice",
    )
    add_resume_options(resume)
    add_screen_options(resume)
    add_line_options(resume)

    serve = commands.add(
        "serve",
        help="the dashboard in a browser",
        description="Serves the dashboard to this machine's browser. Options fill the launch form in. "
        "Needs the optional dependency: pip install '.[serve]' in the clone.",
    )
    serve.add_argument("--host", default="127.0.0.1", help="the address to listen at (default: 127.0.0.1)")
    serve.add_argument("--port", default="8000", help="the port to listen at (default: 8000)")
    serve.add_argument("--demo", action="store_true", help="every page shows the demo")
    add_evaluation_options(serve)
    add_screen_options(serve)

    commands.add(
        "keys",
        help="list the keys, what they do, and their ids for dropout.toml",
        description="Lists what the keys do, with the ids that [keys] in dropout.toml remaps.",
    )

    history = commands.add(
        "history",
        help="list the stored evaluations",
        description="Lists the stored evaluations, the newest first. One that cannot be read is a line that says why.",
    )
    history.add_argument("--json", action="store_true", dest="as_json", help="one JSON object a line")
    add_store(history)

    show = commands.add(
        "show",
        help="one evaluation, or one trial with code, checks and conversation",
        description="Prints one stored evaluation, or one of its trials with code, checks and conversation.",
    )
    add_newest(show)
    show.add_argument("trial", nargs="?", metavar="TRIAL", help="the number of one of its trials")
    form = show.add_mutually_exclusive_group()
    form.add_argument(
        "--json", action="store_true", dest="as_json", help="JSON lines, as `run --json` prints them"
    )
    form.add_argument(
        "--code", action="store_true", help="only the code of the trial, as it is: … --code > answer.py"
    )
    form.add_argument(
        "--exact",
        action="store_true",
        help="of an evaluation also the interval of Clopper and Pearson, which covers at least 95 %% at every rate",
    )
    add_store(show)

    regrade = commands.add(
        "regrade",
        help="grade stored answers again, without API calls, and print what changed",
        description="Grades the stored answers by today's checks, without asking the model, and prints what changed.",
    )
    add_newest(regrade)
    regrade.add_argument("--suite", metavar="NAME", help="which checks (default: those of the evaluation)")
    regrade.add_argument(CHECKS[0], metavar=CHECKS[1], help=CHECKS[2])
    regrade.add_argument("--json", action="store_true", dest="as_json", help="one JSON object a line")
    add_store(regrade)
    add_grading_place(regrade)

    add_questions(commands.add)
    add_annotate(commands.add)

    compare = commands.add(
        "compare",
        help="two evaluations: rates, checks, settings and prompts that differ; or any number, ranked",
        description="Of two: says whether B's pass rate can be told apart from A's, and what else differs. Of more:"
        " ranks them by their pass rates, each with its interval against the band, says which are higher than which,"
        " and how often each check fails.",
    )
    compare.add_argument("ids", metavar="ID", nargs="*", help=f"{ID}; two or more (default: the two newest)")
    compare.set_defaults(takes_newest=2)
    compare.add_argument("--json", action="store_true", dest="as_json", help="one JSON object")
    add_store(compare)

    export = commands.add(
        "export",
        help="one evaluation as JSON, CSV, an HTML page, or an Inspect AI log",
        description=_EXPORT,
        as_it_stands=True,
    )
    add_newest(export)
    export.add_argument(
        "--format",
        required=True,
        metavar="json|csv|html|inspect",
        dest="format_name",
        help="one of those above",
    )
    export.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="FILE|DIR/|-",
        help="the file or folder to write to, or - for the output",
    )
    export.add_argument("--force", action="store_true", help="replace a file that is there")
    add_store(export)

    audit = commands.add(
        "audit",
        help="grade the grader: known-right, known-wrong and cheating answers",
        description="Grades known-right, known-wrong and cheating answers, and prints both error rates. What it finds "
        "is stored, interrupted or not: `dropout-tui review` shows it of evaluations of the same task and suite. "
        "Exit status: 0 no fault, 1 faults, 2 usage, 130 interrupted.",
    )
    add_task(audit)
    audit.add_argument("--suite", metavar="NAME", help="which checks (default: all suites)")
    audit.add_argument(CHECKS[0], metavar=CHECKS[1], help=CHECKS[2])
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
    add_store(audit)
    add_weak_sandbox(audit)

    grade = commands.add(
        "grade",
        help="grade code, a model's reply, or many completions",
        description="Grades one answer and prints every check, or grades the completions of a file, such as the "
        "samples of EvalPlus, BigCodeBench and LiveCodeBench, rows of TRL, or conversations as JSON, and prints "
        "a line for each. Its content tells what a file is. "
        "Exit status: 0 passed, 1 failed, 2 usage, 4 could not be graded.",
    )
    grade.add_argument(
        "file", metavar="FILE|-", help="code, a reply with code in it, lines of JSON, or - for the input"
    )
    add_task(grade)
    grade.add_argument(
        "--suite", metavar="NAME", help="which checks (default: basic; of another task, its first)"
    )
    grade.add_argument(CHECKS[0], metavar=CHECKS[1], help=CHECKS[2])
    grade.add_argument("--seed", metavar="N", help="make the verdict reproducible")
    grade.add_argument(
        "--seeds",
        default="1",
        metavar="N",
        help="grade one answer N times, and say how often the verdict is the same",
    )
    grade.add_argument("--json", action="store_true", dest="as_json", help="one JSON object a line")
    add_grading_place(grade)

    add_import(commands.add)

    sweep = commands.add(
        "sweep",
        help="a grid of evaluations, each until it is decided",
        description=SWEEP,
        as_it_stands=True,
    )
    add_sweep(sweep)

    tasks = commands.add(
        "tasks",
        help="list the tasks that come with the program and with installed packages",
        description="Lists the tasks that come with the program, with their suites and checks, and those of packages.",
    )
    tasks.add_argument("--json", action="store_true", dest="as_json", help="one JSON object a line")

    prompt = commands.add(
        "prompt",
        help="print the prompt that would be sent",
        description="Prints the prompt that these options would send; which checks it does not state, if any, is"
        " said on the error output.",
    )
    add_task(prompt)
    for name, metavar, text in WHAT_IS_ASKED:
        prompt.add_argument(name, metavar=metavar, help=text, default=argparse.SUPPRESS)
    prompt.add_argument(
        "--list", action="store_true", help="list the names that --prompt takes, stored variants included"
    )
    add_store(prompt)

    new_task = commands.add(
        "new-task",
        help="write a task file of your own, with answers to audit it",
        description="Writes NAME.py, a task to be changed into your own, and the folder NAME_answers beside it.",
    )
    new_task.add_argument("name", metavar="NAME", help="what the task is called, such as moving_average")

    add_program(commands.add)
    return root
