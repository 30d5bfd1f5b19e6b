"""The dashboard of one cell of a sweep."""

from __future__ import annotations

from textual.binding import Binding
from textual.screen import Screen

from dropout_tui.screens.dashboard.screen import DashboardScreen


class SweepCellScreen(DashboardScreen, inherit_bindings=False):
    """An evaluation that runs beside the other cells; it leads back to them."""

    TITLE = "Cell of a sweep"
    BINDINGS = [
        Binding(
            "escape,backspace,b",
            "back",
            "Back",
            id="stored.back",
            tooltip="Show all again, or go back",
        ),
        *DashboardScreen.BINDINGS,
        *Screen.BINDINGS,
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide the keys for how many runs are in flight: that holds for all cells together."""
        return False if action == "concurrency" else super().check_action(action, parameters)

    def action_back(self) -> None:
        """Show every run again; when all are shown, back to the matrix."""
        if self.has_more_to_show:
            self.action_show_all()
        else:
            self.dismiss()
