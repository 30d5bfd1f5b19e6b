"""The command line: reads options and hands over to the modules in `commands`.

The SDK, NumPy and Textual are imported only when a command needs them.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dropout_core.values.config import DEFAULT_MODEL, SAMPLE_MODEL, EvaluationConfig
from dropout_core.values.file_limit import NO_MORE
from dropout_core.values.plan import RUNS_UNTIL_DECIDED
from dropout_tui.command_line.arguments import PROGRAM, Command, Complaint, parsed
from dropout_tui.exit_codes import EXIT_BROKEN_PIPE, EXIT_INTERRUPTED, EXIT_USAGE
from dropout_tui.presenters.launch_form import MAX_SEED, LaunchForm, parse
from dropout_tui.settings.config_file import (
    SCREEN_TEXTS,
    SWITCHES,
    TEXT_OPTIONS,
    Settings,
    SettingsProblem,
    gather,
)
from dropout_tui.settings.named_tasks import name_tasks
from dropout_tui.settings.private_environment import keep_keys_private
from dropout_tui.terminal.ascii_fallback import PLAIN_LETTERS
from dropout_tui.text.sanitize import visible_line

if TYPE_CHECKING:
    from dropout_core.task.definition import Task
    from dropout_tui.command_line.line_output import LineOptions

FORM_CHANGES = (
    "base_url", "concurrency", "sequential", "runs", "band", "tolerance", "until_decided", "budget",
    "max_total_tokens", "price",
)  # fmt: skip
CHANGEABLE = (*FORM_CHANGES, "store")
"""Options that `resume` may change."""

NOTHING_ASKED_FOR = (
    "nothing was started, since there is no terminal to ask in;"
    " type dropout-tui run, or add --start or --runs N"
)
"""Said where no form can be shown and no runs were asked for: runs may cost money."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and return its exit status."""
    if sys.stdout is None or sys.stderr is None:
        return _closed()
    for stream in (sys.stdout, sys.stderr):
        # Replies may hold characters that the terminal's encoding lacks.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=PLAIN_LETTERS)
    keep_keys_private()
    try:
        options = parsed(COMMANDS, argv)
        command: Command = options.command
        with _log_of(options):
            status = command(options)
        # Flushed here, where a full disk is reported in one line; at exit Python would print a traceback.
        sys.stdout.flush()
    except Complaint as complaint:
        complain(str(complaint))
        return EXIT_USAGE
    except _told_in_one_line() as error:
        complain(str(error))
        return EXIT_USAGE
    except BrokenPipeError:
        _forget_output()
        return EXIT_BROKEN_PIPE
    except OSError as error:
        complain(_told_by_the_system(error))
        _forget_output()
        return EXIT_USAGE
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    return status


def _closed() -> int:
    """Whether an output is closed (``>&-``): the next file opened would take its descriptor and be written into."""
    which = "standard output" if sys.stdout is None else "error output"
    with suppress(OSError):
        print(
            f"{PROGRAM}: the {which} is closed; send it to /dev/null instead",
            file=sys.stderr or sys.stdout,
            flush=True,
        )
    return EXIT_USAGE


def _told_in_one_line() -> tuple[type[Exception], ...]:
    """Exceptions whose message is meant for the user. Imported only on failure, to keep the first paint quick."""
    from dropout_core.sandbox import SandboxBroken
    from dropout_core.storage.errors import StoreUnusable

    return StoreUnusable, SandboxBroken


def _told_by_the_system(error: OSError) -> str:
    """An operating system error in one line that says what to do. One that names no file comes from the output."""
    if error.errno in {errno.EMFILE, errno.ENFILE}:
        return NO_MORE
    if error.filename is not None:
        return f"{error.filename}: {error.strerror or error}"
    return f"cannot write the output: {error.strerror or error}"


def _log_of(options: argparse.Namespace) -> AbstractContextManager[None]:
    """The log file of `--log`, if it was given."""
    path = getattr(options, "log", None)
    if path is None:
        return nullcontext()
    from dropout_tui.command_line.log_file import opened_log

    try:
        return opened_log(Path(path).expanduser())
    except OSError as error:
        raise Complaint(f"--log: cannot write {path}: {error.strerror or error}") from None


