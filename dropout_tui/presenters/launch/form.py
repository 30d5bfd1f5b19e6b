"""The settings of a new evaluation as typed; `launch_parsing` makes its configuration of them."""

from __future__ import annotations

from dataclasses import dataclass

from dropout_core.values.config import DEFAULT_BAND, EvaluationConfig
from dropout_core.values.task_names import DROPOUT

Problems = dict[str, str]
"""The problems: one clear line per field of `LaunchForm`, in the order of its fields."""

AUTO = "auto"
"""The value of `max_tokens` for the longest reply that the model allows."""


@dataclass(frozen=True, slots=True)
class LaunchForm:
    """The fields as they were typed, unchecked."""

    model: str
    base_url: str = ""
    api: str = "anthropic"
    runs: str = "10"
    concurrency: str = "10"
    sequential: bool = False
    mode: str = "answer"
    task: str = DROPOUT
    """The name of a task, or the path of a Python file or folder."""
    prompt: str = "explicit"
    prompt_text: str = ""
    """A text that a person made from that prompt, to be sent in its place. Empty: none."""
    prompt_name: str = ""
    """What the text is called, or the prompt; a name of its own makes it a variant of `prompt`."""
    suite: str = "basic"
    """Empty: the first suite of the task."""
    checks: str = ""
    """Checks added to the suite or left out: ``+dtype,-edge_cases``. Empty: none."""
    band: str = str(DEFAULT_BAND)
    tolerance: str = ""
    """In percentage points. Empty: none."""
    seed: str = ""
    """Empty: drawn at random."""
    max_steps: str = "10"
    max_tokens: str = AUTO
    batch: bool = False
    until_decided: bool = False
    budget: str = ""
    """In dollars. Empty: none."""
    max_total_tokens: str = ""
    """Empty: no limit."""
    price: str = ""
    """Empty: the price of the price list."""
    thinking: str = ""
    """Empty, here and below: not sent, so the model's default."""
    effort: str = ""
    temperature: str = ""
    top_p: str = ""
    timeout: str = ""
    """Seconds: ``FIRST,STALL,ATTEMPT``. Empty, as for the tries: the default for the server."""
    tries: str = ""
    nonce: bool = False
    system: str = ""
    """A text, or ``@`` and the path of a file."""
    set: str = ""
    """``KEY=JSON KEY=JSON``."""
    refusals: str = "failed"
    name: str = ""
    """What to call the evaluation; like the note and the tags none of its settings. Empty: nothing."""
    note: str = ""
    tags: str = ""
    """Words, with blanks or commas between them."""


def form_of(config: EvaluationConfig) -> LaunchForm:
    """The form that gives `config` again, with a seed drawn at random, and without a name: that is of one
    evaluation."""
    from dropout_core.models.request_settings import written_fields

    return LaunchForm(
        model=config.model,
        base_url=config.base_url or "",
        api=config.api,
        runs=str(config.runs),
        concurrency=str(config.concurrency),
        sequential=config.sequential,
        mode=config.mode,
        task=config.task_file or config.task,
        prompt=config.prompt_from or config.prompt,
        prompt_text="" if config.prompt_from is None else config.prompt_text,
        prompt_name="" if config.prompt_from is None else config.prompt,
        suite=config.suite,
        band=str(config.band),
        tolerance=f"{config.tolerance * 100:.10g}" if config.tolerance else "",
        max_steps=str(config.max_steps),
        max_tokens=str(config.max_tokens) if config.max_tokens_from == "stated" else AUTO,
        batch=config.batch,
        until_decided=config.until_decided,
        budget="" if config.budget is None else f"{config.budget:g}",
        max_total_tokens="" if config.max_total_tokens is None else str(config.max_total_tokens),
        price="" if config.price is None else f"{config.price.input:g},{config.price.output:g}",
        thinking=config.thinking or "",
        effort=config.effort or "",
        temperature="" if config.temperature is None else str(config.temperature),
        top_p="" if config.top_p is None else str(config.top_p),
        timeout=config.timeout or "",
        tries="" if config.tries is None else str(config.tries),
        nonce=config.nonce,
        system=f"@{config.system_file}" if config.system_file else config.system or "",
        set=written_fields(config.set),
        refusals=config.refusals,
    )
