"""Columns in groups of two sizes, so that compiled code meets the same shapes again; groups share the cores."""

from __future__ import annotations

import numpy as np

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
