"""The command palette's list of stored evaluations: opens one by number, model or any other word of its line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Protocol, runtime_checkable

from textual.command import Hit, Hits, Provider

from dropout_core.storage.lease import leased_elsewhere
from dropout_core.storage.store import Store, StoreUnusable
from dropout_tui.presenters.evaluations.deletions import Deletions
from dropout_tui.presenters.evaluations.stored_evaluation import (
    StoredEvaluation,
    mark_of_stored_status,
    stored_evaluation,
)
from dropout_tui.screens.evaluations.history import HistoryScreen

NEWEST = 20
"""How many evaluations are listed; the history has all of them."""


@runtime_checkable
class KeepsEvaluations(Protocol):
    """An app that has a store and a history screen."""

    @property
    def store(self) -> Store | None:
        """Where the evaluations are; ``None`` while it is not open yet."""

    def numbers_open(self) -> frozenset[int]:
        """The numbers of the evaluations it has open."""

    def action_history(self) -> None:
        """Show the history."""

    def deletions(self, store: Store) -> Deletions:
        """The deletions made in `store` since the program began."""


class EvaluationCommands(Provider):
    """Opens a stored evaluation."""

    async def startup(self) -> None:
        """Read the list of stored evaluations."""
        self._rows: list[StoredEvaluation] = []
        if isinstance(self.app, KeepsEvaluations) and self.app.store is not None:
            try:
                store, hides = self.app.store, self.app.deletions(self.app.store).hides
                self._rows = await asyncio.to_thread(_newest, store, self.app.numbers_open(), hides)
            except StoreUnusable:
                # The history screen reports it; the rest of the palette still works.
                return

    async def search(self, query: str) -> Hits:
        """The evaluations that match by number, or by anything that the history's search finds."""
        matcher = self.matcher(query)
        for row in self._rows:
            title = f"Open evaluation {row.number}"
            score = max(matcher.match(title), matcher.match(f"{row.label} {row.words}") / 2)
            if score > 0:
                yield Hit(
                    score,
                    matcher.highlight(title),
                    partial(self._open, row.number),
                    text=title,
                    help=_about(row),
                )

    def _open(self, number: int) -> None:
        if isinstance(self.app, KeepsEvaluations):
            self.app.action_history()
            history = self.app.screen
            if isinstance(history, HistoryScreen):
                history.call_after_refresh(history.open, number)


def _newest(store: Store, here: frozenset[int], hides: Callable[[int], bool]) -> list[StoredEvaluation]:
    elsewhere = leased_elsewhere(store.path)
    there = [summary for summary in store.history() if not hides(summary.number)]
    return [stored_evaluation(summary, elsewhere, here) for summary in there[:NEWEST]]


def _about(row: StoredEvaluation) -> str:
    said = (row.label, row.model, row.prompt, row.suite, f"{row.passed} of {row.graded} passed")
    words = " · ".join(filter(None, said))
    # The palette takes its help for markup.
    return f"{words} · {mark_of_stored_status(row.status).word}".replace("[", "(").replace("]", ")")
