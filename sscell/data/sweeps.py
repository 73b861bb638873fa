"""Where one frequency sweep ends and the next begins."""

from __future__ import annotations

import numpy as np


def sweep_slices(frequency_Hz: np.ndarray) -> list[slice]:
    """Slices of the sweeps in a row of frequencies (n,): a new one starts where the frequency turns back.

    A sweep goes down or up; a frequency measured twice in a row does not end it.
    """
    f = np.asarray(frequency_Hz, dtype=float)
    starts, direction = [0], 0.0
    for i, step in enumerate(np.sign(np.diff(f)), start=1):
        if step == 0 or step == direction:
            continue
        if direction == 0:
            direction = step
            continue
        starts.append(i - 1 if _turns_on_a_pair(f, i) else i)
        direction = step if starts[-1] < i else 0.0
    return [slice(a, b) for a, b in zip(starts, [*starts[1:], f.size], strict=True)]


def _turns_on_a_pair(f: np.ndarray, i: int) -> bool:
    """Down and up again with the turning point measured by both sweeps: 10, 1 | 1, 10."""
    goes_on = i + 1 < f.size and (f[i + 1] - f[i]) * (f[i] - f[i - 1]) > 0
    return bool(goes_on and i >= 2 and f[i - 1] == f[i - 2])
