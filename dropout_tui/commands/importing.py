"""``dropout-tui import``: replies that were made elsewhere become an evaluation."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dropout_core.analysis.asked import never_asked
from dropout_core.completions.rollouts import Rollout, Unreadable
from dropout_core.completions.sources import Source, Survey, sources_of, surveyed
from dropout_core.extraction.definition_line import looking_for
from dropout_core.reports.jsonlines import trial_object
from dropout_core.running.importing import Import, NotGraded, earlier_import, import_rollouts
from dropout_core.sandbox import SandboxBroken
from dropout_core.state.end_reasons import COMPLETED
from dropout_core.state.trial_state import TrialState
from dropout_core.storage.errors import StoreBlocked
from dropout_core.storage.store import Store, StoreUnusable
from dropout_core.task.unusable import TaskUnusable
from dropout_core.tasks.chosen import task_of
from dropout_core.values.annotation import UNCHANGED, AnnotationChange, AnnotationRefused
from dropout_core.values.config import DEFAULT_MODEL, MOST_IMPORTED, UNKNOWN, EvaluationConfig
from dropout_tui.command_line.event_loop import run_to_its_end
from dropout_tui.command_line.grading_place import GradingPlace
from dropout_tui.command_line.lines.line_output import LineOptions, Printer, status_of
from dropout_tui.command_line.lines.report_lines import RULE, result_line
from dropout_tui.command_line.open_store import Complain, opened_store
from dropout_tui.command_line.options.annotation import refusal
from dropout_tui.command_line.options.values import checked
from dropout_tui.exit_codes import EXIT_INTERRUPTED, EXIT_USAGE
from dropout_tui.presenters.launch.form import LaunchForm
from dropout_tui.settings.config_file import Settings
from dropout_tui.text.numbers import pluralize
from dropout_tui.text.sanitize import visible_line

if TYPE_CHECKING:
    from dropout_core.grading.task_grader import TaskGrader

PROMPT_OF_THE_FILE = "imported"
"""Name of a prompt that the file tells."""
MOST_LINES = 1_000
"""Most rollouts that get a line each; of more there are some lines about all."""
_MODELS_NAMED = 3
_LINES_OF_PROGRESS = 10
_ANY_SOURCE = ("task", "suite", "checks", "refusals", "band", "tolerance", "seed")
_COMMAND_LINE_ONLY = ("prompt", "mode")
"""What files of settings say of these is meant for evaluations to come."""


def import_from(
    path: Path,
    settings: Settings,
    complain: Complain,
    options: LineOptions,
    place: GradingPlace,
    annotation: AnnotationChange = UNCHANGED,
) -> int:
    """Import a file or folder, and return the exit status: the highest of all evaluations. Each gets the note and the
    tags of `annotation`, and a single one the name."""
    status = 0
    with opened_store(settings.store) as store:
        try:
            sources = sources_of(path.expanduser())
            if annotation.name and len(sources) > 1:
                complain(f"--name is for one evaluation, and these are {len(sources)}; --tag is for several")
                return EXIT_USAGE
            for source in sources:
                status = max(status, _import(source, settings, store, complain, options, place, annotation))
        except (Unreadable, StoreUnusable, SandboxBroken, TaskUnusable) as error:
            complain(str(error))
            return EXIT_USAGE
        except AnnotationRefused as refused:
            complain(refusal(refused))
            return EXIT_USAGE
        except NotGraded as error:
            complain(f"{error}; the same command goes on with what is missing")
            return EXIT_USAGE
        except KeyboardInterrupt:
            complain("interrupted; the same command goes on with what is missing")
            return EXIT_INTERRUPTED
    return status


def _import(
    source: Source,
    settings: Settings,
    store: Store,
    complain: Complain,
    options: LineOptions,
    place: GradingPlace,
    annotation: AnnotationChange,
) -> int:
    survey = surveyed(source)
    config = _config(source, survey, settings, complain)
    earlier = earlier_import(store, config, seed_matters="seed" in settings.texts)
    if earlier is not None and store.outline(earlier).stop_reason == COMPLETED:
        complain(f"{source.name} is there already, as evaluation {earlier}")
        if annotation != UNCHANGED:
            store.annotate(earlier, annotation)
        return _closed(earlier, store, options)

    async def graded() -> int:
        # Nothing is stored before it is known that answers can be graded.
        async with place.grader(config.suite, task_of(config)) as grader:
            with _begun(store, config, earlier, annotation) as under_way:
                lines = _Lines(under_way, source, complain, as_json=options.as_json)
                await _recorded(under_way, source, lines, complain, grader, place.at_once)
                return under_way.number

    return _closed(run_to_its_end(graded), store, options)


@contextmanager
def _begun(
    store: Store, config: EvaluationConfig, earlier: int | None, annotation: AnnotationChange
) -> Iterator[Import]:
    """A new import, or the `earlier` one gone on with. Its lease is released afterwards."""
    under_way = Import.begun(store, config) if earlier is None else Import.gone_on_with(store, earlier)
    try:
        if annotation != UNCHANGED:
            store.annotate(under_way.number, annotation)
        yield under_way
    finally:
        under_way.lease.release()


def _config(source: Source, survey: Survey, settings: Settings, complain: Complain) -> EvaluationConfig:
    """What the evaluation is of, by the options and by what the file tells."""
    if survey.count > MOST_IMPORTED:
        raise Unreadable(
            f"{source.name} holds {survey.count:,} rollouts; import {MOST_IMPORTED:,} at most at once"
        )
    given: dict[str, Any] = {name: settings.texts[name] for name in _ANY_SOURCE if name in settings.texts}
    given |= {
        name: settings.texts[name] for name in _COMMAND_LINE_ONLY if settings.is_from_command_line(name)
    }
    if "task" in given:
        given.setdefault("suite", "")
    named = settings.texts["model"] if settings.is_from_command_line("model") else None
    config = checked(LaunchForm(named or DEFAULT_MODEL, **given), settings)
    config = replace(
        config,
        model=named or _model(survey, complain),
        runs=survey.count,
        imported=str(source.name),
        imported_digest=survey.digest,
        max_tokens_from="stated" if "max_tokens" in survey.settings else "unknown",
        **survey.settings,
    )
    return config if "prompt" in given else _asked(config, survey)


def _model(survey: Survey, complain: Complain) -> str:
    if len(survey.models) > 1:
        complain(f"it names {len(survey.models)} models; --model gives the evaluation another name")
    more = " …" if len(survey.models) > _MODELS_NAMED else ""
    return ", ".join(survey.models[:_MODELS_NAMED]) + more or UNKNOWN


def _asked(config: EvaluationConfig, survey: Survey) -> EvaluationConfig:
    """`config` with the prompt of the file, if it tells one."""
    if survey.prompt is None:
        return replace(config, prompt=UNKNOWN, prompt_text="", unasked=())
    config = replace(config, prompt=PROMPT_OF_THE_FILE, prompt_text=survey.prompt)
    return replace(config, unasked=never_asked(config, task_of(config), config.suite))


async def _recorded(
    under_way: Import, source: Source, lines: _Lines, complain: Complain, grader: TaskGrader, at_once: int
) -> None:
    def blocked(error: StoreBlocked | None) -> None:
        if error is None:
            complain("the store can be written to again; going on")
        else:
            complain(f"{error}; waiting, nothing is lost: it goes on when that has healed")

    lines.begin()
    with looking_for(task_of(under_way.config).function):
        await import_rollouts(
            under_way, source.rollouts(), grader, lines.told, blocked=blocked, at_once=at_once
        )


def _closed(number: int, store: Store, options: LineOptions) -> int:
    state = store.outline(number)
    Printer(number, state, store.path, sys.stdout, as_json=options.as_json).end()
    return status_of(state, options)


class _Lines:
    """Prints what has been imported."""

    def __init__(self, under_way: Import, source: Source, complain: Complain, *, as_json: bool) -> None:
        self._complain = complain
        self._as_json = as_json
        self._number = under_way.number
        self._runs = under_way.config.runs
        self._source = source
        self._done = 0 if under_way.is_new else len(under_way.store.ended_trials(under_way.number))
        self._goes_on = not under_way.is_new

    def begin(self) -> None:
        """Print the lines before the first rollout."""
        if self._goes_on:
            self._complain(
                f"going on with evaluation {self._number}: {self._done:,} of {self._runs:,} are there"
            )
        if not self._as_json:
            runs = pluralize(self._runs, "rollout")
            self._print(
                f"Importing {runs} from {visible_line(str(self._source.name))}, without any request...", RULE
            )

    def told(self, rollout: Rollout, trial: TrialState) -> None:
        """Print what became of one rollout."""
        attempt = trial.attempts[-1]
        if rollout.fault is not None:
            self._complain(f"{self._source.name}, {rollout.place} {rollout.fault}")
        if self._as_json:
            self._print(json.dumps(trial_object(trial.number, attempt)))
        elif self._runs <= MOST_LINES and attempt.verdict is not None:
            self._print(result_line(trial.number, attempt.verdict))
        before, self._done = self._done, self._done + 1
        if self._runs > MOST_LINES and (
            before * _LINES_OF_PROGRESS // self._runs != self._done * _LINES_OF_PROGRESS // self._runs
        ):
            self._complain(f"imported {self._done:,} of {self._runs:,}")

    def _print(self, *lines: str) -> None:
        print(*lines, sep="\n", flush=True)
