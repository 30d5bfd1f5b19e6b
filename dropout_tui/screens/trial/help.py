"""The help text of the trial screen."""

TRIAL_HELP = """\
# One run

The checks stand beside the code; the one you select is explained below, and the line it names is marked `▶`.
**1**, **2** and **3** show the code, the conversation and the attempts; **enter** on an attempt shows that one.
**/** searches what is shown, folded parts too; **n** and **N** go to the next place and the one before, and **escape**
ends it.

Under the check stands what it saw: the drop mask with what was dropped as ink, the scale of the survivors with the
expected one at `▲`, and single elements, the wrong ones behind `✗`.
In the conversation **enter** unfolds a part and **z** all of them.
**m** marks attempts, two of which are compared; **d** compares with another run, and **u** turns the comparison.

Lines behind `⚑` say what the code does that no answer needs: it may look at its grader. They change no verdict.

The line under the title says why the verdict can be trusted: how well the code was kept apart, as the sandbox's own
test found; which rules judged it, and how often they fail a right answer; flags. **t** grades the answer 20 times more,
each time with fresh inputs, and says how often the verdict is the same; **escape** stops it.

A rerun is a new attempt. The first graded attempt is the one that is *counted*; none is ever replaced.
"""
