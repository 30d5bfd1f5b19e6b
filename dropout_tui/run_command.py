"""``dropout-tui run`` and ``resume`` without a screen."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

from dropout_core.config import EvaluationConfig
from dropout_core.models import ModelUnusable
from dropout_core.sandbox import SandboxBroken
from dropout_core.session import Session, model_for
from dropout_core.store import Store, StoreUnusable, UnknownEvaluation
from dropout_tui.changes import Changes
from dropout_tui.opened_store import Complain, opened_store
from dropout_tui.plain import EXIT_INTERRUPTED, EXIT_USAGE, LineOptions, again, run_lines
from dropout_tui.resumed_session import resumed_session


def run(path: Path, config: EvaluationConfig, complain: Complain, options: LineOptions) -> int:
    """Run a new evaluation."""

    def opened(store: Store) -> Session:
        # The model before anything is stored: an evaluation that cannot be asked is not one.
        model = model_for(config)
        return Session.new(store, config, model, allow_weak_sandbox=options.allow_weak_sandbox)

    with opened_store(path, complain) as store:
        return EXIT_USAGE if store is None else _to_its_end(store, opened, Changes(), complain, options)


def resume(path: Path, number: int | None, changes: Changes, complain: Complain, options: LineOptions) -> int:
    """Go on with a stored evaluation, or with the newest that is not finished."""

    def opened(store: Store) -> Session:
        session = resumed_session(
            store, number, changes, model_for, allow_weak_sandbox=options.allow_weak_sandbox
        )
        if session.state.settled:
            complain(f"evaluation {session.number} has nothing left to do")
        return session

    with opened_store(path, complain, create=False) as store:
        return EXIT_USAGE if store is None else _to_its_end(store, opened, changes, complain, options)


def _to_its_end(
    store: Store,
    opened: Callable[[Store], Session],
    changes: Changes,
    complain: Complain,
    options: LineOptions,
) -> int:
    """Run the session that `opened` gives; whatever ends it, say how to go on."""
    try:
        session = opened(store)
    except UnknownEvaluation as error:
        complain(f"{error}; see: dropout-tui history")
        return EXIT_USAGE
    except (ModelUnusable, StoreUnusable) as error:
        complain(str(error))
        return EXIT_USAGE
    go_on = again("resume", session.number, session.store)
    try:
        return asyncio.run(run_lines(session, sys.stdout, complain, options, changes))
    except (ModelUnusable, SandboxBroken) as error:
        complain(str(error))
        return EXIT_USAGE
    except StoreUnusable as error:
        complain(f"{error}; what was not stored is lost; go on with: {go_on}")
        return EXIT_USAGE
    except KeyboardInterrupt:
        complain(f"interrupted; go on with: {go_on}")
        return EXIT_INTERRUPTED
