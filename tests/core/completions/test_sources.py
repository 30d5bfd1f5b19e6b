"""Files and folders of rollouts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dropout_core.completions.rollouts import Unreadable, rollouts_in
from dropout_core.completions.sources import Source, sources_of, surveyed
from tests.core.completions.test_inspect_samples import SPEC, archive, sample

ONE = {"completion": "a", "model": "m", "prompt": "Do it."}


def lines(path: Path, *records: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(one if isinstance(one, str) else json.dumps(one) for one in records) + "\n")
    return path


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ('{"completion": "a"}\n\n{"completion": "b"}\n', ["line 1", "line 3"]),
        ('{"completion": "a"}\n{"comp', ["line 1", "line 2"]),
        ('{"broken\n{"completion": "a"}', ["line 1", "line 2"]),
        ('[{"completion": "a"},\n {"completion": "b"}]', ["item 1", "item 2"]),
        ('{"completion":\n "a"}', ["line 1"]),
        ('{"samples": ["a", "b"]}', ["line 1, answer 1", "line 1, answer 2"]),
        (json.dumps({"eval": SPEC, "samples": [sample("a"), sample("b", epoch=2)]}, indent=1),
         ["sample s", "sample s, epoch 2"]),
    ],
)  # fmt: skip
def test_each_answer_says_where_it_stands(tmp_path: Path, text: str, places: list[str]) -> None:
    (tmp_path / "file.jsonl").write_text(text)
    assert [one.place for one in rollouts_in(tmp_path / "file.jsonl")] == places


@pytest.mark.parametrize(
    ("name", "raw", "said"),
    [
        ("empty.jsonl", b"", "holds no completions"),
        ("prose.jsonl", b"Once upon\na time", "its first line is not JSON"),
        ("code.py", b"def f():\n    pass\n", "dropout-tui grade"),
        ("log.eval", b"PK\x03\x04 and nothing more", "damaged"),
        ("missing.jsonl", None, "No such file"),
    ],
)
def test_a_file_without_any_is_refused_in_one_line(
    tmp_path: Path, name: str, raw: bytes | None, said: str
) -> None:
    if raw is not None:
        (tmp_path / name).write_bytes(raw)
    with pytest.raises(Unreadable, match=said) as refused:
        list(rollouts_in(tmp_path / name))
    assert "\n" not in str(refused.value)


def test_the_lines_of_a_folder_are_one_source_and_each_log_is_another(tmp_path: Path) -> None:
    second, first = lines(tmp_path / "b.jsonl", ONE), lines(tmp_path / "a" / "a.ndjson", ONE, ONE)
    log = tmp_path / "logs" / "x.eval"
    log.parent.mkdir()
    log.write_bytes(archive([sample("a")], header={"eval": SPEC}).getvalue())
    document = lines(tmp_path / "y.json", {"version": 2, "eval": SPEC, "samples": [sample("a")]})
    lines(tmp_path / "settings.json", {"model": "m"})
    lines(tmp_path / ".hidden.jsonl", ONE)

    together, *logs = sources_of(tmp_path)
    assert together == Source(tmp_path, (first, second))
    assert logs == [Source(log, (log,)), Source(document, (document,))]
    assert [one.place for one in together.rollouts()] == [
        "a/a.ndjson, line 1",
        "a/a.ndjson, line 2",
        "b.jsonl, line 1",
    ]
    assert surveyed(logs[0]).settings == {"temperature": 0.5}


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"holds no \.jsonl"):
        sources_of(tmp_path)


def test_a_survey_counts_and_tells_what_all_have_in_common(tmp_path: Path) -> None:
    path = lines(tmp_path / "results.jsonl", ONE, {"nothing": 1}, {**ONE, "model": "n"})
    lines(
        tmp_path / "metadata.json", {"model": "unused", "sampling_args": {"temperature": 1, "max_tokens": 64}}
    )
    (source,) = sources_of(path)
    survey = surveyed(source)

    assert (survey.count, survey.faults, survey.models, survey.prompt) == (3, 1, ("m", "n"), "Do it.")
    assert survey.settings == {"temperature": 1.0, "max_tokens": 64}
    lines(path, ONE, {"nothing": 1}, {**ONE, "prompt": "Otherwise."})
    other = surveyed(source)
    assert (other.prompt, other.digest == survey.digest) == (None, False)


def test_a_model_that_no_answer_names_is_taken_from_the_file_beside(tmp_path: Path) -> None:
    path = lines(tmp_path / "results.jsonl", {"completion": "a"})
    lines(tmp_path / "metadata.json", {"model": "m"})
    assert surveyed(sources_of(path)[0]).models == ("m",)


def test_a_source_of_faults_alone_is_refused_with_the_first(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", {"nothing": 1}, {"nothing": 2})
    with pytest.raises(Unreadable, match="line 1 holds no answer"):
        surveyed(sources_of(path)[0])
