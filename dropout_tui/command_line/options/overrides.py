"""The options of ``resume``: what they change of a stored evaluation."""

from __future__ import annotations

import argparse

from dropout_core.running.overrides import ResumeOverrides
from dropout_core.values.config import SAMPLE_MODEL
from dropout_tui.command_line.complaints import Complaint
from dropout_tui.command_line.options.shared import CHANGEABLE, FORM_CHANGES
from dropout_tui.command_line.options.values import checked
from dropout_tui.presenters.launch.form import LaunchForm
from dropout_tui.settings.config_file import SWITCHES, TEXT_OPTIONS, Settings

_ANY_BAND = "0-100"
"""Stands for the stored band, which is not known yet: the widest allows every tolerance."""


def refuse_what_is_kept(options: argparse.Namespace) -> None:
    """Check that no option is given that an evaluation keeps from its start.

    Raises:
        Complaint: one is.
    """
    kept = [name for name in (*TEXT_OPTIONS, *SWITCHES) if hasattr(options, name) and name not in CHANGEABLE]
    if kept:
        flag = kept[0].replace("_", "-")
        changeable = ", ".join(f"--{name.replace('_', '-')}" for name in CHANGEABLE)
        raise Complaint(f"--{flag} is kept from the start of an evaluation; resume can change {changeable}")


def overrides_of(options: argparse.Namespace, settings: Settings) -> ResumeOverrides:
    """What the options change.

    Raises:
        Complaint: one has no valid value.
    """
    given = {name: getattr(options, name) for name in FORM_CHANGES if hasattr(options, name)}
    changes = checked(LaunchForm(SAMPLE_MODEL, **{"band": _ANY_BAND, **given}), settings)
    return ResumeOverrides(
        base_url=changes.base_url,
        concurrency=changes.slots if {"concurrency", "sequential"} & given.keys() else None,
        runs=changes.runs if "runs" in given else None,
        band=changes.band if "band" in given else None,
        until_decided=changes.until_decided,
        budget=changes.budget,
        max_total_tokens=changes.max_total_tokens,
        price=changes.price,
        tolerance=changes.tolerance if "tolerance" in given else None,
        timeout=changes.timeout,
        tries=changes.tries,
        batch_again=options.batch_again,
        cancels_batch=options.cancel_batch,
        repeats_voids=options.voids,
    )