def _forget_output() -> None:
    """Python would complain once more when it closes the stream."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(text: str) -> None:
    """Write one line to the error output."""
    # The terminal may have been closed.
    with suppress(OSError):
        print(f"{PROGRAM}: {visible_line(text)}", file=sys.stderr, flush=True)


def _settings(options: argparse.Namespace) -> Settings:
    given = vars(options)
    try:
        names = (*TEXT_OPTIONS, *SWITCHES, *SCREEN_TEXTS)
        settings = gather({name: given[name] for name in names if name in given})
    except SettingsProblem as problem:
        raise Complaint(str(problem)) from None
    name_tasks(settings)
    return settings


def _form(settings: Settings) -> LaunchForm:
    """The launch form, filled in as far as the options go."""
    from dropout_core.models.http.credentials import key_configured

    given: dict[str, Any] = {**settings.texts, **settings.switches}
    given.pop("store", None)
    given.setdefault("model", DEFAULT_MODEL if key_configured() or "base_url" in given else SAMPLE_MODEL)
    if "task" in given:
        given.setdefault("suite", "")
    if settings.switches.get("until_decided"):
        given.setdefault("runs", str(RUNS_UNTIL_DECIDED))
    return LaunchForm(**given)


def _config(settings: Settings) -> EvaluationConfig:
    return _checked(_form(settings), settings)


def _checked(form: LaunchForm, settings: Settings) -> EvaluationConfig:
    parsed = parse(form)
    if isinstance(parsed, EvaluationConfig):
        return parsed
    field, problem = next(iter(parsed.items()))
    raise Complaint(f"{settings.named(field)}: {problem}")


def _line_options(options: argparse.Namespace) -> LineOptions:
    from dropout_tui.command_line.line_output import LineOptions

    return LineOptions(options.as_json, options.require_band, options.allow_weak_sandbox)


def _has_terminal() -> bool:
    streams = (sys.stdin, sys.stdout, sys.stderr)
    return (
        all(stream is not None and stream.isatty() for stream in streams) and os.environ.get("TERM") != "dumb"
    )


def _in_a_browser() -> bool:
    """Whether textual-serve runs this program for a page in a browser."""
    return os.environ.get("TEXTUAL_DRIVER", "").startswith("textual.drivers.web_driver:")


def _dashboard(options: argparse.Namespace) -> int:
    can_draw = _has_terminal() or _in_a_browser()
    if options.demo:
        if not can_draw:
            raise Complaint("--demo needs a terminal; dropout-tui run --model sample prints lines")
        from dropout_tui.commands.demo import run_demo
        from dropout_tui.settings.preferences import preferences_of

        preferences = preferences_of(_settings(options))
        return run_demo(complain, preferences, allow_weak_sandbox=options.allow_weak_sandbox)
    at_once = options.start or hasattr(options, "runs")
    if not can_draw:
        if not at_once:
            raise Complaint(NOTHING_ASKED_FOR)
        return _run(options)
    from dropout_tui.commands.dashboard import run_dashboard
    from dropout_tui.settings.known_addresses import known_addresses
    from dropout_tui.settings.preferences import preferences_of

    settings = _settings(options)
    return run_dashboard(
        settings.store,
        complain,
        form=_form(settings),
        config=_config(settings) if at_once else None,
        known=known_addresses(settings),
        allow_weak_sandbox=options.allow_weak_sandbox,
        preferences=preferences_of(settings),
    )


def _run(options: argparse.Namespace) -> int:
    from dropout_tui.commands.run import run

    settings = _settings(options)
    config = _config(settings)
    return run(settings.store, config, complain, _line_options(options))


def _resume(options: argparse.Namespace) -> int:
    number = None if options.id is None else _number(options.id, "ID")
    kept = [name for name in (*TEXT_OPTIONS, *SWITCHES) if hasattr(options, name) and name not in CHANGEABLE]
    if kept:
        flag = kept[0].replace("_", "-")
        changeable = ", ".join(f"--{name.replace('_', '-')}" for name in CHANGEABLE)
        raise Complaint(f"--{flag} is kept from the start of an evaluation; resume can change {changeable}")
    settings = _settings(options)
    store = settings.store
    # The stored band is not known yet; this widest band allows every tolerance.
    asked_for = {name: getattr(options, name) for name in FORM_CHANGES if hasattr(options, name)}
    changes = _checked(LaunchForm(SAMPLE_MODEL, **{"band": "0-100", **asked_for}), settings)
    given = asked_for.keys()
    from dropout_core.running.overrides import ResumeOverrides

    asked = ResumeOverrides(
        base_url=changes.base_url,
        concurrency=changes.slots if {"concurrency", "sequential"} & given else None,
        runs=changes.runs if "runs" in given else None,
        band=changes.band if "band" in given else None,
        until_decided=changes.until_decided,
        budget=changes.budget,
        max_total_tokens=changes.max_total_tokens,
        price=changes.price,
        tolerance=changes.tolerance if "tolerance" in given else None,
        repeats_voids=options.voids,
    )
    from dropout_tui.settings.known_addresses import known_addresses

    known = known_addresses(settings)
    if sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty():
        from dropout_tui.command_line.address_question import asked_first

        confirmed = asked_first(store, number, asked, known, complain)
        if confirmed is None:
            return EXIT_USAGE
        known = confirmed
    if _has_terminal() and not options.as_json:
        from dropout_tui.commands.dashboard import resume_dashboard
        from dropout_tui.settings.preferences import preferences_of

        return resume_dashboard(
            store,
            complain,
            number,
            changes=asked,
            known=known,
            allow_weak_sandbox=options.allow_weak_sandbox,
            preferences=preferences_of(settings),
        )
    from dropout_tui.commands.run import resume

    return resume(store, number, asked, known, complain, _line_options(options))


def _serve(options: argparse.Namespace) -> int:
    from dropout_tui.commands.serve import HIGHEST_PORT, serve

    port = _number(options.port, "--port", 1, HIGHEST_PORT)
    settings = _settings(options)
    flags = {"--demo": options.demo, "--allow-weak-sandbox": options.allow_weak_sandbox}
    return serve(settings, options.host, port, complain, arguments=[flag for flag, on in flags.items() if on])


def _keys(options: argparse.Namespace) -> int:
    from dropout_tui.commands.keys import list_keys

    return list_keys(_settings(options).keys, complain)


def _history(options: argparse.Namespace) -> int:
    from dropout_tui.commands.history import history

    return history(_settings(options).store, complain, as_json=options.as_json)


def _show(options: argparse.Namespace) -> int:
    from dropout_tui.commands.show import show, show_code

    number = _number(options.id, "ID")
    trial = None if options.trial is None else _number(options.trial, "TRIAL")
    store = _settings(options).store
    if not options.code:
        return show(store, number, trial, complain, as_json=options.as_json)
    if trial is None:
        raise Complaint(f"--code needs the number of a run: dropout-tui show {number} RUN --code")
    return show_code(store, number, trial, complain)


def _regrade(options: argparse.Namespace) -> int:
    from dropout_tui.commands.regrade import regrade_evaluation

    # Not from the settings: their suite is for new evaluations.
    number, suite, checks = _number(options.id, "ID"), options.suite, options.checks
    del options.suite, options.checks
    store = _settings(options).store
    return regrade_evaluation(
        store,
        number,
        suite,
        complain,
        checks=checks,
        as_json=options.as_json,
        allow_weak_sandbox=options.allow_weak_sandbox,
    )


def _what_if(options: argparse.Namespace) -> int:
    from dropout_tui.commands.what_if import what_if

    number = _number(options.id, "ID")
    return what_if(
        _settings(options).store,
        number,
        complain,
        as_json=options.as_json,
        allow_weak_sandbox=options.allow_weak_sandbox,
    )


def _review(options: argparse.Namespace) -> int:
    from dropout_tui.commands.review import review

    number = _number(options.id, "ID")
    return review(_settings(options).store, number, options.output, complain, force=options.force)


def _compare(options: argparse.Namespace) -> int:
    from dropout_tui.commands.compare import compare_evaluations

    numbers = _number(options.first, "A"), _number(options.second, "B")
    return compare_evaluations(_settings(options).store, *numbers, complain, as_json=options.as_json)


def _export(options: argparse.Namespace) -> int:
    from dropout_tui.commands.export import export

    number = _number(options.id, "ID")
    return export(
        _settings(options).store, number, options.format_name, options.output, complain, force=options.force
    )


def _audit(options: argparse.Namespace) -> int:
    from dropout_tui.commands.audit import AuditOptions, audit_grader

    folder = options.answers or options.only_answers
    task = _task(options)
    suite = _suite_of(options, task)
    chosen = AuditOptions(
        suites=() if suite is None else (suite,),
        task=task,
        seeds=_number(options.seeds, "--seeds", 1, MOST_AUDIT_SEEDS),
        seed=_seed(options.seed),
        folder=None if folder is None else Path(folder).expanduser(),
        built_in=options.only_answers is None,
        as_json=options.as_json,
        allow_weak_sandbox=options.allow_weak_sandbox,
    )
    return audit_grader(chosen, complain)


def _grade(options: argparse.Namespace) -> int:
    from dropout_tui.commands.grade import grade_file

    task = _task(options)
    return grade_file(
        options.file,
        _suite_of(options, task),
        task,
        _seed(options.seed),
        complain,
        as_json=options.as_json,
        allow_weak_sandbox=options.allow_weak_sandbox,
    )


def _suite_of(options: argparse.Namespace, task: Task) -> str | None:
    """The suite that is named on the command line, as it is changed there; ``None`` where neither is said."""
    from dropout_core.task.requirement import UnknownSuite

    if options.checks is None:
        return str(options.suite) if options.suite is not None else None
    try:
        return task.own_suite(options.suite or task.default_suite, options.checks)
    except UnknownSuite as error:
        raise Complaint(f"--checks: {error}") from None


def _task(options: argparse.Namespace) -> Task:
    """The task that is named on the command line, in the environment or in the user's settings."""
    from dropout_core.task.unusable import TaskUnusable
    from dropout_core.tasks.chosen import choose_task
    from dropout_core.values.task_names import DROPOUT

    settings = _settings(options)
    try:
        return choose_task(settings.texts.get("task", DROPOUT))
    except TaskUnusable as error:
        raise Complaint(f"{settings.named('task')}: {error}") from None


