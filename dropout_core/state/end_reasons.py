"""Stop reasons of an evaluation, as they are stored. That of the budget is in `budget`."""

COMPLETED = "completed"
DECIDED = "decided"
STOPPED = "stopped"
