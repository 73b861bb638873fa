"""Where tables are printed."""

from __future__ import annotations

import sys
from typing import Any

PIPED_WIDTH = 400


def printed_wide() -> Any:
    """A console as wide as the terminal; wide enough for every table where the output goes into a file or pipe."""
    from rich.console import Console

    return Console() if sys.stdout.isatty() else Console(width=PIPED_WIDTH)
