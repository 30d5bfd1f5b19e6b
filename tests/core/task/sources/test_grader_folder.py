"""Folders with a prompt and a grader, as the exercise they come from has them: real sandboxes, a real server."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dropout_core.grading import Grader, grade
from dropout_core.grading.folder_tools import FolderTools, offered_tools
from dropout_core.sandbox import Sandbox
from dropout_core.sandbox.opening import open_sandbox
from dropout_core.task import load_task
from dropout_core.task.sources.grader_folder import GraderFolder
from dropout_core.task.unusable import TaskUnusable
from dropout_core.verdict.verdict import Outcome
from tests.messages_server import Answer, MessagesServer
from tests.tui.program import dropout_tui

PROMPT = "Calculate (2^10 + 3^5) * 7 - 100. Use the python_expression tool and then submit the answer."
GRADER = """\
from pathlib import Path

EXPECTED = int(Path("expected.txt").read_text())

def grade(answer):
    ok = answer.strip() == str(EXPECTED)
    return ok, "The number is right" if ok else f"{answer} is not the number"
"""
TOOLS = """\
class TaskTools:
    def __init__(self, base):
        self.base = base

    def get_tools(self):
        name = {"type": "string"}
        schema = {"type": "object", "properties": {"name": name}, "required": ["name"]}
        return [
            {"name": "look_up", "description": "Looks a number up.", "input_schema": schema},
            {"name": "submit_answer", "description": "Another one.", "input_schema": schema},
        ]

    def get_tool_handlers(self):
        return {"look_up": lambda name: {"result": (self.base / name).read_text(), "error": None}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "arithmetic"
    folder.mkdir()
    (folder / "prompt.txt").write_text(f"{PROMPT}\n")
    (folder / "grader.py").write_text(GRADER)
    (folder / "tools.py").write_text(TOOLS)
    (folder / "expected.txt").write_text("8769\n")
    (folder / "powers.txt").write_text("1024 243\n")
    return folder


def read(folder: Path) -> GraderFolder:
    task = load_task(folder)
    assert isinstance(task, GraderFolder)
    return task


@pytest.fixture
async def tools(folder: Path) -> AsyncIterator[FolderTools]:
    task = read(folder)
    sandbox: Sandbox = await open_sandbox(allow_weak=True, folder=task.readable, workers=1)
    yield FolderTools(sandbox, task)
    await sandbox.close()


async def test_the_grader_of_the_folder_judges(folder: Path) -> None:
    async with Grader(task=folder) as grader:
        right, wrong = await grader.grade("8769", seed=1), await grader.grade("8770", seed=1)
    assert (right.passed, right.task, right.suite) == (True, "arithmetic", "basic")
    assert (wrong.outcome, wrong.cause, wrong.reason) == (
        Outcome.FAILED,
        "accepted",
        "8770 is not the number",
    )
    assert [check.id for check in wrong.checks] == ["runs", "accepted"]
    for verdict in (right, wrong):
        assert verdict.flags[0].id == "shared_process"
        assert "in one process with the answer" in str(verdict.flags[0])


@pytest.mark.parametrize(
    ("judged", "words"),
    [
        ("raise ValueError('no number')", "ValueError: no number"),
        ("import os; os._exit(0)", "Exited early, with status 0"),
        ("return answer", "grade returned a value of type str, not (bool, info)"),
        ("return (True, open('/etc/hostname').read())", "Not allowed in the sandbox"),
    ],
)
async def test_without_a_verdict_of_the_grader_an_answer_fails(judged: str, words: str, folder: Path) -> None:
    (folder / "grader.py").write_text(f"def grade(answer):\n    {judged}\n")
    verdict = grade("8769", task=folder)
    if "open" in judged and verdict.passed:
        pytest.skip("this system cannot keep files from being read")
    assert (verdict.outcome, verdict.cause) == (Outcome.FAILED, "runs")
    assert words in verdict.reason
    assert [check.status for check in verdict.checks] == ["failed", "not_reached"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("import no_such_module\n", marks=pytest.mark.long_run),
        "def grade(:\n",
        "passed = True\n",
    ],
)
def test_a_grader_that_cannot_be_run_is_held_against_no_answer(text: str, folder: Path) -> None:
    (folder / "grader.py").write_text(text)
    verdict = grade("8769", task=folder)
    assert verdict.outcome is Outcome.VOID
    assert f"{folder / 'grader.py'} cannot be run: " in verdict.reason


async def test_tools_and_expressions_read_the_data_and_not_the_grader(tools: FolderTools) -> None:
    assert json.loads((await tools.use("look_up", {"name": "powers.txt"})).stdout)["result"] == "1024 243\n"
    assert (await tools.evaluate("print(open('powers.txt').read())")).stdout == "1024 243\n\n"
    for name in ("grader.py", "tools.py"):
        if (await tools.evaluate("open('/etc/hostname')")).error is None:
            pytest.skip("this system cannot keep files from being read")
        refused = await tools.evaluate(f"print(open({name!r}).read())")
        assert (refused.stdout, "Permission denied" in (refused.error or "")) == ("", True)
    wrong = await tools.use("look_up", {"other": "powers.txt"})
    assert "unexpected keyword argument 'other'" in (wrong.error or "")


