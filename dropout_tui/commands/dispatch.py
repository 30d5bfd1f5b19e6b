"""Every command: what of its options is handed to the module in `commands` that runs it.

The SDK, NumPy and Textual are imported only when a command needs them.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dropout_core.values.annotation import UNANNOTATED, Annotation, AnnotationChange, AnnotationRefused
from dropout_core.values.config import SAMPLE_MODEL
from dropout_core.values.garbage_collection import held_back
from dropout_tui.command_line.complaints import Complaint, complain
from dropout_tui.command_line.evaluation_number import evaluation_number
from dropout_tui.command_line.options.annotation import annotation_change, refusal
from dropout_tui.command_line.options.parser import Command
from dropout_tui.command_line.options.values import (
    checked,
    chosen_task,
    config_of,
    form_of,
    line_options_of,
    purse_of,
    seed_of,
    settings_of,
    suite_of,
    whole_number,
)
from dropout_tui.exit_codes import EXIT_USAGE
from dropout_tui.presenters.launch.form import LaunchForm

NOTHING_ASKED_FOR = (
    "nothing was started, since there is no terminal to ask in;"
    " type dropout-tui run, or add --start or --runs N"
)
"""Said where no form can be shown and no runs were asked for: runs may cost money."""


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

        preferences = preferences_of(settings_of(options))
        return run_demo(complain, preferences, allow_weak_sandbox=options.allow_weak_sandbox)
    at_once = options.start or hasattr(options, "runs")
    if not can_draw:
        if not at_once:
            raise Complaint(NOTHING_ASKED_FOR)
        return _run(options)
    with held_back():
        from dropout_tui.commands.dashboard import run_dashboard
        from dropout_tui.settings.known_addresses import known_addresses
        from dropout_tui.settings.preferences import preferences_of

        settings = settings_of(options)
        return run_dashboard(
            settings.store,
            complain,
            form=form_of(settings),
            config=config_of(settings) if at_once else None,
            purse=purse_of(options),
            known=known_addresses(settings),
            allow_weak_sandbox=options.allow_weak_sandbox,
            preferences=preferences_of(settings),
        )


def _run(options: argparse.Namespace) -> int:
    from dropout_tui.commands.run import run

    settings = settings_of(options)
    config = config_of(settings)
    annotation = _annotation_of(annotation_change(options))
    return run(settings.store, config, complain, line_options_of(options), annotation)


def _annotation_of(change: AnnotationChange) -> Annotation:
    """What a new evaluation is called."""
    try:
        return change.of(UNANNOTATED)
    except AnnotationRefused as refused:
        raise Complaint(refusal(refused)) from None


def _resume(options: argparse.Namespace) -> int:
    from dropout_tui.command_line.options.overrides import overrides_of, refuse_what_is_kept

    refuse_what_is_kept(options)
    settings = settings_of(options)
    store = settings.store
    number = None if options.id is None else evaluation_number(options.id, "ID", store)
    asked = overrides_of(options, settings)
    from dropout_tui.settings.known_addresses import known_addresses

    known = known_addresses(settings)
    if sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty():
        from dropout_tui.command_line.address_question import asked_first

        confirmed = asked_first(store, number, asked, known, complain)
        if confirmed is None:
            return EXIT_USAGE
        known = confirmed
    if _has_terminal() and not (options.as_json or options.cancel_batch):
        with held_back():
            from dropout_tui.commands.dashboard import resume_dashboard
            from dropout_tui.settings.preferences import preferences_of

            return resume_dashboard(
                store,
                complain,
                number,
                changes=asked,
                purse=purse_of(options),
                known=known,
                allow_weak_sandbox=options.allow_weak_sandbox,
                preferences=preferences_of(settings),
            )
    from dropout_tui.commands.run import resume

    return resume(store, number, asked, known, complain, line_options_of(options))


def _serve(options: argparse.Namespace) -> int:
    from dropout_tui.commands.serve import HIGHEST_PORT, serve

    port = whole_number(options.port, "--port", 1, HIGHEST_PORT)
    settings = settings_of(options)
    flags = {"--demo": options.demo, "--allow-weak-sandbox": options.allow_weak_sandbox}
    return serve(settings, options.host, port, complain, arguments=[flag for flag, on in flags.items() if on])


def _keys(options: argparse.Namespace) -> int:
    from dropout_tui.commands.keys import list_keys

    return list_keys(settings_of(options).keys, complain)


def _history(options: argparse.Namespace) -> int:
    from dropout_tui.commands.history import history

    return history(settings_of(options).store, as_json=options.as_json)


def _show(options: argparse.Namespace) -> int:
    from dropout_tui.commands.show import show, show_code

    store = settings_of(options).store
    number = evaluation_number(options.id, "ID", store)
    trial = None if options.trial is None else whole_number(options.trial, "TRIAL")
    if options.exact and trial is not None:
        raise Complaint(f"--exact is of a whole evaluation: dropout-tui show {number} --exact")
    if not options.code:
        return show(store, number, trial, complain, as_json=options.as_json, exact=options.exact)
    if trial is None:
        raise Complaint(f"--code needs the number of a run: dropout-tui show {number} RUN --code")
    return show_code(store, number, trial, complain)


def _regrade(options: argparse.Namespace) -> int:
    from dropout_tui.command_line.grading_place import place_of
    from dropout_tui.commands.regrade import regrade_evaluation

    # Not from the settings: their suite is for new evaluations.
    suite, checks = options.suite, options.checks
    del options.suite, options.checks
    store = settings_of(options).store
    number = evaluation_number(options.id, "ID", store)
    return regrade_evaluation(
        store,
        number,
        suite,
        complain,
        place_of(options),
        checks=checks,
        as_json=options.as_json,
    )


def _what_if(options: argparse.Namespace) -> int:
    from dropout_tui.command_line.grading_place import place_of
    from dropout_tui.commands.what_if import what_if

    store = settings_of(options).store
    return what_if(
        store,
        evaluation_number(options.id, "ID", store),
        complain,
        place_of(options),
        as_json=options.as_json,
    )


def _review(options: argparse.Namespace) -> int:
    from dropout_tui.commands.review import review

    store = settings_of(options).store
    number = evaluation_number(options.id, "ID", store)
    return review(store, number, options.output, complain, as_json=options.as_json, force=options.force)


def _annotate(options: argparse.Namespace) -> int:
    from dropout_tui.commands.annotate import annotate

    store = settings_of(options).store
    number = evaluation_number(options.id, "ID", store)
    return annotate(store, number, annotation_change(options), complain, as_json=options.as_json)


def _compare(options: argparse.Namespace) -> int:
    store = settings_of(options).store
    numbers = [evaluation_number(text, "ID", store) for text in options.ids]
    twice = next((number for number in numbers if numbers.count(number) > 1), None)
    if twice is not None or len(numbers) < 2:
        which = "only one is given" if twice is None else f"{twice} is given twice"
        raise Complaint(f"{which}; compare takes two or more different evaluations, see: dropout-tui history")
    if len(numbers) == 2:
        from dropout_tui.commands.compare import compare_evaluations

        return compare_evaluations(store, numbers[0], numbers[1], complain, as_json=options.as_json)
    from dropout_tui.commands.compare_many import compare_many

    return compare_many(store, numbers, complain, as_json=options.as_json)


def _export(options: argparse.Namespace) -> int:
    from dropout_tui.commands.export import export

    store = settings_of(options).store
    number = evaluation_number(options.id, "ID", store)
    return export(store, number, options.format_name, options.output, complain, force=options.force)


def _audit(options: argparse.Namespace) -> int:
    from dropout_tui.commands.audit import AuditOptions, audit_grader

    folder = options.answers or options.only_answers
    task = chosen_task(options)
    suite = suite_of(options, task)
    chosen = AuditOptions(
        store=settings_of(options).store,
        suites=() if suite is None else (suite,),
        task=task,
        seeds=whole_number(options.seeds, "--seeds", 1, MOST_SEEDS),
        seed=seed_of(options.seed),
        folder=None if folder is None else Path(folder).expanduser(),
        built_in=options.only_answers is None,
        as_json=options.as_json,
        allow_weak_sandbox=options.allow_weak_sandbox,
    )
    return audit_grader(chosen, complain)


def _grade(options: argparse.Namespace) -> int:
    from dropout_tui.command_line.grading_place import place_of
    from dropout_tui.commands.grade import grade_file

    task = chosen_task(options)
    return grade_file(
        options.file,
        suite_of(options, task),
        task,
        seed_of(options.seed),
        complain,
        place_of(options),
        seeds=whole_number(options.seeds, "--seeds", 1, MOST_SEEDS),
        as_json=options.as_json,
    )


def _import(options: argparse.Namespace) -> int:
    from dropout_tui.command_line.grading_place import place_of
    from dropout_tui.commands.importing import import_from

    settings = settings_of(options)
    change = annotation_change(options)
    _annotation_of(change)
    return import_from(
        Path(options.path), settings, complain, line_options_of(options), place_of(options), change
    )


def _sweep(options: argparse.Namespace) -> int:
    from dropout_tui.command_line.options.grid import grid_of
    from dropout_tui.command_line.sweep.running import SweepOptions
    from dropout_tui.settings.known_addresses import known_addresses

    settings = settings_of(options)
    grid = grid_of(options, settings)
    chosen = SweepOptions(line_options_of(options), known_addresses(settings))
    if _has_terminal() and not options.as_json:
        from dropout_tui.commands.sweep_screen import sweep_screen
        from dropout_tui.settings.preferences import preferences_of

        return sweep_screen(settings.store, grid, chosen, complain, preferences_of(settings))
    from dropout_tui.commands.sweep import sweep

    return sweep(settings.store, grid, chosen, complain)


def _tasks(options: argparse.Namespace) -> int:
    from dropout_tui.commands.tasks import list_tasks

    return list_tasks(as_json=options.as_json)


def _prompt(options: argparse.Namespace) -> int:
    from dropout_tui.command_line.stored_prompt import StoredPrompts
    from dropout_tui.commands.prompt import list_prompts, print_prompt

    settings = settings_of(options)
    given: dict[str, Any] = {
        name: settings.texts[name]
        for name in ("task", "suite", "checks", "prompt", "mode")
        if name in settings.texts
    }
    if "task" in given:
        given.setdefault("suite", "")
    stored, form = StoredPrompts(settings.store), LaunchForm(SAMPLE_MODEL, **given)
    if options.list:
        return list_prompts(stored.of(form.task))
    return print_prompt(checked(form, settings), complain)


def _new_task(options: argparse.Namespace) -> int:
    from dropout_tui.commands.new_task import write_new_task

    return write_new_task(options.name, complain)


def _config(options: argparse.Namespace) -> int:
    from dropout_tui.commands.config import show_config

    return show_config(settings_of(options), as_json=options.as_json)


def _completion(options: argparse.Namespace) -> int:
    from dropout_tui.command_line.options.parser import parser
    from dropout_tui.commands.completion import completion

    print(completion(parser(COMMANDS), options.shell), end="")
    return 0


MOST_SEEDS = 100_000


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
    "annotate": _annotate,
    "compare": _compare,
    "export": _export,
    "audit": _audit,
    "grade": _grade,
    "import": _import,
    "sweep": _sweep,
    "tasks": _tasks,
    "prompt": _prompt,
    "new-task": _new_task,
    "config": _config,
    "completion": _completion,
}
