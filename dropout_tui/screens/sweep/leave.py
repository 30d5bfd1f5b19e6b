"""The dialog before a sweep is left while its runs are in flight."""

from __future__ import annotations

from dropout_tui.screens.confirm import FINISH, QUIT, STAY, Choice, ConfirmScreen


def leave_sweep_dialog(under_way: int) -> ConfirmScreen:
    """Asks before leaving cuts off `under_way` runs; returns `FINISH`, `QUIT` or `STAY`."""
    runs = "1 run is" if under_way == 1 else f"{under_way:,} runs are"
    it = "it" if under_way == 1 else "them"
    return ConfirmScreen(
        f"{runs} in flight. Every reply and verdict so far is kept; the same command goes on from there.",
        [
            Choice(FINISH, "f", f"Finish {it}, begin nothing more, then quit"),
            Choice(QUIT, "y", f"Cut {it} off and quit"),
            Choice(STAY, "n", "Stay"),
        ],
        safe=STAY,
        title="Quit?",
    )