def test_its_tools_stand_beside_the_usual_ones(folder: Path) -> None:
    names = [tool.name for tool in offered_tools(read(folder), allow_weak_sandbox=True)]
    assert names == ["python_expression", "submit_answer", "look_up"]
    (folder / "tools.py").write_text("raise OSError('broken')\n")
    with pytest.raises(TaskUnusable, match=r"tools\.py cannot be used: OSError: broken"):
        offered_tools(read(folder), allow_weak_sandbox=True)
    (folder / "tools.py").unlink()
    assert [tool.name for tool in offered_tools(read(folder))] == ["python_expression", "submit_answer"]


def test_its_content_tells_one_state_of_it_from_another(folder: Path) -> None:
    before = read(folder).digest
    assert read(folder).digest == before
    (folder / "powers.txt").write_text("1024 242\n")
    assert read(folder).digest != before


def test_another_sample_or_answer_to_audit_with_judges_nothing_otherwise(folder: Path) -> None:
    before = read(folder).digest
    for name in ("samples/one.md", "answers/right/one.py"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text("8769\n")
        assert read(folder).digest == before
    (folder / "data" / "samples").mkdir(parents=True)
    (folder / "data" / "samples" / "one.txt").write_text("8769\n")
    assert read(folder).digest != before


@pytest.mark.parametrize(
    ("lacking", "said"),
    [
        (["grader.py"], "lacks grader.py;"),
        (["prompt.txt"], "lacks prompt.txt;"),
        (
            ["prompt.txt", "grader.py"],
            "lacks prompt.txt and grader.py; a task is task.py, or prompt.txt and grader.py",
        ),
    ],
)
def test_what_a_folder_lacks_to_be_a_task_is_said(lacking: list[str], said: str, folder: Path) -> None:
    for name in lacking:
        (folder / name).unlink()
    with pytest.raises(TaskUnusable, match=said):
        load_task(folder)


def test_an_empty_prompt_is_refused(folder: Path) -> None:
    (folder / "prompt.txt").write_text(" \n")
    with pytest.raises(TaskUnusable, match=r"prompt\.txt is empty; write what is asked"):
        load_task(folder)


def test_an_agent_uses_the_tools_and_submits(folder: Path, tmp_path: Path) -> None:
    def call(name: str, /, **given: str) -> Answer:
        block = {"type": "tool_use", "id": f"toolu_{name}", "name": name, "input": given}
        return Answer(blocks=[block], stop_reason="tool_use")

    store = str(tmp_path / "store.sqlite3")
    with MessagesServer() as server:
        server.play(
            call("look_up", name="powers.txt"),
            call("python_expression", expression="print((2**10 + 3**5) * 7 - 100)"),
            call("submit_answer", answer="8769"),
            call("submit_answer", answer="8770"),
            Answer("It is 8769."),
        )
        done = dropout_tui(
            *("run", "--task", str(folder), "--mode", "agent", "--model", "m", "--base-url", server.url),
            *("--runs", "3", "--sequential", "--store", store, "--json", "--allow-weak-sandbox"),
            ANTHROPIC_API_KEY="k",
        )
        bodies = [request.body for request in server.requests]
    *trials, summary = map(json.loads, done.stdout.splitlines())
    assert [trial["cause"] for trial in trials] == [None, "accepted", "no_submission"], done.stderr
    assert [trial["code"] for trial in trials[:2]] == ["8769", "8770"]
    assert (summary["task"], summary["passed"], summary["failed"]) == ("arithmetic", 1, 2)
    assert PROMPT in json.dumps(bodies[0]["messages"][0])
    assert [tool["name"] for tool in bodies[0]["tools"]] == ["python_expression", "submit_answer", "look_up"]
    assert "1024 243" in json.dumps(bodies[1]["messages"][-1])
    assert "8769" in json.dumps(bodies[2]["messages"][-1])
    again = dropout_tui("regrade", "1", "--store", store, "--allow-weak-sandbox")
    assert "Passed: 1/3 before, 1/3 now" in again.stdout, again.stderr


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param("8769", id="plain", marks=pytest.mark.long_run),
        pytest.param("The number:\n\n```\n8769\n```\n", id="fenced"),
        pytest.param("<think>9000?</think>\n8769\n", id="thought"),
    ],
)
def test_a_reply_is_an_answer_as_it_is_or_what_is_fenced_in_it(reply: str, folder: Path) -> None:
    done = dropout_tui("grade", "-", "--task", str(folder), "--json", "--allow-weak-sandbox", text=reply)
    verdict = json.loads(done.stdout)
    assert (done.returncode, verdict["task"]) == (0, "arithmetic")
    assert verdict["flags"][0]["id"] == "shared_process"
