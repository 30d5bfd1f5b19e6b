"""Cancelling on any screen: it is said, takes effect some seconds later, and can be taken back until then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual.screen import Screen

from dropout_core.state.command_table import NOTHING_TO_DO, Command
from dropout_tui.presenters import cancelling
from dropout_tui.presenters.live_evaluation import LiveEvaluation


def begin_to_cancel(screen: Screen[Any], live: LiveEvaluation, trials: Sequence[int]) -> str | None:
    """Hold runs that are to be cancelled. A cancel before that which could still be taken back takes effect now.

    The line that says why nothing happens, if nothing does.
    """
    if live.commands is None:
        return None
    if live.cancelling:
        live.cancelling.take_effect()
    begun = live.cancelling = cancelling.Cancelling(
        live.commands, [live.state.trial(number) for number in trials]
    )
    if not begun:
        return NOTHING_TO_DO[Command.CANCEL]
    live.version += 1
    screen.notify(begun.words, timeout=cancelling.GRACE_SECONDS, markup=False)

    def over() -> None:
        begun.take_effect()
        live.version += 1

    # The app's timer: the screen may be left meanwhile.
    screen.app.set_timer(cancelling.GRACE_SECONDS, over)
    return None


def take_cancel_back(screen: Screen[Any], live: LiveEvaluation) -> None:
    """Let the runs go on that are held to be cancelled."""
    if live.cancelling and live.commands is not None:
        screen.notify(live.cancelling.take_back() or "The cancel is taken back.", markup=False)
