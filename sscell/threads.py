"""Compiled code runs outside the interpreter's lock, so pieces of work share the cores in threads."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sscell.errors import require


def cores() -> int:
    """Where the system says how many cores this process may use (Linux), that many; else how many there are."""
    return (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()) or 1


@functools.cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=cores())


# Processes in which compiled code has run: a forked child finds its parent here.
_HAVE_RUN: set[int] = set()


def in_threads(work: Callable[[Any], Any], pieces: Sequence[Any]) -> None:
    """Do the work on every piece; the first failure is raised, and what has not begun is dropped.

    Raises InputError in a child that was forked after code has run: its threads are gone, and it would wait for ever.
    """
    _HAVE_RUN.add(os.getpid())
    require(
        len(_HAVE_RUN) == 1,
        "This process was forked from one that had computed already, and would never end here; start processes with "
        "multiprocessing.get_context('spawn').",
    )
    if len(pieces) == 1:
        work(pieces[0])
        return
    waiting = [_threads().submit(work, piece) for piece in pieces]
    try:
        for ended in waiting:
            ended.result()
    finally:
        for other in waiting:
            other.cancel()
