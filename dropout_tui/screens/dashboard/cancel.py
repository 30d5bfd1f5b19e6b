"""Cancelling, on any screen: a toast says so, and it takes effect some seconds later unless taken back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual.screen import Screen

from dropout_core.state.command_table import NOTHING_TO_DO, Command
from dropout_tui.presenters.evaluations import cancelling
from dropout_tui.presenters.evaluations.live_evaluation import LiveEvaluation


def begin_to_cancel(screen: Screen[Any], live: LiveEvaluation, trials: Sequence[int]) -> str | None:
    """Hold runs that are to be cancelled. An earlier cancel that could still be taken back takes effect now.

    Returns why it has no effect, if it has none.
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

    # The app's timer, since the screen may be left meanwhile.
    screen.app.set_timer(cancelling.GRACE_SECONDS, over)
    return None


def take_cancel_back(screen: Screen[Any], live: LiveEvaluation) -> None:
    """Let the runs go on whose cancel can still be taken back."""
    if live.cancelling and live.commands is not None:
        screen.notify(live.cancelling.take_back() or "The cancel is taken back.", markup=False)
