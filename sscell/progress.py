"""How far work is: a bar on a terminal for what takes longer than a second, elsewhere a line a minute."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

BAR_AFTER_S, LINE_EVERY_S = 1.0, 60.0


@contextmanager
def progress_bar(quiet: bool) -> Iterator:
    """Yields progress(done, all, what), or None where nobody looks."""
    if quiet:
        yield None
    elif not sys.stderr.isatty():
        yield _lines()
    else:
        with _bar() as update:
            yield update


def _lines() -> object:
    begun = told = time.monotonic()

    def update(done: int, total: int, what: str) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told > LINE_EVERY_S:
            told = now
            print(f"{(now - begun) / 60:.0f} min: {done} of {total}, {what}", file=sys.stderr, flush=True)

    return update


@contextmanager
def _bar() -> Iterator:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task("starting", total=None)
    started, shown = time.monotonic(), False

    def update(done: int, total: int, what: str) -> None:
        nonlocal shown
        if not shown and time.monotonic() - started > BAR_AFTER_S:
            bar.start()
            shown = True
        bar.update(task, completed=done, total=total, description=what)

    try:
        yield update
    finally:
        bar.stop()