def _sweep(options: argparse.Namespace) -> int:
    from dropout_tui.commands.sweep import SweepOptions, sweep
    from dropout_tui.presenters.sweep_grid import AXES, GridProblem, axis, laid_out, setting_axis
    from dropout_tui.settings.known_addresses import known_addresses
    from dropout_tui.settings.named_tasks import name_task

    settings = _settings(options)
    given = {name: getattr(options, option[2:]) for name, option in AXES.items()}
    try:
        axes = [axis(name, text) for name, text in given.items() if text is not None]
        axes += map(setting_axis, options.set_grid)
        form = _form(settings)
        if "runs" not in settings.texts:
            form = replace(form, runs=str(RUNS_UNTIL_DECIDED))
        for each in axes:
            if each.name == "task":
                form = replace(form, suite=settings.texts.get("suite", ""))
                for value in each.values:
                    name_task(value)
        grid = laid_out(form, axes, {name: settings.named(name) for name in settings.texts})
    except GridProblem as problem:
        raise Complaint(str(problem)) from None
    known = known_addresses(settings)
    return sweep(settings.store, grid, SweepOptions(_line_options(options), known), complain)


def _tasks(options: argparse.Namespace) -> int:
    from dropout_tui.commands.tasks import list_tasks

    return list_tasks(as_json=options.as_json)


