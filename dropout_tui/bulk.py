"""What a key does to one trial or to many: which of them it concerns, and what is asked before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from dropout_core.trial_state import Status, TrialState
from dropout_tui.amounts import so_many
from dropout_tui.live import Commands

_HELD = (Status.PAUSED, Status.PAUSING)


class Deed(StrEnum):
    """What is done to trials."""

    PAUSE = "pause"
    RESUME = "resume"
    RERUN = "rerun"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Bulk:
    """A deed and the numbers of the trials it is done to."""

    deed: Deed
    trials: tuple[int, ...]

    @property
    def resumes(self) -> bool:
        """Whether it lets trials go on."""
        return self.deed is Deed.RESUME and bool(self.trials)

    @property
    def question(self) -> str | None:
        """What to ask before; ``None`` when it can be done at once."""
        return None if len(self.trials) < 2 else question_before(self.deed, len(self.trials))

    def apply(self, commands: Commands) -> None:
        """Do it."""
        command = {
            Deed.PAUSE: commands.pause,
            Deed.RESUME: commands.resume,
            Deed.RERUN: commands.rerun,
            Deed.CANCEL: commands.cancel,
        }[self.deed]
        for trial in self.trials:
            command(trial)


def pause_or_resume(trials: Iterable[TrialState]) -> Bulk:
    """Hold what goes on; when nothing does, let go on what is held."""
    open_ = [trial for trial in trials if not trial.status.settled]
    going = _numbers(trial for trial in open_ if trial.status not in _HELD)
    return Bulk(Deed.PAUSE, going) if going else Bulk(Deed.RESUME, _numbers(open_))


def rerun(trials: Iterable[TrialState]) -> Bulk:
    """Make a new attempt of each."""
    return Bulk(Deed.RERUN, _numbers(trials))


def cancel(trials: Iterable[TrialState]) -> Bulk:
    """End what has not ended."""
    return Bulk(Deed.CANCEL, _numbers(trial for trial in trials if not trial.status.settled))


def question_before(deed: Deed, count: int, kind: str = "run") -> str | None:
    """What to ask before it is done to so many trials of a `kind`; ``None`` when it costs and loses nothing."""
    match deed:
        case Deed.RERUN:
            return f"Make a new attempt of {so_many(count, kind)}? Each asks the model again."
        case Deed.CANCEL:
            return f"Cancel {so_many(count, kind)}? They end as void and are not counted."
        case _:
            return None


def _numbers(trials: Iterable[TrialState]) -> tuple[int, ...]:
    return tuple(trial.number for trial in trials)
