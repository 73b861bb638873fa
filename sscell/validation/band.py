"""The part of a spectrum to work with: the longest run of valid points."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

# A gap of at most so many bad points (mains, a spike) does not end the band, if on each side of it
# at least SHOULDER times as many valid points follow.
LARGEST_GAP = 3
SHOULDER = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Band:
    """Ends in Hz, and which points lie inside and are valid (n,), in the order of the spectrum."""

    lowest_Hz: float
    highest_Hz: float
    mask: np.ndarray = field(repr=False)


def band_from_validity(frequency_Hz: np.ndarray, valid: np.ndarray) -> Band | None:
    """The longest run, short gaps tolerated; of equally long ones that of the highest frequency; None if none is."""
    order = np.argsort(-frequency_Hz, kind="stable")
    runs = _bridged(_runs(valid[order]))
    if not runs:
        return None
    start, stop = max(runs, key=lambda run: int(valid[order][run[0] : run[1]].sum()))
    inside = np.zeros(valid.size, bool)
    inside[order[start:stop]] = True
    f = frequency_Hz[order[start:stop]]
    return Band(lowest_Hz=float(f.min()), highest_Hz=float(f.max()), mask=inside & valid)


def _runs(valid: np.ndarray) -> list[tuple[int, int]]:
    """[start, stop) of each run of valid points."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], valid.astype(int), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _bridged(runs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    before = 0
    for start, stop in runs:
        gap = start - joined[-1][1] if joined else 0
        if joined and gap <= LARGEST_GAP and min(before, stop - start) >= SHOULDER * gap:
            joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((start, stop))
        before = stop - start
    return joined
