"""The keys of the dashboard, the most important first."""

from __future__ import annotations

from textual.binding import Binding, BindingType

DASHBOARD_KEYS: list[BindingType] = [
    Binding("space", "pause_or_resume", "Pause", id="run.pause", tooltip="Pause or resume the selected run"),
    Binding("r", "rerun", "Rerun", id="run.rerun", tooltip="Make a new attempt; the old one is kept"),
    Binding("v", "next_view", "View", id="view.next", tooltip="Table, failing checks or preview"),
    Binding("x", "cancel", "Cancel", id="run.cancel", tooltip="Stop the selected run; it counts as void"),
    Binding("U,u", "undo", "Undo cancel", id="run.undo", tooltip="Take the cancel back: the runs go on"),
    Binding("slash", "filter", "Filter", id="view.filter", key_display="/", tooltip="Show only the runs that say …"),
    Binding("g", "group", "Group", id="view.group", tooltip="Group failures by cause"),
    Binding("o", "order", "Order", id="view.order", tooltip="Order the runs by the next column"),
    Binding("O", "reverse", "Reverse", id="view.reverse", show=False, tooltip="Reverse the order"),
    Binding("f", "outcome", "Outcome", id="view.outcome", tooltip="Show only failed runs, passed, void, or all"),
    Binding("s", "start", "Start", id="all.start", tooltip="Run the trials that have not been run yet"),
    Binding("P", "pause_all", "Pause all", id="all.pause", tooltip="Pause or resume every run"),
    Binding("n", "app.new_evaluation", "New", id="app.new", tooltip="Set up another evaluation"),
    Binding("l", "app.evaluations", "List", id="app.list", tooltip="The evaluations of this program"),
    Binding("question_mark", "app.toggle_help", "Help", id="app.help", key_display="?", tooltip="What the keys do"),
    Binding("q", "app.leave", "Quit", id="app.quit", tooltip="Leave; asks first when runs are in flight"),
    Binding("h,f3", "app.history", "History", id="app.history", tooltip="All stored evaluations"),
    Binding("i", "app.what_if", "What if", id="app.what_if",
            tooltip="What the rate would be with other checks, by the answers that there are"),
    Binding("a", "app.review", "Review", id="app.review",
            tooltip="The author's checklist of this evaluation: what is met, not met and not shown"),
    Binding("E", "app.edit_prompt", "Edit prompt", id="app.prompt", show=False,
            tooltip="Change the prompt in your editor, and set up an evaluation with it"),
    Binding("escape", "show_all", "Show all", id="view.all", show=False,
            tooltip="Back to the table; then remove the marks; then show every run"),
    Binding("A", "add_runs", "20 more runs", id="all.more", show=False, tooltip="Make 20 more runs"),
    Binding("B", "change_plan", "Band and budget", id="all.plan", show=False,
            tooltip="Change runs, band, tolerance and budget"),
    Binding("R", "rerun_all", "Rerun all", id="all.rerun", show=False, tooltip="A new attempt of every ended run"),
    Binding("V", "repeat_voids", "Repeat voids", id="all.voids", show=False,
            tooltip="A new attempt of every void run"),
    Binding("X", "cancel_all", "Cancel all", id="all.cancel", show=False, tooltip="Cancel every unfinished run"),
    Binding("plus,equals_sign", "concurrency(1)", "More at once", id="all.faster", show=False,
            tooltip="Let one more run go on at once", key_display="+"),
    Binding("minus", "concurrency(-1)", "Fewer at once", id="all.slower", show=False,
            tooltip="Let one run fewer go on at once", key_display="-"),
]  # fmt: skip
