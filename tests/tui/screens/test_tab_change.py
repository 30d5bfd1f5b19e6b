"""What is painted while the reader goes from tab to tab: the screen before, or the screen after."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from textual.screen import Screen

from dropout_tui.widgets.vim_option_list import CURSOR_ELSEWHERE, CURSOR_MARK
from tests.tui.gallery_trial import telling_run
from tests.tui.looking import text_on_screen, until
from tests.tui.screens.trial.test_screen import Viewing

LATER = str.maketrans("▁▂▃▄▅▆▇" + CURSOR_MARK, "       " + CURSOR_ELSEWHERE)
SIZES = [
    (120, 40),
    *(pytest.param(size, marks=pytest.mark.long_run) for size in ((80, 24), (100, 30), (200, 60))),
]


class Filmed(Viewing):
    """Keeps what was painted."""

    frames: Sequence[str] = ()

    def _display(self, screen: Screen[object], renderable: object) -> None:
        super()._display(screen, renderable)  # type: ignore[arg-type]
        if self.is_running and screen is self.view and screen.is_current and not self._batch_count:
            self.frames = [*self.frames, text_on_screen(self)]


def panes(frame: str) -> str:
    """The screen without what follows a frame later: the keys on offer, the bars at its edges, and the focus, since
    what is hidden cannot have it."""
    return frame.rpartition("\n")[0].translate(LATER)


@pytest.mark.usefixtures("each_frame")
@pytest.mark.parametrize("size", SIZES)
async def test_a_tab_change_paints_no_mixture(size: tuple[int, int]) -> None:
    app = Filmed(telling_run())
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "Scaling" in app.text)
        # What is first shown is read first, and blank until then.
        for key in "231":
            await pilot.press(key)
        await until(pilot, lambda: "dropout(x, p, training)" in app.text)
        for key in "232131":
            before, app.frames = panes(app.text), []
            await pilot.press(key)
            await until(pilot, lambda: app.frames and panes(app.frames[-1]) == panes(app.text))
            after = panes(app.text)
            mixed = [frame for frame in map(panes, app.frames) if frame not in (before, after)]
            assert not mixed, f"after {key}:\n" + "\n\n".join([before, *mixed, after])
