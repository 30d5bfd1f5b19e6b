"""`--task`, and the commands about tasks: a real sandbox, a real store."""

from __future__ import annotations

import importlib
import json
import sqlite3
import sys
import tomllib
from pathlib import Path

import pytest

from tests.core.tasks_of_ones_own import LAST_AXIS_SOFTMAX, NAIVE_SOFTMAX, RIGHT_SOFTMAX, SOFTMAX
from tests.messages_server import Answer, MessagesServer
from tests.tui.program import dropout_tui


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(SOFTMAX)
    return path


@pytest.fixture
def store(tmp_path: Path) -> str:
    return str(tmp_path / "store.sqlite3")


def _written(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


def test_grade_judges_by_the_file(file: Path, tmp_path: Path) -> None:
    right = dropout_tui(
        "grade", _written(tmp_path, "a.py", RIGHT_SOFTMAX), "--task", str(file), "--seed", "7"
    )
    assert (right.returncode, right.stderr) == (0, "")
    assert right.stdout.splitlines()[-1].startswith("  task softmax · suite basic · seed 7 · isolation ")
    reply = f"It is unstable, but short:\n\n```python\n{NAIVE_SOFTMAX}```\n\nCall it as `softmax(x)`.\n"
    wrong = dropout_tui("grade", "-", "--task", str(file), "--json", text=reply)
    verdict = json.loads(wrong.stdout)
    assert (wrong.returncode, verdict["task"], verdict["cause"]) == (1, "softmax", "stable")
    both = "".join(json.dumps({"completion": code}) + "\n" for code in (RIGHT_SOFTMAX, LAST_AXIS_SOFTMAX))
    many = dropout_tui("grade", "-", "--json", "--seed", "7", text=both, DROPOUT_TASK=str(file))
    assert [json.loads(line)["cause"] for line in many.stdout.splitlines()] == [None, "values"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--task", "sofmax"), "--task: unknown task 'sofmax'; give one of dropout, softmax, "),
        (("--task", "none.py"), "--task: there is no file 'none.py'"),
        (
            ("--task", "softmax", "--suite", "hard"),
            "unknown suite 'hard' of task softmax; choose one of: basic, strict",
        ),
    ],
)
@pytest.mark.parametrize("command", ["grade", "audit", "run"])
def test_what_cannot_be_asked_for_is_said_in_one_line(
    command: str, arguments: tuple[str, ...], words: str, store: str
) -> None:
    more = {"grade": ("-",), "run": ("--model", "sample", "--store", store)}.get(command, ())
    done = dropout_tui(command, *more, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert words in line


def test_a_void_of_the_tasks_own_making_is_one_line(file: Path, tmp_path: Path) -> None:
    file.write_text(SOFTMAX.replace("rng.uniform(-1e4, 1e4, (6, 9))", "rng.uniform(-1e4, 1e4, (6, -9))"))
    done = dropout_tui("grade", _written(tmp_path, "a.py", RIGHT_SOFTMAX), "--task", str(file))
    assert done.returncode == 4
    assert f"VOID - {file}: requirement 'stable': its draw raised ValueError: " in done.stdout
    assert done.stdout.splitlines()[0].endswith("(line 13)")


def test_a_run_of_ones_own_task_is_stored_resumed_shown_and_regraded(file: Path, store: str) -> None:
    fenced = [f"```python\n{code}```" for code in (RIGHT_SOFTMAX, NAIVE_SOFTMAX)]
    with MessagesServer() as server:
        server.play(*(Answer(text) for text in fenced * 2))
        asked = ("--base-url", server.url, "--model", "m", "--runs", "4", "--sequential", "--store", store)
        done = dropout_tui("run", "--task", str(file), *asked, "--json", ANTHROPIC_API_KEY="k")
        sent = server.requests[0].body["messages"][0]["content"]
    summary = json.loads(done.stdout.splitlines()[-1])
    assert (summary["task"], summary["passed"], summary["causes"]) == ("softmax", 2, {"stable": 2})
    assert (summary["settings"]["task_file"], summary["settings"]["task_version"]) == (str(file), 1)
    prompt = dropout_tui("prompt", "--task", str(file)).stdout.rstrip("\n")
    assert prompt in (sent if isinstance(sent, str) else sent[0]["text"])
    assert json.loads(dropout_tui("history", "--json", "--store", store).stdout)["task"] == "softmax"
    again = dropout_tui("regrade", "1", "--store", store)
    assert (again.returncode, again.stderr) == (0, "")
    assert "Passed: 2/4 before, 2/4 now" in again.stdout
    file.write_text(SOFTMAX.replace("1e4, 1e4, (6, 9)", "1, 1, (6, 9)") + "# easier\n")
    changed = dropout_tui("regrade", "1", "--store", store, "--json")
    assert f"{file} has changed since the evaluation began; it judges as it does now" in changed.stderr
    assert json.loads(changed.stdout.splitlines()[-1])["passed_after"] == 4
    file.unlink()
    gone = dropout_tui("regrade", "1", "--store", store)
    assert (gone.returncode, gone.stdout) == (2, "")
    assert f"there is no file '{file}'" in gone.stderr
    shown = dropout_tui("show", "1", "2", "--store", store)
    assert shown.returncode == 0
    assert "Stable" in shown.stdout


def test_a_task_file_that_only_the_store_names_is_not_run(file: Path, store: str, tmp_path: Path) -> None:
    with MessagesServer() as server:
        server.play(Answer(f"```python\n{RIGHT_SOFTMAX}```"))
        asked = ("--base-url", server.url, "--model", "m", "--runs", "1", "--store", store)
        assert dropout_tui("run", "--task", str(file), *asked, ANTHROPIC_API_KEY="k").returncode == 0
    ran, evil = tmp_path / "ran", tmp_path / "evil.py"
    evil.write_text(f"open({str(ran)!r}, 'w')\n{SOFTMAX}")
    with sqlite3.connect(store) as connection:
        for table, column in (("evaluations", "config"), ("events", "body")):
            connection.execute(
                f"UPDATE {table} SET {column} = replace({column}, ?, ?)", (str(file), str(evil))
            )
    for command in (("regrade", "1"), ("show", "1"), ("history",), ("export", "1", "--format", "json")):
        done = dropout_tui(*command, "--store", store)
        assert not ran.exists()
        assert "Traceback" not in done.stderr
    refused = dropout_tui("regrade", "1", "--store", store)
    assert refused.returncode == 2
    assert f"to have it run, name it: DROPOUT_TASK={evil}" in refused.stderr
    assert dropout_tui("regrade", "1", "--store", store, DROPOUT_TASK=str(evil)).returncode == 0
    assert ran.exists()


def test_a_task_without_samples_says_so(file: Path, store: str) -> None:
    done = dropout_tui("run", "--task", str(file), "--model", "sample", "--store", store)
    assert done.returncode == 2
    assert "task softmax has no samples; give another --model" in done.stderr


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        *((name, "answer") for name in ("softmax", "layer_norm", "clean_records")),
        ("clean_records", "agent"),
        *(pytest.param(name, "agent", marks=pytest.mark.long_run) for name in ("softmax", "layer_norm")),
    ],
)
def test_built_in_tasks_run_with_their_samples(name: str, mode: str, store: str) -> None:
    arguments = ("--task", name, "--model", "sample", "--runs", "8", "--seed", "5", "--mode", mode)
    done = dropout_tui("run", *arguments, "--json", "--store", store)
    assert done.returncode == 0, done.stderr
    *trials, summary = map(json.loads, done.stdout.splitlines())
    assert (summary["task"], summary["void"]) == (name, 0)
    assert 0 < summary["passed"] < 8
    assert all(trial["checks"][0]["id"] == "runs" for trial in trials if trial["checks"])


