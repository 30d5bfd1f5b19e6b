"""One run on screen: stored, running, and in everything a stranger may have written."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
from textual.app import App

from dropout_core.attempts.voids import void
from dropout_core.state import events
from dropout_core.state.evaluation_state import begin, evolve_all
from dropout_core.state.trial_state import Phase, Status
from dropout_core.state.voided_by_user import REPLACED
from dropout_core.values.config import SAMPLE_MODEL, SAMPLE_NOTICE
from dropout_core.values.conversation import Message, TextBlock
from dropout_core.verdict.flag import Flag
from dropout_core.verdict.verdict import Outcome
from dropout_tui.presenters.evaluations import cancelling
from dropout_tui.presenters.evaluations.live_evaluation import ConversationSource, LiveEvaluation
from dropout_tui.screens.trial.screen import TrialScreen
from dropout_tui.widgets.key_line import hints_of
from tests.tui import states
from tests.tui.gallery_trial import (
    AGENT_TURNS,
    HOSTILE_TURNS,
    RecordedCommands,
    StoredConversations,
    failing_run,
    hostile_run,
)
from tests.tui.looking import text_on_screen, until


class Viewing(App[None]):
    """A trial screen over the default one."""

    def __init__(
        self, live: LiveEvaluation, trial: int = 1, source: ConversationSource | None = None
    ) -> None:
        super().__init__()
        self.live = live
        self.view = TrialScreen(live, trial, source or StoredConversations(), now=lambda: states.T0 + 20)

    def on_mount(self) -> None:
        self.push_screen(self.view)

    @property
    def text(self) -> str:
        return text_on_screen(self)


async def test_the_first_failing_check_stands_beside_the_code_and_tab_goes_through_the_panes() -> None:
    app = Viewing(failing_run())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "✗ failed" in app.text.splitlines()[0]
        assert "attempt 2 of 2" in app.text.splitlines()[0]
        assert "mask = np.random.rand(*x.shape) > p" in app.text
        assert "✗ Edge cases · failed" in app.text
        assert "p = 1 gives NaN in 512 of 512 elements" in app.text
        assert "measured  NaN at p = 1" in app.text
        assert "expected  zeros" in app.text
        for title in (
            "Runs",
            "Shape",
            "Drop rate",
            "Randomness",
            "Scaling",
            "Evaluation mode",
            "Other rates",
        ):
            assert f"✓ {title}" in app.text
        hints = hints_of(app.view)
        assert "Help" in {hint.description for hint in hints}
        for hint in hints:
            assert f"{hint.display} {hint.description}" in app.text.splitlines()[-1]
        seen = []
        for _ in range(4):
            await pilot.pause()
            seen.append(type(app.view.focused).__name__)
            await pilot.press("tab")
        assert seen == ["CheckList", "CodeLines", "CheckDetail", "CheckList"]


async def test_the_attempts_are_listed_and_one_that_is_picked_stays_with_its_checks_and_lines() -> None:
    live = failing_run()
    app = Viewing(live)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: "✗ failed   counted" in app.text and "seed 102" in app.text)
        rows = app.text.splitlines()
        first = next(row for row in rows if "✗ failed   counted" in row)
        assert "  1 " in first
        assert app.text.count("counted") == 1
        assert "3.2s · 412 tokens · seed 101" in app.text
        assert any("▸ 2" in row for row in rows)
        await pilot.press("k", "enter", "1")
        await until(pilot, lambda: "attempt 1 of 2" in app.text)
        assert "ValueError at line 8" in app.text
        assert "▶ 8     return x * mask" in app.text
        app.view.checks.focus()
        await until(pilot, lambda: app.focused is app.view.checks)
        await pilot.press("j", "j")
        await until(pilot, lambda: "✗ Other rates · failed" in app.text)
        assert "▶" not in app.text
        live.receive(states.attempt_events(1, Phase.REPLYING, attempt=3, at=states.T0 + 15))
        await until(pilot, lambda: "attempt 1 of 3" in app.text)
        assert app.view.attempt is live.state.trial(1).attempt(1)


async def test_without_code_it_says_why_and_checks_that_were_not_reached_say_so() -> None:
    no_code = states.verdict(Outcome.FAILED, cause="no_code", reason="No code in the reply")
    overloaded = "API overloaded, gave up after 8 tries"
    reasons: list[tuple[states.Ending, str]] = [
        (no_code, "No code in the reply"),
        (states.void(overloaded), overloaded),
        (Phase.REPLYING, "There is no code yet: this run is replying"),
        (Status.QUEUED, "There is no code yet: this run is queued"),
        (Status.PAUSED, "There is no code yet: this run is paused"),
    ]
    endings = [end for end, _ in reasons]
    app = Viewing(states.live_evaluation(runs=6, trials=[*endings, states.failed("runs")]))
    async with app.run_test(size=(120, 24)) as pilot:
        await pilot.press("1")
        for _, reason in reasons:
            await until(pilot, lambda reason=reason: reason in app.text)  # type: ignore[misc]
            assert app.text.count("not reached") + app.text.count("not yet") >= 8
            await pilot.press("J")
        await until(pilot, lambda: "✗ Runs" in app.text)
        assert app.text.count("not reached") == 7


async def test_tabs_change_by_key_and_by_click_and_stay_from_run_to_run() -> None:
    live = failing_run()
    app = Viewing(live, 1, StoredConversations({(1, 2): AGENT_TURNS, (3, 1): states.conversation()}))
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: "▸ python_expression" in app.text)
        await pilot.press("J", "J")
        await until(pilot, lambda: "Here is an implementation" in app.text)
        assert (app.view.trial, app.view.tab) == (3, "conversation")
        assert "Run 3   ✓ passed" in app.text
        await pilot.press("left_square_bracket")
        assert app.view.trial == 2
        await pilot.press("K", "left_square_bracket", "K")
        assert app.view.trial == 1
        line, column = next(
            (y, row.index("1 Code")) for y, row in enumerate(app.text.splitlines()) if "1 Code" in row
        )
        await pilot.click(offset=(column, line))
        await until(pilot, lambda: app.view.tab == "code")
        row = app.text.splitlines()[0]
        await pilot.click(offset=(row.index("] ›"), 0))
        await until(pilot, lambda: app.view.trial == 2)
        await pilot.press("J", "J", "J", "J", "right_square_bracket")
        assert app.view.trial == 5  # the last


async def test_leaving() -> None:
    app = Viewing(failing_run())
    async with app.run_test(size=(80, 24)) as pilot:
        for key in ("escape", "backspace", "b"):
            shown = TrialScreen(app.live, 1, StoredConversations(), now=lambda: states.T0 + 20)
            await app.push_screen(shown)
            await pilot.press(key)
            await until(pilot, lambda: app.screen is app.view)


async def test_the_newest_attempt_is_followed_otherwise() -> None:
    live = failing_run()
    app = Viewing(live)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        live.receive([events.TrialQueued(at=states.T0 + 14, trial=1)])
        await until(pilot, lambda: "✗ to rerun" in app.text and "attempt 2 of 2" in app.text)
        live.receive(states.attempt_events(1, Outcome.PASSED, attempt=3, at=states.T0 + 15))
        await until(pilot, lambda: "✓ passed" in app.text.splitlines()[0])
        assert "attempt 3 of 3" in app.text


async def test_a_running_trial_fills_in_and_switches_nothing_by_itself() -> None:
    live = states.live_evaluation(runs=1, trials=[Phase.ASKING])
    stored = StoredConversations({(1, 1): (Message.user("The prompt"),)})
    app = Viewing(live, 1, stored)
    where = {"trial": 1, "attempt": 1}
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "The prompt" in app.text)
        assert app.text.count("not yet") >= 8
        live.receive([events.TextArrived(at=states.T0 + 2, **where, step=1, text="def drop")])
        await until(pilot, lambda: "def drop" in app.text)
        live.receive([events.TextArrived(at=states.T0 + 2, **where, step=1, text="out(x, p")])
        await until(pilot, lambda: "def dropout(x, p" in app.text)
        assert "● replying" in app.text

        reply = Message("assistant", (TextBlock("def dropout(x, p, training): ..."),))
        stored.conversations[1, 1] = (Message.user("The prompt"), reply)
        live.receive([events.MessageAdded(at=states.T0 + 3, **where, position=1, message=reply)])
        await until(pilot, lambda: "def dropout(x, p, training)" in app.text)
        assert app.text.count("def dropout") == 1

        live.receive(states.attempt_events(1, states.failed("scaling"))[-3:])
        await until(pilot, lambda: "✗ Scaling · failed" in app.text)
        assert app.view.tab == "conversation"
        assert "Non-zero values" in app.text.splitlines()[0]


async def test_arriving_text_does_not_come_back_after_the_verdict() -> None:
    live = states.live_evaluation(runs=1, trials=[Phase.REPLYING])
    app = Viewing(live, 1, StoredConversations({(1, 1): (Message.user("The prompt"),)}))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Here is an implementation" in app.text)
        live.receive(
            [events.VerdictReached(at=states.T0 + 9, trial=1, attempt=1, verdict=states.void("cancelled"))]
        )
        await until(pilot, lambda: "⊘ void   cancelled" in app.text)
        await until(pilot, lambda: "Here is an implementation" not in app.text)


async def test_the_highlight_a_reader_has_moved_stays_when_the_verdict_arrives() -> None:
    live = states.live_evaluation(runs=1, trials=[Phase.GRADING])
    app = Viewing(live)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("j", "j")
        live.receive(states.attempt_events(1, states.failed("scaling"))[-1:])
        await until(pilot, lambda: "✗ failed" in app.text.splitlines()[0])
        assert app.view.checks.current_answer is not None
        assert app.view.checks.current_answer.id == "rate"


class SlowConversations(StoredConversations):
    """Hands the conversation of trial 1 over only when it is told to."""

    def __init__(self) -> None:
        super().__init__({(2, 1): (Message.user("the second run"),)})
        self.asked = threading.Event()
        self.release = threading.Event()

    def conversation(self, evaluation: int, trial: int, attempt: int) -> tuple[Message, ...]:
        if trial == 1:
            self.asked.set()
            self.release.wait(100)
            return (Message.user("the first run"),)
        return super().conversation(evaluation, trial, attempt)


async def test_a_conversation_that_comes_too_late_is_not_shown() -> None:
    source = SlowConversations()
    app = Viewing(states.live_evaluation(runs=2, trials=[Outcome.PASSED, Outcome.PASSED]), 1, source)
    try:
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press("2")
            await until(pilot, source.asked.is_set)
            await pilot.press("J")
            await until(pilot, lambda: "the second run" in app.text)
            source.release.set()
            await app.workers.wait_for_complete()
            await pilot.pause()
            assert "the first run" not in app.text
    finally:
        source.release.set()


class BrokenConversations:
    def conversation(self, evaluation: int, trial: int, attempt: int) -> tuple[Message, ...]:
        raise OSError("disk [/gone]")


async def test_a_conversation_that_cannot_be_read_leaves_the_rest_usable() -> None:
    app = Viewing(failing_run(), 1, BrokenConversations())
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: "The conversation cannot be read: disk [/gone]" in app.text)
        await pilot.press("1")
        await pilot.pause()
        assert "def dropout" in app.text


async def test_keys_ask_for_what_makes_sense_now() -> None:
    commands = RecordedCommands()
    ends: list[states.Ending] = [
        Phase.REPLYING,
        Status.PAUSED,
        Status.PAUSING,
        Phase.REPLYING,
        Outcome.PASSED,
    ]
    app = Viewing(states.live_evaluation(runs=5, trials=ends, commands=commands))
    async with app.run_test(size=(80, 24)) as pilot:
        for trial, key, asked in (
            (1, "space", [("pause", 1)]),
            (2, "space", [("resume", 2)]),
            (3, "space", [("resume", 3)]),
            (4, "x", [("pause", 4)]),
            (5, "x", []),
            (5, "space", []),
            (5, "r", [("rerun", 5)]),
        ):
            if app.view.trial != trial:
                await pilot.press("J")
            commands.asked.clear()
            await pilot.press(key)
            assert (app.view.trial, commands.asked) == (trial, asked), key


async def test_a_cancel_takes_effect_unless_it_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    commands = RecordedCommands()
    live = states.live_evaluation(runs=1, trials=[Phase.REPLYING], commands=commands)
    app = Viewing(live)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("x")
        live.receive([events.PauseAsked(at=states.T0 + 90, trial=1)])
        await pilot.press("U")
        assert commands.asked == [("pause", 1), ("resume", 1)]
        live.receive([events.Resumed(at=states.T0 + 91, trial=1)])
        commands.asked.clear()
        monkeypatch.setattr(cancelling, "GRACE_SECONDS", 0.05)
        await pilot.press("x")
        await until(pilot, lambda: commands.asked == [("pause", 1), ("cancel", 1)])


async def test_a_rerun_of_what_is_in_flight_asks_first_and_one_that_is_only_looked_at_offers_none() -> None:
    commands = RecordedCommands()
    live = states.live_evaluation(runs=1, trials=[Phase.REPLYING], commands=commands)
    app = Viewing(live)
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "Rerun" in app.text)
        await pilot.press("r", "n")
        assert commands.asked == []
        await pilot.press("r", "y")
        assert commands.asked == [("rerun", 1)]
        live.commands = None
        await until(pilot, lambda: "Rerun" not in app.text)
        await pilot.press("r", "x", "space")
        assert app.screen is app.view
        assert "Run" in app.text.splitlines()[-1]
        assert commands.asked == [("rerun", 1)]


async def test_a_rerun_leaves_the_attempt_that_is_read_on_screen() -> None:
    live = states.live_evaluation(runs=1, trials=[states.failed("scaling")], commands=RecordedCommands())
    app = Viewing(live)
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("r")
        live.receive([events.TrialQueued(at=states.T0 + 90, trial=1)])
        live.receive([events.AttemptStarted(at=states.T0 + 91, trial=1, attempt=2, seed=9)])
        screen = app.screen
        assert isinstance(screen, TrialScreen)
        await until(pilot, lambda: screen._drawn is live.state.trial(1))
        assert screen.attempt is not None
        assert screen.attempt.number == 1


def test_the_text_of_a_reply_that_was_cancelled_is_gone() -> None:
    live = states.live_evaluation(runs=1, trials=[Phase.REPLYING])
    assert live.arriving(1)
    verdict = void(live.state.config, 7, REPLACED)
    live.receive([events.TrialQueued(at=states.T0 + 90, trial=1)])
    live.receive([events.VerdictReached(at=states.T0 + 90, trial=1, attempt=1, verdict=verdict)])
    assert live.state.trial(1).status is Status.QUEUED
    assert live.arriving(1) == ""


@pytest.mark.parametrize(
    ("config", "notice"),
    [
        pytest.param({"model": SAMPLE_MODEL}, SAMPLE_NOTICE, marks=pytest.mark.long_run),
        ({"imported": "in/[b]a.jsonl"}, "imported from [b]a.jsonl: made elsewhere, no request was made"),
    ],
)
async def test_replies_that_no_model_was_asked_for_are_named_as_such(
    config: dict[str, Any], notice: str
) -> None:
    app = Viewing(states.live_evaluation(runs=1, trials=[Outcome.PASSED], **config))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: notice in app.text)


async def test_on_a_small_terminal_one_pane_is_shown_at_a_time() -> None:
    app = Viewing(failing_run())
    async with app.run_test(size=(20, 5)) as pilot:
        for size in ((20, 5), (59, 24), (80, 19)):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda: "✗ Edge cases" in app.text and "import" not in app.text)
            await pilot.press("tab")
            await until(pilot, lambda: "import" in app.text)
            assert "✗ Edge cases" not in app.text
            await pilot.press("tab")
            await until(pilot, lambda: "p = 1 gives" in app.text)
            await pilot.press("tab")


@pytest.mark.parametrize(
    "size",
    [(120, 40), *(pytest.param(size, marks=pytest.mark.long_run) for size in ((80, 24), (20, 5), (1, 1)))],
)
async def test_text_of_strangers_stays_text(size: tuple[int, int]) -> None:
    app = Viewing(hostile_run(), 1, StoredConversations({(1, 1): HOSTILE_TURNS}))
    async with app.run_test(size=size, notifications=True) as pilot:
        for key in ("1", "2", "3", "tab", "j", "tab", "j", "tab", "j", "tab", "J", "K", "d", "escape"):
            await pilot.press(key)
            assert not {"\x1b", "\x00", "\x07", "\u202e", "\ud800"} & set(app.text)
        await pilot.resize_terminal(61, 21)
        await pilot.pause()
        if size == (120, 40):
            assert "[/foo] a[/]b" in app.text


async def test_the_conversation_of_a_followed_evaluation_grows_as_it_is_read_anew() -> None:
    turns = [Message.user("Write dropout.")]

    class Growing:
        def conversation(self, evaluation: int, trial: int, attempt: int) -> tuple[Message, ...]:
            return tuple(turns)

    started = events.EvaluationStarted(at=states.T0, config=states.configuration(runs=1))
    state = evolve_all(
        begin(started),
        [
            events.AttemptStarted(at=states.T0, trial=1, attempt=1, seed=1),
            events.RequestSent(at=states.T0, trial=1, attempt=1, step=1),
        ],
    )
    app = Viewing(LiveEvaluation(1, state), 1, Growing())
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: len(app.view.conversation.turns) == 1)
        turns.append(Message("assistant", (TextBlock("here is the code"),)))
        reply = events.ReplyFinished(
            at=states.T0 + 1,
            trial=1,
            attempt=1,
            step=1,
            stop_reason="end_turn",
            model="m",
            input_tokens=1,
            output_tokens=1,
            seconds=1.0,
        )
        app.live.take(evolve_all(state, [reply]))
        await until(pilot, lambda: len(app.view.conversation.turns) == 2)


MANY_FLAGS = tuple(Flag(id_, f"does {id_}", line) for line, id_ in enumerate("abcdefghij" * 2, 1))


async def test_many_flags_leave_room_for_the_checks() -> None:
    app = Viewing(states.live_evaluation(runs=1, trials=[replace(states.verdict(), flags=MANY_FLAGS)]))
    async with app.run_test(size=(80, 24)) as pilot:
        for size, last in (
            ((80, 24), "⚑ and 8 more kinds: c, d, e"),
            ((120, 40), "⚑ and 3 more kinds: h, i, j"),
            ((80, 15), "⚑ line 1: does a; also line 11, and 9 more"),
        ):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda last=last: last in app.text)  # type: ignore[misc]
            assert "⚑ line 1: does a; also line 11" in app.text
            assert "✓ Edge cases" in app.text or size == (80, 15)


FLAGS = (
    Flag("frames", "reads the frames of its callers (sys._getframe)", 3),
    Flag("patches", "replaces a part of another module ([bold]x[/])", 12),
)


async def test_flags_stand_above_the_checks_with_their_lines() -> None:
    flagged_verdict = replace(states.verdict(), flags=FLAGS)
    app = Viewing(states.live_evaluation(runs=2, trials=[flagged_verdict, Outcome.PASSED]))
    async with app.run_test(size=(80, 24)) as pilot:
        for size in ((80, 24), (120, 40), (200, 60)):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda size=size: app.view.size == size)  # type: ignore[misc]
            text = app.text
            assert "⚑ line 3: reads the frames of its callers (sys._getframe)" in text
            assert "⚑ line 12: replaces a part of another module ([bold]x[/])" in text
            assert "✓ passed" in text.splitlines()[0]
        app.view.action_next()
        await pilot.pause()
        assert "⚑" not in app.text
