"""How quick the dashboard is to the person at the keys. Run by hand, from the repository's folder:

    pip install pyte                               the terminal emulator that reads what was painted
    python -m benchmarks.dashboard --setup         install Inspect AI, in an environment of its own
    python -m benchmarks.dashboard                 all of it
    python -m benchmarks.dashboard --rounds 1 --only streaming

It measures the real program, as a process of its own on a pseudo-terminal of 120 × 40: the time to its first paint,
from a key to the frame that shows what it did, the processor at rest, and memory. What is printed is Markdown.

**Interleaved.** In each round every situation is measured once, in turn, so that a machine that speeds up or slows down
does so for all. A bare Textual app is one of them: no Textual program can do better than it.

**Real load.** Streams come over HTTP from a server in another process, through the real client, and each verdict from
the real grader. Linux only, because processor time and memory are read from `/proc`.
"""
