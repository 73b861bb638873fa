"""Starting values from the data: shapes from a dictionary, one a branch, sizes by least squares.

From a random choice the shape of one branch after the other is replaced by the one that lowers the misfit most, the
sizes of all branches being free (matching pursuit, around in circles). Nothing is asked of the user.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sscell.circuit import Circuit
from sscell.fit.branches import Branch, branches_of
from sscell.fit.cholesky import lower_pairs
from sscell.fit.dictionary import Atoms, atoms_of
from sscell.fit.problem import SpectrumBatch
from sscell.fit.space import SearchSpace

SWEEPS = 2
# Share of the atoms that a start does not see.
HIDDEN = 0.5
# The same for lines, whose best shape at first sight is hardly ever the right one: the best of about eight is taken.
HIDDEN_LINES = 0.97
# Sizes found to be 0 are set to this share of the largest impedance, so that the fit can let them grow.
LEAST_SIZE = 1e-4
RIDGE = 1e-9
# Share of a candidate that must be left beside the others for it to count.
LEAST_LEFT = 1e-6
NON_NEGATIVE_ROUNDS = 40


class Grid(NamedTuple):
    """Spectra measured at the same frequencies, with the dictionary there.

    members: (S,) their columns; atoms: one set a branch (branches of one kind share it); offsets: where a branch's
    atoms stand among all; gram: (S, A, A) and right: (S, A) of the weighted least squares problem of all atoms.
    """

    members: np.ndarray
    atoms: tuple[Atoms, ...]
    offsets: tuple[int, ...]
    gram: np.ndarray
    right: np.ndarray


def starts_from_spectra(
    circuit: Circuit, space: SearchSpace, batch: SpectrumBatch, count: int, rng: np.random.Generator
) -> np.ndarray:
    """Coordinates (Q, S, count) to start from, for every spectrum of the batch."""
    branches = branches_of(circuit)
    u = np.empty((space.size, batch.count, count))
    for members in members_by_grid(batch):
        grid = grid_from_batch(branches, batch, members, rng)
        picks = _picks(grid, branches, count, rng)
        used = (batch.real_weight[:, members] > 0) | (batch.imaginary_weight[:, members] > 0)
        values = _values(grid, branches, picks, np.abs(np.where(used, batch.z[:, members], 0)).max(0))
        u[:, members] = space.coordinates_from_values(values).reshape(space.size, members.size, count)
    return u


def members_by_grid(batch: SpectrumBatch) -> list[np.ndarray]:
    """Columns that share their frequencies and the rows that count."""
    if batch.omega.shape[1] == 1:
        return [np.arange(batch.count)]
    _, index = np.unique(batch.omega, axis=1, return_inverse=True)
    return [np.flatnonzero(index == k) for k in range(index.max() + 1)]


def used_rows(batch: SpectrumBatch, members: np.ndarray) -> np.ndarray:
    """(F,) bool: rows that count for one of the members at least."""
    return np.asarray((batch.real_weight[:, members] + batch.imaginary_weight[:, members]).max(1) > 0)


def grid_from_batch(
    branches: tuple[Branch, ...], batch: SpectrumBatch, members: np.ndarray, rng: np.random.Generator
) -> Grid:
    """The dictionary at the members' frequencies and its normal equations."""
    omega = batch.omega[:, 0] if batch.omega.shape[1] == 1 else batch.omega[:, members[0]]
    rows = used_rows(batch, members)
    kinds: dict[str, tuple[Atoms, int]] = {}
    total = 0
    for branch in branches:
        if branch.kind not in kinds:
            atoms = atoms_of(branch, omega[rows], rng)
            kinds[branch.kind] = (atoms, total)
            total += atoms.count
    z = np.concatenate([atoms.impedance for atoms, _ in kinds.values()])
    gram, right = normal_matrices(z, batch, members, rows)
    chosen = [kinds[branch.kind] for branch in branches]
    return Grid(members, tuple(a for a, _ in chosen), tuple(o for _, o in chosen), gram, right)


