"""``dropout-tui run`` and ``resume`` without a screen."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from dropout_core.config import EvaluationConfig
from dropout_core.models import ModelUnusable
from dropout_core.pricing import price_for_budget
from dropout_core.sandbox import SandboxBroken
from dropout_core.session import Session, model_for
from dropout_core.store import StoreUnusable, UnknownEvaluation
from dropout_tui.changes import Changes
from dropout_tui.opened_store import Complain, opened_store
from dropout_tui.plain import EXIT_USAGE, LineOptions, run_lines


def run(path: Path, config: EvaluationConfig, complain: Complain, options: LineOptions) -> int:
    """Run a new evaluation."""
    with opened_store(path, complain) as store:
        if store is None:
            return EXIT_USAGE
        try:
            # Before anything is stored: an evaluation that cannot be asked is not one.
            model = model_for(config)
            session = Session.new(store, config, model, allow_weak_sandbox=options.allow_weak_sandbox)
            return asyncio.run(run_lines(session, sys.stdout, complain, options))
        except (ModelUnusable, SandboxBroken, StoreUnusable) as error:
            complain(str(error))
            return EXIT_USAGE


def resume(path: Path, number: int | None, changes: Changes, complain: Complain, options: LineOptions) -> int:
    """Go on with a stored evaluation, or with the newest that is not finished."""
    with opened_store(path, complain, create=False) as store:
        if store is None:
            return EXIT_USAGE
        try:
            chosen = store.newest_unfinished() if number is None else number
            if chosen is None:
                complain(f"no evaluation in {path} is unfinished; see: dropout-tui history")
                return EXIT_USAGE
            session = Session.resumed(
                store,
                chosen,
                lambda config: model_for(changes.of(config)),
                allow_weak_sandbox=options.allow_weak_sandbox,
            )
            if session.state.settled:
                complain(f"evaluation {chosen} has nothing left to do")
            changed = changes.of(session.state.config)
            if changed.budget is not None and session.state.price is None:
                price_for_budget(changed)
            return asyncio.run(run_lines(session, sys.stdout, complain, options, changes))
        except (ModelUnusable, SandboxBroken, StoreUnusable, UnknownEvaluation) as error:
            complain(str(error))
            return EXIT_USAGE
