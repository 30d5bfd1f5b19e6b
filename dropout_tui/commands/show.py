"""``dropout-tui show``: prints one evaluation, or one trial with code, checks and conversation."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from dropout_core.analysis.review.repeated_verdicts import repeats_of
from dropout_core.analysis.review.stored_evidence import stored_evidence
from dropout_core.models.request_settings import setting_words
from dropout_core.reports.jsonlines import summary_object, trial_object
from dropout_core.reports.labelled_blocks import labelled_blocks
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.trial_state import AttemptState
from dropout_core.storage.store import Store
from dropout_core.values.conversation import Message
from dropout_core.values.words.tokens import ABOUT, token_words
from dropout_tui.command_line.lines.equal_evaluations import pool_lines, pool_object, pool_of
from dropout_tui.command_line.lines.report_lines import RULE, check_line, closing, result_line
from dropout_tui.command_line.open_store import Complain, opened_store, state_of
from dropout_tui.exit_codes import EXIT_USAGE
from dropout_tui.settings.store_option import command_line
from dropout_tui.text.labels import BESIDE_TASK, line_of_flag, mark_of_trial
from dropout_tui.text.numbers import elapsed, pluralize
from dropout_tui.text.sanitize import visible, visible_line
from dropout_tui.text.words.annotation import annotation_lines
from dropout_tui.text.words.batches import left_at_server


def show(
    path: Path, number: int, trial: int | None, complain: Complain, *, as_json: bool, exact: bool = False
) -> int:
    """Print one evaluation, or one trial of it. `exact` adds the exact interval of the pass rate."""
    with opened_store(path, create=False) as store:
        try:
            state = state_of(store, number, complain)
            if trial is not None:
                state.trial(trial)
        except IndexError as error:
            complain(f"{error}; see: {command_line(path, 'show', number)}")
            return EXIT_USAGE
        lines = (
            _json_lines(store, number, state, trial)
            if as_json
            else _evaluation_lines(store, number, state, exact=exact)
            if trial is None
            else _trial_lines(store, number, state, trial)
        )
        for line in lines:
            print(line)
    return 0


def show_code(path: Path, number: int, trial: int, complain: Complain) -> int:
    """Print only the code of a trial: of the attempt that counts or, while none does, of the latest."""
    with opened_store(path, create=False) as store:
        try:
            chosen = store.state(number).trial(trial)
        except IndexError as error:
            complain(f"{error}; see: {command_line(path, 'show', number)}")
            return EXIT_USAGE
    attempt = chosen.counted or chosen.latest
    if attempt is None or attempt.code is None:
        whole = command_line(path, "show", number, trial)
        complain(f"run {trial} of evaluation {number} has no code; see: {whole}")
        return EXIT_USAGE
    # Control characters are made visible on a terminal, and kept in a file.
    code = visible(attempt.code) if sys.stdout.isatty() else attempt.code
    print(code.removesuffix("\n"))
    return 0


def _json_lines(store: Store, number: int, state: EvaluationState, trial: int | None) -> Iterator[str]:
    for each in state.trials:
        if trial not in (None, each.number):
            continue
        for attempt in each.attempts:
            if attempt.verdict is not None:
                value = trial_object(each.number, attempt)
                if trial is not None:
                    turns = store.conversation(number, each.number, attempt.number)
                    value["conversation"] = [turn.to_json() for turn in turns]
                yield json.dumps(value)
    if trial is None:
        if (pool := pool_of(store, number, state)) is not None:
            yield json.dumps(pool_object(pool))
        yield json.dumps(summary_object(number, state) | store.annotation(number).to_json())


def _evaluation_lines(store: Store, number: int, state: EvaluationState, *, exact: bool) -> Iterator[str]:
    config = state.config
    task = visible_line(f"{config.model} · {config.prompt} · {config.asked} · {config.mode}")
    yield f"Evaluation {number}: {task}"
    refusals = " · refusals are void" if config.refusals == "void" else ""
    yield f"seed {config.seed}{refusals} · {datetime.fromtimestamp(state.started_at):%Y-%m-%d %H:%M}"
    yield visible_line(" · ".join((config.reply_words, *setting_words(config))))
    yield from annotation_lines(store.annotation(number))
    if config.batch:
        left = left_at_server(state.open_batches)
        yield f"asked in batches{f'; {left}' if left else ''}"
    yield RULE
    for trial in state.trials:
        latest = trial.latest
        if latest is None or latest.verdict is None:
            yield f"{mark_of_trial(trial).glyph} Run {trial.number}: {mark_of_trial(trial).word}"
        for attempt in trial.attempts:
            if attempt.verdict is not None:
                again = f"attempt {attempt.number}, " if len(trial.attempts) > 1 else ""
                yield f"{result_line(trial.number, attempt.verdict)} ({again}{_took(attempt)})"
    yield from closing(number, state, store.path, exact=exact)
    if (pool := pool_of(store, number, state)) is not None:
        yield from pool_lines(pool, number, config.band)
        yield RULE


def _took(attempt: AttemptState) -> str:
    """The tokens and the time of an ended attempt."""
    about = ABOUT if attempt.estimated else ""
    return f"{about}{pluralize(attempt.tokens, 'token')}, {elapsed(attempt.busy_seconds)}"


def _trial_lines(store: Store, number: int, state: EvaluationState, trial: int) -> Iterator[str]:
    chosen = state.trial(trial)
    if state.config.notice:
        yield f"Note: {visible_line(state.config.notice)}"
    if not chosen.attempts:
        yield f"Run {trial}: {mark_of_trial(chosen)}"
    kept = stored_evidence(store, number, state.config).repeats
    for attempt in chosen.attempts:
        counted = " · counts" if attempt is chosen.counted else ""
        yield f"Run {trial}, attempt {attempt.number} of {len(chosen.attempts)} · seed {attempt.seed}{counted}"
        yield RULE
        yield from _attempt_lines(trial, attempt)
        if attempt.verdict is not None:
            repeats = repeats_of((trial, attempt.number), attempt.verdict, state.config, kept)
            if repeats.said:
                yield visible_line(f"With other seeds: {repeats}")
        yield "Conversation:"
        for turn in store.conversation(number, trial, attempt.number):
            yield from _turn_lines(turn)
        yield RULE


def _attempt_lines(trial: int, attempt: AttemptState) -> Iterator[str]:
    verdict = attempt.verdict
    if verdict is None:
        yield f"Run {trial}: not finished"
        return
    yield result_line(trial, verdict)
    if verdict.cause is not None and verdict.task_related is not True:
        yield f"cause: {visible_line(verdict.cause)}, {BESIDE_TASK}"
    yield f"isolation: {verdict.isolation}"
    yield f"tokens: {token_words(attempt)} · {elapsed(attempt.busy_seconds)}"
    for check in verdict.checks:
        yield f"  {check_line(check)}"
    for flag in verdict.flags:
        yield f"  {line_of_flag(flag)}"
    if attempt.code is not None:
        yield f"Code ({attempt.origin}):"
        for line_number, line in enumerate(visible(attempt.code).split("\n"), 1):
            yield f"{line_number:4} | {line}"


def _turn_lines(turn: Message) -> Iterator[str]:
    for block in labelled_blocks(turn):
        yield f"  [{visible_line(block.label)}]"
        for line in visible(block.text).split("\n"):
            yield f"    {line}"