def normal_matrices(
    z: np.ndarray, batch: SpectrumBatch, members: np.ndarray, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(S, A, A) and (S, A): weighted products of the responses z (A, F) among themselves and with the spectra."""
    real, imaginary = batch.real_weight[rows][:, members] ** 2, batch.imaginary_weight[rows][:, members] ** 2
    data = batch.z[rows][:, members]
    i, j = np.tril_indices(len(z))
    lower = (z.real[i] * z.real[j]) @ real + (z.imag[i] * z.imag[j]) @ imaginary
    gram = np.empty((members.size, len(z), len(z)))
    gram[:, i, j] = gram[:, j, i] = lower.T
    return gram, (z.real @ (data.real * real) + z.imag @ (data.imag * imaginary)).T


def _picks(grid: Grid, branches: tuple[Branch, ...], count: int, rng: np.random.Generator) -> np.ndarray:
    """Chosen atoms (branches, S*count), by their index among all; branches of one kind from fast to slow.

    What is drawn is drawn for each start and is the same for all spectra, so none depends on what else is in the batch.
    """
    spectrum = np.repeat(np.arange(grid.members.size), count)
    drawn = [o + rng.integers(0, a.count, count) for a, o in zip(grid.atoms, grid.offsets, strict=True)]
    picks = np.tile(np.array(drawn), grid.members.size)
    searched = [k for k, atoms in enumerate(grid.atoms) if atoms.count > 1]
    lines = any(branch.holds_line for branch in branches)
    for _ in range(SWEEPS if len(branches) > 1 or lines else 0):
        for k in rng.permutation(searched):
            picks[k] = _best_atom(grid, picks, k, spectrum, rng, branches[k].holds_line)
    if len(branches) == 1 and not lines:
        gain = np.maximum(grid.right, 0) ** 2 / np.einsum("sii->si", grid.gram)
        picks[0] = np.argsort(-gain, axis=1)[:, np.arange(count) % gain.shape[1]].ravel()
    return _fast_to_slow(grid, branches, picks)


def _best_atom(
    grid: Grid, picks: np.ndarray, branch: int, spectrum: np.ndarray, rng: np.random.Generator, line: bool
) -> np.ndarray:
    """The atom of a branch that lowers the misfit most, the sizes of the others' atoms being free.

    Every other start (all of them, for a line) sees a part of the atoms only, drawn anew, or all would end up the same.
    """
    others = np.delete(picks, branch, axis=0)
    first = grid.offsets[branch]
    own = slice(first, first + grid.atoms[branch].count)
    gain = gains(
        gram=[grid.gram[spectrum, others[i], others[j]] for i, j in lower_pairs(len(others))],
        right=[grid.right[spectrum, other] for other in others],
        cross=[grid.gram[:, :, own][spectrum, other] for other in others],
        square=np.einsum("sii->si", grid.gram)[:, own][spectrum],
        product=grid.right[:, own][spectrum],
    )
    count = spectrum.size // grid.members.size
    hidden = rng.random((count, gain.shape[1])) < (HIDDEN_LINES if line else HIDDEN)
    if not line:
        hidden[::2] = False
    return first + np.where(np.tile(hidden, (grid.members.size, 1)), -np.inf, gain).argmax(1)


def gains(
    gram: Sequence[np.ndarray],
    right: Sequence[np.ndarray],
    cross: Sequence[np.ndarray],
    square: np.ndarray,
    product: np.ndarray,
) -> np.ndarray:
    """(L, M): by how much each of M candidates lowers the misfit beside n free others; negative for sizes below 0.

    gram: lower triangle, right: n arrays (L,), the normal equations of the others; cross: n arrays (L, M), square and
    product (L, M): of the candidates with them, with themselves and with the data. The candidates are made orthogonal
    to the others one after the other (Cholesky).
    """
    count = len(right)
    entries = {(i, j): g[:, None] for (i, j), g in zip(lower_pairs(count), gram, strict=True)}
    lower: dict[tuple[int, int], np.ndarray] = {}
    left, here = square.copy(), product.copy()
    rows: list[np.ndarray] = []
    data: list[np.ndarray] = []
    for i in range(count):
        for j in range(i):
            lower[i, j] = (entries[i, j] - sum(lower[i, k] * lower[j, k] for k in range(j))) / lower[j, j]
        pivot = entries[i, i] * (1 + RIDGE) - sum(lower[i, k] ** 2 for k in range(i))
        lower[i, i] = np.sqrt(np.maximum(pivot, RIDGE * entries[i, i]))
        rows.append((cross[i] - sum(lower[i, k] * rows[k] for k in range(i))) / lower[i, i])
        data.append((right[i][:, None] - sum(lower[i, k] * data[k] for k in range(i))) / lower[i, i])
        left -= rows[i] ** 2
        here -= rows[i] * data[i]
    return np.abs(here) * here / np.maximum(left, LEAST_LEFT * square)


def _fast_to_slow(grid: Grid, branches: tuple[Branch, ...], picks: np.ndarray) -> np.ndarray:
    picks = picks.copy()
    for kind in {branch.kind for branch in branches}:
        rows = [k for k, branch in enumerate(branches) if branch.kind == kind]
        if len(rows) > 1:
            times = grid.atoms[rows[0]].times_s[picks[rows] - grid.offsets[rows[0]]]
            picks[rows] = np.take_along_axis(picks[rows], np.argsort(times, axis=0), axis=0)
    return picks


def _values(grid: Grid, branches: tuple[Branch, ...], picks: np.ndarray, largest_ohm: np.ndarray) -> np.ndarray:
    """Parameters (P, S*count): the chosen shapes at their least-squares sizes."""
    count = picks.shape[1] // grid.members.size
    spectrum = np.repeat(np.arange(grid.members.size), count)
    gram = grid.gram[spectrum[:, None, None], picks.T[:, :, None], picks.T[:, None, :]]
    size = non_negative(gram, grid.right[spectrum[:, None], picks.T]).T
    z_max = np.array(
        [np.abs(a.impedance).max(1)[p - o] for a, o, p in zip(grid.atoms, grid.offsets, picks, strict=True)]
    )
    size = np.maximum(size, LEAST_SIZE * largest_ohm[spectrum] / z_max)
    parts = zip(branches, grid.atoms, grid.offsets, picks, size, strict=True)
    return np.concatenate([branch.scaled(atoms.values[:, p - o], s) for branch, atoms, o, p, s in parts])


def non_negative(gram: np.ndarray, right: np.ndarray) -> np.ndarray:
    """x >= 0 that minimises xᵀGx - 2xᵀb for many small problems (L, n, n), (L, n): cyclic coordinate descent."""
    x = np.zeros_like(right)
    for _ in range(NON_NEGATIVE_ROUNDS):
        for i in range(right.shape[1]):
            residual = right[:, i] - np.einsum("lj,lj->l", gram[:, i], x)
            x[:, i] = np.maximum(0, x[:, i] + residual / gram[:, i, i])
    return x
