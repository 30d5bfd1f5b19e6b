"""The toast about a store that nothing can be written to: one, however many evaluations it holds up."""

from __future__ import annotations

from dropout_core.storage.errors import StoreBlocked
from dropout_tui.app.base_app import BaseApp


class StoreBlockage:
    """Tells the user when the first evaluation waits for the store, and when the last one goes on."""

    def __init__(self, app: BaseApp) -> None:
        self._app = app
        self._waiting: set[int] = set()

    def say(self, evaluation: int, error: StoreBlocked | None) -> None:
        """Nothing can be stored of an evaluation for now, or it can again."""
        if error is None:
            if self.forget(evaluation):
                self._app.notify("It can be written to again; the runs go on.", title="Store", markup=False)
            return
        if not self._waiting:
            self._app.notify(
                f"{error}. The runs wait and nothing is lost; they go on when that has healed.",
                title="Held", severity="error", timeout=86_400, markup=False,
            )  # fmt: skip
        self._waiting.add(evaluation)

    def forget(self, evaluation: int) -> bool:
        """An evaluation waits no more; returns whether it was the last, and removes the toast then."""
        was_waiting = evaluation in self._waiting
        self._waiting.discard(evaluation)
        if was_waiting and not self._waiting:
            self._app.clear_notifications()
        return was_waiting and not self._waiting
