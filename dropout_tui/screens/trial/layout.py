"""The layout of the trial screen, from 20×5 cells to ultra-wide.

Narrow, the panes that are not worked in make room, all of it for a comparison. From 100 columns the checks and
their detail stand left of the code, or the detail under both where the code is short enough for that; from 180 columns
code and conversation stand beside each other. On fewer lines than 20, or fewer columns than 60, the pane that has the
focus is the only one.
"""

from __future__ import annotations

from dropout_tui.widgets.too_small import FLAT, SLIVER

LEAST = (20, 5)
"""Columns and lines."""
VAST = 180
"""Least columns for checks, code and conversation side by side."""
MEDIUM = 20
"""Least lines for more than one pane."""
FOR_CONVERSATION = 80
"""Least columns at which a conversation leaves room for the checks."""
ROOMY = 100
"""Columns from which checks and detail stand left of the code."""
TALL = 32
"""Least lines at which longer code leaves room for the detail under it."""
_BORDER = 2
_TOP = {MEDIUM: 10, TALL: 12}
"""The lines of the upper panes, by the least height of the screen."""
_LONGER_TOP = 20

COLUMNS = [(0, SLIVER), (LEAST[0], "-slim"), (60, "-narrow"), (ROOMY, "-wide"), (VAST, "-vast")]
LINES = [(0, FLAT), (LEAST[1], "-bare"), (10, "-low"), (MEDIUM, "-medium"), (TALL, "-tall")]

LAYOUT = """
TrialScreen {
    & #notice { height: 1; padding: 0 1; color: $text-warning; text-wrap: nowrap; text-overflow: ellipsis; }
    & #panes { height: 1fr; layout: grid; grid-size: 2 2; grid-columns: 43% 1fr; grid-rows: 1fr 1fr; }
    & CheckList.-textual-compact, & TabFrame, & CheckDetail {
        height: 1fr;
        border: round $foreground 30% !important;
        border-title-color: $foreground 80%;
    }
    & CheckList.-textual-compact:focus, & TabFrame:focus-within, & CheckDetail:focus {
        border: round $accent !important;
    }
    & CheckList.-textual-compact:nocolor:focus, & TabFrame:nocolor:focus-within, & CheckDetail:nocolor:focus {
        border: heavy $accent !important;
    }
    & CheckList.-textual-compact { padding: 0 1 0 0 !important; }
    & CheckDetail { column-span: 2; }

    &.-medium #panes { grid-rows: 10 1fr; }
    &.-narrow.-at-work.-reading CheckList { display: none; }
    &.-narrow.-at-work.-reading TabFrame { column-span: 2; }
    &.-narrow.-medium.-at-work #panes { grid-rows: 1fr 6; }
    &.-wide #panes, &.-vast #panes { grid-columns: 46% 1fr; grid-rows: 12 1fr; }
    &.-vast #panes { grid-columns: 72 1fr; }
    &.-vast #code { width: 5fr; }
    &.-vast #conversation { width: 4fr; }
    &.-wide.-medium #panes, &.-vast.-medium #panes { grid-rows: 10 1fr; }
    &.-wide TabFrame, &.-vast TabFrame { row-span: 2; }
    &.-wide CheckDetail, &.-vast CheckDetail { column-span: 1; }
    &.-wide.-short-code TabFrame, &.-wide.-longer-code TabFrame { row-span: 1; }
    &.-wide.-short-code CheckDetail, &.-wide.-longer-code CheckDetail { column-span: 2; }
    &.-wide.-longer-code #panes { grid-rows: 20 1fr; }

    &.-slim, &.-low, &.-bare {
        & #panes { layout: vertical; }
        & CheckList, & TabFrame, & CheckDetail { display: none; }
        & #place { display: none; }
        &.-at-checks CheckList, &.-at-work TabFrame, &.-at-detail CheckDetail { display: block; }
    }
    &.-bare {
        & CheckList.-textual-compact, & TabFrame, & CheckDetail { border: none !important; }
        & KeyLine, & #notice, & FlagList, & TrustLine { display: none; }
    }
}
"""

CODE_LENGTHS = ("-short-code", "-longer-code")


def code_length(lines: int, height: int) -> str | None:
    """The entry of `CODE_LENGTHS` for code of `lines` lines with the detail under it.

    ``None`` when the code needs a whole screen of `height` lines.
    """
    if lines + _BORDER <= _TOP[TALL if height >= TALL else MEDIUM]:
        return CODE_LENGTHS[0]
    return CODE_LENGTHS[1] if height >= TALL and lines + _BORDER <= _LONGER_TOP else None
