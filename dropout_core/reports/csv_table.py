"""CSV table with one row per attempt, for spreadsheets and data frames."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator

from dropout_core.models.request_settings import fields_of
from dropout_core.reports.record import Record, utc
from dropout_core.state.trial_state import AttemptState, TrialState

_BEFORE_CHECKS = (
    "evaluation", "model", "task", "prompt", "suite", "mode", "trial", "attempt", "counted", "started_at", "outcome",
    "reason", "cause", "task_related",
)  # fmt: skip
_AFTER_CHECKS = (
    "seed", "seconds", "steps", "input_tokens", "output_tokens", "thinking_tokens",
    "cache_read_input_tokens", "cache_creation_input_tokens", "tokens_estimated", "stop_reason", "isolation",
    "flags", "max_tokens", "settings", "imported", "name", "tags", "note", "code",
)  # fmt: skip
CHECK_PREFIX = "check_"
_STARTS_A_FORMULA = re.compile(
    r"""
    (?: ^ | [;|\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029] )  # where a cell begins, whatever is taken to separate cells
    (?= [\ \xa0"]* [=+\-@\t\r\uff0b\uff0d\uff1d\uff20] )  # blanks and quotes are passed over there
    """,
    re.VERBOSE,
)


def csv_table(record: Record) -> Iterator[str]:
    """The table, one row per piece. A column per check holds ``passed``, ``failed``, ``not_reached`` or nothing.

    An apostrophe is put before untrusted text that a spreadsheet would read as a formula, as OWASP advises, also within
    a text where it would begin a cell if the table were opened with semicolons, tabs or bars as separators. Numbers
    stay numbers, and the JSON document has the unchanged text.
    """
    checks = list(
        dict.fromkeys(
            id_
            for _, attempt in record.attempts()
            if attempt.verdict is not None
            for id_, _ in attempt.verdict.statuses
        )
    )
    yield _line([*_BEFORE_CHECKS, *(f"{CHECK_PREFIX}{name}" for name in checks), *_AFTER_CHECKS])
    for trial, attempt in record.attempts():
        yield _line(_row(record, trial, attempt, checks))


def _row(record: Record, trial: TrialState, attempt: AttemptState, checks: list[str]) -> list[object]:
    config, verdict = record.state.config, attempt.verdict
    statuses = {} if verdict is None else {id_: str(status) for id_, status in verdict.statuses}
    return [
        record.number,
        config.model,
        config.task,
        config.prompt,
        config.suite,
        config.mode,
        trial.number,
        attempt.number,
        "yes" if attempt is trial.counted else "no",
        utc(attempt.started_at),
        "" if verdict is None else str(verdict.outcome),
        "" if verdict is None else verdict.reason,
        "" if verdict is None else verdict.cause or "",
        "" if verdict is None or verdict.task_related is None else "yes" if verdict.task_related else "no",
        *(statuses.get(name, "") for name in checks),
        attempt.seed,
        round(attempt.busy_seconds, 3),
        attempt.step,
        attempt.input_tokens,
        attempt.output_tokens,
        attempt.thinking_tokens,
        attempt.cache_read_input_tokens,
        attempt.cache_creation_input_tokens,
        "yes" if attempt.estimated else "no",
        attempt.stop_reason,
        "" if verdict is None else verdict.isolation,
        "" if verdict is None else "; ".join(map(str, verdict.flags)),
        "" if config.max_tokens_from == "unknown" else config.max_tokens,
        json.dumps(fields_of(config)) if fields_of(config) else "",
        config.imported or "",
        record.annotation.name,
        ", ".join(record.annotation.tags),
        record.annotation.note,
        attempt.code or "",
    ]


def _line(cells: list[object]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([_harmless(cell) if isinstance(cell, str) else cell for cell in cells])
    # Opened with another separator, what lies between two quotes may begin at the end of a line: not with a return.
    return out.getvalue().removesuffix("\r\n") + "\n"


def _harmless(text: str) -> str:
    return _STARTS_A_FORMULA.sub(r"\g<0>'", text)
