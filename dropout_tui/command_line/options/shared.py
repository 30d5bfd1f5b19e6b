"""Options that several commands take."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from types import MappingProxyType

from dropout_core.models.request_settings import EFFORTS
from dropout_core.values.config import DEFAULT_MODEL, LOCAL_MODEL, SAMPLE_MODEL
from dropout_tui.settings.config_file import SWITCHES, TEXT_OPTIONS

Options = argparse.ArgumentParser | argparse._ArgumentGroup
"""What options are added to."""

ID = "the number of an evaluation, as `dropout-tui history` lists them, or its name"

MODE = ("--mode", "answer|agent", "one reply, or a loop with tools (default: answer)")
PROMPT = (
    "--prompt",
    "NAME|PATH",
    "explicit, plain, terse, a text file, or the name of a stored variant (default: explicit)",
)
PROMPT_NAME = (
    "--prompt-name",
    "NAME",
    "what that prompt is called where evaluations are listed and compared",
)
SUITE = (
    "--suite",
    "NAME",
    "which checks: basic, strict or hard (default: basic; of another task, its first)",
)
CHECKS = ("--checks", "LIST", "add checks to the suite, or leave some out: +dtype,-edge_cases")
WHAT_IS_ASKED = (MODE, PROMPT, SUITE, CHECKS)


def add_task(parser: Options) -> None:
    """Add the option that names a task."""
    parser.add_argument(
        "--task",
        metavar="NAME|FILE|FOLDER",
        default=argparse.SUPPRESS,
        help="what is asked: one of `dropout-tui tasks`, a Python file of your own, which is run, or a folder with"
        " prompt.txt and grader.py (default: dropout)",
    )


FORM_CHANGES = (
    "base_url", "concurrency", "sequential", "runs", "band", "tolerance", "until_decided", "budget",
    "max_total_tokens", "price", "timeout", "tries",
)  # fmt: skip
CHANGEABLE = (*FORM_CHANGES, "store")
"""Options that `resume` may change."""
_OF_A_STORED_ONE = {
    "base_url": "another server that speaks the same API",
    "runs": "how many trials in all; with --until-decided at most that many, default 400",
    "concurrency": "how many trials at once",
    "band": "another pass rate to aim at, in percent",
    "tolerance": "percentage points by which a decision may be off at an edge",
    "price": "dollars per million tokens, where the model's price is not known, or differs",
}


def add_evaluation_options(
    parser: argparse.ArgumentParser, *, texts: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Add all that an evaluation is begun with; `texts` are other helps, by the names of the options."""
    group = parser.add_argument_group("evaluation")

    def add(name: str, metavar: str, text: str) -> None:
        group.add_argument(name, metavar=metavar, help=text, default=argparse.SUPPRESS)

    add(
        "--model",
        f"{SAMPLE_MODEL}|{LOCAL_MODEL}|NAME",
        f"who answers: a built-in sample, a small real model on this machine, or any other "
        f"(default: {DEFAULT_MODEL} with a key, {SAMPLE_MODEL} without)",
    )
    add(
        "--base-url",
        "URL",
        "a server that speaks the API (default: ANTHROPIC_BASE_URL or OPENAI_BASE_URL, or the API's own)",
    )
    add(
        "--api",
        "anthropic|openai",
        "what it speaks: the Messages API, or Chat Completions, as vLLM, SGLang and llama.cpp do (default: anthropic)",
    )
    add(
        "--runs",
        "N",
        "how many trials in all (default: 10; with --until-decided at most that many, default 400)",
    )
    add("--concurrency", "N", "how many trials at once (default: 10)")
    group.add_argument(
        "--sequential", action="store_true", default=argparse.SUPPRESS, help="one trial after the other"
    )
    add_task(group)
    add(*MODE)
    add("--max-steps", "N", "requests per trial in agent mode (default: 10)")
    add(
        "--max-tokens", "N|auto", "tokens per reply, thinking included (default: auto, the model's own limit)"
    )
    add(*PROMPT)
    add(*PROMPT_NAME)
    add(*SUITE)
    add(*CHECKS)
    add("--refusals", "failed|void", "how a run counts that the model refused (default: failed)")
    add("--band", "LO-HI", "the pass rate aimed at, in percent (default: 10-40)")
    add(
        "--tolerance",
        "POINTS",
        "percentage points by which a decision may be off at an edge (default: 0)",
    )
    group.add_argument(
        "--batch",
        action="store_true",
        default=argparse.SUPPRESS,
        help="submit the requests together, as Message Batches: half the price, answered within 24 hours. One batch"
        " holds all runs; with --until-decided, as many as --concurrency says",
    )
    group.add_argument(
        "--until-decided",
        action="store_true",
        default=argparse.SUPPRESS,
        help="start no further trials once the rate is known to be in, below or above the band",
    )
    group.add_argument(
        "--nonce",
        action="store_true",
        default=argparse.SUPPRESS,
        help="end each prompt with a number of its own, so that no cache gives two runs the same reply",
    )
    add("--seed", "N", "fixes the sample answers and the inputs of every grading")
    add(
        "--budget",
        "USD",
        "what the evaluation may cost, and all those of a dashboard together: near it, no further attempt begins",
    )
    add("--max-total-tokens", "N", "the same in tokens, in and out together")
    add("--price", "IN,OUT", "dollars per million tokens, if the model's price is not known, or differs")
    add(
        "--thinking",
        "off|auto|N",
        "whether the model thinks first: not, as it sees fit, or in at most N tokens",
    )
    add("--effort", "LEVEL", f"how much effort the model makes: {', '.join(EFFORTS)}")
    add("--temperature", "T", "how varied the wording is, from 0 to 1; not every model takes it")
    add("--top-p", "P", "choose only among the likeliest words that make up this share, above 0, up to 1")
    add(
        "--timeout",
        "S,S,S",
        "seconds to the first token, between two tokens, and for an attempt (default: 120,60,3600)",
    )
    add("--tries", "N", "how often a request is tried, where trying again may help (default: 8)")
    add("--system", "TEXT|@FILE", "the system prompt, or the text file that holds it")
    group.add_argument(
        "--set",
        metavar="KEY=JSON",
        action="append",
        default=argparse.SUPPRESS,
        help="any other field of the request, such as top_k=5; may be repeated",
    )
    add("--log", "FILE", "write down what happens, every fault and every new try; never a key")
    add_store(group)
    add_weak_sandbox(group)
    for option in group._group_actions:
        option.help = texts.get(option.dest, option.help)


