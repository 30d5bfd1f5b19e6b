"""Logs of Inspect, as it writes them."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from dropout_core.completions.inspect_samples import NoInspectLog, of_archive, of_log

SPEC = {"model": "openai/gpt-x", "model_generate_config": {"temperature": 0.5}}
USAGE = {"input_tokens": 10, "output_tokens": 5, "input_tokens_cache_read": 4, "reasoning_tokens": 2}


def sample(text: str, *, stop_reason: str = "stop", **further: Any) -> dict[str, Any]:
    said = {"role": "assistant", "content": text}
    return {
        "id": "s",
        "epoch": 1,
        "input": "Write dropout.",
        "messages": [{"role": "user", "content": "Write dropout."}, said],
        "output": {"model": "gpt-x-2", "choices": [{"message": said, "stop_reason": stop_reason}]},
        "model_usage": {"openai/gpt-x": USAGE},
        "working_time": 1.5,
        **further,
    }


def archive(samples: list[object], **members: object) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as written:
        for name, value in members.items():
            written.writestr(f"{name}.json", json.dumps(value))
        for number, one in enumerate(samples, 1):
            written.writestr(
                f"samples/{number}_epoch_1.json", one if isinstance(one, str) else json.dumps(one)
            )
    return file


def test_a_sample_is_its_answer_with_all_that_is_known_of_it() -> None:
    (one,) = of_archive(archive([sample("def f(): ...")], header={"eval": SPEC}))

    assert (one.place, one.text, one.fault) == ("sample s", "def f(): ...", None)
    facts = one.facts
    assert (facts.model, facts.prompt, facts.stop_reason) == ("gpt-x-2", "Write dropout.", "end_turn")
    assert (facts.input_tokens, facts.output_tokens, facts.thinking_tokens) == (14, 5, 2)
    assert (facts.cache_read_input_tokens, facts.seconds) == (4, 1.5)


def test_what_an_agent_submits_is_its_answer() -> None:
    call = {"id": "1", "function": "submit", "arguments": {"answer": "the code"}, "type": "function"}
    turns = [{"role": "assistant", "content": "I submit.", "tool_calls": [call]}]
    (one,) = of_log({"eval": SPEC, "samples": [sample("I submit.", messages=turns)]})

    assert one.text == "the code"


def test_what_is_kept_apart_is_put_back() -> None:
    (one,) = of_log(
        {"eval": SPEC, "samples": [sample("attachment://abc", attachments={"abc": "a long answer"})]}
    )
    assert one.text == "a long answer"


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (sample("x", error={"message": "the server\nfell"}), "ended with an error: the server fell"),
        (sample(""), "holds no answer"),
        (sample("", stop_reason="content_filter"), None),
        ("{", "is not JSON"),
        ([], "is no object"),
    ],
)
def test_a_sample_without_an_answer_says_why_and_the_rest_goes_on(given: object, fault: str | None) -> None:
    first, second = of_archive(archive([given, sample("fine")], header={"eval": SPEC}))

    assert (first.fault or "").startswith(fault or "nothing" if fault else "")
    assert (first.fault is None) == (fault is None)
    assert (second.text, second.fault) == ("fine", None)


def test_a_log_that_was_cut_off_is_read_by_how_it_began() -> None:
    (one,) = of_archive(archive([sample("fine")], **{"_journal/start": {"eval": SPEC}}))
    assert one.text == "fine"


def test_what_is_compressed_as_inspect_does_it_is_read() -> None:
    zstandard = pytest.importorskip("zstandard")
    plain = archive([sample("fine" * 99)], header={"eval": SPEC})
    file = io.BytesIO()
    with zipfile.ZipFile(plain) as read, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as written:
        for member in read.infolist():
            content = read.read(member)
            frames = [zstandard.compress(content[:7]), zstandard.compress(content[7:])]
            written.writestr(member.filename, b"".join(frames))
            info = written.getinfo(member.filename)
            info.compress_type, info.file_size, info.CRC = 93, len(content), member.CRC

    (one,) = of_archive(file)
    assert one.text == "fine" * 99


def test_other_archives_are_refused() -> None:
    with pytest.raises(NoInspectLog, match=r"no Inspect log"):
        list(of_archive(archive([])))
    damaged = archive([sample("fine")], header={"eval": SPEC}).getvalue()[:-40]
    with pytest.raises(NoInspectLog, match="damaged"):
        list(of_archive(io.BytesIO(damaged)))
