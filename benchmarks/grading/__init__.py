"""How long a grading takes, beside other ways to do the same. Run by hand, from the repository's folder:

    python -m benchmarks.grading --setup       install the other harnesses, each in an environment of its own
    python -m benchmarks.grading               the comparison, and how late the event loop is meanwhile
    python -m benchmarks.grading --memory      the memory held over 10,000 gradings

What is printed is Markdown.

**Interleaved.** Each contestant is a process that stays. In each round every one of them grades the same answers
with the same seeds, one contestant after the other, in reversed order every second round; a machine that
speeds up or slows down does so for all, and ratios are taken within a round.

**The same work.** Each grading draws the probes of the suite `basic` from its seed, makes their calls and makes
the checks of `basic`. In this project's grader the checks run outside the process of the answer. The other
harnesses have no such place: there, as with the tests they ship, the checks are a program text
(`one_process.py`) that runs behind the answer in its process. It imports the checks, and no more of this project.
A harness that starts each answer from a process without them imports them each time, as with its own tests; what it
would take if it had loaded NumPy and the checks beforehand is measured too (“preloaded”).

**The same conditions.** The same Python, the same NumPy, one thread for linear algebra. One answer at a time, but where
this grader is said to have so many workers it is given one more at a time than these, as an evaluation does: while they
run answers, another is prepared or judged. That uses a second processor, which no other contestant does; processor time
tells what it would be without. Before it counts, every contestant must pass right answers and fail a wrong one.
"""
