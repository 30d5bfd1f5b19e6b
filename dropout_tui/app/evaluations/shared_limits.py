"""What the evaluations of the program may have in flight and may cost together, and how the user changes that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from dropout_core.costs.purse import Purse
from dropout_core.running.evaluation_line import limit_of_all
from dropout_core.running.sweep.shared_purse import Amount
from dropout_core.running.sweep.side_by_side import SideBySide
from dropout_core.values.files.file_limit import raise_limit, requests_that_fit
from dropout_tui.app.base_app import BaseApp
from dropout_tui.presenters.evaluations.live_evaluation import CommonLimit, LiveEvaluation
from dropout_tui.text.words.purse import HOW_TO_FILL

HELD_SECONDS = 20.0
"""Seconds for which the toast stays that says why nothing begins; the screens say it all the time."""


class SharedLimits:
    """The common limit and the common budget."""

    def __init__(
        self,
        app: BaseApp,
        lives: Callable[[], Iterable[LiveEvaluation]],
        changed: Callable[[], None],
        purse: Purse,
        *,
        allow_weak_sandbox: bool,
    ) -> None:
        """`lives` gives the evaluations of the program; `changed` is called when the user has chosen another limit."""
        self.side_by_side = SideBySide(
            1, purse=purse, held_back=self._hold_back, allow_weak_sandbox=allow_weak_sandbox
        )
        """What runs them."""
        self.side_by_side.begin()
        self._app = app
        self._lives = lives
        self._changed = changed
        self._chosen: int | None = None

    @property
    def limit(self) -> CommonLimit:
        """Most requests in flight at once."""
        return CommonLimit(self.side_by_side.limit, self._chosen is not None)

    @property
    def purse(self) -> Purse:
        """What all of them may cost together, including what they have cost."""
        return self.side_by_side.purse.limits

    @property
    def spent(self) -> Amount:
        """What was spent since the program began, as far as it is shown."""
        return self.side_by_side.purse.spent({live.number: live.state for live in self._lives()})

    def follow(self, asked: Sequence[int]) -> None:
        """Set the limit to what was chosen, or to the most that those under way `asked` for; it stays while there are
        none."""
        if asked or self._chosen is not None:
            self.side_by_side.set_limit(limit_of_all(asked, self._chosen))

    def choose(self, by: int) -> None:
        """Let `by` more requests be in flight at once, or fewer."""
        most = requests_that_fit(raise_limit())
        self._chosen = max(1, min(most, self.side_by_side.limit + by))
        self._changed()

    def let_be(self) -> None:
        """Let the limit be again the largest that any evaluation has."""
        self._chosen = None
        self._changed()

    def fill(self, purse: Purse) -> None:
        """Change what all of them may cost together. What was held back for want of it goes on by itself."""
        self.side_by_side.fill(purse)

    def _hold_back(self, whys: Mapping[int, str]) -> None:
        """Show which evaluations the common budget lets begin nothing, and say each reason once."""
        lives = list(self._lives())
        known = {live.no_money for live in lives}
        for live in lives:
            live.hold_back(whys.get(live.number))
        for why in dict.fromkeys(whys.values()):
            if why not in known:
                self._app.ring()
                self._app.notify(
                    f"{why} {HOW_TO_FILL}",
                    title="Held",
                    severity="warning",
                    timeout=HELD_SECONDS,
                    markup=False,
                )
