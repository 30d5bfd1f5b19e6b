"""What the server of the launch form tells, put into the form as it comes: nothing waits for it."""

from __future__ import annotations

import asyncio

from textual.screen import Screen
from textual.suggester import SuggestFromList

from dropout_core.costs.price_list import price_of
from dropout_core.values.config import EvaluationConfig
from dropout_tui.presenters.launch.form import LaunchForm
from dropout_tui.presenters.launch.parsing import parse
from dropout_tui.presenters.launch.server_answers import ServerAnswers, estimate_line, models_line
from dropout_tui.widgets.form.form_row import Field
from dropout_tui.widgets.form.launch_fields import LaunchFields
from dropout_tui.widgets.form.prompt_preview import PromptPreview


class LaunchHints:
    """The models that there are under the field for one, and below the prompt how many tokens it takes."""

    def __init__(self, screen: Screen[EvaluationConfig | None], answers: ServerAnswers | None) -> None:
        """Without `answers` no server is asked, and tokens are estimated."""
        self._screen = screen
        self._answers = answers
        self._form = LaunchForm("")
        self._models: tuple[str, ...] | None = None
        """The models that the server lists; ``None`` while that is not known."""

    def ask_for_models(self, form: LaunchForm, *, typed: bool) -> None:
        """Offer the models at the address of the form, which is whole and which the user has `typed` or not."""
        if self._answers is not None:
            asking = self._offer(self._answers, form, typed=typed)
            self._screen.run_worker(asking, group="models", exclusive=True, exit_on_error=False)

    def react(self, form: LaunchForm) -> None:
        """Fit the hints to the form as it is now."""
        self._form = form
        row = self._screen.query_one(LaunchFields).rows["model"]
        row.hint(models_line(self._models, form.model.strip()))
        self._screen.run_worker(self._estimate(form), group="estimate", exclusive=True, exit_on_error=False)

    async def _offer(self, answers: ServerAnswers, form: LaunchForm, *, typed: bool) -> None:
        self._models = await answers.models(form, typed=typed)
        field = self._screen.query_one("#model", Field)
        field.suggester = SuggestFromList(self._models or (), case_sensitive=False)
        self.react(self._form)

    async def _estimate(self, form: LaunchForm) -> None:
        """Say how many tokens the prompt takes: estimated, until the server has counted them."""
        preview = self._screen.query_one(PromptPreview)
        config = await asyncio.to_thread(parse, form)
        if not isinstance(config, EvaluationConfig) or config.asks_nobody:
            preview.border_subtitle = ""
            return
        price = await asyncio.to_thread(price_of, config)
        preview.border_subtitle = estimate_line(config, None, price)
        if self._answers is not None and config.model in (self._models or ()):
            preview.border_subtitle = estimate_line(config, await self._answers.tokens(config), price)
