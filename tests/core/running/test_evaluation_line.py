"""Which evaluation begins next, and how many requests all of them may have in flight."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule

from dropout_core.running.evaluation_line import EvaluationLine, limit_of_all


class LineBesideWhatRuns(RuleBasedStateMachine):
    """Evaluations that are queued, moved, started, withdrawn and ended, held against plain lists."""

    def __init__(self) -> None:
        super().__init__()
        self.line = EvaluationLine()
        self.queued: list[int] = []
        self.running: set[int] = set()
        self.newest = 0

    numbers = Bundle("numbers")

    @rule(target=numbers)
    def set_up(self) -> int:
        self.newest += 1
        self.line = self.line.joined(self.newest)
        self.queued.append(self.newest)
        return self.newest

    @rule(number=numbers)
    def queue_again(self, number: int) -> None:
        if number in self.queued:
            assert self.line.joined(number) == self.line

    @rule(number=numbers)
    def leave(self, number: int) -> None:
        self.line = self.line.left(number)
        self.queued = [each for each in self.queued if each != number]

    @rule(number=numbers, by=st.integers(-4, 4))
    def move(self, number: int, by: int) -> None:
        self.line = self.line.moved(number, by)
        if number in self.queued:
            place = min(max(self.queued.index(number) + by, 0), len(self.queued) - 1)
            self.queued.remove(number)
            self.queued.insert(place, number)

    @precondition(lambda self: not self.running)
    @rule()
    def begin_the_next(self) -> None:
        number = self.line.next(under_way=False)
        assert number == (self.queued[0] if self.queued else None)
        if number is not None:
            self.line = self.line.left(number)
            self.queued.remove(number)
            self.running.add(number)

    @rule(number=numbers)
    def end(self, number: int) -> None:
        self.running.discard(number)

    @invariant()
    def each_stands_once_in_its_place(self) -> None:
        assert list(self.line.waiting) == self.queued
        assert [self.line.place_of(number) for number in self.queued] == [
            place for place, _ in enumerate(self.queued, 1)
        ]
        assert self.line.place_of(0) is None

    @invariant()
    def none_begins_beside_what_is_under_way(self) -> None:
        assert self.line.next(under_way=True) is None


TestLineBesideWhatRuns = LineBesideWhatRuns.TestCase
TestLineBesideWhatRuns.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)


@given(st.lists(st.integers(1, 1_000)), st.none() | st.integers(-3, 1_000))
def test_the_limit_is_what_was_chosen_or_the_most_that_any_asked_for(
    asked: list[int], chosen: int | None
) -> None:
    limit = limit_of_all(asked, chosen)
    assert limit >= 1
    if chosen is not None:
        assert limit == max(1, chosen)
    else:
        assert limit in (asked or [1])
        assert all(each <= limit for each in asked)
