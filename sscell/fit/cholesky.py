"""Many small symmetric positive definite systems side by side: unrolled over rows, vectorised over systems.

A LAPACK call a system costs more than the system; here every operation is one vector operation over the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sscell.jax_setup import load_jax

# Larger systems would take the compiler minutes: they go through a loop.
MOST_UNROLLED = 12


def lower_pairs(size: int) -> list[tuple[int, int]]:
    """The (row, column) pairs of a lower triangle, row by row: the order in which symmetric matrices are stored."""
    return [(i, j) for i in range(size) for j in range(i + 1)]


def lower_indices(size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows and columns of a lower triangle in that order, and where its diagonal stands."""
    rows, columns = np.array(lower_pairs(size)).T
    return rows, columns, np.flatnonzero(rows == columns)


def full_matrix(lower: Any, size: int, xp: Any) -> Any:
    """(B, Q, Q) from a lower triangle (Q(Q+1)/2, B)."""
    place = np.empty((size, size), dtype=int)
    rows, columns, _ = lower_indices(size)
    place[rows, columns] = place[columns, rows] = np.arange(rows.size)
    return xp.moveaxis(lower[place], -1, 0)


def solution(matrix: Sequence[Any], right: Sequence[Any], xp: Any) -> list[Any]:
    """x of A x = b; A as its lower triangle in the order of `lower_pairs`, entries and b as arrays (B,)."""
    size = len(right)
    if size > MOST_UNROLLED:
        return _by_elimination(matrix, right, xp)
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


def _by_elimination(matrix: Sequence[Any], right: Sequence[Any], xp: Any) -> list[Any]:
    """Gauss and Jordan without pivoting, which positive definite matrices do not need; one loop, whatever the size.

    Not LAPACK: its batches wait for threads of the pool that runs them, so two groups side by side never end.
    """
    size = len(right)
    full = xp.moveaxis(full_matrix(xp.stack(matrix), size, xp), 0, -1)

    def eliminated(k: Any, rows: Any) -> Any:
        row = rows[k] / rows[k, k]
        return (rows - rows[:, k, None] * row).at[k].set(row)

    rows = xp.concatenate([full, xp.stack(right)[:, None]], axis=1)
    return list(load_jax().lax.fori_loop(0, size, eliminated, rows)[:, -1])
