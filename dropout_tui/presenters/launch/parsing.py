"""How the settings of a new evaluation, as typed, become its configuration, or a line on each that cannot be.

The launch screen and the command line share this, so that both refuse the same input with the same messages.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

from dropout_core.analysis.asked import never_asked
from dropout_core.models.request_settings import (
    MOST_TOKENS,
    parse_effort,
    parse_fields,
    parse_system,
    parse_temperature,
    parse_thinking,
    parse_top_p,
    thinking_fits,
)
from dropout_core.models.retry.user_limits import parse_timeout, parse_tries
from dropout_core.statistics.band.decision import parse_tolerance, tolerance_fits
from dropout_core.statistics.pass_rate import Band
from dropout_core.task.definition import Task
from dropout_core.task.prompt import Prompt, load_prompt
from dropout_core.task.prompt_variants import parse_prompt_name, parse_prompt_text
from dropout_core.tasks.chosen import choose_task
from dropout_core.values.annotation import UNANNOTATED, Annotation, parse_tags
from dropout_core.values.api import APIS, Api, parse_api
from dropout_core.values.config import (
    ASSUMED_MAX_TOKENS,
    DEFAULT_BAND,
    DEFAULT_MAX_TOKENS,
    LOCAL_MODEL,
    MODES,
    REFUSALS,
    SAMPLE_MODEL,
    EvaluationConfig,
    LimitSource,
    Mode,
    Refusals,
)
from dropout_core.values.known_secrets import refuse_secrets
from dropout_core.values.price import Price
from dropout_core.values.seeds import fresh_seed
from dropout_core.values.stored.value import MOST_COUNTED
from dropout_core.values.task_names import DROPOUT
from dropout_tui.presenters.launch.form import AUTO, LaunchForm, Problems

MAX_RUNS = 10_000
MAX_CONCURRENCY = 1_000
MAX_STEPS = 1_000
NO_THINKING_SETTING = (
    "Chat Completions has no such setting; use --effort, or what the server has of its own,"
    """ such as --set 'chat_template_kwargs={"enable_thinking": false}'"""
)
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,30}")
_UNSEEMLY = re.compile(r"[\s\x00-\x1f\x7f]")
_Value = TypeVar("_Value")


def parse(form: LaunchForm, stored_prompts: Sequence[str] = ()) -> EvaluationConfig | Problems:
    """The configuration of `form`, or its problems. Reads the prompt if it is a file. `stored_prompts` are the names
    to tell whoever names none that there is."""
    reading = _Reading(form)
    by_themselves = {name: reading.of(name, reader, None) for name, reader in _BY_THEMSELVES.items()}
    for annotated, reader in _ANNOTATIONS.items():
        reading.of(annotated, reader, UNANNOTATED)
    # Placeholders are never used: with a single problem there is no configuration.
    model = reading.of("model", _model, "")
    sample = model == SAMPLE_MODEL
    api = reading.of("api", parse_api, APIS[0])
    if form.batch:
        local = model == LOCAL_MODEL and by_themselves["base_url"] is None
        reading.of(
            "batch", lambda _: _batch(api, sample=sample, local=local, sequential=form.sequential), None
        )
    mode = reading.of("mode", _mode, MODES[0])
    task = reading.of("task", choose_task, choose_task(DROPOUT))
    suite = _read_suite(reading, task)
    band = reading.of("band", Band.parse, DEFAULT_BAND)
    tolerance = reading.of("tolerance", lambda text: _tolerance(text, band), 0.0)
    unread: tuple[int, LimitSource] = (MOST_TOKENS, "stated")
    max_tokens, limit_from = reading.of("max_tokens", lambda text: _max_tokens(text, sample=sample), unread)
    stated = max_tokens if limit_from == "stated" else None
    thinking = reading.of("thinking", lambda text: _thinking(text, stated, api), None)
    system, system_file = reading.of("system", _optional(parse_system), None) or (None, None)
    prompt, prompt_name = _read_prompt(reading, task, suite, mode, stored_prompts)
    if reading.problems:
        return {
            item.name: reading.problems[item.name] for item in fields(form) if item.name in reading.problems
        }
    config = EvaluationConfig(
        **by_themselves,
        **task.stored(suite),
        model=model,
        api=api,
        sequential=form.sequential,
        mode=mode,
        prompt_text=prompt.text,
        prompt=prompt_name or prompt.name,
        prompt_from=prompt.name if prompt_name else None,
        max_tokens=max_tokens,
        max_tokens_from=limit_from,
        band=band,
        tolerance=tolerance,
        batch=form.batch,
        until_decided=form.until_decided,
        thinking=thinking,
        nonce=form.nonce,
        system=system,
        system_file=system_file,
    )
    return replace(config, unasked=never_asked(config, task, suite))


def annotation_of(form: LaunchForm) -> Annotation:
    """The name, the note and the tags that a form asks for in which nothing is wrong."""
    each = {name: getattr(read(getattr(form, name)), name) for name, read in _ANNOTATIONS.items()}
    return Annotation(**each)


@dataclass(slots=True)
class _Reading:
    """Reads fields one by one, and collects the problems."""

    form: LaunchForm
    problems: Problems = field(default_factory=dict)

    def of(self, name: str, reader: Callable[[str], _Value], otherwise: _Value) -> _Value:
        try:
            return reader(getattr(self.form, name))
        except ValueError as error:
            self.problems[name] = str(error)
            return otherwise


def _read_suite(reading: _Reading, task: Task) -> str:
    """The suite, with the checks that are added to it or left out; empty where the task is not known."""
    if "task" in reading.problems:
        return ""
    suite = reading.of("suite", lambda text: _suite(text, task), "")
    if "suite" in reading.problems or not reading.form.checks.strip():
        return suite
    return reading.of("checks", lambda text: task.own_suite(suite, text), suite)


def _read_prompt(
    reading: _Reading, task: Task, suite: str, mode: Mode, stored: Sequence[str]
) -> tuple[Prompt, str]:
    """The prompt, and the name of its own that it has as a variant, if any; both empty where what it is put together
    from is not known."""
    form, prompt = reading.form, Prompt("", "")
    if {"mode", "task", "suite", "checks"} & reading.problems.keys():
        return prompt, ""
    if form.prompt_text:
        prompt = Prompt(form.prompt, reading.of("prompt_text", parse_prompt_text, ""))
    else:
        prompt = reading.of(
            "prompt",
            lambda choice: load_prompt(choice.strip(), suite=suite, mode=mode, task=task, stored=stored),
            prompt,
        )
    if not (form.prompt_text or form.prompt_name):
        return prompt, ""
    return prompt, reading.of("prompt_name", parse_prompt_name, "")


_ANNOTATIONS: Mapping[str, Callable[[str], Annotation]] = {
    "name": lambda text: Annotation(name=text.strip()),
    "note": lambda text: Annotation(note=text.strip()),
    "tags": lambda text: Annotation(tags=parse_tags(text)),
}


def _model(text: str) -> str:
    name = text.strip()
    if not name:
        raise ValueError("give the name of a model, such as claude-haiku-4-5, or sample")
    if _UNSEEMLY.search(name):
        raise ValueError(f"{name!r} is not the name of a model: it holds a blank or a control character")
    refuse_secrets(name, "name of the model")
    return name


def _base_url(text: str) -> str | None:
    url = text.strip()
    if not url:
        return None
    try:
        parts = urlsplit(url)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        parts, port_is_fine = urlsplit(""), False
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or not port_is_fine
        or _UNSEEMLY.search(url)
    ):
        raise ValueError(f"{url!r} is not the address of a server; write one such as http://localhost:8080")
    if parts.username is not None or parts.password is not None:
        # The address is stored with the evaluation, and a key is never stored.
        raise ValueError("leave user and password out of the address; it is stored with the results")
    return url


def _whole_number(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        typed = text.strip()
        if not _WHOLE_NUMBER.fullmatch(typed):
            wrong = f"{typed!r} is not a whole number; give one" if typed else "give a whole number"
            raise ValueError(f"{wrong} from {low:,} to {high:,}")
        number = int(typed)
        if not low <= number <= high:
            raise ValueError(f"{number:,} is out of range; give a number from {low:,} to {high:,}")
        return number

    return read


def _max_tokens(text: str, *, sample: bool) -> tuple[int, LimitSource]:
    """The limit of a reply, and where it comes from."""
    if text.strip() != AUTO:
        try:
            return _whole_number(1, MOST_TOKENS)(text), "stated"
        except ValueError as error:
            raise ValueError(f"{error}, or {AUTO}") from None
    # A placeholder until the server has been asked.
    return (DEFAULT_MAX_TOKENS, "built in") if sample else (ASSUMED_MAX_TOKENS, "auto")


def _thinking(text: str, max_tokens: int | None, api: Api) -> str | None:
    """The thinking setting; its tokens must fit into a reply whose limit is known."""
    if not text.strip():
        return None
    if api == "openai":
        raise ValueError(NO_THINKING_SETTING)
    thinking = parse_thinking(text)
    if max_tokens is not None:
        thinking_fits(thinking, max_tokens)
    return thinking


def _optional(reader: Callable[[str], _Value]) -> Callable[[str], _Value | None]:
    return lambda text: reader(text) if text.strip() else None


def _tolerance(text: str, band: Band) -> float:
    if not text.strip():
        return 0.0
    tolerance = parse_tolerance(text)
    tolerance_fits(tolerance, band)
    return tolerance


def _dollars(text: str) -> float:
    try:
        amount = float(text.strip().removeprefix("$"))
    except ValueError:
        amount = math.nan
    if not 0 < amount < math.inf:
        raise ValueError(f"{text.strip()!r} is not an amount of dollars; write one such as 2.50")
    return amount


def _batch(api: Api, *, sample: bool, local: bool, sequential: bool) -> None:
    if sample:
        raise ValueError(
            "the sample answers are built in and take no batches; name a --model, or leave --batch out"
        )
    if local:
        raise ValueError(
            f"{LOCAL_MODEL} runs on this machine and takes no batches; name another --model, or leave --batch out"
        )
    if api != "anthropic":
        raise ValueError("only the Messages API has batches; leave out --api openai, or --batch")
    if sequential:
        raise ValueError("a batch holds all runs of a round; leave out --sequential, or --batch")


def _mode(text: str) -> Mode:
    for mode in MODES:
        if mode == text.strip():
            return mode
    raise ValueError(f"unknown mode {text.strip()!r}; choose one of: {', '.join(MODES)}")


def _refusals(text: str) -> Refusals:
    for refusals in REFUSALS:
        if refusals == text.strip():
            return refusals
    raise ValueError(f"a refusal is not {text.strip()!r}; choose one of: {', '.join(REFUSALS)}")


def _suite(text: str, task: Task) -> str:
    name = text.strip() or task.default_suite
    task.suite(name)
    return name


def _seed(text: str) -> int:
    return _whole_number(0, MOST_COUNTED)(text) if text.strip() else fresh_seed()


_BY_THEMSELVES: Mapping[str, Callable[[str], Any]] = {
    "base_url": _base_url,
    "runs": _whole_number(1, MAX_RUNS),
    "concurrency": _whole_number(1, MAX_CONCURRENCY),
    "seed": _seed,
    "max_steps": _whole_number(1, MAX_STEPS),
    "budget": _optional(_dollars),
    "max_total_tokens": _optional(_whole_number(1, MOST_COUNTED)),
    "price": _optional(Price.parse),
    "effort": _optional(parse_effort),
    "temperature": _optional(parse_temperature),
    "top_p": _optional(parse_top_p),
    "timeout": _optional(parse_timeout),
    "tries": _optional(parse_tries),
    "set": parse_fields,
    "refusals": _refusals,
}
"""Fields that depend on no others; the configuration has them under the same names."""
