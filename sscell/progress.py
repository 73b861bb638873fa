"""A bar on a terminal for what takes longer than a second; nothing elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

BAR_AFTER_S = 1.0


@contextmanager
def progress_bar(quiet: bool) -> Iterator:
    """Yields progress(done, all, what), or None where nobody looks."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
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
