"""Sets up the next evaluation: shows the launch form, and opens what it returns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from dropout_core.models.http.credentials import key_configured
from dropout_core.models.http.destination import Destination
from dropout_core.storage.store import Store, StoreUnusable
from dropout_core.task.prompt_variants import PromptVariant
from dropout_core.task.unusable import TaskUnusable
from dropout_core.tasks.chosen import choose_task
from dropout_core.values.annotation import Annotation
from dropout_core.values.config import EvaluationConfig
from dropout_tui.app.base_app import BaseApp
from dropout_tui.presenters.launch.form import LaunchForm, form_of
from dropout_tui.presenters.launch.server_answers import ServerAnswers


class Opening(Protocol):
    """Opens evaluations."""

    @property
    def is_under_way(self) -> bool:
        """Whether an evaluation has begun and not ended."""
        ...

    def open(self, what: EvaluationConfig, *, queued: bool, annotation: Annotation) -> bool:
        """Open a new evaluation; whether that could be done."""
        ...


class Launching:
    """The launch form of an app, which keeps what was filled in."""

    def __init__(
        self,
        app: BaseApp,
        form: LaunchForm,
        store: Store,
        may_ask: Callable[[Destination], bool],
        opening: Opening,
    ) -> None:
        """Begin with `form`. `may_ask` is as `ServerAnswers` has it; what the form returns is opened by `opening`."""
        self._app = app
        self._form = form
        self._store = store
        self._may_ask = may_ask
        self._opening = opening

    def set_up(self, *, is_ready: bool = False) -> None:
        """Show the launch form, and start or queue the evaluation that it returns. `is_ready` puts the cursor on its
        button."""
        from dropout_tui.screens.launch.screen import LaunchScreen

        screen = LaunchScreen(
            self._form,
            key_configured=key_configured(),
            is_first=not self._shows_anything,
            may_queue=self._opening.is_under_way,
            is_ready=is_ready,
            variants=self._variants,
            answers=ServerAnswers(self._may_ask),
        )

        def launched(config: EvaluationConfig | None) -> None:
            if config is not None:
                # What cannot be started is set up again as it was.
                self._form = screen.left
                if self._opening.open(config, queued=screen.queued, annotation=screen.annotation):
                    self._form = form_of(config)
            elif self._shows_anything:
                self._form = screen.left
            else:
                self._app.run_worker(self._app.action_quit(), group="leaving", exit_on_error=False)

        self._app.push_screen(screen, launched)

    def set_up_like(self, config: EvaluationConfig, *, suite: str) -> None:
        """Show the launch form, filled in as `config` is, for another suite."""
        self._form = replace(form_of(config), suite=suite)
        self.set_up()

    def set_up_as(self, form: LaunchForm) -> None:
        """Show the launch form, filled in as `form` is, so that one key starts it."""
        self._form = form
        self.set_up(is_ready=True)

    def _variants(self, task: str) -> tuple[PromptVariant, ...]:
        """The prompts that people made for a task. A store that cannot be read is complained of elsewhere."""
        try:
            return self._store.prompt_variants(choose_task(task).name)
        except (StoreUnusable, TaskUnusable):
            return ()

    def prompt_names(self, task: str) -> set[str]:
        """The names of these prompts."""
        return {one.name for one in self._variants(task)}

    @property
    def _shows_anything(self) -> bool:
        """Whether there is a screen to return to."""
        if len(self._app.screen_stack) == 1:
            return False  # the form comes first, before what other screens need
        from dropout_tui.screens.dashboard.screen import DashboardScreen
        from dropout_tui.screens.evaluations.history import HistoryScreen

        return any(isinstance(one, DashboardScreen | HistoryScreen) for one in self._app.screen_stack)
