"""Task in a folder with a prompt and a grader, as in the exercise ``hello-py``.

    prompt.txt    what is asked, as it is
    grader.py     grade(answer: str) -> (bool, info)
    tools.py      if any: TaskTools(folder).get_tools() and .get_tool_handlers()

and data beside them. Nothing of it runs in this process: grader and tools run in the sandbox, where the folder can be
read. So the grader shares a process with the answer, which may deceive it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dropout_core.sandbox import ReadableFolder
from dropout_core.task.definition import BASIC, Task
from dropout_core.task.requirement import RUNS, Explicitness, Requirement
from dropout_core.task.result import CheckResult, not_reached
from dropout_core.task.unusable import TaskUnusable
from dropout_core.values.config import ANY_TEXT, Mode

if TYPE_CHECKING:
    import numpy as np

    from dropout_core.task.call import Call
    from dropout_core.task.made import Made

PROMPT, GRADER, TOOLS = "prompt.txt", "grader.py", "tools.py"
ANSWERS, SAMPLES = "answers", "samples"
HIDDEN = (PROMPT, GRADER, TOOLS, ANSWERS, SAMPLES, "__pycache__")
ACCEPTED = "accepted"
_INSIDE = Path(__file__).with_name("in_folder.py")
_LARGEST = 1 << 20
_NOT_A_NAME = re.compile(r"[^A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True, eq=False)
class GraderFolder(Task):
    """Task whose own grader judges answers; see the module."""

    place: Path = Path()
    """The folder."""

    def __post_init__(self) -> None:
        """Skip the checks of a `Task`, as `read_folder` has made it."""

    @property
    def runs(self) -> Requirement:
        """Requirement that the grader comes to a verdict. No prompt states it."""
        return _unseen(RUNS, "The grader comes to a verdict.", "Runs")

    @property
    def whole_prompt(self) -> str | None:
        """The prompt as it stands in the folder."""
        return self.opening_at()

    @property
    def readable(self) -> ReadableFolder:
        """Data beside grader and tools. The agent's expressions can read it too, but not the grader."""
        return ReadableFolder(self.place, HIDDEN)

    @property
    def has_tools(self) -> bool:
        """Whether it offers agents tools of its own."""
        return (self.place / TOOLS).is_file()

    def code_for(self, file: str) -> str:
        """Code that loads grader or tools in the sandbox.

        Raises:
            OSError: they cannot be read.
        """
        source = (self.place / file).read_text(encoding="utf-8")
        return f"{_INSIDE.read_text(encoding='utf-8')}\n\nenter({str(self.place)!r}, {file!r}, {source!r})\n"

    def prompt(
        self,
        level: str = Explicitness.EXPLICIT,  # noqa: ARG002  there is one prompt
        suite: str | None = None,
        mode: Mode = "answer",  # noqa: ARG002
    ) -> str:
        """The prompt as it stands in the folder.

        Raises:
            UnknownSuite: there is no suite of this name.
        """
        self.suite(suite)
        return self.opening_at()


def missing_in(path: Path) -> tuple[str, ...]:
    """The files that a folder lacks to be such a task."""
    return tuple(name for name in (PROMPT, GRADER) if not (path / name).is_file())


def read_folder(path: Path) -> GraderFolder:
    """Task in a folder.

    Raises:
        TaskUnusable: its prompt is empty or cannot be read; the message is one line.
    """
    folder = path.resolve()
    try:
        prompt = (folder / PROMPT).read_text(encoding="utf-8").strip()
        digest = _digest(folder)
    except (OSError, UnicodeDecodeError) as error:
        raise TaskUnusable(f"cannot read the task in {str(path)!r}: {error}") from None
    if not prompt:
        raise TaskUnusable(f"{folder / PROMPT} is empty; write what is asked")
    name = _NOT_A_NAME.sub("-", folder.name).strip("-.") or "task"
    accepted = _unseen(ACCEPTED, prompt, "Accepted")
    return GraderFolder(
        name=name if name[0].isalpha() else f"task-{name}",
        function=ANY_TEXT,
        opening=prompt,
        requirements=(accepted,),
        suites={BASIC: (ACCEPTED,)},
        answers=_subfolder(folder, ANSWERS),
        samples=_subfolder(folder, SAMPLES),
        path=folder,
        digest=digest,
        place=folder,
    )


def _subfolder(folder: Path, name: str) -> Path | None:
    return folder / name if (folder / name).is_dir() else None


def _digest(folder: Path) -> str:
    """Digest of names and content of all files by which answers are judged; of a large one its size."""
    seen = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        within = file.relative_to(folder)
        if not file.is_file() or "__pycache__" in within.parts or within.parts[0] in (ANSWERS, SAMPLES):
            continue
        size = file.stat().st_size
        seen.update(f"{within}\0{size}\0".encode("utf-8", "surrogateescape"))
        if size <= _LARGEST:
            seen.update(file.read_bytes())
    return seen.hexdigest()[:16]


def _unseen(id_: str, wording: str, title: str) -> Requirement:
    return Requirement(id_, wording, draw=_nothing, check=_seen_elsewhere, title=title)


def _nothing(_: np.random.Generator) -> Iterable[Call]:
    return ()


def _seen_elsewhere(_: Made) -> CheckResult:
    return not_reached("The folder's own grader judges it.")
