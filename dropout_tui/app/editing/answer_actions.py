"""Actions on the answer on screen: copy it, save it, edit it in the user's editor and grade the edited code.

This module is imported before the first paint, so each action imports what it needs when it runs.
"""

from __future__ import annotations

import asyncio
import shlex
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from textual import work
from textual.binding import Binding

from dropout_core.values.task_names import DROPOUT
from dropout_tui.app.base_app import BaseApp
from dropout_tui.presenters.trial.current_answer import CurrentAnswer, current_answer
from dropout_tui.settings.preferences import Preferences

if TYPE_CHECKING:
    from dropout_core.verdict.verdict import Check
    from dropout_tui.presenters.evaluations.live_evaluation import ConversationSource

_ON_CODE = frozenset({"copy_code", "edit_code", "save_code"})


class AnswerApp(BaseApp):
    """An app whose keys act on the answer on screen, on every screen that shows one."""

    BINDINGS = [
        Binding("y", "copy_code", "Copy code", id="answer.copy", tooltip="Copy the code"),
        Binding("Y", "copy_check", "Copy check", id="answer.copy_check", show=False,
                tooltip="Copy what the failing check says"),
        Binding("C", "copy_trial", "Copy run", id="answer.copy_run", show=False,
                tooltip="Copy the whole run as Markdown"),
        Binding("e", "edit_code", "Edit code", id="answer.edit",
                tooltip="Open the code in your editor, and grade what you make of it"),
        Binding("w", "save_code", "Save code", id="answer.save", show=False, tooltip="Save the code to a file"),
    ]  # fmt: skip

    def __init__(
        self, source: ConversationSource | None, preferences: Preferences, *, allow_weak_sandbox: bool
    ) -> None:
        super().__init__(preferences)
        self.conversations = source
        """Where stored conversations are read from; ``None`` until it is open."""
        self._weak_sandbox_allowed = allow_weak_sandbox

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide actions on an answer where no answer is on screen, and dim those that need code where it has none."""
        if action == "grade_again":
            here = current_answer(self.page)
            attempt = None if here is None else here.attempt
            return (
                True
                if attempt is not None and attempt.code is not None and attempt.verdict is not None
                else None
            )
        if action not in _ON_CODE and action not in ("copy_check", "copy_trial"):
            return super().check_action(action, parameters)
        here = current_answer(self.page)
        if here is None:
            return False
        if action in _ON_CODE:
            return None if here.code is None else True
        return None if action == "copy_check" and here.check is None else True

    def action_copy_code(self) -> None:
        """Copy the code."""
        here = current_answer(self.page)
        if here is not None and here.code is not None:
            self.copy(here.code, f"the code of {here.name}")

    def action_copy_check(self) -> None:
        """Copy the highlighted check in words, or the first that failed."""
        here = current_answer(self.page)
        if here is not None and here.check is not None:
            self.copy(check_text(here, here.check), f"check {here.check.id} of {here.name}")

    @work(group="copying", exclusive=True, exit_on_error=False)
    async def action_copy_trial(self) -> None:
        """Copy the whole run as Markdown."""
        here = current_answer(self.page)
        if here is not None:
            markdown = await asyncio.to_thread(self._markdown, here)
            self.copy(markdown, f"run {here.trial.number} as Markdown")

    def _markdown(self, here: CurrentAnswer) -> str:
        from dropout_core.reports.markdown import trial_markdown

        if (source := self.conversations) is None:
            raise RuntimeError("no store is open")
        turns = {
            attempt.number: source.conversation(here.evaluation, here.trial.number, attempt.number)
            for attempt in here.trial.attempts
        }
        return trial_markdown(here.config, here.trial, turns)

    def action_save_code(self) -> None:
        """Save the code to a file."""
        here = current_answer(self.page)
        if here is not None and here.code is not None:
            self._save(here.code, here)

    def action_edit_code(self) -> None:
        """Open the code in the editor."""
        here = current_answer(self.page)
        if here is not None and here.code is not None:
            self._edit(here.code, here)

    def action_grade_again(self) -> None:
        """Grade the answer again with fresh seeds, on the screen of its run."""
        from dropout_tui.screens.trial.screen import TrialScreen

        screen = self.page
        if isinstance(screen, TrialScreen):
            screen.grade_again(allow_weak_sandbox=self._weak_sandbox_allowed)

    def _save(self, code: str, here: CurrentAnswer) -> None:
        if self.is_web:
            # The files of this machine are not the reader's.
            self.deliver_text(StringIO(code), save_filename=here.file_name)
            return

        from dropout_tui.screens.save_file import SaveScreen

        def saved(path: Path | None) -> None:
            if path is not None:
                self.say(f"Saved {path}: {len(code.splitlines()):,} lines.")

        self.push_screen(SaveScreen(code, f"code of {here.name}", here.file_name), saved)

    @work(group="editing", exclusive=True, exit_on_error=False)
    async def _edit(self, code: str, here: CurrentAnswer) -> None:
        from dropout_tui.app.editing.answer_editing import edit_answer

        if (to_save := await edit_answer(self, code, here, self._weak_sandbox_allowed)) is not None:
            self._save(to_save, here)


def check_text(here: CurrentAnswer, check: Check) -> str:
    """A check in words, with the command line that repeats it."""
    lines = [f"{check.title}: {str(check.status).replace('_', ' ')}", check.message]
    if check.measured is not None:
        lines.append(f"measured {check.measured}, expected {check.expected}")
    verdict = None if here.attempt is None else here.attempt.verdict
    if verdict is not None:
        task = here.config.task_file or here.config.task
        named = "" if task == DROPOUT else f" --task {shlex.quote(task)}"
        command = f"dropout-tui grade {here.file_name}{named} --suite {verdict.suite} --seed {verdict.seed}"
        lines += [f"save the code as {here.file_name}, then", f"repeat: {command}"]
    return "\n".join(lines)
