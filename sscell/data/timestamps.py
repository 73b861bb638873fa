"""Clock times in a time column, as BT-Lab and EC-Lab export them, to seconds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np

# BioLogic writes the month first, whatever the country; ISO is tried before these.
FORMATS = ("%m/%d/%Y %H:%M:%S.%f", "%m/%d/%Y %H:%M:%S")


class ClockTimes(NamedTuple):
    """Seconds (n,) since the first row (NaN where a text is no time), and the first moment."""

    time_s: np.ndarray
    first: datetime


def clock_times(texts: Sequence[str]) -> ClockTimes | None:
    """Texts as clock times, or None when the first is none."""
    first = moment_from_text(texts[0]) if texts else None
    if first is None:
        return None
    moments = (moment_from_text(text) for text in texts)
    seconds = [np.nan if m is None else (m - first).total_seconds() for m in moments]
    return ClockTimes(np.array(seconds), first)


def moment_from_text(text: str) -> datetime | None:
    """One clock time without a zone, or None: ISO 8601 or BioLogic's month/day/year."""
    text = text.strip()
    if "-" in text[1:] and ":" in text:
        try:
            return datetime.fromisoformat(text).replace(tzinfo=None)
        except ValueError:
            return None
    for form in FORMATS if "/" in text else ():
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None
