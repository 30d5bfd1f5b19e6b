"""``dropout-tui run`` and ``resume`` without a screen."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from dropout_core.config import EvaluationConfig
from dropout_core.models import ModelUnusable
from dropout_core.session import Session, model_for
from dropout_core.store import StoreUnusable, UnknownEvaluation
from dropout_tui.opened_store import Complain, opened_store
from dropout_tui.plain import EXIT_USAGE, run_lines


def run(
    path: Path, config: EvaluationConfig, complain: Complain, *, as_json: bool, require_band: bool
) -> int:
    """Run a new evaluation."""
    with opened_store(path, complain) as store:
        if store is None:
            return EXIT_USAGE
        try:
            # Before anything is stored: an evaluation that cannot be asked is not one.
            model = model_for(config)
            session = Session.new(store, config, model)
            return asyncio.run(
                run_lines(session, sys.stdout, complain, as_json=as_json, require_band=require_band)
            )
        except (ModelUnusable, StoreUnusable) as error:
            complain(str(error))
            return EXIT_USAGE


def resume(path: Path, number: int | None, complain: Complain, *, as_json: bool, require_band: bool) -> int:
    """Go on with a stored evaluation, or with the newest that is not finished."""
    with opened_store(path, complain, create=False) as store:
        if store is None:
            return EXIT_USAGE
        try:
            chosen = store.newest_unfinished() if number is None else number
            if chosen is None:
                complain(f"no evaluation in {path} is unfinished; see: dropout-tui history")
                return EXIT_USAGE
            state = store.state(chosen)
            session = Session(store, chosen, state, model_for(state.config))
            return asyncio.run(
                run_lines(session, sys.stdout, complain, as_json=as_json, require_band=require_band)
            )
        except (ModelUnusable, StoreUnusable, UnknownEvaluation) as error:
            complain(str(error))
            return EXIT_USAGE
