"""The help: keys in one column, their words in another."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dropout_tui.screens.help import KEYS_WIDTH, HelpLine, wrapped

LINES = st.lists(
    st.builds(
        HelpLine,
        st.sampled_from(["r", "space", "h f3"]),
        st.sampled_from(["Go", "Stop the run; it is void"]),
        st.booleans(),
    )
)


@given(LINES, st.integers(KEYS_WIDTH + 10, 200))
def test_words_stay_in_their_column_and_none_is_lost(lines: list[HelpLine], width: int) -> None:
    drawn = [line.plain for line in wrapped(lines, width)]
    assert all(len(line) <= width for line in drawn)
    assert " ".join(line[KEYS_WIDTH:].strip() for line in drawn) == " ".join(line.tooltip for line in lines)
    assert [keys for line in drawn if (keys := line[:KEYS_WIDTH].strip())] == [line.keys for line in lines]
