"""The command palette's list of stored evaluations: the newest are opened by typing what is known of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Protocol, runtime_checkable

from textual.command import Hit, Hits, Provider

from dropout_core.storage.lease import leased_elsewhere
from dropout_core.storage.store import Store, StoreUnusable
from dropout_tui.presenters.deletions import Deletions
from dropout_tui.presenters.stored_evaluation import StoredEvaluation, mark_of_standing, stored_evaluation
from dropout_tui.screens.history import HistoryScreen

NEWEST = 20
"""How many are offered; the history has them all."""


@runtime_checkable
class KeepsEvaluations(Protocol):
    """An app with a store and a way to its history."""

    @property
    def store(self) -> Store | None:
        """Where the evaluations are; ``None`` while it is not open yet."""

    def number_open(self) -> int | None:
        """The evaluation it has open."""

    def action_history(self) -> None:
        """Show the history."""

    def deletions(self, store: Store) -> Deletions:
        """What was deleted from `store` since the program began."""


class EvaluationCommands(Provider):
    """Opens a stored evaluation."""

    async def startup(self) -> None:
        """Read what there is."""
        self._rows: list[StoredEvaluation] = []
        if isinstance(self.app, KeepsEvaluations) and self.app.store is not None:
            try:
                store, hides = self.app.store, self.app.deletions(self.app.store).hides
                self._rows = await asyncio.to_thread(_newest, store, self.app.number_open(), hides)
            except StoreUnusable:
                # The history says what is wrong with it; the palette still has everything else.
                return

    async def search(self, query: str) -> Hits:
        """The evaluations whose number, or anything a search in the history finds, matches."""
        matcher = self.matcher(query)
        for row in self._rows:
            title = f"Open evaluation {row.number}"
            score = max(matcher.match(title), matcher.match(row.words) / 2)
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


def _newest(store: Store, here: int | None, hides: Callable[[int], bool]) -> list[StoredEvaluation]:
    elsewhere = leased_elsewhere(store.path)
    there = [summary for summary in store.history() if not hides(summary.number)]
    return [stored_evaluation(summary, elsewhere, here) for summary in there[:NEWEST]]


def _about(row: StoredEvaluation) -> str:
    words = f"{row.model} · {row.prompt} · {row.suite} · {row.passed} of {row.graded} passed"
    # The palette takes its help for markup.
    return f"{words} · {mark_of_standing(row.standing).word}".replace("[", "(").replace("]", ")")
