"""Editing an answer in the user's editor and grading the result. The stored run stays as it is."""

from __future__ import annotations

from dropout_core.sandbox import SandboxBroken
from dropout_core.task.requirement import UnknownSuite
from dropout_core.task.unusable import TaskUnusable
from dropout_core.tasks.chosen import task_of
from dropout_core.values.seeds import fresh_seed
from dropout_core.verdict.verdict import Verdict
from dropout_tui.app.base_app import BaseApp
from dropout_tui.app.editing.external_editor import NoEditor, edited
from dropout_tui.presenters.trial.current_answer import CurrentAnswer
from dropout_tui.screens.confirm import Choice, ConfirmScreen
from dropout_tui.screens.trial.edited_answer import EDIT, SAVE, EditedAnswerScreen

_GRADE, _AGAIN, _SAVE, _LEAVE = "grade", "again", "save", "leave"


async def edit_answer(app: BaseApp, code: str, here: CurrentAnswer, allow_weak_sandbox: bool) -> str | None:
    """Edit and grade until the user is done; returns the code if it is to be saved. Call it in a worker."""
    original = code
    while True:
        try:
            changed = await edited(app, code, here.file_name)
        except NoEditor as problem:
            app.say(str(problem), severity="warning")
            return None
        if changed is None and code != original:
            changed = code
        if changed is None:
            app.say("The code is as it was.", seconds=4)
            return None
        answer = await app.push_screen_wait(_offer(here))
        if answer == _AGAIN:
            code = changed
            continue
        if answer != _GRADE:
            return changed if answer == _SAVE else None
        verdict = await _grade(app, changed, here, allow_weak_sandbox)
        if verdict is None:
            return None
        code = changed
        what_now = await app.push_screen_wait(EditedAnswerScreen(verdict, here.name))
        if what_now != EDIT:
            return code if what_now == SAVE else None


async def _grade(app: BaseApp, code: str, here: CurrentAnswer, allow_weak_sandbox: bool) -> Verdict | None:
    """Grade by the suite, and with the seed, of the stored answer. Nothing is stored."""
    from dropout_core.running.graders.open_grader import opened_grader

    app.say("Grading your edited answer …", seconds=3)
    attempt = here.attempt
    seed = attempt.verdict.seed if attempt is not None and attempt.verdict is not None else fresh_seed()
    try:
        task = task_of(here.config)
        async with opened_grader(
            here.config.suite, task=task, allow_weak_sandbox=allow_weak_sandbox
        ) as grader:
            return await grader.grade(code, seed=seed)
    except (SandboxBroken, TaskUnusable, UnknownSuite) as error:
        app.say(f"your edited answer could not be graded: {error}", severity="error")
        return None


def _offer(here: CurrentAnswer) -> ConfirmScreen:
    return ConfirmScreen(
        f"You changed the code of {here.name}. Grade your edited answer? The stored run stays as it is.",
        [
            Choice(_GRADE, "y", "Yes, grade it"),
            Choice(_AGAIN, "e", "Edit on"),
            Choice(_SAVE, "w", "Save it to a file"),
            Choice(_LEAVE, "n", "No, drop what I changed"),
        ],
        safe=_AGAIN,
        title="Grade it?",
    )
