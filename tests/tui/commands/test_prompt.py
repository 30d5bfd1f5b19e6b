"""`dropout-tui prompt`, and prompts with a name of their own on the command line."""

from __future__ import annotations

import json
from pathlib import Path

from dropout_core.storage.store import Store
from tests.tui.program import dropout_tui


def test_a_prompt_is_named_found_again_and_compared_with_what_it_was_made_from(tmp_path: Path) -> None:
    store, file = str(tmp_path / "store.sqlite3"), tmp_path / "short.txt"
    file.write_text("Implement dropout in NumPy. Keep the shape.\n")
    run = ("run", "--model", "sample", "--runs", "1", "--seed", "3", "--store", store)
    assert dropout_tui(*run, "--prompt", str(file), "--prompt-name", "short").returncode == 0
    assert dropout_tui(*run, "--prompt", "short", "--json").returncode == 0
    opened = Store(Path(store))
    assert [opened.config(number).prompt for number in (1, 2)] == ["short", "short"]
    assert opened.config(2).prompt_from == str(file)
    opened.close()

    said = dropout_tui("prompt", "--prompt", "short", "--store", store)
    assert (said.returncode, said.stdout) == (0, "Implement dropout in NumPy. Keep the shape.\n")
    assert said.stderr.startswith("dropout-tui: suite basic checks what this prompt does not state: ")
    assert "scaling" in said.stderr
    assert "shape" not in said.stderr.partition(":")[2].partition("state:")[2]
    assert dropout_tui("prompt", "--suite", "hard").stderr == ""

    refused = dropout_tui(*run, "--prompt-name", "two words")
    assert refused.returncode == 2
    assert "--prompt-name: 'two words' is not a name for a prompt; write one word" in refused.stderr

    assert dropout_tui(*run, "--prompt", "plain", "--prompt-name", "plain-2").returncode == 0
    compared = json.loads(dropout_tui("compare", "1", "3", "--json", "--store", store).stdout)
    assert [one for one in compared["settings"] if one["name"] == "prompt"] == [
        {"name": "prompt", "first": "short", "second": "plain-2"}
    ]
    assert compared["prompt_diff"][:2] == ["--- #1 short", "+++ #3 plain-2"]
    assert compared["prompt_origins"] == []

    listed = dropout_tui("prompt", "--list", "--store", store).stdout.split()
    assert (listed[:3], {*listed[3:]}) == (["explicit", "plain", "terse"], {"short", "plain-2"})
    one_each = ("--model", "sample", "--runs", "1", "--store", store)
    swept = dropout_tui("sweep", "--prompts", "short,terse", *one_each, "--json")
    cells = [json.loads(line) for line in swept.stdout.splitlines()]
    assert {one["prompt"] for one in cells if one["type"] == "cell"} == {"short", "terse"}
    for command in (("sweep", "--prompts", "shirt", *one_each), (*run, "--prompt", "shirt")):
        unknown = dropout_tui(*command)
        assert (unknown.returncode, unknown.stdout, unknown.stderr.count("\n")) == (2, "", 1)
        assert "'shirt'" in unknown.stderr
        assert (
            "give one of explicit, plain, terse, the path of a text file, or a stored one: " in unknown.stderr
        )
        assert {"short", "plain-2"} == set(unknown.stderr.rpartition(": ")[2].strip().split(", "))
