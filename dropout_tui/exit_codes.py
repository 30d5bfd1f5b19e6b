"""Exit statuses. `grade` and `audit` have names of their own for the first two."""

from __future__ import annotations

EXIT_GRADED = 0
EXIT_SOME_VOID = 1
EXIT_USAGE = 2
"""Also whenever a request cannot be met: no such evaluation, a file that cannot be written, trials that were not
made because of the budget or the model."""
EXIT_NOT_IN_BAND = 3
EXIT_INTERRUPTED = 130
"""As a shell reports a program that SIGINT ended (128 + 2)."""
EXIT_BROKEN_PIPE = 141
"""As a shell reports a program that its reader left (128 + SIGPIPE)."""
