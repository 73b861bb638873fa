"""Out of a local optimum: each branch is taken out and put back elsewhere, with and without the others settling first.

Left as they are, the others still hold what is right about the fit; settled, they lose what they took over from the
branch. Either may be what it takes, so both are tried.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sscell.circuit import Circuit
from sscell.fit.branches import Branch, branches_of
from sscell.fit.cholesky import lower_pairs
from sscell.fit.dictionary import Atoms, atoms_of
from sscell.fit.levenberg_marquardt import optima_from_starts
from sscell.fit.problem import Problem, SpectrumBatch
from sscell.fit.space import SearchSpace
from sscell.fit.starts import LEAST_SIZE, gains, members_by_grid, used_rows

SETTLED, MOST_STEPS = 1e-3, 18
# Ranges of its time constant in which a branch is put back, each at its best there.
STRATA = 6
# How far the other branches may be rescaled when the branch comes back.
LEAST_RESCALING, MOST_RESCALING = 0.2, 3.0


def regrown(
    problem: Problem, circuit: Circuit, batch: SpectrumBatch, u: np.ndarray, spectrum: np.ndarray
) -> np.ndarray:
    """New starts (Q, N, K) from optima u (Q, N) of the spectra of those indices."""
    starts = []
    for number, branch in enumerate(branches_of(circuit)):
        if branch.has_shape:
            without = _without(problem, batch, branch, u, spectrum)
            starts += _put_back(problem, circuit, batch, without, spectrum, number, 1)
            starts += _put_back(problem, circuit, batch, u, spectrum, number, STRATA)
    return np.stack(starts, axis=2)


def _without(problem: Problem, batch: SpectrumBatch, branch: Branch, u: np.ndarray, spectrum: np.ndarray) -> np.ndarray:
    """The others settled without the branch: a rough fit with it held at nothing."""
    space = problem.space
    u = u.copy()
    for k, bound in _gone(branch, space):
        u[k] = bound
    lower, upper = (np.repeat(a[:, None], u.shape[1], axis=1) for a in (space.lower, space.upper))
    for link in space.links[branch.rows]:
        if link.coordinate is not None:
            lower[link.coordinate] = upper[link.coordinate] = u[link.coordinate]
    return optima_from_starts(
        problem, batch, u, spectrum, tolerance=SETTLED, most_steps=MOST_STEPS, lower=lower, upper=upper
    ).u


def _gone(branch: Branch, space: SearchSpace) -> list[tuple[int, float]]:
    """(coordinate, value) of the free sizes of a branch when it is gone."""
    own = [link.coordinate for link in space.links[branch.rows]]
    lower = np.array([space.lower[c] if c is not None else np.nan for c in own])
    upper = np.array([space.upper[c] if c is not None else np.nan for c in own])
    gone = [(own[k], value) for k, value in branch.gone(lower, upper)]
    return [(k, value) for k, value in gone if k is not None]


def _put_back(
    problem: Problem,
    circuit: Circuit,
    batch: SpectrumBatch,
    u: np.ndarray,
    spectrum: np.ndarray,
    number: int,
    strata: int,
) -> list[np.ndarray]:
    """Starts (Q, N), one a stratum, with branch `number` in its best shape there and the others rescaled for it."""
    values = np.array(problem.space.values(u, np))
    out = np.repeat(values[None], strata, axis=0)
    for members in members_by_grid(batch):
        lanes = np.flatnonzero(np.isin(spectrum, members))
        if lanes.size:
            out[:, :, lanes] = _replaced(branches_of(circuit), batch, values[:, lanes], spectrum[lanes], number, strata)
    return [problem.space.coordinates_from_values(v) for v in out]


class _Equations(NamedTuple):
    """Least squares for the sizes of the n others (gram, right) beside M candidates (cross, square, product)."""

    gram: np.ndarray
    right: np.ndarray
    cross: np.ndarray
    square: np.ndarray
    product: np.ndarray


def _replaced(
    branches: tuple[Branch, ...],
    batch: SpectrumBatch,
    values: np.ndarray,
    spectrum: np.ndarray,
    number: int,
    strata: int,
) -> np.ndarray:
    """Values (strata, P, L) of the spectra with those indices."""
    rows = used_rows(batch, spectrum)
    omega = (batch.omega if batch.omega.shape[1] == 1 else batch.omega[:, spectrum[:1]])[rows]
    branch, others = branches[number], [b for k, b in enumerate(branches) if k != number]
    atoms = atoms_of(branch, omega[:, 0], np.random.default_rng(number))
    responses = np.array([b.response(values[b.rows], omega) for b in others])
    equations = _equations(responses, atoms.impedance, batch, spectrum, rows)
    gain = gains(
        gram=[equations.gram[:, i, j] for i, j in lower_pairs(len(others))],
        right=list(equations.right.T),
        cross=[equations.cross[:, i] for i in range(len(others))],
        square=equations.square,
        product=equations.product,
    )
    least = LEAST_SIZE * np.abs(batch.z[rows][:, spectrum]).max(0)
    out = np.repeat(values[None], strata, axis=0)
    for s, members in enumerate(_strata(atoms, strata)):
        best = members[gain[:, members].argmax(1)]
        sizes = _sizes(equations, best)
        for k, other in enumerate(others):
            factor = np.clip(sizes[:, k], LEAST_RESCALING, MOST_RESCALING)
            out[s, other.rows] = other.scaled(values[other.rows], factor)
        size = np.maximum(sizes[:, -1], least / np.abs(atoms.impedance).max(1)[best])
        out[s, branch.rows] = branch.scaled(atoms.values[:, best], size)
    return out


def _strata(atoms: Atoms, count: int) -> list[np.ndarray]:
    """Indices of the atoms in `count` ranges of their time constants; the whole of a small set each time."""
    order = np.argsort(atoms.times_s, kind="stable")
    return np.array_split(order, count) if order.size >= count else [order] * count


def _equations(
    responses: np.ndarray, candidates: np.ndarray, batch: SpectrumBatch, spectrum: np.ndarray, rows: np.ndarray
) -> _Equations:
    real, imaginary = (w[rows][:, spectrum] ** 2 for w in (batch.real_weight, batch.imaginary_weight))
    data = batch.z[rows][:, spectrum]

    def product(a: np.ndarray, b: np.ndarray, how: str) -> np.ndarray:
        return np.einsum(how, a.real * real, b.real) + np.einsum(how, a.imag * imaginary, b.imag)

    return _Equations(
        gram=product(responses, responses, "ifl,jfl->lij"),
        right=product(responses, data, "ifl,fl->li"),
        cross=product(responses, candidates, "ifl,mf->lim"),
        square=((candidates.real**2) @ real + (candidates.imag**2) @ imaginary).T,
        product=(candidates.real @ (data.real * real) + candidates.imag @ (data.imag * imaginary)).T,
    )


def _sizes(equations: _Equations, best: np.ndarray) -> np.ndarray:
    """(L, n + 1) sizes of the others and of the chosen candidates `best` (L,)."""
    gram, right, cross, square, product = equations
    lane = np.arange(best.size)
    own = cross[lane, :, best]
    column = np.concatenate([own, square[lane, best][:, None]], 1)[:, None, :]
    whole = np.concatenate([np.concatenate([gram, own[:, :, None]], 2), column], 1)
    whole = whole + 1e-9 * np.einsum("lii->li", whole)[:, :, None] * np.eye(whole.shape[1])
    return np.linalg.solve(whole, np.concatenate([right, product[lane, best][:, None]], 1)[:, :, None])[:, :, 0]
