"""Columns in groups of two sizes, so that compiled code meets the same shapes again; groups share the cores."""

from __future__ import annotations

import functools
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

# Numbers a column of arrays (rows x fits) may have in a wide group: enough for vector operations, few enough for the
# cache; and how many times narrower the other kind is.
ELEMENTS, NARROWER = 9216, 8
FITS_STEP = 16
# A rest that fills at most so many narrow groups goes into these.
NARROW_GROUPS = 3


def wide(rows: int) -> int:
    """Fits in a wide group of arrays with so many rows."""
    return max(ELEMENTS // rows // FITS_STEP, NARROWER) * FITS_STEP


def narrow(rows: int) -> int:
    """Fits in a narrow group."""
    return wide(rows) // NARROWER


def filled(members: np.ndarray, rows: int) -> np.ndarray:
    """The members (n,), repeated up to the next of the two sizes."""
    width = wide(rows) if members.size > narrow(rows) else narrow(rows)
    return np.concatenate([members, np.full(width - members.size, members[0])])


def groups_of(members: np.ndarray, rows: int) -> list[np.ndarray]:
    """Wide groups, and the rest in one more or in a few narrow ones."""
    size = wide(rows)
    whole = members.size // size * size
    groups = [members[k : k + size] for k in range(0, whole, size)]
    rest = members[whole:]
    width = narrow(rows) if rest.size <= NARROW_GROUPS * narrow(rows) else size
    return groups + [rest[k : k + width] for k in range(0, rest.size, width)]


@functools.cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=max(1, len(os.sched_getaffinity(0))))


def in_threads(work: Any, groups: list[np.ndarray]) -> None:
    """Compiled code runs outside the interpreter's lock, so groups share the cores."""
    if len(groups) == 1:
        work(groups[0])
        return
    for ended in [_threads().submit(work, group) for group in groups]:
        ended.result()
