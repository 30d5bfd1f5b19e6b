"""What the options of a command mean: settings, the launch form, an evaluation, a task, numbers."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from dropout_core.values.config import DEFAULT_MODEL, SAMPLE_MODEL, EvaluationConfig
from dropout_core.values.plan import RUNS_UNTIL_DECIDED
from dropout_core.values.stored.value import MOST_COUNTED
from dropout_tui.command_line.complaints import Complaint
from dropout_tui.presenters.launch.form import LaunchForm
from dropout_tui.settings.config_file import (
    SCREEN_TEXTS,
    SWITCHES,
    TEXT_OPTIONS,
    Settings,
    SettingsProblem,
    gather,
)
from dropout_tui.settings.named_tasks import name_tasks

if TYPE_CHECKING:
    from dropout_core.costs.purse import Purse
    from dropout_core.task.definition import Task
    from dropout_tui.command_line.lines.line_output import LineOptions


def settings_of(options: argparse.Namespace) -> Settings:
    """Settings of this start: the command line, the environment and both files.

    Raises:
        Complaint: one of them cannot be read.
    """
    given = vars(options)
    try:
        names = (*TEXT_OPTIONS, *SWITCHES, *SCREEN_TEXTS)
        settings = gather({name: given[name] for name in names if name in given})
    except SettingsProblem as problem:
        raise Complaint(str(problem)) from None
    name_tasks(settings)
    return settings


def form_of(settings: Settings) -> LaunchForm:
    """The launch form, filled in as far as the options go."""
    from dropout_core.models.http.credentials import key_configured
    from dropout_tui.command_line.stored_prompt import StoredPrompts

    given: dict[str, Any] = {**settings.texts, **settings.switches}
    given.pop("store", None)
    if given.get("api") == "openai":
        given.setdefault("model", "")  # which its server has, only the user knows
    given.setdefault("model", DEFAULT_MODEL if key_configured() or "base_url" in given else SAMPLE_MODEL)
    if "task" in given:
        given.setdefault("suite", "")
    if settings.switches.get("until_decided"):
        given.setdefault("runs", str(RUNS_UNTIL_DECIDED))
    return StoredPrompts(settings.store).filled(LaunchForm(**given))


def config_of(settings: Settings) -> EvaluationConfig:
    """The evaluation that is asked for.

    Raises:
        Complaint: a field says what cannot be.
    """
    return checked(form_of(settings), settings)


def checked(form: LaunchForm, settings: Settings) -> EvaluationConfig:
    """The evaluation that `form` describes.

    Raises:
        Complaint: a field says what cannot be; named as the user gave it.
    """
    from dropout_tui.command_line.stored_prompt import StoredPrompts

    parsed = StoredPrompts(settings.store).parsed(form)
    if isinstance(parsed, EvaluationConfig):
        return parsed
    field, problem = next(iter(parsed.items()))
    raise Complaint(f"{settings.named(field)}: {problem}")


def purse_of(options: argparse.Namespace) -> Purse | None:
    """What all evaluations of the dashboard may cost together: the budget that this command line names; ``None`` where
    it names none. One in a file is that of each evaluation.

    Raises:
        Complaint: it is none.
    """
    given = {
        name: getattr(options, name) for name in ("budget", "max_total_tokens") if hasattr(options, name)
    }
    if not given:
        return None
    from dropout_core.costs.purse import Purse
    from dropout_tui.presenters.evaluations.purse_form import PurseForm, parse_purse

    purse = parse_purse(PurseForm(**given))
    if isinstance(purse, Purse):
        return purse
    field, problem = next(iter(purse.items()))
    raise Complaint(f"--{field.replace('_', '-')}: {problem}")


def line_options_of(options: argparse.Namespace) -> LineOptions:
    """How lines are printed."""
    from dropout_tui.command_line.lines.line_output import LineOptions

    return LineOptions(options.as_json, options.require_band, options.allow_weak_sandbox)


def suite_of(options: argparse.Namespace, task: Task) -> str | None:
    """The suite that is named on the command line, as it is changed there; ``None`` where neither is said."""
    from dropout_core.task.requirement import UnknownSuite

    if options.checks is None:
        return str(options.suite) if options.suite is not None else None
    try:
        return task.own_suite(options.suite or task.default_suite, options.checks)
    except UnknownSuite as error:
        raise Complaint(f"--checks: {error}") from None


def chosen_task(options: argparse.Namespace) -> Task:
    """The task that is named on the command line, in the environment or in the user's settings."""
    from dropout_core.task.unusable import TaskUnusable
    from dropout_core.tasks.chosen import choose_task
    from dropout_core.values.task_names import DROPOUT

    settings = settings_of(options)
    try:
        return choose_task(settings.texts.get("task", DROPOUT))
    except TaskUnusable as error:
        raise Complaint(f"{settings.named('task')}: {error}") from None


def whole_number(
    text: str, name: str, low: int = 1, high: int | None = None, *, or_else: str | None = None
) -> int:
    """`text` as a whole number, for the argument `name`; at least 1 unless told otherwise.

    The complaint names `or_else` as what else may be given.
    """
    try:
        number = int(text.lstrip("#"))
    except ValueError:
        number = low - 1
    if not low <= number <= (MOST_COUNTED if high is None else high):
        limits = f"from {low} up" if high is None else f"from {low:,} to {high:,}"
        raise Complaint(
            f"{name} is {text!r}; give a whole number {limits}{'' if or_else is None else f', or {or_else}'}"
        )
    return number


def seed_of(text: str | None) -> int | None:
    """The seed that `--seed` gives, if it was given."""
    return None if text is None else whole_number(text, "--seed", 0, MOST_COUNTED)
