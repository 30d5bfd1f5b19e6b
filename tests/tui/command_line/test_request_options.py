"""How the model is to think and to choose its words: it goes out with each request and is kept with the results."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from dropout_tui.cli import main
from tests.messages_server import Answer, Failure, Gate, MessagesServer, Stream, thinking, usage
from tests.tui.command_line.test_command_line import UNSCALED
from tests.tui.program import dropout_tui

THOUGHT = Answer(
    UNSCALED, (thinking("", "c2VhbA=="),), usage=usage(10, 500, thought=400, read=80, written=20)
)


@pytest.fixture
def store(tmp_path: Path) -> str:
    return str(tmp_path / "store.sqlite3")


def at(server: MessagesServer, store: str, runs: int = 1) -> tuple[str, ...]:
    return ("--runs", str(runs), "--model", "m-1", "--base-url", server.url, "--store", store)


def test_every_setting_goes_out_and_is_kept(
    messages_server: MessagesServer, store: str, tmp_path: Path
) -> None:
    messages_server.default = THOUGHT
    system = tmp_path / "system.txt"
    system.write_text("Think first.\nThen write.\n", encoding="utf-8")
    done = dropout_tui(
        "run", *at(messages_server, store), "--json", "--max-tokens", "9000", "--thinking", "4000",
        "--effort", "high", "--temperature", "1.0", "--top-p", "0.95", "--system", f"@{system}",
        "--set", "top_k=5", "--set", 'metadata={"user_id": "a b"}', ANTHROPIC_API_KEY="sk-test",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (request,) = messages_server.requests
    sent = {key: value for key, value in request.body.items() if key not in ("model", "messages", "stream")}
    assert sent == {
        "max_tokens": 9000,
        "thinking": {"type": "enabled", "budget_tokens": 4000},
        "output_config": {"effort": "high"},
        "temperature": 1.0,
        "top_p": 0.95,
        "system": "Think first.\nThen write.",
        "top_k": 5,
        "metadata": {"user_id": "a b"},
    }
    trial, summary = map(json.loads, done.stdout.splitlines())
    counts = {name: tokens for name, tokens in trial.items() if name.endswith("_tokens")}
    assert counts == {
        "input_tokens": 110,
        "output_tokens": 500,
        "thinking_tokens": 400,
        "cache_read_input_tokens": 80,
        "cache_creation_input_tokens": 20,
    }
    assert counts.items() <= summary.items()
    settings = summary["settings"]
    assert settings["thinking"] == "4000"
    assert (settings["effort"], settings["temperature"], settings["top_p"]) == ("high", 1.0, 0.95)
    assert (settings["max_tokens"], settings["max_tokens_from"]) == (9000, "stated")
    assert settings["set"] == {"top_k": 5, "metadata": {"user_id": "a b"}}
    assert settings["system"] == "Think first.\nThen write."


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command prints that runs nothing."""
    assert main(arguments) == 0
    return capsys.readouterr().out


