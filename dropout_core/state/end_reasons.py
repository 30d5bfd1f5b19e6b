"""Why an evaluation has ended, in the words that are stored. The budget's is in `budget`."""

COMPLETED = "completed"
DECIDED = "decided"
STOPPED = "stopped"