def test_a_working_directory_names_no_file_that_would_be_run(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dropout.toml").write_text(f"task = {str(file)!r}")
    done = dropout_tui("prompt")
    assert (done.returncode, done.stdout) == (2, "")
    assert "dropout.toml: task is not taken from the file of a working directory; give --task" in done.stderr
    (tmp_path / "dropout.toml").write_text("task = 'softmax'")
    assert dropout_tui("prompt").stdout.startswith("Implement `softmax(x, axis=-1)` in NumPy.")


def test_the_tasks_are_listed() -> None:
    listed = dropout_tui("tasks").stdout
    assert [line.split()[0] for line in listed.splitlines() if not line.startswith(" ")] == [
        *("dropout", "softmax", "layer_norm", "clean_records")
    ]
    rows = [json.loads(line) for line in dropout_tui("tasks", "--json").stdout.splitlines()]
    assert all(len(row["suites"]) >= 2 for row in rows)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which a package is installed that brings two tasks; one of them cannot be loaded."""
    folder = tmp_path / "installed"
    info = folder / "more_tasks-1.2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: more-tasks\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(
        "[dropout_tui.tasks]\nsmooth = more_tasks:task\nbroken = no_such_module:task\nsoftmax = more_tasks:task\n"
    )
    module(folder, SOFTMAX.replace('name="softmax"', 'name="smooth"'))
    monkeypatch.syspath_prepend(folder)
    return folder


def module(folder: Path, text: str) -> None:
    """The module of the package, as another version of it has it; a program that begins now imports it."""
    (folder / "more_tasks.py").write_text(text)
    sys.modules.pop("more_tasks", None)
    importlib.invalidate_caches()


def test_tasks_of_installed_packages_are_listed_and_asked_for(
    package: Path, tmp_path: Path, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [json.loads(line) for line in dropout_tui("tasks", "--json").stdout.splitlines()]
    assert [row for row in rows if "package" in row] == [
        {"type": "task", "name": name, "package": "more-tasks 1.2"} for name in ("broken", "smooth")
    ]
    assert "smooth         Of the installed package more-tasks 1.2." in dropout_tui("tasks").stdout
    wrong = _written(tmp_path, "a.py", NAIVE_SOFTMAX)
    graded = dropout_tui("grade", wrong, "--task", "smooth", "--json")
    verdict = json.loads(graded.stdout)
    assert (graded.returncode, verdict["task"], verdict["cause"]) == (1, "smooth", "stable")
    with MessagesServer() as server:
        server.play(Answer(f"```python\n{RIGHT_SOFTMAX}```"))
        asked = ("--base-url", server.url, "--model", "m", "--runs", "1", "--store", store)
        done = dropout_tui("run", "--task", "smooth", *asked, ANTHROPIC_API_KEY="k")
    assert "Passed: 1/1" in done.stdout, done.stderr
    module(
        package, SOFTMAX.replace('name="softmax"', 'name="smooth", version=2').replace("x.max(", "0 * x.max(")
    )
    again = dropout_tui("regrade", "1", "--store", store)
    assert "the task smooth has changed since the evaluation began, from version 1 to 2" in again.stderr
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry != str(package)])
    gone = dropout_tui("regrade", "1", "--store", store)
    assert (gone.returncode, gone.stdout) == (2, "")
    assert "unknown task 'smooth'" in gone.stderr


def test_a_task_of_a_package_that_cannot_be_loaded_is_one_line(package: Path, tmp_path: Path) -> None:
    done = dropout_tui("grade", "-", "--task", "broken")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "the task broken of more-tasks 1.2 cannot be loaded: ModuleNotFoundError" in line
    module(package, SOFTMAX)
    done = dropout_tui("grade", "-", "--task", "smooth")
    assert "calls itself softmax; give the entry point the same name" in done.stderr


def test_the_prompt_is_printed_as_options_ask_for_it() -> None:
    plain = dropout_tui("prompt", "--task", "clean_records", "--suite", "strict", "--prompt", "plain").stdout
    assert plain.startswith(
        "Write a Python function `clean_records(rows)` that cleans a list of records. Define"
    )
    assert "Bools, floats" in plain
    dropout = dropout_tui("prompt", "--mode", "agent").stdout
    assert dropout.startswith("Implement dropout from scratch in NumPy.")
    assert "submit_answer" in dropout


def test_a_new_task_audits_and_runs_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = dropout_tui("new-task", "moving_average")
    assert (made.returncode, made.stderr) == (0, "")
    text = (tmp_path / "moving_average.py").read_text()
    assert len(text.splitlines()) < 60
    assert "NAME" not in text
    tomllib.loads((tmp_path / "moving_average_answers" / "index.toml").read_text())
    audited = dropout_tui("audit", "--task", "moving_average.py", "--json")
    assert audited.returncode == 0, audited.stdout
    assert [json.loads(line)["task"] for line in audited.stdout.splitlines()] == ["moving_average"] * 2
    run = dropout_tui(
        "run", "--task", "moving_average.py", "--model", "sample", "--runs", "3", "--store", "s.db"
    )
    assert run.returncode == 0
    assert "Passed: 3/3" in run.stdout
    twice = dropout_tui("new-task", "moving_average")
    assert twice.returncode == 2
    assert "moving_average.py is there already" in twice.stderr


@pytest.mark.parametrize(
    ("name", "what_to_do"),
    [
        *(
            (name, "give that of the function")
            for name in ("moving average", "for", "../up", "", "_private", "größe")
        ),
        ("softmax", "a task that comes with the program is called so; give another, such as my_softmax"),
        *(
            (name, "its file would hide what Python imports")
            for name in ("np", "numpy", "json", "statistics")
        ),
    ],
)
def test_what_cannot_be_a_tasks_name_is_refused(
    name: str, what_to_do: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = dropout_tui("new-task", name)
    assert done.returncode == 2
    assert "cannot be the name of a new task" in done.stderr
    assert what_to_do in done.stderr
    assert not list(tmp_path.iterdir())


def test_nothing_is_written_where_a_part_of_a_new_task_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    in_the_way = tmp_path / "moving_average_answers"
    in_the_way.write_text("mine")
    done = dropout_tui("new-task", "moving_average")
    assert (done.returncode, done.stdout) == (2, "")
    assert "moving_average_answers is there already" in done.stderr
    assert list(tmp_path.iterdir()) == [in_the_way]
    assert in_the_way.read_text() == "mine"
