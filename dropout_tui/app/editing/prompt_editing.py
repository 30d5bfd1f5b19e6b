"""Editing a prompt: in the user's editor, or in the program where there is none."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from dropout_core.task.prompt_variants import next_name, parse_prompt_text
from dropout_core.values.config import EvaluationConfig
from dropout_tui.app.base_app import BaseApp
from dropout_tui.app.editing.external_editor import EditorFailed, NoEditor, edited
from dropout_tui.presenters.launch.form import LaunchForm, form_of
from dropout_tui.presenters.launch.prompt_choice import PromptShown, prompt_of
from dropout_tui.screens.launch.edit_prompt import EditPromptScreen
from dropout_tui.screens.launch.screen import LaunchScreen

_FILE_NAME = "prompt.txt"


async def edit_prompt_of_form(app: BaseApp, screen: LaunchScreen) -> None:
    """Edit the prompt in the form, and leave it in the user's hand there. Call it in a worker."""
    try:
        shown = await asyncio.to_thread(prompt_of, screen.form)
    except ValueError as problem:
        app.say(str(problem), severity="warning")
        return
    text = await _edited(app, shown)
    if text is not None:
        screen.take_prompt(text)


async def variant_of(app: BaseApp, config: EvaluationConfig, taken: set[str]) -> LaunchForm | None:
    """The form of an evaluation with the prompt that the user makes of its own; ``None`` when nothing is changed. Its
    name is none of `taken`. Call it in a worker."""
    form = form_of(config)
    try:
        now = await asyncio.to_thread(prompt_of, replace(form, prompt_text=config.prompt_text))
    except ValueError as problem:
        app.say(str(problem), severity="warning")
        return None
    text = await _edited(app, now)
    if text is None:
        return None
    return replace(form, prompt_text=text, prompt_name=next_name(config.prompt, taken))


async def _edited(app: BaseApp, shown: PromptShown) -> str | None:
    """The text that the user makes of a prompt; ``None`` when it is as it was, or cannot be sent."""
    try:
        text = await edited(app, shown.text, _FILE_NAME)
    except EditorFailed as problem:
        app.say(str(problem), severity="warning")
        return None
    except NoEditor:
        text = await app.push_screen_wait(EditPromptScreen(shown))
    if text is None or text.strip() == shown.text:
        app.say("The prompt is as it was.", seconds=4)
        return None
    try:
        return parse_prompt_text(text)
    except ValueError as problem:
        app.say(f"Nothing was taken over: {problem}.", severity="warning")
        return None