def test_every_setting_is_shown_exported_and_compared(
    messages_server: MessagesServer, store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    messages_server.default = THOUGHT
    same = ("--max-tokens", "9000", "--model", "m-1")
    for settings in (
        (
            "--thinking",
            "4000",
            "--effort",
            "high",
            "--temperature",
            "1",
            "--top-p",
            "0.95",
            "--set",
            "top_k=5",
        ),
        ("--temperature", "0.5", "--system", "Be brief."),
    ):
        done = dropout_tui("run", *at(messages_server, store), *same, *settings)
        assert done.returncode == 0, done.stderr

    shown = said(capsys, "show", "1", "--store", store)
    for words in (
        "9,000 tokens a reply", "thinking 4,000 tokens", "effort high", "temperature 1", "top-p 0.95", "top_k 5",
        "110 in (80 from the cache, 20 into the cache), 500 out (400 thought)",
    ):  # fmt: skip
        assert words in shown
    assert "500 out (400 thought)" in said(capsys, "show", "1", "1", "--store", store)
    assert "system prompt Be brief." in said(capsys, "show", "2", "--store", store)

    def exported(form: str) -> str:
        return said(capsys, "export", "1", "--format", form, "-o", "-", "--store", store)

    document = json.loads(exported("json"))
    assert document["config"]["thinking"] == "4000"
    assert document["summary"]["settings"]["effort"] == "high"
    attempt = document["trials"][0]["attempts"][0]
    assert attempt["thinking_tokens"] == 400
    assert attempt["conversation"][1]["content"][0] == thinking("", "c2VhbA==")
    (row,) = csv.DictReader(io.StringIO(exported("csv")))
    assert (row["thinking_tokens"], row["cache_read_input_tokens"]) == ("400", "80")
    assert json.loads(row["settings"])["temperature"] == 1.0
    assert "temperature 1" in exported("html")
    log = json.loads(exported("inspect"))
    assert log["eval"]["model_generate_config"]["temperature"] == 1.0
    assert log["stats"]["model_usage"]["anthropic/m-1"] == {
        "input_tokens": 10, "output_tokens": 500, "total_tokens": 610, "input_tokens_cache_read": 80,
        "input_tokens_cache_write": 20, "reasoning_tokens": 400,
    }  # fmt: skip

    compared = json.loads(said(capsys, "compare", "1", "2", "--json", "--store", store))
    differ = {each["name"]: (each["first"], each["second"]) for each in compared["settings"]}
    assert differ["temperature"] == ("1.0", "0.5")
    assert (differ["effort"], differ["system"]) == (("high", "-"), ("-", "Be brief."))
    assert differ["set"] == ("top_k=5", "-")
    assert "max_tokens" not in differ


@pytest.mark.parametrize(
    ("word", "field"), [("auto", {"type": "adaptive"}), ("off", {"type": "disabled"}), (None, None)]
)
def test_thinking(messages_server: MessagesServer, store: str, word: str | None, field: Any) -> None:
    messages_server.default = THOUGHT
    option = () if word is None else ("--thinking", word)
    assert dropout_tui("run", *at(messages_server, store), *option).returncode == 0
    assert messages_server.requests[0].body.get("thinking") == field


@pytest.mark.parametrize(
    ("info", "sent", "source"),
    [
        ({"id": "m-1", "type": "model", "max_tokens": 64000, "max_input_tokens": 200000}, 64000, "model"),
        ({"id": "m-1", "type": "model", "max_tokens": 4096}, 4096, "model"),
        ({"id": "m-1", "type": "model", "max_tokens": None}, 16000, "assumed"),
        ({"id": "m-1", "object": "model"}, 16000, "assumed"),
        (["no object"], 16000, "assumed"),
        (None, 16000, "assumed"),
    ],
)
def test_a_reply_may_be_as_long_as_the_model_lets_it(
    messages_server: MessagesServer, store: str, info: Any, sent: int, source: str
) -> None:
    if info is not None:
        messages_server.models["m-1"] = info
    messages_server.default = Answer(UNSCALED)
    done = dropout_tui("run", *at(messages_server, store), "--json")
    assert done.returncode == 0, done.stderr
    assert messages_server.requests[0].body["max_tokens"] == sent
    settings = json.loads(done.stdout.splitlines()[-1])["settings"]
    assert (settings["refusals"], settings["nonce"]) == ("failed", False)
    assert (settings["max_tokens"], settings["max_tokens_from"]) == (sent, source)


def test_resume_keeps_the_settings_of_the_model(messages_server: MessagesServer, store: str) -> None:
    """Also the length of a reply, whatever the server says by then."""
    messages_server.models["m-1"] = {"max_tokens": 64000}
    messages_server.play(Answer(UNSCALED))
    messages_server.default = Failure(401, "authentication_error")
    first = dropout_tui(
        "run",
        *at(messages_server, store, 2),
        "--sequential",
        "--temperature",
        "0.7",
        ANTHROPIC_API_KEY="sk-test",
    )
    assert first.returncode == 2
    refused = dropout_tui("resume", "1", "--store", store, "--temperature", "0.2")
    assert refused.returncode == 2
    assert "--temperature is kept from the start of an evaluation" in refused.stderr
    messages_server.models["m-1"] = {"max_tokens": 32000}
    messages_server.default = Answer(UNSCALED)
    again = dropout_tui(
        "resume", "1", "--store", store, ANTHROPIC_API_KEY="sk-test", DROPOUT_TEMPERATURE="0.1"
    )
    assert again.returncode == 0, again.stderr
    last = messages_server.requests[-1].body
    assert (last["max_tokens"], last["temperature"]) == (64000, 0.7)


@pytest.mark.parametrize(
    ("options", "said", "advice"),
    [
        (("--temperature", "0.5"), "`temperature` is deprecated for this model.", "check --temperature"),
        (("--effort", "max"), "This model does not support the effort parameter.", "check --effort"),
        (
            ("--thinking", "2000"),
            '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive".',
            "check --thinking",
        ),
        (
            ("--thinking", "auto", "--temperature", "0.5"),
            "`temperature` may only be set to 1 when thinking is enabled or in adaptive mode.",
            "check --temperature and --thinking",
        ),
        (("--set", "topk=3"), "topk: Extra inputs are not permitted", "check --set topk"),
        (
            ("--max-tokens", "200000"),
            "max_tokens: 200000 > 64000, which is the maximum allowed number of output tokens",
            "check --max-tokens",
        ),
    ],
)
def test_what_the_model_does_not_take_is_one_line_and_spends_no_trial(
    messages_server: MessagesServer, store: str, options: tuple[str, ...], said: str, advice: str
) -> None:
    messages_server.default = Failure(400, "invalid_request_error", said)
    asked = (*at(messages_server, store, 100), "--concurrency", "100", *options)
    done = dropout_tui("run", *asked, "--json", ANTHROPIC_API_KEY="sk-test")
    assert done.returncode == 2
    assert done.stderr == f"dropout-tui: the server refused the request (400: {said}); {advice}\n"
    (summary,) = map(json.loads, done.stdout.splitlines())
    assert (summary["passed"], summary["failed"], summary["void"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--temperature", "3"), "--temperature: '3' is not a temperature"),
        (("--temperature", "nan"), "--temperature: 'nan' is not a temperature"),
        (("--temperature=-1",), "--temperature: '-1' is not a temperature"),
        (("--top-p", "2"), "--top-p: '2' is not a share"),
        (("--top-p", "0"), "--top-p: '0' is not a share"),
        (("--effort", "huge"), "--effort: unknown effort 'huge'; choose one of: low, medium, high, xhigh, max"),
        (("--thinking", "much"), "--thinking: 'much' is not a way to think"),
        (("--thinking", "5"), "--thinking: '5' is not a way to think"),
        (("--thinking", "4000", "--max-tokens", "2000"), "--thinking: 4,000 tokens of thinking leave nothing"),
        (("--max-tokens", "lots"), "--max-tokens: 'lots' is not a whole number"),
        (("--set", "top_k"), "--set: 'top_k' is not KEY=JSON"),
        (("--set", "stop_sequences=[oops]"), "--set: the value of stop_sequences, '[oops]', is not JSON"),
        (("--set", "a=1", "--set", "a=2"), "--set: a is set twice"),
        (("--set", "a=NaN"), "--set: the value of a, 'NaN', is not JSON"),
        (("--set", 'model="other"'), "--set: model has an option of its own: --model"),
        (("--set", "max_tokens=5"), "--set: max_tokens has an option of its own: --max-tokens"),
        (("--set", "stream=false"), "--set: stream cannot be set"),
        (("--set", "messages=[]"), "--set: messages cannot be set"),
        (("--set", "tools=[]"), "--set: tools cannot be set"),
        (("--system", "@nowhere.txt"), "--system: cannot read the system prompt 'nowhere.txt'"),
        (("--system", "@/dev/zero"), "--system: cannot read the system prompt '/dev/zero': it is not a regular"),
    ],
)  # fmt: skip
def test_what_no_model_takes_is_refused_before_it_is_asked(
    messages_server: MessagesServer, store: str, options: tuple[str, ...], said: str
) -> None:
    done = dropout_tui("run", *at(messages_server, store), *options)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert said in line
    assert not messages_server.requests


def test_a_file_and_the_environment_say_it_too(
    messages_server: MessagesServer, store: str, tmp_path: Path
) -> None:
    home = tmp_path / "config" / "dropout-tui"
    home.mkdir(parents=True)
    (home / "dropout.toml").write_text(
        'thinking = "auto"\ntop-p = 0.9\n[set]\ntop_k = 3\nstop_sequences = ["END"]\n'
    )
    messages_server.default = THOUGHT
    done = dropout_tui(
        "run", *at(messages_server, store), XDG_CONFIG_HOME=str(tmp_path / "config"), DROPOUT_EFFORT="low"
    )
    assert done.returncode == 0, done.stderr
    body = messages_server.requests[0].body
    assert body["thinking"] == {"type": "adaptive"}
    assert (body["top_p"], body["output_config"]) == (0.9, {"effort": "low"})
    assert (body["top_k"], body["stop_sequences"]) == (3, ["END"])


def test_time_limits_and_tries_hold_and_are_kept(messages_server: MessagesServer, store: str) -> None:
    messages_server.default = Stream([*THOUGHT.events()[:1], Gate()])
    done = dropout_tui(
        "run", *at(messages_server, store), "--json", "--timeout", "0.5, 0.5", "--tries", "2",
        ANTHROPIC_API_KEY="sk-test",
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    said = "API timed out, gave up after 2 tries; the server has not answered a single request yet"
    assert said in done.stderr
    (summary,) = map(json.loads, done.stdout.splitlines())
    assert len(messages_server.requests) == 2
    assert summary["settings"]["timeout"] == "0.5,0.5"
    assert summary["settings"]["tries"] == 2
    shown = dropout_tui("show", "1", "--store", store).stdout
    assert "time limits 0.5 s to the first token, 0.5 s between two · 2 tries of a request" in shown

    # Whoever goes on may have more patience, or less.
    done = dropout_tui(
        "resume", "1", "--store", store, "--timeout", ",,0.2", "--tries", "1", ANTHROPIC_API_KEY="sk-test"
    )
    assert "VOID - API too slow, no verdict after 0.2 s of asking" in done.stdout + done.stderr
    messages_server.default = Failure(500)
    dropout_tui("resume", "1", "--voids", "--store", store, "--tries", "1", ANTHROPIC_API_KEY="sk-test")
    assert len(messages_server.requests) == 4


def test_an_attempt_as_a_whole_has_a_limit(messages_server: MessagesServer, store: str) -> None:
    messages_server.default = Stream([*THOUGHT.events()[:1], Gate()])
    done = dropout_tui("run", *at(messages_server, store), "--timeout", ",,0.5", ANTHROPIC_API_KEY="sk-test")
    assert "VOID - API too slow, no verdict after 0.5 s of asking" in done.stdout
    assert len(messages_server.requests) <= 1


@pytest.mark.parametrize(
    ("option", "value", "complaint"),
    [
        ("--timeout", "soon", "--timeout: 'soon' is not a time limit; write seconds"),
        ("--timeout", "0", "--timeout: '0' is not a time limit; write seconds"),
        ("--timeout", "1,2,3,4", "--timeout: '1,2,3,4' is not a time limit; write seconds"),
        ("--timeout", "nan", "--timeout: 'nan' is not a time limit; write seconds"),
        ("--tries", "0", "--tries: '0' is not a number of tries; write one from 1 to 100"),
        ("--tries", "1e3", "--tries: '1e3' is not a number of tries; write one from 1 to 100"),
    ],
)
def test_invalid_time_limits_and_tries_are_refused(
    store: str, capsys: pytest.CaptureFixture[str], option: str, value: str, complaint: str
) -> None:
    assert main(["run", "--model", "sample", "--store", store, option, value]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert complaint in line
