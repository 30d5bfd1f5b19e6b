"""The program's colours on terminals that have 256 or 16 of them."""

from __future__ import annotations

import pytest
from rich.color import Color, ColorType
from textual.color import Color as Mixed
from textual.theme import BUILTIN_THEMES

from dropout_tui.app.base_app import TERMINALS_OWN, BaseApp
from dropout_tui.screens.trial.screen import TrialScreen
from dropout_tui.settings.preferences import Preferences
from dropout_tui.terminal.colour_reduction import nearest_of_16, nearest_of_256
from tests.tui import states
from tests.tui.gallery_trial import StoredConversations, telling_run
from tests.tui.looking import text_on_screen, until

NAVY_AND_TEAL = {17, 18, 19, 23, 24, 30}
GROUNDS = ("background", "surface", "panel")


def rgb(colour: str) -> tuple[int, int, int]:
    return Mixed.parse(colour).rgb


class Viewing(BaseApp):
    """A trial screen in the colours of a terminal."""

    def __init__(self, preferences: Preferences) -> None:
        super().__init__(preferences)
        self.view = TrialScreen(telling_run(), 1, StoredConversations(), now=lambda: states.T0 + 20)

    def on_mount(self) -> None:
        self.push_screen(self.view)

    @property
    def kinds_painted(self) -> set[ColorType]:
        """The kinds of all colours on the screen, as the terminal gets them."""
        return {
            colour.type
            for strip in self.screen._compositor.render_strips()
            for _, style, _ in strip
            if style is not None
            for colour in (style.color, style.bgcolor)
            if colour is not None
        }


@pytest.mark.parametrize("theme", ["textual-dark", "nord", "gruvbox", "tokyo-night"])
def test_a_dark_ground_is_not_navy_or_teal(theme: str) -> None:
    colours = BUILTIN_THEMES[theme].to_color_system().generate()
    for ground in GROUNDS:
        number = nearest_of_256(rgb(colours[ground]))
        assert number not in NAVY_AND_TEAL, (ground, colours[ground])
        assert nearest_of_16(rgb(colours[ground])) in (0, 8), (ground, colours[ground])


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "nord", "gruvbox", "dracula", "monokai"])
def test_passed_and_failed_have_colours_of_their_own(theme: str) -> None:
    colours = BUILTIN_THEMES[theme].to_color_system().generate()
    for nearest in (nearest_of_16, nearest_of_256):
        assert nearest(rgb(colours["success"])) != nearest(rgb(colours["error"]))


def test_colours_that_the_terminal_has_stay_as_they_are() -> None:
    assert [nearest_of_256(Color.from_ansi(number).get_truecolor()) for number in (16, 196, 201, 231)] == [
        16, 196, 201, 231,
    ]  # fmt: skip
    red, green, blue, white, black = "#cd0000", "#00cd00", "#0000ee", "#ffffff", "#000000"
    assert [nearest_of_16(rgb(one)) for one in (red, green, blue, white, black)] == [1, 2, 4, 15, 0]


@pytest.mark.parametrize(
    ("term", "theme", "worn", "kinds"),
    [
        ("xterm-16color", None, TERMINALS_OWN, {ColorType.DEFAULT, ColorType.STANDARD}),
        ("xterm", None, TERMINALS_OWN, {ColorType.DEFAULT, ColorType.STANDARD}),
        ("xterm", "nord", "nord", {ColorType.STANDARD}),
        ("xterm-256color", None, "textual-dark", {ColorType.EIGHT_BIT, ColorType.STANDARD}),
    ],
)
async def test_a_terminal_is_given_only_colours_that_it_has(
    term: str, theme: str | None, worn: str, kinds: set[ColorType], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLORTERM")
    monkeypatch.setenv("TERM", term)
    app = Viewing(Preferences(theme=theme))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "Scaling" in text_on_screen(app))
        assert app.theme == worn
        assert app.kinds_painted <= kinds
