"""Logs between this program and Inspect AI itself.

    pytest -m inspect -n 0

Installs it into an environment of its own, in pytest's cache, where the next run finds it.
"""

from __future__ import annotations

import json
import subprocess
import venv
from pathlib import Path
from typing import Any

import pytest

from dropout_core.reports.inspect.log import inspect_log
from dropout_core.reports.writing import write_whole
from dropout_core.statistics.pass_rate import wilson_interval
from dropout_core.storage.store import Store
from dropout_core.verdict.verdict import Outcome
from tests.core.reports.test_reports import HOSTILE, every_block, hostile, record
from tests.tui.command_line.test_command_line import RIGHT
from tests.tui.program import dropout_tui
from tests.tui.states import failed, void
from tests.tui.stored import stored

pytestmark = [pytest.mark.inspect, pytest.mark.timeout(900)]

REQUIREMENTS = ("inspect-ai==0.3.285", "pandas>=2,<4", "pyarrow>=17")
READER = """
import json, sys
from inspect_ai.log import read_eval_log, recompute_metrics

log = read_eval_log(sys.argv[1])
read = log.results.model_dump(exclude={"scores": {"__all__": {"metadata"}}})
recompute_metrics(log)
print(json.dumps([
    read["scores"],
    log.results.model_dump(exclude={"scores": {"__all__": {"metadata"}}})["scores"],
    [[event.event for event in sample.events] for sample in log.samples],
    [sample.output.completion for sample in log.samples],
    [turn.function for turn in log.samples[0].messages[1].tool_calls or ()],
]))
"""
FRAME = """
import json, sys
from inspect_ai.analysis import samples_df

frame = samples_df(sys.argv[1])
print(json.dumps([list(frame[name]) for name in ("score_dropout", "score_scaling", "total_tokens")], default=str))
"""
SCORER = """
from inspect_ai.scorer import Score, Scorer, Target, accuracy, scorer
from inspect_ai.solver import TaskState

@scorer(metrics=[accuracy()])
def has_code() -> Scorer:
    async def score(state: TaskState, target: Target) -> Score:
        return Score(value="C" if "def dropout" in state.output.completion else "I")
    return score
"""
WRITER = """
import sys
from inspect_ai.log import EvalConfig, EvalDataset, EvalLog, EvalSample, EvalSpec, write_eval_log
from inspect_ai.model import GenerateConfig, ModelOutput

spec = EvalSpec(created="2026-01-01T00:00:00+00:00", task="t", dataset=EvalDataset(), model="none/m",
                config=EvalConfig(), model_generate_config=GenerateConfig(temperature=0.5))
samples = [EvalSample(id=number, epoch=1, input="Write dropout.", target="",
                      output=ModelOutput.from_content("none/m", sys.argv[2])) for number in (1, 2)]
write_eval_log(EvalLog(eval=spec, samples=samples), sys.argv[1])
"""


@pytest.fixture(scope="module")
def python(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has Inspect."""
    cache = getattr(request.config, "cache", None)  # absent under `-p no:cacheprovider`
    folder = (cache.mkdir("inspect") if cache else tmp_path_factory.mktemp("inspect")) / "environment"
    complete = folder / "-".join(REQUIREMENTS).replace("/", "-")
    if not complete.exists():
        venv.create(folder, clear=True, with_pip=True)
        subprocess.run(
            [folder / "bin" / "python", "-m", "pip", "install", "--quiet", *REQUIREMENTS], check=True
        )
        complete.touch()
    return folder / "bin" / "python"


def said_by(python: Path, *arguments: str | Path, cwd: Path) -> str:
    """What a program of that interpreter prints; isolated, so that neither this checkout nor its packages are found."""
    done = subprocess.run([python, "-I", *arguments], capture_output=True, text=True, cwd=cwd, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def inspect(python: Path, *arguments: str | Path, cwd: Path) -> str:
    """What ``inspect`` prints."""
    return said_by(python, "-m", "inspect_ai", *arguments, cwd=cwd)


def read(python: Path, path: Path) -> Any:
    """What Inspect reads of a log; numbers to twelve digits, beyond which two ways to the same figure differ."""
    said = said_by(python, "-c", READER, path, cwd=path.parent).splitlines()[-1]
    return json.loads(said, parse_float=lambda digits: round(float(digits), 12))


def test_inspect_reads_a_hostile_log_and_counts_the_same(python: Path, tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    write_whole(path, inspect_log(record(hostile(HOSTILE), *every_block(HOSTILE))))
    as_read, recomputed, *_, called = read(python, path)
    assert as_read == recomputed
    assert called == ["python_expression"]


def test_every_program_of_inspect_takes_an_exported_log(python: Path, tmp_path: Path) -> None:
    store, logs = tmp_path / "store.sqlite3", tmp_path / "logs"
    stored(Store(store), [Outcome.PASSED, failed("scaling"), void(), failed("rate")], model="sample")
    done = dropout_tui("export", "1", "--format", "inspect", "-o", f"{logs}/", "--store", str(store))
    assert done.returncode == 0, done.stderr
    (log,) = logs.iterdir()

    (listed,) = json.loads(inspect(python, "log", "list", "--json", "--log-dir", logs, cwd=tmp_path))
    assert (listed["task"], listed["suffix"]) == ("dropout-basic", None)
    dumped = json.loads(inspect(python, "log", "dump", log, cwd=tmp_path))
    assert (dumped["status"], dumped["eval"]["model"], len(dumped["samples"])) == (
        "success",
        "none/sample",
        4,
    )

    as_read, recomputed, events, completions, _ = read(python, log)
    assert as_read == recomputed
    outcome = as_read[0]
    assert (outcome["name"], outcome["scored_samples"], outcome["unscored_samples"]) == ("dropout", 3, 1)
    figures = [outcome["metrics"][name]["value"] for name in ("accuracy", "lower", "upper")]
    assert figures == pytest.approx([1 / 3, *wilson_interval(1, 3)])
    assert events[0][:2] == ["model", "score"]
    assert "def dropout" in completions[0]

    scores, scaling, tokens = json.loads(said_by(python, "-c", FRAME, logs, cwd=tmp_path).splitlines()[-1])
    assert scores[:2] == ["C", "I"]
    assert scaling[:2] == ["C", "I"]
    state = Store(store).state(1)
    assert [int(each) for each in tokens] == [trial.attempts[0].tokens for trial in state.trials]

    bundle = tmp_path / "bundle"
    inspect(python, "view", "bundle", "--log-dir", logs, "--output-dir", bundle, cwd=tmp_path)
    assert (bundle / "index.html").is_file()

    (tmp_path / "own.py").write_text(SCORER)
    again = tmp_path / "again.eval"
    scoring = ("score", log, "--scorer", "own.py@has_code", "--action", "append", "--output-file", again)
    inspect(python, *scoring, cwd=tmp_path)
    _, rescored, *_ = read(python, again)
    assert rescored[-1]["name"] == "has_code"
    assert rescored[-1]["metrics"]["accuracy"]["value"] == 0.75


def test_a_log_that_inspect_wrote_is_imported(python: Path, tmp_path: Path) -> None:
    log = tmp_path / "log.eval"
    said_by(python, "-c", WRITER, log, RIGHT, cwd=tmp_path)
    done = dropout_tui("import", str(log), "--json", "--store", str(tmp_path / "store.sqlite3"))

    assert done.returncode == 0, done.stderr
    *_, summary = map(json.loads, done.stdout.splitlines())
    assert (summary["passed"], summary["model"], summary["settings"]["temperature"]) == (2, "none/m", 0.5)
