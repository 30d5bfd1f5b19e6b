import pytest

from dropout_core.statistics.band.outlook import Outlook
from dropout_tui.text.words.outlook import brief_outlook_words, outlook_words


@pytest.mark.parametrize(
    ("found", "words", "brief"),
    [
        (Outlook(57, 192), ("about 57 more trials to decide", "80 % within 190"), ("≈57 more", "80 % ≤190")),
        (Outlook(1, 1), ("about 1 more trial to decide", "80 % within 1"), ("≈1 more", "80 % ≤1")),
        (
            Outlook(190, None),
            ("about 190 more trials to decide", "1 in 5 takes more than 1,000"),
            ("≈190 more", "80 % >1,000"),
        ),
        (Outlook(None, None), ("more than 1,000 more: near an edge",), (">1,000 more: near an edge",)),
    ],
)
def test_the_median_and_what_mostly_is_enough_are_said(
    found: Outlook, words: tuple[str, ...], brief: tuple[str, ...]
) -> None:
    assert outlook_words(found) == words
    assert brief_outlook_words(found) == brief
