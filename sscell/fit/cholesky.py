"""Many small symmetric positive definite systems side by side: unrolled over rows, vectorised over systems.

A LAPACK call a system costs more than the system; here every operation is one vector operation over the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def lower_pairs(size: int) -> list[tuple[int, int]]:
    """The (row, column) pairs of a lower triangle, row by row: the order in which symmetric matrices are stored."""
    return [(i, j) for i in range(size) for j in range(i + 1)]


def solution(matrix: Sequence[Any], right: Sequence[Any], xp: Any) -> list[Any]:
    """x of A x = b; A as its lower triangle in the order of `lower_pairs`, entries and b as arrays (B,)."""
    size = len(right)
    entries = dict(zip(lower_pairs(size), matrix, strict=True))
    lower: dict[tuple[int, int], Any] = {}
    inverse: list[Any] = []
    for j in range(size):
        inverse.append(1 / xp.sqrt(entries[j, j] - sum(lower[j, k] ** 2 for k in range(j))))
        for i in range(j + 1, size):
            lower[i, j] = (entries[i, j] - sum(lower[i, k] * lower[j, k] for k in range(j))) * inverse[j]
    forward: list[Any] = []
    for i in range(size):
        forward.append((right[i] - sum(lower[i, k] * forward[k] for k in range(i))) * inverse[i])
    x: list[Any] = [None] * size
    for i in reversed(range(size)):
        x[i] = (forward[i] - sum(lower[k, i] * x[k] for k in range(i + 1, size))) * inverse[i]
    return x
