"""``dropout-tui run`` and ``resume`` without a screen."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from pathlib import Path

from dropout_core.models import ModelUnusable
from dropout_core.models.http.destination import destination_of
from dropout_core.running.overrides import ResumeOverrides
from dropout_core.running.session import Session, model_for
from dropout_core.sandbox import SandboxBroken
from dropout_core.storage.store import Store, StoreUnusable, UnknownEvaluation
from dropout_core.values.config import EvaluationConfig
from dropout_tui.command_line.event_loop import run_to_its_end
from dropout_tui.command_line.line_output import LineOptions, Printer, run_lines, status_of
from dropout_tui.command_line.open_store import Complain, opened_store
from dropout_tui.command_line.report_lines import command_line
from dropout_tui.command_line.resume import resumed_session
from dropout_tui.exit_codes import EXIT_INTERRUPTED, EXIT_USAGE
from dropout_tui.settings.known_addresses import KnownAddresses, keep_address
from dropout_tui.text.nothing_left import finished_words


def run(path: Path, config: EvaluationConfig, complain: Complain, options: LineOptions) -> int:
    """Run a new evaluation."""

    def opened(store: Store) -> Session:
        # The model first: an evaluation whose model cannot be asked is not stored.
        model = model_for(config)
        keep_address(config)
        return Session.new(store, config, model, allow_weak_sandbox=options.allow_weak_sandbox)

    with opened_store(path, complain) as store:
        return (
            EXIT_USAGE if store is None else _to_its_end(store, opened, ResumeOverrides(), complain, options)
        )


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

    with opened_store(path, complain, create=False) as store:
        if store is None:
            return EXIT_USAGE
        repeats = number is None or (changes.repeats_voids and _has_voids(store, number))
        status = None if repeats or number is None else _say_finished(store, number, complain, options)
        return _to_its_end(store, opened, changes, complain, options) if status is None else status


def _has_voids(store: Store, number: int) -> bool:
    try:
        return store.state(number).tally.void > 0
    except (StoreUnusable, UnknownEvaluation):
        return False


def _say_finished(store: Store, number: int, complain: Complain, options: LineOptions) -> int | None:
    """Report a finished evaluation with its results; ``None`` when something is left to do."""
    try:
        state = store.state(number)
    except (StoreUnusable, UnknownEvaluation):
        return None  # reported when it is resumed
    words = None if state.damage else finished_words(number, state)
    if words is None:
        return None
    more = f"dropout-tui run --model {shlex.quote(state.config.model)} --runs {state.config.runs}"
    complain(f"{words}. More runs are an evaluation of their own: {more}")
    Printer(number, state, store.path, sys.stdout, as_json=options.as_json).end()
    return status_of(state, options)


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
        destination = destination_of(changes.of(session.state.config))
        if destination is not None and not destination.is_usual:
            complain(destination.words)
        return run_to_its_end(lambda: run_lines(session, sys.stdout, complain, options, changes))
    except UnknownEvaluation as error:
        complain(f"{error}; see: {command_line(store.path, 'history')}")
    except StoreUnusable as error:
        lost = "" if session is None else f"; what was not stored is lost; {_go_on(session.number, store)}"
        complain(f"{error}{lost}")
    except (ModelUnusable, SandboxBroken) as error:
        complain(str(error))
    except KeyboardInterrupt:
        # The evaluation may have been stored just now, before this function got its session.
        number = store.newest_unfinished() if session is None else session.number
        known = number is not None and (session is not None or number != newest)
        complain(f"interrupted; {_go_on(number, store)}" if known and number is not None else "interrupted")
        return EXIT_INTERRUPTED
    return EXIT_USAGE


def _go_on(number: int, store: Store) -> str:
    return f"go on with: {command_line(store.path, 'resume', number)}"
