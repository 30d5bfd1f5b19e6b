"""Which elements of two arrays differ, and the map of where they do."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dropout_core.verdict.difference_map import MOST_COLUMNS, MOST_ROWS, STEPS, DifferenceMap

_AS_EXPECTED, _NOT_FINITE = 0, STEPS + 1
_CELLS = np.frombuffer(b"0123x", dtype=np.uint8)
"""By how far off a cell is."""


def difference_map(
    got: NDArray[Any], wanted: NDArray[Any], rtol: float = 1e-7, atol: float = 0.0
) -> DifferenceMap | None:
    """Where `got` is farther from `wanted` than ``atol + rtol * abs(wanted)``; `None` where nothing is, or there is
    but one element.

    Raises:
        ValueError: the two have different shapes.
    """
    if got.shape != wanted.shape:
        raise ValueError(
            f"difference_map: the shapes {got.shape} and {wanted.shape} differ; compare those first"
        )
    return map_of(got, wanted, ~close(got, wanted, rtol, atol))


def map_of(got: NDArray[Any], wanted: NDArray[Any], wrong: NDArray[np.bool_]) -> DifferenceMap | None:
    """Where `got` is `wrong`, and how far it is from `wanted`, all of one shape; `None` of a single element, and
    where nothing is wrong."""
    count = int(np.count_nonzero(wrong))
    if wrong.size < 2 or not count:
        return None
    off = _distances(got, wanted)
    finite = off[wrong & np.isfinite(off)]
    least, most = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    levels = np.where(wrong, _levels(off, least, most), _AS_EXPECTED)
    cells, block = _in_cells(_as_matrix(levels))
    rows = tuple(_CELLS[row].tobytes().decode("ascii") for row in cells)
    return DifferenceMap(wrong.shape, count, _short(least), _short(most), rows, block)


def _distances(got: NDArray[Any], wanted: NDArray[Any]) -> NDArray[np.float64]:
    wide = np.complex128 if "c" in got.dtype.kind + wanted.dtype.kind else np.float64
    with np.errstate(all="ignore"):
        return np.asarray(np.abs(got.astype(wide) - wanted.astype(wide)), np.float64)


def _levels(off: NDArray[np.float64], least: float, most: float) -> NDArray[np.int_]:
    """From 1 to `STEPS`, and one more for what is not finite."""
    low = max(least, float(np.finfo(np.float64).tiny))
    span = math.log(most / low) if most > low else 0.0
    with np.errstate(all="ignore"):
        share = np.log(off / low) / span if span else np.ones(off.shape)
    finite = np.isfinite(off)
    steps = np.clip(np.ceil(np.where(finite, share, 1.0) * STEPS), 1, STEPS).astype(int)
    return np.where(finite, steps, _NOT_FINITE)


def _as_matrix(levels: NDArray[np.int_]) -> NDArray[np.int_]:
    """Leading axes are taken together, and a line is broken into rows, the last of which is filled up."""
    if levels.ndim > 1:
        return levels.reshape(-1, levels.shape[-1])
    width = min(levels.size, MOST_COLUMNS)
    filled = np.full(-(-levels.size // width) * width, _AS_EXPECTED)
    filled[: levels.size] = levels
    return filled.reshape(-1, width)


def _in_cells(levels: NDArray[np.int_]) -> tuple[NDArray[np.int_], tuple[int, int]]:
    """The farthest off of each block of elements, and the size of a block."""
    rows, columns = levels.shape
    down, across = -(-rows // MOST_ROWS), -(-columns // MOST_COLUMNS)
    by_rows = np.maximum.reduceat(levels, np.arange(0, rows, down), axis=0)
    return np.maximum.reduceat(by_rows, np.arange(0, columns, across), axis=1), (down, across)


def _short(number: float) -> float:
    return float(f"{number:.6g}")


def close(
    got: np.ndarray[Any, Any], wanted: np.ndarray[Any, Any], rtol: float, atol: float
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which elements are as they should be: equal, both NaN, or apart by at most ``atol + rtol * abs(wanted)``."""
    equal = np.equal(got, wanted) | (np.not_equal(got, got) & np.not_equal(wanted, wanted))
    if (rtol == 0 and atol == 0) or bool(np.all(equal)):
        return np.asarray(equal)
    wide = np.complex128 if "c" in got.dtype.kind + wanted.dtype.kind else np.float64
    one, other = got.astype(wide), wanted.astype(wide)
    with np.errstate(all="ignore"):
        near = np.abs(one - other) <= atol + rtol * np.abs(other)
    return np.asarray(equal | (near & np.isfinite(other)))
