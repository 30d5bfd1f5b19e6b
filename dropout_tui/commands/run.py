"""``dropout-tui run`` and ``resume`` without a screen."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from dropout_core.models import ModelUnusable
from dropout_core.models.http.destination import told_first
from dropout_core.running.overrides import ChangeRefused, ResumeOverrides
from dropout_core.running.session import Session, model_for
from dropout_core.running.stored_plan import change_stored_plan
from dropout_core.sandbox import SandboxBroken
from dropout_core.state.command_table import IMPORTED
from dropout_core.state.end_reasons import DECIDED
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.storage.store import Store, StoreUnusable, UnknownEvaluation
from dropout_core.values.annotation import UNANNOTATED, Annotation, AnnotationChange
from dropout_core.values.config import EvaluationConfig
from dropout_tui.command_line.event_loop import run_to_its_end
from dropout_tui.command_line.lines.line_output import LineOptions, Printer, run_lines, status_of
from dropout_tui.command_line.open_store import Complain, opened_store, said_of_unknown
from dropout_tui.command_line.resume import resumed_session
from dropout_tui.exit_codes import EXIT_INTERRUPTED, EXIT_USAGE
from dropout_tui.settings.known_addresses import KnownAddresses, keep_address
from dropout_tui.settings.store_option import command_line
from dropout_tui.text.words.nothing_left import finished_words


def run(
    path: Path,
    config: EvaluationConfig,
    complain: Complain,
    options: LineOptions,
    annotation: Annotation = UNANNOTATED,
) -> int:
    """Run a new evaluation, under the name, the note and the tags of `annotation`."""

    def opened(store: Store) -> Session:
        # The model first: an evaluation whose model cannot be asked is not stored.
        model = model_for(config)
        keep_address(config)
        session = Session.new(store, config, model, allow_weak_sandbox=options.allow_weak_sandbox)
        if annotation:
            store.annotate(session.number, AnnotationChange.to(annotation))
        return session

    with opened_store(path) as store:
        return _to_its_end(store, opened, ResumeOverrides(), complain, options)


def resume(
    path: Path,
    number: int | None,
    changes: ResumeOverrides,
    known: KnownAddresses,
    complain: Complain,
    options: LineOptions,
) -> int:
    """Go on with a stored evaluation, or with the newest that is not finished."""

    def opened(store: Store) -> Session:
        return resumed_session(
            store, number, changes, model_for, known, allow_weak_sandbox=options.allow_weak_sandbox
        )

    with opened_store(path, create=False) as store:
        status = None if number is None else _without_running(store, number, changes, complain, options)
        return _to_its_end(store, opened, changes, complain, options) if status is None else status


def _without_running(
    store: Store, number: int, changes: ResumeOverrides, complain: Complain, options: LineOptions
) -> int | None:
    """What is to be done with an evaluation in which no run waits; ``None`` when one does, or will.

    Nothing is asked of a model for it, so it needs none.
    """
    try:
        state = store.state(number)
        if state.damage or (changes.repeats_voids and state.tally.void):
            return None
        if changes.changes_plan(state.config):
            changes.check(state)
            plan = changes.plan(state.config)
            if not state.settled or plan.runs > state.config.runs:
                return None
            if (why := change_stored_plan(store, number, plan)) is not None:
                raise ChangeRefused(why)
            state = store.state(number)
        elif (words := finished_words(number, state)) is None:
            return None
        else:
            complain(f"{words}. {_how_to_go_on(number, state, store.path)}")
    except ChangeRefused as error:
        complain(str(error))
        return EXIT_USAGE
    except (StoreUnusable, UnknownEvaluation):
        return None  # reported when it is resumed
    Printer(number, state, store.path, sys.stdout, as_json=options.as_json).end()
    return status_of(state, options)


def _how_to_go_on(number: int, state: EvaluationState, path: Path) -> str:
    """What to do with an evaluation in which nothing is left to do."""
    if state.config.imported is not None:
        return IMPORTED
    if state.stop_reason == DECIDED:
        return "Another --band or --tolerance decides anew"
    more = command_line(path, "resume", number, "--runs", 2 * state.config.runs)
    return f"For more runs: {more}"


def _to_its_end(
    store: Store,
    opened: Callable[[Store], Session],
    changes: ResumeOverrides,
    complain: Complain,
    options: LineOptions,
) -> int:
    """Run the session that `opened` returns; whatever ends it, print how to resume."""
    newest, session = store.newest_unfinished(), None
    try:
        session = opened(store)
        # Before entering the session, which may ask the server how long a reply may be.
        if words := told_first(changes.of(session.state.config)):
            complain(words)
        return run_to_its_end(lambda: run_lines(session, sys.stdout, complain, options, changes))
    except UnknownEvaluation as error:
        complain(said_of_unknown(error, store.path))
    except StoreUnusable as error:
        lost = "" if session is None else f"; what was not stored is lost; {_go_on(session.number, store)}"
        complain(f"{error}{lost}")
    except (ModelUnusable, SandboxBroken) as error:
        complain(str(error))
        if session is not None:
            session.withdraw(store)
    except KeyboardInterrupt:
        # The evaluation may have been stored just now, before this function got its session.
        number = store.newest_unfinished() if session is None else session.number
        known = number is not None and (session is not None or number != newest)
        complain(f"interrupted; {_go_on(number, store)}" if known and number is not None else "interrupted")
        return EXIT_INTERRUPTED
    return EXIT_USAGE


def _go_on(number: int, store: Store) -> str:
    return f"go on with: {command_line(store.path, 'resume', number)}"
