"""``dropout-tui what-if``: the rate without each requirement, with each other one and under each other suite, from
stored answers."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import monotonic

from dropout_core.analysis.what_if import WhatIf, ranked
from dropout_core.reports.what_if_object import what_if_object
from dropout_core.running.graders.what_if_grading import WhatIfGrading
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.task.requirement import UnknownSuite
from dropout_core.task.unusable import TaskUnusable
from dropout_core.tasks.chosen import task_of, what_changed
from dropout_tui.command_line.event_loop import run_to_its_end
from dropout_tui.command_line.grading_place import GradingPlace
from dropout_tui.command_line.open_store import Complain, opened_store, state_of
from dropout_tui.exit_codes import EXIT_INTERRUPTED, EXIT_USAGE
from dropout_tui.settings.store_option import command_line
from dropout_tui.text.columns import aligned, column_widths
from dropout_tui.text.numbers import pluralize
from dropout_tui.text.sanitize import visible_line
from dropout_tui.text.words.what_if import FIGURES, HEADINGS, cells_of, notes_of

PROGRESS_SECONDS = 1.0


def what_if(path: Path, number: int, complain: Complain, place: GradingPlace, *, as_json: bool) -> int:
    """Print what each change makes of the rate. What has to be graded for it is graded, and kept in the store."""
    with opened_store(path, create=False) as store:
        try:
            state = state_of(store, number, complain)
            task = task_of(state.config)
            grading = WhatIfGrading(store, number, state, task)
        except (UnknownSuite, TaskUnusable) as error:
            complain(str(error))
            return EXIT_USAGE
        if (changed := what_changed(state.config, task)) is not None:
            complain(changed)
        progress = _Progress(grading, complain)
        try:
            run_to_its_end(lambda: grading.grade(place.graders(task), on_graded=progress.graded))
        except KeyboardInterrupt:
            again = command_line(path, "what-if", number)
            complain(f"stopped with {pluralize(grading.left, 'answer')} left to grade; go on with: {again}")
            return EXIT_INTERRUPTED
    rows = ranked(grading.rows)
    if as_json:
        for row in rows:
            print(json.dumps(what_if_object(row)))
    else:
        print(*_lines(number, state, rows), sep="\n")
    return 1 if any(row.open for row in rows) else 0


def _lines(number: int, state: EvaluationState, rows: Sequence[WhatIf]) -> Iterator[str]:
    config = state.config
    yield visible_line(
        f"Evaluation {number}: {config.model} · {config.prompt} · {config.asked} · band {config.band}%"
    )
    table = [HEADINGS, *(cells_of(row) for row in rows)]
    widths = column_widths(table)
    yield from (aligned(cells, widths, right=FIGURES) for cells in table)
    yield from notes_of(state, rows)
    if config.notice:
        yield f"Note: {visible_line(config.notice)}"


class _Progress:
    """A line now and then, where someone watches."""

    def __init__(self, grading: WhatIfGrading, complain: Complain) -> None:
        self._grading, self._complain = grading, complain
        self._said_at = monotonic()
        self._watched = sys.stderr is not None and sys.stderr.isatty()

    def graded(self) -> None:
        if self._watched and monotonic() - self._said_at > PROGRESS_SECONDS:
            self._said_at = monotonic()
            left, all_ = self._grading.left, self._grading.answers
            self._complain(
                f"graded {all_ - left:,} of {pluralize(all_, 'answer')}; ctrl-c keeps what is done"
            )
