"""A run as Markdown: whatever strangers wrote stays inside its fence or its cell."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from dropout_core.reports.markdown import escaped, fenced, trial_markdown
from dropout_core.values.conversation import Message, TextBlock, ToolUseBlock
from dropout_core.verdict.flag import Flag
from dropout_core.verdict.verdict import Check, CheckStatus, Outcome, Verdict
from tests.tui import states

COMMONMARK = MarkdownIt("commonmark")
GITHUB = MarkdownIt("commonmark").enable("table")

# What CommonMark itself replaces is not ours to keep: NUL, and the other line ends.
readable = st.characters(
    exclude_characters="\x00\r", categories=("L", "M", "N", "P", "S", "Z", "Cc", "Cf", "Co")
)
fency = st.text(st.sampled_from("`~\n -#>*a|") | readable, max_size=80)


@given(fency)
def test_a_fence_holds_any_text(text: str) -> None:
    (token,) = COMMONMARK.parse(fenced(text, "python"))
    assert token.type == "fence"
    assert token.info == "python"
    assert token.content.removesuffix("\n") == text.removesuffix("\n")


@given(st.text(readable, max_size=60))
def test_an_escaped_line_is_one_paragraph_that_reads_as_it_was(text: str) -> None:
    line = escaped(text)
    tokens = COMMONMARK.parse(line)
    if not line:
        assert not tokens
        return
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    inline = tokens[1]
    assert inline.children is not None
    assert {child.type for child in inline.children} <= {"text", "text_special"}
    assert "".join(child.content for child in inline.children) == " ".join(text.split())


@given(fency, fency, fency)
def test_a_run_of_hostile_text_keeps_its_shape(code: str, reply: str, message: str) -> None:
    check = Check("scaling", message, CheckStatus.FAILED, message, message, message)
    verdict = Verdict(Outcome.FAILED, message, "basic", 7, "full", (check,))
    live = states.live_evaluation(runs=1)
    live.receive(states.attempt_events(1, verdict, code=code))
    turns = (
        Message.user(reply),
        Message("assistant", (TextBlock(reply), ToolUseBlock("t", message, {"code": code}))),
    )
    tokens = GITHUB.parse(trial_markdown(live.state.config, live.state.trial(1), {1: turns}))
    assert [token.type for token in tokens].count("fence") == 4
    assert [token.type for token in tokens].count("tr_open") == 2
    headings = [after.content for token, after in pairwise(tokens) if token.type == "heading_open"]
    assert headings == ["Run 1", "Attempt 1 of 1 (seed 101, counted)", "Code", "Conversation"]


@pytest.mark.parametrize("ending", [states.void(), states.verdict(Outcome.FAILED, cause="no_code")])
def test_a_run_without_code_says_why(ending: Verdict) -> None:
    live = states.live_evaluation(runs=1, trials=[ending])
    text = trial_markdown(live.state.config, live.state.trial(1), {})
    assert f"**{str(ending.outcome).upper()}**: {ending.reason}" in text
    assert "### Code" not in text


def test_a_run_that_was_never_made_and_the_built_in_answers() -> None:
    live = states.live_evaluation(runs=1)
    text = trial_markdown(replace(live.state.config, model="sample"), live.state.trial(1), {})
    assert "No attempt yet." in text
    assert "say nothing about any model" in text


def test_flags_stand_over_the_checks_and_cannot_break_out() -> None:
    flags = (Flag("frames", "reads the frames of its callers (*f_back* | `x`)", 3),)
    state = states.evaluation_state(runs=1, trials=[replace(states.verdict(), flags=flags)])
    text = trial_markdown(state.config, state.trial(1), {})
    assert r"⚑ Flagged: reads the frames of its callers (\*f\_back\* \| \`x\`) (line 3)" in text
    assert text.index("⚑") < text.index("| check |")
