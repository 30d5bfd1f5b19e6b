"""``dropout-tui`` and ``dropout-tui resume`` on a terminal: the dashboard, and the results printed after it.

Only quick checks are made before the dashboard takes the terminal. Everything else is opened after the first
paint, and a failure is reported in one line after the dashboard has closed.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from dropout_core.values.config import EvaluationConfig
from dropout_tui.app.base_app import problem_with_theme
from dropout_tui.app.dropout_app import DropoutApp
from dropout_tui.app.startup import CannotOpen, FirstFrameText, StartPoint
from dropout_tui.command_line.complaints import Complaint
from dropout_tui.exit_codes import EXIT_USAGE
from dropout_tui.settings.preferences import Preferences
from dropout_tui.text.numbers import pluralize

if TYPE_CHECKING:
    from dropout_core.costs.purse import Purse
    from dropout_core.models import Model
    from dropout_core.running.overrides import ResumeOverrides
    from dropout_core.storage.store import Store
    from dropout_tui.command_line.open_store import Complain
    from dropout_tui.presenters.launch.form import LaunchForm
    from dropout_tui.settings.known_addresses import KnownAddresses


def run_dashboard(
    store_path: Path,
    complain: Complain,
    *,
    form: LaunchForm,
    config: EvaluationConfig | None,
    purse: Purse | None,
    known: KnownAddresses,
    allow_weak_sandbox: bool,
    preferences: Preferences,
) -> int:
    """Run the dashboard; afterwards print the results. Its evaluations spend from `purse`."""

    def opening(store: Store) -> StartPoint:
        from dropout_core.models import ModelUnusable
        from dropout_core.running.session import model_for

        if config is not None:
            try:
                model_for(config)
            except ModelUnusable as error:
                raise CannotOpen(str(error)) from None
        return StartPoint(store, form, config, known=known, purse=purse)

    return _run(
        store_path, opening, complain, words_of(config), preferences, allow_weak_sandbox=allow_weak_sandbox
    )


def resume_dashboard(
    store_path: Path,
    complain: Complain,
    number: int | None,
    *,
    changes: ResumeOverrides,
    purse: Purse | None,
    known: KnownAddresses,
    allow_weak_sandbox: bool,
    preferences: Preferences,
) -> int:
    """Run the dashboard on a stored evaluation, or the newest that is not finished."""
    if not store_path.exists():
        from dropout_tui.command_line.open_store import said_of_no_store

        raise Complaint(said_of_no_store(store_path))

    def opening(store: Store) -> StartPoint:
        from dropout_core.models import ModelUnusable
        from dropout_core.running.session import model_for
        from dropout_core.storage.store import StoreUnusable, UnknownEvaluation
        from dropout_tui.app.evaluations.session_opening import SAMPLE_PACE
        from dropout_tui.command_line.resume import resumed_session
        from dropout_tui.presenters.launch.form import form_of

        def model_of(config: EvaluationConfig) -> Model:
            return model_for(config, sample_pace=SAMPLE_PACE)

        try:
            session = resumed_session(
                store, number, changes, model_of, known, allow_weak_sandbox=allow_weak_sandbox
            )
        except UnknownEvaluation as error:
            from dropout_tui.command_line.open_store import said_of_unknown

            raise CannotOpen(said_of_unknown(error, store.path)) from None
        except (ModelUnusable, StoreUnusable) as error:
            raise CannotOpen(str(error)) from None
        return StartPoint(store, form_of(session.state.config), session, changes, known, purse)

    words = FirstFrameText("Evaluation" if number is None else f"Evaluation {number}")
    return _run(store_path, opening, complain, words, preferences, allow_weak_sandbox=allow_weak_sandbox)


def words_of(config: EvaluationConfig | None) -> FirstFrameText:
    """The text of the first frame for a new evaluation, or for the launch form."""
    if config is None:
        return FirstFrameText("New evaluation")
    detail = f"{config.prompt} · {config.asked} · {pluralize(config.runs, 'run')}"
    return FirstFrameText(config.model, detail, _notice(config))


def _notice(config: EvaluationConfig) -> str:
    from dropout_core.models.http.destination import told_first

    return config.notice or told_first(config)


def _run(
    store_path: Path,
    opening: Callable[[Store], StartPoint],
    complain: Complain,
    words: FirstFrameText,
    preferences: Preferences,
    *,
    allow_weak_sandbox: bool,
) -> int:
    if (problem := problem_with_theme(preferences.theme)) is not None:
        complain(problem)
        return EXIT_USAGE
    with ExitStack() as stack:

        def open_all() -> StartPoint:
            from dropout_core.storage.store import StoreUnusable
            from dropout_tui.command_line.open_store import open_store

            try:
                store = open_store(store_path)
            except StoreUnusable as error:
                raise CannotOpen(str(error)) from None
            stack.callback(store.close)
            return opening(store)

        app = DropoutApp(open_all, words, allow_weak_sandbox=allow_weak_sandbox, preferences=preferences)
        app.run()
        return _closing(app, store_path, complain)


def _closing(app: DropoutApp, store_path: Path, complain: Complain) -> int:
    """Print the results that stay on the terminal, and return the exit status."""
    from dropout_tui.command_line.lines.report_lines import closing, line_of
    from dropout_tui.settings.store_option import command_line

    if app.refused is not None:
        complain(app.refused)
        return EXIT_USAGE
    if app.live is not None and not app.is_web:
        print(*closing(app.live.number, app.live.state, store_path), sep="\n")
        for other in app.evaluations:
            if other is not app.live:
                print(line_of(other.number, other.state))
        for each in app.evaluations:
            if not each.state.settled:
                print(f"Go on with: {command_line(store_path, 'resume', each.number)}")
    if app.unsaved is not None:
        complain(app.unsaved)
    return app.return_status or app.return_code or 0
