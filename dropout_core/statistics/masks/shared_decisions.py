"""Number of independent decisions in a mask where several elements share one.

Elements share a decision in blocks along the axes (whole axes, or `numpy.repeat`), or because a smaller mask comes
again and again. Either is exact, so that an independent mask of more than a few elements never looks like it, at
whatever rate.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dropout_core.statistics.error_rates import FALSE_ALARM

FEWEST = 8
"""Fewest blocks along an axis, or elements in a tile, that are evidence of sharing."""
LOOKED_FOR = 64
"""Elements that are searched for to find a mask that repeats in C order."""
CANDIDATES = 4
BEGINNING, MOST_CHANGES = 4096, 64
"""Slices, and changes from one to the next, that are looked at for whether blocks are worth looking for."""
ENOUGH_TO_TELL, ENOUGH_OF_EACH = 500, 64
"""Elements in all, and of those that are dropped and those that are kept."""
CLUSTERED = 0.2
"""A correlation of neighbours far above what chance gives so many elements."""

Mask = NDArray[np.bool_]


def decisions_of(mask: Mask) -> Mask:
    """One element per decision; the mask itself when every element has its own."""
    along_axes = mask
    for axis in range(mask.ndim):
        along_axes = _in_blocks(along_axes, axis)
    for axis in range(mask.ndim):
        along_axes = _tile_of(along_axes, axis)
    in_order = _tile_of(_in_blocks(mask.ravel(), 0), 0) if mask.ndim > 1 else along_axes
    fewest = min(along_axes, in_order, key=np.size)
    return fewest if _is_telling(mask, fewest.size) else mask


def may_be_shared(mask: Mask) -> bool:
    """Whether the mask's beginning is in blocks along an axis. Quickly told: where not, only a tile, or neighbours
    that go together, can share decisions."""
    for axis in range(mask.ndim):
        slices = mask.swapaxes(0, axis)
        if len(slices) > 1 and not (slices[0] != slices[1]).any():
            changes = _changes(slices[:BEGINNING])
            if math.gcd(*changes[:MOST_CHANGES].tolist()) != 1:
                return True
    return False


def _is_telling(mask: Mask, decisions: int) -> bool:
    """Whether chance does not explain that so many elements equal others."""
    rate = float(mask.mean()) if mask.size else 0.0
    alike = rate * rate + (1 - rate) * (1 - rate)
    if alike in (0.0, 1.0):
        return False
    ways = mask.size * (mask.ndim + 1)
    return (mask.size - decisions) * math.log(alike) + math.log(ways) < math.log(FALSE_ALARM)


def _in_blocks(mask: Mask, axis: int) -> Mask:
    """The mask without slices along an axis that only repeat the one before, where all blocks have one length."""
    slices = np.moveaxis(mask, axis, 0)
    if len(slices) < 2 or not np.array_equal(slices[0], slices[1]):
        return mask
    changes = _changes(slices)
    length = math.gcd(*changes.tolist()) or len(slices)
    if length < len(slices) < FEWEST * length:
        return mask
    return np.moveaxis(slices[::length], 0, axis)


def _changes(slices: Mask) -> NDArray[np.intp]:
    """Which slices differ from the one before."""
    others = tuple(range(1, slices.ndim))
    changes: NDArray[np.intp] = np.flatnonzero((slices[1:] != slices[:-1]).any(axis=others)) + 1
    return changes


def _tile_of(mask: Mask, axis: int) -> Mask:
    """Part of a mask along an axis that all the rest of it repeats."""
    slices = np.moveaxis(mask, axis, 0)
    if len(slices) <= FEWEST:
        return mask
    for start in _starts(np.ascontiguousarray(slices)):
        if start >= FEWEST and np.array_equal(slices[start:], slices[:-start]):
            return np.moveaxis(slices[:start], 0, axis)
    return mask


def _starts(slices: Mask) -> list[int]:
    """Places where the beginning repeats, the first few times."""
    width = slices[0].size
    raw = slices.tobytes()
    sought = raw[: max(width, LOOKED_FOR)]
    found: list[int] = []
    place = raw.find(sought, FEWEST * width)
    while place >= 0 and len(found) < CANDIDATES:
        if place % width == 0:
            found.append(place // width)
        place = raw.find(sought, place + 1)
    return found


def is_pattern(decisions: Mask) -> bool:
    """Whether decisions only alternate along each axis, or change once: that needs no randomness."""
    flat = decisions.ravel()
    if np.count_nonzero(flat[1:] != flat[:-1]) <= 1:
        return True
    for axis in range(decisions.ndim):
        slices = np.moveaxis(decisions, axis, 0)
        changes = slices[1:] != slices[:-1]
        if changes.any() and not changes.all():
            return False
    return True


def crowd(mask: Mask) -> float:
    """About how many elements share one decision where neighbours are alike: 1 when they are not, by more than chance.

    Sums over runs in which neighbours have correlation r vary (1 + r) / (1 - r) times as much.
    """
    dropped = int(np.count_nonzero(mask))
    if mask.size < ENOUGH_TO_TELL or min(dropped, mask.size - dropped) < ENOUGH_OF_EACH:
        return 1.0
    rate = dropped / mask.size
    sharing = 1.0
    for axis in range(mask.ndim):
        slices = np.moveaxis(mask, axis, 0)
        if len(slices) < 2:
            continue
        unlike = float((slices[1:] != slices[:-1]).mean())
        related = min(1 - unlike / (2 * rate * (1 - rate)), 1 - 1 / len(slices))
        if related > CLUSTERED:
            sharing *= (1 + related) / (1 - related)
    return sharing
