"""The keys of the dashboard, the most important first."""

from __future__ import annotations

from textual.binding import Binding, BindingType

DASHBOARD_KEYS: list[BindingType] = [
    Binding("space", "pause_or_resume", "Pause", id="run.pause", tooltip="Pause or resume the selected run"),
    Binding("r", "rerun", "Rerun", id="run.rerun", tooltip="Make a new attempt; the old one is kept"),
    Binding("v", "next_view", "View", id="view.next", tooltip="Table, failing checks or preview"),
    Binding("x", "cancel", "Cancel", id="run.cancel", tooltip="Stop the selected run; it counts as void"),
    Binding("U,u", "undo", "Undo cancel", id="run.undo", tooltip="Let the runs go on that are being cancelled"),
    Binding("slash", "filter", "Filter", id="view.filter", key_display="/", tooltip="Show the runs that say …"),
    Binding("g", "group", "Group", id="view.group", tooltip="Put failures of one cause together"),
    Binding("o", "order", "Order", id="view.order", tooltip="Order the runs by the next column"),
    Binding("O", "reverse", "Reverse", id="view.reverse", show=False, tooltip="Order them the other way round"),
    Binding("f", "outcome", "Outcome", id="view.outcome", tooltip="Show only failed runs, passed, void, or all"),
    Binding("s", "start", "Start", id="all.start", tooltip="Go on with the trials that have not been made"),
    Binding("P", "pause_all", "Pause all", id="all.pause", tooltip="Pause or resume every run"),
    Binding("n", "app.new_evaluation", "New", id="app.new", tooltip="Set up another evaluation"),
    Binding("question_mark", "app.toggle_help", "Help", id="app.help", key_display="?", tooltip="What the keys do"),
    Binding("q", "app.leave", "Quit", id="app.quit", tooltip="Leave; asks first when runs are in flight"),
    Binding("h,f3", "app.history", "History", id="app.history", tooltip="All stored evaluations"),
    Binding("escape", "show_all", "Show all", id="view.all", show=False,
            tooltip="Back to the table; then take the marks away; then show every run"),
    Binding("A", "add_runs", "20 more runs", id="all.more", show=False, tooltip="Make 20 more runs"),
    Binding("B", "change_plan", "Band and budget", id="all.plan", show=False,
            tooltip="Change runs, band, tolerance and budget"),
    Binding("R", "rerun_all", "Rerun all", id="all.rerun", show=False, tooltip="A new attempt of every ended run"),
    Binding("V", "repeat_voids", "Repeat voids", id="all.voids", show=False,
            tooltip="A new attempt of every void run"),
    Binding("X", "cancel_all", "Cancel all", id="all.cancel", show=False, tooltip="Cancel every unfinished run"),
    Binding("plus,equals_sign", "concurrency(1)", "More at once", id="all.faster", show=False,
            tooltip="Let one more run be in flight", key_display="+"),
    Binding("minus", "concurrency(-1)", "Fewer at once", id="all.slower", show=False,
            tooltip="Let one run fewer be in flight", key_display="-"),
]  # fmt: skip