def add_resume_options(parser: argparse.ArgumentParser) -> None:
    """Add the same for a stored evaluation. What that keeps is understood, to be refused in one line, and not shown."""
    kept = {*TEXT_OPTIONS, *SWITCHES}.difference(CHANGEABLE)
    add_evaluation_options(parser, texts={**dict.fromkeys(kept, argparse.SUPPRESS), **_OF_A_STORED_ONE})


def add_screen_options(parser: argparse.ArgumentParser) -> None:
    """Add what only the dashboard looks at."""
    parser.add_argument_group("screen").add_argument(
        "--theme",
        metavar="NAME",
        default=argparse.SUPPRESS,
        help="the colours, such as nord; ansi-dark and ansi-light are the terminal's own (default: as last time)",
    )


def add_newest(parser: argparse.ArgumentParser) -> None:
    """Add the number of an evaluation, for which the newest is taken where none is given."""
    parser.add_argument("id", nargs="?", metavar="ID", help=f"{ID} (default: the newest)")
    parser.set_defaults(takes_newest=1)


def add_store(parser: Options) -> None:
    """Add the option that names the store."""
    parser.add_argument(
        "--store",
        metavar="PATH",
        default=argparse.SUPPRESS,
        help="the SQLite file (default: in your data folder)",
    )


def add_weak_sandbox(parser: Options) -> None:
    """Add the option that lets code run where the system cannot be protected from it."""
    parser.add_argument(
        "--allow-weak-sandbox",
        action="store_true",
        help="run untrusted code even where this system cannot be protected from it",
    )


def add_grading_place(parser: Options) -> None:
    """Add the options that say where code is run."""
    parser.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="grade on the machines of a Ray cluster: host:port, ray://host:port from outside it, auto for the one that"
        " runs here, local to start one (default: grade on this machine)",
    )
    add_weak_sandbox(parser)


def add_line_options(parser: argparse.ArgumentParser) -> None:
    """Add what only output in lines looks at."""
    parser.add_argument("--json", action="store_true", dest="as_json", help="JSON lines instead of text")
    parser.add_argument(
        "--require-band",
        action="store_true",
        help="exit with 3 unless the rate is known to be inside the band",
    )
