"""The keys of the launch form, and its help."""

from __future__ import annotations

from textual.binding import Binding, BindingType

LAUNCH_HELP = """\
# New evaluation

**↑ ↓** or **tab** move between fields, **enter** opens a menu, **F5** or **ctrl+s** starts.
While other evaluations are under way, **F5** starts this one beside them and **F6** queues it.
**esc** goes back, and what you filled in stands here the next time; as the first screen it asks
whether to leave the program.

The prompt is put together from the suite's requirements, so it asks for exactly what is checked.
With a prompt of your own, the checks it does not state are listed above it.

**e**, or **F7** in a field, opens the prompt in your editor. What you make of it is a variant with a name of its own,
kept with the evaluation and offered here the next time; **d** shows what you changed.

**More** holds what the evaluation is found by – its name, its tags and a note – and how the model is to think and to
choose its words; what is left empty is left to the model.
"""

LAUNCH_KEYS: list[BindingType] = [
    Binding("f5,ctrl+s", "start", "Start", id="launch.start", tooltip="Start the evaluation"),
    Binding("f6", "queue", "Queue", id="launch.queue", tooltip="Start it when nothing else is under way"),
    Binding(
        "down",
        "app.focus_next",
        "Next field",
        show=False,
        id="launch.next",
        tooltip="On to the next field",
    ),
    Binding(
        "up",
        "app.focus_previous",
        "Field before",
        show=False,
        id="launch.previous",
        tooltip="Back to the field before",
    ),
    Binding("escape", "leave", "Leave", id="launch.leave", tooltip="Leave without starting anything"),
    Binding(
        "f7,e",
        "app.edit_prompt",
        "Edit prompt",
        id="launch.prompt",
        tooltip="Open the prompt in your editor; what you make of it is a variant",
    ),
    Binding("d", "diff", "Diff", id="launch.diff", tooltip="What was changed in the prompt, or all of it"),
    Binding("f3,h", "app.history", "History", id="app.history", tooltip="All stored evaluations"),
    Binding("f1", "app.toggle_help", "Help", id="app.keys", tooltip="What the keys do"),
]
