"""The keys of the trial screen, the most important first."""

from __future__ import annotations

from textual.binding import Binding, BindingType

TRIAL_COMMANDS = ("pause", "resume", "rerun", "cancel", "undo")
"""The actions that send commands to the evaluation."""

TRIAL_KEYS: list[BindingType] = [
    Binding("escape,backspace,b", "back", "Back", id="trial.back", tooltip="Back to the table; a search ends first"),
    Binding(
        "left_square_bracket,K,left",
        "previous",
        "Previous run",
        id="trial.previous",
        show=False,
        tooltip="The run before",
    ),
    Binding(
        "right_square_bracket,J,right",
        "next",
        "Run",
        id="trial.next",
        key_display="[ ]",
        tooltip="The next run",
    ),
    Binding("1", "tab('code')", "Code", show=False, id="trial.code", tooltip="What the model wrote"),
    Binding(
        "2",
        "tab('conversation')",
        "Conversation",
        show=False,
        id="trial.conversation",
        tooltip="The conversation, turn by turn",
    ),
    Binding(
        "3",
        "tab('attempts')",
        "Attempts",
        show=False,
        id="trial.attempts",
        tooltip="Every attempt of this trial, and which of them counts",
    ),
    Binding(
        "super+c",
        "screen.copy_text",
        "Copy selection",
        show=False,
        id="trial.copy_selection",
        tooltip="Copy what is selected with the mouse",
    ),
    Binding("space", "pause", "Pause", id="trial.pause", tooltip="Pause this trial at its next boundary"),
    Binding("space", "resume", "Resume", id="trial.resume", tooltip="Resume this trial"),
    Binding("r", "rerun", "Rerun", id="trial.rerun", tooltip="Make a new attempt; the earlier ones stay"),
    Binding("x", "cancel", "Cancel", id="trial.cancel", tooltip="Stop this trial; its attempt is void"),
    Binding("U", "undo", "Undo cancel", id="trial.undo", tooltip="Take the cancel back: the run goes on"),
    Binding("d", "diff", "Diff", id="trial.diff", tooltip="Compare with another run's answer"),
    Binding("t", "app.grade_again", "Grade again", id="trial.again", show=False,
            tooltip="Grade this answer 20 times with fresh inputs; esc stops"),
    Binding("slash", "search", "Search", id="trial.search", key_display="/", tooltip="Search code and conversation"),
    Binding("n", "place(1)", "Next place", show=False, id="trial.next_place", tooltip="The next match"),
    Binding("N", "place(-1)", "Place before", show=False, id="trial.previous_place",
            tooltip="The previous match"),
    Binding("tab", "pane(1)", "Pane", show=False, id="trial.pane", tooltip="On to the next pane"),
    Binding(
        "shift+tab",
        "pane(-1)",
        "Pane before",
        show=False,
        id="trial.pane-back",
        tooltip="Back to the pane before",
    ),
    Binding(
        "question_mark",
        "app.toggle_help",
        "Help",
        id="app.help",
        key_display="?",
        tooltip="What the keys do",
    ),
    Binding("q", "app.leave", "Quit", id="app.quit", show=False, tooltip="Leave the program"),
]  # fmt: skip
