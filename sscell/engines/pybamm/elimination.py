"""Solving (iω - J) x = b for many frequencies at once on one sparsity pattern.

The elimination order is found once for a pattern, in stages of pivots that do not touch each other; each stage is then
a few array operations over all frequencies. Particle chains fold onto the interface, the interface onto the two
rails, without the solver knowing about either.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# Pivots of a stage may have this many neighbours more than the least: fewer, wider stages for a little more fill.
SLACK = 2


class Stage(NamedTuple):
    """One stage of the elimination; all arrays index rows of the value table.

    Update: values[target[starts]] -= sums over equal targets of left * right / pivot; `back_*` serve substitution.
    """

    pivots: np.ndarray  # unknowns eliminated here
    diagonal: np.ndarray  # their diagonal entries
    left: np.ndarray  # a_ip of each update
    scaled: np.ndarray  # position in `upper` of a_pj / a_pp of each update
    targets: np.ndarray  # a_ij each group of updates goes to
    starts: np.ndarray  # first update of each group
    upper: np.ndarray  # a_pj, j after p
    upper_column: np.ndarray  # j
    upper_pivot: np.ndarray  # position of p in `pivots`
    upper_starts: np.ndarray  # first entry of each pivot in `upper`
    upper_owner: np.ndarray  # position in `pivots` of each such group


class Elimination:
    """Symbolic factorisation of a square pattern with `border` last rows and columns that are never eliminated.

    rows, columns: entries of the pattern (any order, diagonal included or not); size: with the border.
    """

    def __init__(self, rows: np.ndarray, columns: np.ndarray, size: int, border: int) -> None:
        self.size, self.border = size, border
        row_of: list[set[int]] = [set() for _ in range(size)]
        column_of: list[set[int]] = [set() for _ in range(size)]
        for i, j in zip(rows.tolist(), columns.tolist(), strict=True):
            row_of[i].add(j)
            column_of[j].add(i)
        for i in range(size):
            row_of[i].add(i)
            column_of[i].add(i)
        self.position: dict[tuple[int, int], int] = {}
        for i in range(size):
            for j in sorted(row_of[i]):
                self.position[i, j] = len(self.position)
        self.stages = self._ordered(row_of, column_of)
        self.entries = np.array([self.position[i, j] for i, j in zip(rows.tolist(), columns.tolist(), strict=True)])
        self.diagonal = np.array([self.position[i, i] for i in range(size)])

    def _ordered(self, row_of: list[set[int]], column_of: list[set[int]]) -> list[Stage]:
        alive = set(range(self.size - self.border))
        stages = []
        while alive:
            degree = {p: (len(row_of[p]) - 1) * (len(column_of[p]) - 1) for p in alive}
            least = min(degree.values())
            blocked: set[int] = set()
            chosen = []
            for p in sorted(alive, key=lambda q: (degree[q], q)):
                if degree[p] > least + SLACK:
                    break
                if p not in blocked:
                    chosen.append(p)
                    blocked |= row_of[p] | column_of[p]
            stages.append(self._stage(chosen, row_of, column_of))
            alive -= set(chosen)
        return stages

    def _stage(self, chosen: list[int], row_of: list[set[int]], column_of: list[set[int]]) -> Stage:
        at = self.position
        upper: list[int] = []
        upper_column: list[int] = []
        upper_pivot: list[int] = []
        updates: list[tuple[int, int, int]] = []
        for k, p in enumerate(chosen):
            after = sorted(row_of[p] - {p})
            below = sorted(column_of[p] - {p})
            first = len(upper)
            for j in after:
                upper.append(at[p, j])
                upper_column.append(j)
                upper_pivot.append(k)
            for i in below:
                for offset, j in enumerate(after):
                    if (i, j) not in at:
                        at[i, j] = len(at)
                        row_of[i].add(j)
                        column_of[j].add(i)
                    updates.append((at[i, j], at[i, p], first + offset))
            for i in below:
                row_of[i].discard(p)
            for j in after:
                column_of[j].discard(p)
        updates.sort()
        table = np.array(updates, dtype=int).reshape(-1, 3)
        targets, starts = np.unique(table[:, 0], return_index=True)
        owners = np.array(upper_pivot, dtype=int)
        owner, owner_starts = np.unique(owners, return_index=True)
        return Stage(
            pivots=np.array(chosen),
            diagonal=np.array([at[p, p] for p in chosen]),
            left=table[:, 1],
            scaled=table[:, 2],
            targets=targets,
            starts=starts,
            upper=np.array(upper, dtype=int),
            upper_column=np.array(upper_column, dtype=int),
            upper_pivot=owners,
            upper_starts=owner_starts,
            upper_owner=owner,
        )

    def eliminated(self, values: np.ndarray) -> np.ndarray:
        """Value table (entries with fill, frequencies) after elimination, in place; the border holds the Schur part."""
        for s in self.stages:
            if s.upper.size == 0:
                continue
            values[s.upper] /= values[s.diagonal][s.upper_pivot]
            if s.left.size:
                products = values[s.left] * values[s.upper[s.scaled]]
                values[s.targets] -= np.add.reduceat(products, s.starts, axis=0)
        return values

    def table(self, entries: np.ndarray, imaginary_diagonal: np.ndarray) -> np.ndarray:
        """Fresh value table: `entries` (one a pattern entry, none twice) everywhere, plus i·(unknowns, frequencies)."""
        values = np.zeros((len(self.position), imaginary_diagonal.shape[1]), dtype=complex)
        values[self.entries] = entries[:, None]
        values[self.diagonal] += 1j * imaginary_diagonal
        return values

    def border_values(self, values: np.ndarray) -> np.ndarray:
        """The Schur complement on the border, (border, border, frequencies)."""
        last = range(self.size - self.border, self.size)
        zero = np.zeros(values.shape[1], dtype=complex)
        at = self.position
        return np.array([[values[at[i, j]] if (i, j) in at else zero for j in last] for i in last])

    def substituted(self, values: np.ndarray, border_solution: np.ndarray) -> np.ndarray:
        """All unknowns (size, frequencies) of the homogeneous bordered system with the border's unknowns given."""
        x = np.zeros((self.size, values.shape[1]), dtype=complex)
        x[self.size - self.border :] = border_solution
        for s in reversed(self.stages):
            if s.upper.size == 0:
                continue
            terms = values[s.upper] * x[s.upper_column]
            x[s.pivots[s.upper_owner]] = -np.add.reduceat(terms, s.upper_starts, axis=0)
        return x
