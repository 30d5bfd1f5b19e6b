"""The trials that the table shows: filtered, ordered and grouped, kept up to date cheaply.

Trials are values, so one that is still the same object says the same: only those that changed are matched and
compared again, and nothing is rearranged while no key and no match changed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import chain, compress, count
from operator import is_not

from dropout_core.analysis.failure_groups import cause_of, failing_code
from dropout_core.state.trial_state import TrialState
from dropout_core.static_analysis.code_shape import code_shape
from dropout_tui.presenters.filter_query import SearchText
from dropout_tui.presenters.trials.trial_filter import EVERYTHING, Filter, search_text_of
from dropout_tui.presenters.trials.trial_lines import Heading, Line, grouped_lines
from dropout_tui.presenters.trials.trial_order import BY_RUN, Key, Order, key_of, ranking

CALM_SECONDS = 1.0
"""Seconds for which rows keep their places while trials end, so that a reader can follow them."""

SHAPING_SECONDS = 0.015
"""Seconds a frame may spend on parsing code for the groups; the rest is done in later frames."""


class TrialList:
    """The lines of the table. `order`, `matching` and `grouped` may be changed at any time."""

    def __init__(
        self,
        stopwatch: Callable[[], float] = time.perf_counter,
        reply_of: Callable[[TrialState], str | None] = lambda _: None,
    ) -> None:
        """`stopwatch` gives seconds, for the work a frame has time for; `reply_of` what was said in a trial, in lower
        case, or ``None`` while that is not known."""
        self._stopwatch = stopwatch
        self._reply_of = reply_of
        self._order = BY_RUN
        self._matching = EVERYTHING
        self._grouped = False
        self._collapsed: set[tuple[str, ...]] = set()
        self._trials: Sequence[TrialState] = ()
        self._keys: list[Key] = []
        self._matches: list[bool] = []
        self._said: list[SearchText | None] = []
        self._places: list[int] = []
        self._lines: Sequence[Line] = ()
        self._at: dict[int, int] = {}
        self._shapes: dict[str, str] = {}
        self._unshaped: list[str] = []
        self._arranged_at = 0.0
        self._asked = True
        self._stale = False

    @property
    def order(self) -> Order:
        """How the rows are ordered."""
        return self._order

    @order.setter
    def order(self, order: Order) -> None:
        if order.column is not self._order.column:
            self._keys = [key_of(trial, order.column) for trial in self._trials]
        self._order, self._asked = order, True

    @property
    def matching(self) -> Filter:
        """Which trials are shown."""
        return self._matching

    @matching.setter
    def matching(self, matching: Filter) -> None:
        if matching != self._matching:
            self._matching, self._asked = matching, True
            self._match_all()

    @property
    def grouped(self) -> bool:
        """Whether failures stand under their causes."""
        return self._grouped

    @grouped.setter
    def grouped(self, grouped: bool) -> None:
        self._grouped, self._asked = grouped, True
        self._unshaped = []
        if grouped:
            self._note_codes(self._trials)

    @property
    def shown(self) -> int:
        """How many trials match, whether or not their group is open."""
        return len(self._places) if self._arranges else len(self._trials)

    @property
    def order_shown(self) -> tuple[int, ...]:
        """The numbers of the trials in the order of the lines, those of closed groups too."""
        lines = (line.trials if isinstance(line, Heading) else (line.number,) for line in self._lines)
        return tuple(dict.fromkeys(chain.from_iterable(lines)))

    @property
    def settling(self) -> bool:
        """Whether the lines will change even without further events."""
        return self._stale or bool(self._unshaped)

    def replies_came(self, trials: Collection[int]) -> None:
        """Match these trials again: their conversations have been read now."""
        for place, trial in enumerate(self._trials):
            if trial.number in trials:
                matches = self._matches_at(place)
                self._asked = self._asked or matches is not self._matches[place]
                self._matches[place] = matches

    def toggle(self, heading: Heading) -> None:
        """Open or close a group."""
        self._collapsed ^= {heading.key}
        self._asked = True

    def hidden(self, trials: Collection[int]) -> int:
        """How many of the trials with these numbers do not match."""
        if not (trials and self._matching):
            return 0
        pairs = zip(self._trials, self._matches, strict=True)
        return sum(not matches and trial.number in trials for trial, matches in pairs)

    def lines(self, trials: Sequence[TrialState], now: float, titles: Mapping[str, str]) -> Sequence[Line]:
        """The lines for `trials` at `now`, in seconds. A change by the user takes effect at once."""
        changed = self._take_over(trials)
        if not self._arranges:
            self._lines, self._asked, self._stale = self._trials, False, False
            return self._lines
        shaping = bool(self._unshaped)
        self._shape_some()
        calm = 0.0 <= now - self._arranged_at < CALM_SECONDS
        if self._asked or (shaping and not self._unshaped) or (self._stale and not calm):
            self._arrange(titles)
            self._arranged_at, self._asked, self._stale = now, False, False
        elif changed:
            self._lines = self._with(changed)
        return self._lines

    @property
    def _arranges(self) -> bool:
        return bool(self._matching) or self._grouped or self._order != BY_RUN

    def _take_over(self, trials: Sequence[TrialState]) -> list[int]:
        """Match and compare the trials that changed; returns their indices."""
        before, self._trials = self._trials, trials
        if before is trials:
            return []
        if len(before) != len(trials):
            self._keys = [key_of(trial, self._order.column) for trial in trials]
            self._said = [None] * len(trials)
            self._match_all()
            self._asked = True
            changed = list(range(len(trials)))
        else:
            changed = list(compress(count(), map(is_not, before, trials)))
            for place in changed:
                self._compare(place, before[place], trials[place])
        if self._grouped:
            self._note_codes(trials[place] for place in changed)
        return changed

    def _compare(self, place: int, before: TrialState, after: TrialState) -> None:
        self._said[place] = None
        key, matches = key_of(after, self._order.column), self._matches_at(place)
        moved = key != self._keys[place] or matches is not self._matches[place]
        self._keys[place], self._matches[place] = key, matches
        if moved or (self._grouped and cause_of(before) != cause_of(after)):
            self._stale = True

    def _match_all(self) -> None:
        self._matches = [self._matches_at(place) for place in range(len(self._trials))]

    def _matches_at(self, place: int) -> bool:
        trial, matching = self._trials[place], self._matching
        if not matching.query:
            return matching.matches(trial)
        said = self._said[place]
        if said is None:
            said = self._said[place] = search_text_of(trial)
        if matching.query.asks_for_replies:
            said = said._replace(reply=self._reply_of(trial))
        return matching.matches(trial, said)

    def _arrange(self, titles: Mapping[str, str]) -> None:
        matching = list(compress(count(), self._matches))
        ranks = ranking([self._keys[place] for place in matching], descending=self._order.descending)
        self._places = [matching[rank] for rank in ranks]
        trials = [self._trials[place] for place in self._places]
        self._lines = (
            grouped_lines(trials, self._collapsed, titles, self._shapes.get) if self._grouped else trials
        )
        self._at = {line.number: at for at, line in enumerate(self._lines) if isinstance(line, TrialState)}

    def _with(self, changed: list[int]) -> list[Line]:
        """The same lines in the same order, with the current trials."""
        lines = list(self._lines)
        for place in changed:
            trial = self._trials[place]
            at = self._at.get(trial.number)
            if at is not None:
                lines[at] = trial
        return lines

    def _note_codes(self, trials: Iterable[TrialState]) -> None:
        codes = (failing_code(trial) for trial in trials)
        self._unshaped += [code for code in codes if code is not None and code not in self._shapes]

    def _shape_some(self) -> None:
        until = self._stopwatch() + SHAPING_SECONDS
        while self._unshaped and self._stopwatch() < until:
            code = self._unshaped.pop()
            # The same object for the same shape, so that comparing shapes is comparing objects.
            self._shapes[code] = sys.intern(code_shape(code))
            self._stale = True
