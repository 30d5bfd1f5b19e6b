"""The prompts that the launch form offers, and what the chosen one is in the form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dropout_core.task.prompt import load_prompt
from dropout_core.task.prompt_variants import PromptVariant, next_name
from dropout_core.task.requirement import Explicitness, Requirement
from dropout_core.tasks.chosen import choose_task
from dropout_core.values.config import MODES
from dropout_tui.presenters.launch.form import LaunchForm

A_FILE, EDITED = "a file…", "as edited"


@dataclass(frozen=True, slots=True)
class PromptChoice:
    """What there is to choose from."""

    edited: PromptVariant | None = None
    """The prompt in hand: it has been edited, and perhaps not been sent yet."""
    stored: tuple[PromptVariant, ...] = ()
    """Those that evaluations were asked with, the newest first."""

    @classmethod
    def of(cls, form: LaunchForm) -> PromptChoice:
        """What a form has by itself."""
        if not form.prompt_text:
            return cls()
        return cls(PromptVariant(form.prompt_name, form.prompt_text, form.prompt))

    @property
    def words(self) -> tuple[str, ...]:
        """The words of the menu."""
        edited = () if self.edited is None else (EDITED,)
        return (*edited, *Explicitness, *(one.name for one in self.stored), A_FILE)

    def word_of(self, form: LaunchForm) -> str:
        """The word that stands for the prompt of a form."""
        if form.prompt_text:
            return EDITED
        return form.prompt if form.prompt in set(Explicitness) else A_FILE

    def variant(self, word: str) -> PromptVariant | None:
        """The variant that a word stands for; ``None`` for a built-in prompt and a file."""
        if word == EDITED:
            return self.edited
        return next((one for one in self.stored if one.name == word), None)

    def fields(self, word: str, path: str, name: str) -> dict[str, str]:
        """The fields of the form about the prompt, when `word` is chosen."""
        if (variant := self.variant(word)) is not None:
            return {"prompt": variant.made_from, "prompt_text": variant.text, "prompt_name": name}
        return {"prompt": path if word == A_FILE else word, "prompt_name": name}

    def made(self, text: str, form: LaunchForm) -> PromptVariant:
        """The variant with a text that was made of the prompt of `form`. One that was never sent keeps its name."""
        taken = {one.name for one in self.stored}
        name = form.prompt_name.strip()
        if not form.prompt_text or not name or name in taken:
            name = next_name(name or form.prompt, taken)
        return PromptVariant(name, text, form.prompt)

    def clash(self, form: LaunchForm) -> str | None:
        """Why a prompt cannot have its name: a stored one of another text has it."""
        name = form.prompt_name.strip()
        other = next((one for one in self.stored if one.name == name), None)
        if other is None or other.text == form.prompt_text.strip():
            return None
        return f"{name} is the name of another prompt; give it one of its own, such as {next_name(name, self.words)}"


@dataclass(frozen=True, slots=True)
class PromptShown:
    """The prompt of a form, and what it is judged by."""

    text: str
    before: str
    """What it was made from; empty where it was not, or where that is no longer there."""
    requirements: Sequence[Requirement]
    """Of the suite."""


def prompt_of(form: LaunchForm) -> PromptShown:
    """The prompt that a form would send. Blocking: it may read a file.

    Raises:
        ValueError: there is none; with one line.
    """
    mode = MODES[1] if form.mode == MODES[1] else MODES[0]
    task = choose_task(form.task)
    requirements = task.suite(form.suite)
    try:
        built = load_prompt(form.prompt.strip(), suite=form.suite, mode=mode, task=task).text
    except ValueError:
        if not form.prompt_text:
            raise
        built = ""
    if form.prompt_text:
        return PromptShown(form.prompt_text, built, requirements)
    return PromptShown(built, "", requirements)
