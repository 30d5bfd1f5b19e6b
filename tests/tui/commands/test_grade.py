"""`dropout-tui grade` on what was made elsewhere."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import pytest

from dropout_tui.exit_codes import EXIT_INTERRUPTED
from tests.tui.command_line.test_command_line import CODE, RIGHT, UNSCALED
from tests.tui.command_line.test_interruption import heed_ctrl_c
from tests.tui.program import command, dropout_tui

SUBMISSION = json.dumps({"name": "submit_answer", "arguments": {"answer": CODE}})
MESSAGE = {"role": "assistant", "content": [{"type": "text", "text": RIGHT}]}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("reply.py", RIGHT),
        ("code.txt", CODE),
        ("code.md", CODE),
        ("code.json", CODE),
        ("reply.jsonl", RIGHT),
        ("message.json", json.dumps(MESSAGE, indent=2)),
        ("completion.json", json.dumps({"choices": [{"message": {"role": "assistant", "content": RIGHT}}]})),
        ("message.txt", json.dumps(MESSAGE)),
        ("call.txt", f"<tool_call>\n{SUBMISSION}\n</tool_call>"),
        ("call.json", SUBMISSION),
        ("escaped.txt", json.dumps(RIGHT)),
        ("answer", RIGHT),
    ],
)
def test_a_file_is_known_by_its_content(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    done = dropout_tui("grade", str(tmp_path / name), "--seed", "3")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0].endswith("SUCCESS - All tests passed!")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("def dropout(x, p, training):\n    return x = 1\n", "SyntaxError"),
        ("def drop(x, p, training):\n    return x\n", "dropout"),
        ("", "dropout"),
    ],
)
def test_a_file_of_code_is_judged_as_it_stands(tmp_path: Path, code: str, words: str) -> None:
    (tmp_path / "a.py").write_text(code)
    done = dropout_tui("grade", str(tmp_path / "a.py"))

    assert done.returncode == 1
    assert words in done.stdout.splitlines()[0]


def test_a_bad_line_is_a_line_of_the_report_and_not_its_end(tmp_path: Path) -> None:
    lines = [
        json.dumps({"task_id": "t/1", "completion": RIGHT}),
        "{broken",
        json.dumps({"question_id": "q", "code_list": [CODE, "no code here"]}),
        '{"completion": ' + "[" * 100_000,
        json.dumps({"completion": UNSCALED + "\ud800"}),
        json.dumps({"task_id": "t/6", "prompt": "?"}),
    ]
    file = tmp_path / "a.jsonl"
    file.write_text("\n".join(lines))
    done = dropout_tui("grade", str(file), "--seed", "3")

    assert (done.returncode, done.stderr) == (4, "")
    assert [line.split(" - ")[0] for line in done.stdout.splitlines()] == [
        "✓ t/1: SUCCESS",
        "⊘ Line 2: VOID",
        "✓ q, answer 1: SUCCESS",
        "✗ q, answer 2: FAILURE",
        "⊘ Line 4: VOID",
        "✗ 5: FAILURE",
        "⊘ Line 6: VOID",
        "Passed: 2/4",
        "Void: 3",
    ]
    assert "Line 2 is not JSON" in done.stdout.splitlines()[1]


def test_a_bad_line_is_an_object_of_the_json_too(tmp_path: Path) -> None:
    file = tmp_path / "samples.txt"
    file.write_bytes(
        b"\n".join([json.dumps({"completion": RIGHT}).encode(), b'{"completion": "\xff"}', b"{}"])
    )
    done = dropout_tui("grade", str(file), "--json")
    found = [json.loads(line) for line in done.stdout.splitlines()]

    assert done.returncode == 4
    assert [(one["line"], one["outcome"], one["passed"]) for one in found] == [
        (1, "passed", True),
        (2, "void", False),
        (3, "void", False),
    ]
    assert found[1]["reason"] == "Line 2 is not UTF-8 text"


def test_lines_of_json_on_the_input_are_known_too() -> None:
    lines = "\n".join(json.dumps({"task_id": f"t/{number}", "solution": CODE}) for number in range(3))
    done = dropout_tui("grade", "-", text=lines)

    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "Passed: 3/3")


def test_many_answers_keep_the_order_of_the_file_and_their_seeds(tmp_path: Path) -> None:
    slow = CODE.replace("import numpy as np", "import numpy as np\nfor _ in range(2_000_000):\n    pass")
    codes = [slow if number % 7 == 0 else "" if number % 3 == 0 else CODE for number in range(9)]
    file = tmp_path / "a.jsonl"
    file.write_text(
        "\n".join(json.dumps({"task_id": f"t/{n}", "code": code}) for n, code in enumerate(codes))
    )

    def graded() -> list[tuple[str, bool, int]]:
        lines = dropout_tui("grade", str(file), "--seed", "3", "--json").stdout.splitlines()
        return [(one["task_id"], one["passed"], one["seed"]) for one in map(json.loads, lines)]

    first = graded()
    assert [(task, passed) for task, passed, _ in first] == [
        (f"t/{number}", code != "") for number, code in enumerate(codes)
    ]
    assert len({seed for _, _, seed in first}) == 9
    assert graded() == first


def test_a_result_is_printed_while_later_answers_are_graded(tmp_path: Path) -> None:
    endless = "def dropout(x, p, training):\n    while True:\n        pass"
    file = tmp_path / "a.jsonl"
    file.write_text("\n".join(json.dumps({"code": code}) for code in (CODE, endless)))
    with subprocess.Popen(
        command("grade", str(file)), stdout=subprocess.PIPE, text=True, preexec_fn=heed_ctrl_c
    ) as grading:
        assert grading.stdout is not None
        first = grading.stdout.readline()
        still_running = grading.poll() is None
        grading.send_signal(signal.SIGINT)
        grading.communicate(timeout=100)

    assert first == "✓ 1: SUCCESS - All tests passed!\n"
    assert still_running
    assert grading.returncode == EXIT_INTERRUPTED


def test_one_answer_is_graded_with_several_seeds(tmp_path: Path) -> None:
    file = tmp_path / "answer.py"
    file.write_text(RIGHT)
    shown = dropout_tui("grade", str(file), "--seeds", "3", "--seed", "7")
    assert (shown.returncode, shown.stdout.splitlines()[-1]) == (0, "With 3 seeds: 3 of 3 the same")
    many = tmp_path / "many.jsonl"
    many.write_text('{"completion": "pass"}\n{"completion": "pass"}\n')
    refused = dropout_tui("grade", str(many), "--seeds", "3")
    assert refused.returncode == 2
    assert "holds more than one answer, and --seeds is for one" in refused.stderr
