"""What is pasted is text, whatever it holds and however it arrives."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.message import Message

from dropout_tui.terminal.paste_parser import LONGEST_HOLD, LONGEST_PASTE, PasteParser, harmless, one_line

BEGIN, END = "\x1b[200~", "\x1b[201~"
BUILD_LOG = "\x1b[31merror\x1b[0m: x\r\n\x1b[2K\x1bOP\x1b[13~ q\x03\x11\x1b\x1b[A\x9b5~\x7f done\n"


def heard(*bursts: str, at_once: int = 1 << 16) -> list[tuple[str, str]]:
    """The keys and pastes of what a terminal sends in pieces of `at_once` characters, with quiet after each burst."""
    parser = PasteParser()
    messages: list[Message] = []
    for burst in bursts:
        for start in range(0, len(burst), at_once):
            messages += parser.feed(burst[start : start + at_once])
            messages += parser.tick()
        messages += parser.tick()
    return named(messages)


def named(messages: Iterable[Message]) -> list[tuple[str, str]]:
    """Keys and pastes, without what else a terminal says."""
    return [
        ("paste", message.text) if isinstance(message, events.Paste) else ("key", message.key)
        for message in messages
        if isinstance(message, events.Paste | events.Key)
    ]


@pytest.mark.parametrize("at_once", [1, 2, 3, 5, 6, 7, 11, 1000])
def test_no_part_of_a_paste_acts_as_a_key(at_once: int) -> None:
    bursts = (f"a{BEGIN}{BUILD_LOG}{END}", f"b\x1b[A{BEGIN}{END}", f"c{BEGIN}\x1b{END}d")
    assert heard(*bursts, at_once=at_once) == [
        ("key", "a"),
        ("paste", "[31merror[0m: x\n[2KOP[13~ q[A5~ done\n"),
        ("key", "b"),
        ("key", "up"),
        ("paste", ""),
        ("key", "c"),
        ("paste", ""),
        ("key", "d"),
    ]


@given(
    pasted=st.text(st.sampled_from("\x1b[20~1O;Rx\r\n\0\x9b") | st.characters(codec="utf-8")),
    at_once=st.integers(1, 9),
)
def test_whatever_is_pasted_is_one_paste(pasted: str, at_once: int) -> None:
    if END not in pasted:
        assert heard(f"{BEGIN}{pasted}{END}x", at_once=at_once) == [("paste", harmless(pasted)), ("key", "x")]


@given(
    pieces=st.lists(st.sampled_from([BEGIN, END, "r", "\x1b", "\x1b[A", "text", END[:3], "~"]), max_size=12),
    at_once=st.integers(1, 40),
)
def test_a_paste_that_holds_marks_brings_no_key(pieces: list[str], at_once: int) -> None:
    """Not every terminal takes the marks out of what it pastes."""
    said = heard(f"{BEGIN}{''.join(pieces)}{END}", "x", at_once=at_once)
    assert said[-1] == ("key", "x")
    assert {kind for kind, _ in said[:-1]} == {"paste"}


def test_what_is_typed_right_after_a_paste_is_typed() -> None:
    assert heard(f"{BEGIN}a{END}b\x1b[A\r") == [("paste", "a"), ("key", "b"), ("key", "up"), ("key", "enter")]
    assert heard(f"{BEGIN}a{END}b{BEGIN}c", f"{END}d") == [
        ("paste", "a"),
        ("key", "b"),
        ("paste", "c"),
        ("key", "d"),
    ]


def test_keys_without_a_pause_are_held_for_a_second_at_most() -> None:
    now = [0.0]
    parser = PasteParser(clock=lambda: now[0])
    messages = [*parser.feed(f"{BEGIN}a{END}"), *parser.tick()]
    for _ in range(100):
        now[0] += LONGEST_HOLD / 32
        messages += [*parser.feed("j"), *parser.tick()]
        if len(named(messages)) > 1:
            break
    assert named(messages) == [("paste", "a"), *[("key", "j")] * 32]


def test_the_rest_of_a_long_paste_is_not_let_go_as_keys() -> None:
    now = [0.0]
    parser = PasteParser(clock=lambda: now[0])
    messages = [*parser.feed(f"{BEGIN}a{END}r"), *parser.tick()]
    for _ in range(10):
        messages += [*parser.feed("j" * 4096), *parser.tick()]
        now[0] += LONGEST_HOLD
    messages += parser.feed(f"j{END}")
    assert {kind for kind, _ in named(messages)} == {"paste"}


def test_input_that_ends_after_a_paste_is_not_lost() -> None:
    parser = PasteParser()
    assert named([*parser.feed(f"{BEGIN}a{END}b"), *parser.feed("")]) == [("paste", "a"), ("key", "b")]


def test_a_mark_in_a_mark_is_text() -> None:
    assert heard(f"{BEGIN}a{BEGIN}b\x1b[20{END}c") == [("paste", "a[200~b[20"), ("key", "c")]


def test_a_paste_is_one_line_and_says_what_was_left_out() -> None:
    assert one_line("path\n") == ("path", "")
    assert one_line("\na\nb\n") == ("a", "the first line")
    line, said = one_line("x" * 1_000_000)
    assert line == "x" * LONGEST_PASTE
    assert said == "the first 10,000 characters"


def test_a_long_paste_costs_about_as_much_as_its_length() -> None:
    """Counted in processor time of this thread, and compared, so that a busy machine changes nothing."""

    def seconds(length: int) -> float:
        before = time.thread_time()
        assert len(heard(BEGIN + "\x1b[1mx" * (length // 5) + END, at_once=4096)) == 1
        return time.thread_time() - before

    seconds(1_000)
    keys = "x" * 10_000
    before = time.thread_time()
    heard(keys)
    one_by_one = time.thread_time() - before
    assert seconds(1_000_000) / 100 < one_by_one


def test_a_byte_that_is_not_utf_8_does_not_end_the_input() -> None:
    """The real driver on a real pseudo-terminal."""
    ours, theirs = pty.openpty()
    code = (
        "from textual.widgets import Input\n"
        "from dropout_tui.app.base_app import BaseApp\n"
        "class One(BaseApp):\n"
        "    def compose(self):\n"
        "        yield Input()\n"
        "    def on_ready(self):\n"
        "        print('ready', file=self.said, flush=True)\n"
        "    def on_input_submitted(self, event):\n"
        "        self.exit()\n"
        "        print(repr(event.value), file=self.said, flush=True)\n"
        "import os\n"
        "One.said = os.fdopen(int(os.environ['SAID']), 'w')\n"
        "One().run()\n"
    )
    reading, writing = os.pipe()
    environment = {**os.environ, "SAID": str(writing), "TERM": "xterm-256color"}
    program = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment,
        pass_fds=[writing],
    )
    os.close(writing)
    os.close(theirs)
    try:
        with os.fdopen(reading) as said:
            assert said.readline() == "ready\n"
            os.write(ours, b"\x1b[200~caf\xe9 \x1bq\x03\x1b[201~\rq\x03\r\x1b[201~!\r")
            assert said.readline() == repr("caf\ufffd q!") + "\n"
    finally:
        program.kill()
        program.wait()
        os.close(ours)


def test_a_paste_in_a_browser_is_text_too() -> None:
    """The real driver, spoken to as the server of a page speaks to it: after a while without a word as well."""
    code = (
        "import os\n"
        "from textual.widgets import Input\n"
        "from dropout_tui.app.base_app import BaseApp\n"
        "class One(BaseApp):\n"
        "    said = os.fdopen(int(os.environ['SAID']), 'w')\n"
        "    def compose(self):\n"
        "        yield Input()\n"
        "    def on_ready(self):\n"
        "        self.query_one(Input).focus()\n"
        "        self.set_timer(0.5, lambda: print('ready', file=self.said, flush=True))\n"
        "    def on_input_submitted(self, event):\n"
        "        self.exit()\n"
        "        print(repr(event.value), file=self.said, flush=True)\n"
        "One().run()\n"
    )
    reading, writing = os.pipe()
    driver = {"TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver", "SAID": str(writing)}
    program = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env={**os.environ, **driver},
        pass_fds=[writing],
    )
    os.close(writing)
    try:
        assert program.stdin is not None
        with os.fdopen(reading) as said:
            assert said.readline() == "ready\n"
            for sent in (b"\x1b[200~ab\x1bq\x03c\xff\x1b[201~!", b"\r"):
                program.stdin.write(b"D" + len(sent).to_bytes(4, "big") + sent)
                program.stdin.flush()
            assert said.readline() == repr("abqc\ufffd!") + "\n"
    finally:
        program.kill()
        program.wait()