def _prompt(options: argparse.Namespace) -> int:
    from dropout_tui.commands.prompt import print_prompt

    settings = _settings(options)
    given: dict[str, Any] = {
        name: settings.texts[name]
        for name in ("task", "suite", "checks", "prompt", "mode")
        if name in settings.texts
    }
    if "task" in given:
        given.setdefault("suite", "")
    return print_prompt(_checked(LaunchForm(SAMPLE_MODEL, **given), settings))


def _new_task(options: argparse.Namespace) -> int:
    from dropout_tui.commands.new_task import write_new_task

    return write_new_task(options.name, complain)


MOST_AUDIT_SEEDS = 100_000


def _number(text: str, name: str, low: int = 1, high: int | None = None) -> int:
    """`text` as a whole number, for the argument `name`; at least 1 unless told otherwise."""
    try:
        number = int(text.lstrip("#"))
    except ValueError:
        number = low - 1
    if not low <= number <= (MAX_SEED if high is None else high):
        limits = f"from {low} up" if high is None else f"from {low:,} to {high:,}"
        raise Complaint(f"{name} is {text!r}; give a whole number {limits}")
    return number


def _seed(text: str | None) -> int | None:
    return None if text is None else _number(text, "--seed", 0, MAX_SEED)


COMMANDS: Mapping[str, Command] = {
    "dashboard": _dashboard,
    "run": _run,
    "resume": _resume,
    "serve": _serve,
    "keys": _keys,
    "history": _history,
    "show": _show,
    "regrade": _regrade,
    "what-if": _what_if,
    "review": _review,
    "compare": _compare,
    "export": _export,
    "audit": _audit,
    "grade": _grade,
    "sweep": _sweep,
    "tasks": _tasks,
    "prompt": _prompt,
    "new-task": _new_task,
}

if __name__ == "__main__":
    sys.exit(main())
