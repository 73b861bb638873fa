"""Matrix products that stay on the calling thread.

OpenBLAS wakes its own threads for larger products and lets them spin for some 100 ms afterwards; where spectra are
spread over threads already, that doubled the processor time. Below the size used here it does not.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

_LARGEST = 250_000


def product(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """left @ right for real (B, p) and (p, q)."""
    result = np.zeros((left.shape[0], right.shape[1]))
    for part in _parts(right.shape[0], result.size):
        result += left[:, part] @ right[part]
    return result


def gram_matrices(design: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Σ weight · row'row (B, k, k) over the rows of a real design (p, k), weights (B, p)."""
    k = design.shape[1]
    gram = np.zeros((weight.shape[0], k, k))
    for part in _parts(design.shape[0], k**2):
        gram += design[part].T @ (weight[:, part, None] * design[part])
    return gram


def _parts(count: int, outer: int) -> Iterator[slice]:
    """Slices of a sum over `count` terms, each small enough for a result of `outer` numbers."""
    step = max(_LARGEST // outer, 1)
    return (slice(i, i + step) for i in range(0, count, step))
