"""Columns in groups of two sizes, so that compiled code meets the same shapes again; groups share the cores."""

from __future__ import annotations

import functools
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from sscell.errors import require

# Numbers a column of arrays (rows x fits) may have in a wide group: enough to be worth a call of compiled code, few
# enough for the cache and for an even share of the cores; and how many times narrower the other kind is.
ELEMENTS, NARROWER = 4608, 4
FITS_STEP = 16
# A rest that fills at most so many narrow groups goes into these.
NARROW_GROUPS = 2


def widths(rows: int) -> tuple[int, int]:
    """Fits in a wide and in a narrow group of arrays with so many rows."""
    narrow = max(ELEMENTS // NARROWER // rows // FITS_STEP, 1) * FITS_STEP
    return NARROWER * narrow, narrow


def filled(members: np.ndarray, rows: int) -> np.ndarray:
    """The members (n,), repeated up to the next of the two sizes."""
    width = min(w for w in widths(rows) if w >= members.size)
    return np.concatenate([members, np.full(width - members.size, members[0])])


def groups_of(members: np.ndarray, rows: int) -> list[np.ndarray]:
    """Wide groups, and the rest in one more or in a few narrow ones."""
    wide, narrow = widths(rows)
    groups, start = [], 0
    while start < members.size:
        width = narrow if members.size - start <= NARROW_GROUPS * narrow else wide
        groups.append(members[start : start + width])
        start += width
    return groups


@functools.cache
def _threads() -> ThreadPoolExecutor:
    # Where the system says how many cores this process may use (Linux), not how many there are.
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return ThreadPoolExecutor(max_workers=cores or 1)


# Processes in which compiled code has run: a forked child finds its parent here.
_HAVE_RUN: set[int] = set()


def in_threads(work: Any, groups: list[np.ndarray]) -> None:
    """Compiled code runs outside the interpreter's lock, so groups share the cores.

    Raises InputError in a child that was forked after code has run: its threads are gone, and it would wait for ever.
    """
    _HAVE_RUN.add(os.getpid())
    require(
        len(_HAVE_RUN) == 1,
        "fits: this process was forked from one that had fitted already, and fits would never end here; start "
        "processes with multiprocessing.get_context('spawn').",
    )
    if len(groups) == 1:
        work(groups[0])
        return
    waiting = [_threads().submit(work, group) for group in groups]
    try:
        for ended in waiting:
            ended.result()
    finally:
        for other in waiting:
            other.cancel()
