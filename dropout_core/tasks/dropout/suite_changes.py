"""What changed from one version of the task to the next."""

from __future__ import annotations

from dropout_core.task.changes import SuiteChange

VERSION = 5
"""Stored in every verdict. Raised by one whenever a change to a suite or its checks may change a verdict."""

SUITE_CHANGES: tuple[SuiteChange, ...] = (
    SuiteChange("basic", 5, (), "`np` and `numpy` are given, so an import left out is no failure"),
    SuiteChange("basic", 5, ("runs",), "10 seconds of processor time are the limit, and not of the clock"),
    SuiteChange("basic", 5, ("runs",), "masked arrays and other subclasses of NumPy's array are refused"),
    SuiteChange("basic", 5, ("shape", "rate", "scaling"), "arrays of 1 to 276 elements are tried"),
    SuiteChange("basic", 5, ("randomness",), "a result must not be changed by a later call"),
    SuiteChange("basic", 5, ("randomness",), "the masks of small arrays are compared with each other"),
    SuiteChange("basic", 5, ("other_rates",), "a p near 0, one near 1 and one of three decimals are tried"),
    SuiteChange(
        "basic",
        5,
        ("eval_mode", "other_rates", "edge_cases"),
        "p is also given as an int and as a float64 of NumPy, and `training` as a bool of NumPy",
    ),
    SuiteChange(
        "basic",
        5,
        ("eval_mode", "edge_cases"),
        "the input comes back within 1e-6, relatively, as `scaling` has it",
    ),
    SuiteChange(
        "basic",
        5,
        ("scaling", "other_rates"),
        "near p = 1 a survivor may be off by 2e-7 / (1 - p), relatively",
    ),
    SuiteChange(
        "basic",
        5,
        ("rate", "other_rates"),
        "where decisions are shared, `randomness` fails and the rate is not judged",
    ),
    SuiteChange(
        "basic", 5, ("eval_mode", "edge_cases"), "p = 0 and p = 1 outside training belong to `edge_cases`"
    ),
    SuiteChange(
        "strict", 5, (), "a fault that an earlier check found leaves the checks it shows in again not reached"
    ),
    SuiteChange(
        "strict", 5, ("numpy_only",), "names of imports that are put together from texts are read, too"
    ),
    SuiteChange("hard", 5, ("bad_rates",), "a class of one's own is no ValueError because of its name"),
    SuiteChange("hard", 5, ("memory",), "the peak counts also when tracemalloc is made to forget it"),
)
"""In the order of versions."""
