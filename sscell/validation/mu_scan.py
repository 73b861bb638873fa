"""The number of RC branches by the μ criterion, for one spectrum or for many on one frequency grid.

M grows from 1 until μ <= c (Schönleber et al., Electrochim. Acta 131 (2014) 20), as over-fitting shows in large
branches of alternating sign.
"""

from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from sscell.validation.basis import mu_from_strengths, time_constants
from sscell.validation.least_squares import (
    ElementChoice,
    largest_number_of_branches,
    parts_of,
    seen_columns,
)

# Below so many spectra on a grid, preparing the grid costs more than it saves.
SHARED_GRID_FROM = 8
# Normal equations lose (|Z|max/|Z|min)² of 1e16 in the residuals; above this a spectrum is solved by QR.
SAFE_MODULUS_RATIO = 1e4
# Products of at most so many multiplications: BLAS then starts no threads of its own beside ours.
SMALL_PRODUCT = 262_144
# Products of the orthonormal basis, at most 1, may change by this, ten times their rounding: with the ratio above, μ by
# less than 1e-6.
COMPRESSION_ERROR = 1e-14


class BranchNumbers(NamedTuple):
    """M and μ for every spectrum, (s,)."""

    branches: np.ndarray
    mu: np.ndarray


def branch_numbers_from_spectra(
    choice: ElementChoice, frequency_Hz: np.ndarray, impedance_ohm: np.ndarray, c: float, most: int
) -> BranchNumbers:
    """The first M with μ <= c, else `most`; impedance_ohm (s, n) at frequency_Hz (n,)."""
    data = choice.fitted_quantity(impedance_ohm)
    most = min(most, largest_number_of_branches(choice, frequency_Hz.size))
    modulus = np.abs(data)
    shared = modulus.max(axis=1) < SAFE_MODULUS_RATIO * modulus.min(axis=1)
    shared &= shared.sum() >= SHARED_GRID_FROM
    found = BranchNumbers(np.empty(len(data), int), np.empty(len(data)))
    for i in np.flatnonzero(~shared):
        found.branches[i], found.mu[i] = _scan_by_qr(choice, frequency_Hz, data[i], c, most)
    # Two halves, each with its own mix of early and late ends, on two cores (LAPACK lets the other one run).
    halves = [half for half in (np.flatnonzero(shared)[::2], np.flatnonzero(shared)[1::2]) if half.size]
    grid = (choice, frequency_Hz.tobytes())
    with ThreadPoolExecutor(max_workers=2) as pool:
        numbers = pool.map(lambda rows: _scan_on_grid(grid, data[rows], c, most), halves)
        for half, of_half in zip(halves, numbers, strict=True):
            found.branches[half], found.mu[half] = of_half
    return found


def _scan_by_qr(choice: ElementChoice, f: np.ndarray, data: np.ndarray, c: float, most: int) -> tuple[int, float]:
    target = parts_of(data / np.abs(data), choice.fit)
    mu, branches = 1.0, 0
    while mu > c and branches < most:
        branches += 1
        basis = choice.basis(f, time_constants(f, branches))
        columns = basis.columns() / np.abs(data)[:, None]
        strengths = np.zeros(columns.shape[1])
        seen = seen_columns(columns, choice.fit)
        rows = parts_of(columns[:, seen], choice.fit)
        length = np.linalg.norm(rows, axis=0)
        q, r = np.linalg.qr(rows / length)
        strengths[seen] = _solve_upper(r, q.T @ target) / length
        mu = float(mu_from_strengths(strengths[basis.branches]))
    return branches, mu


def _solve_upper(r: np.ndarray, right: np.ndarray) -> np.ndarray:
    """R x = b, or its least-squares answer where branches too close together make R singular."""
    try:
        return np.linalg.solve(r, right)
    except np.linalg.LinAlgError:
        return np.linalg.lstsq(r, right, rcond=None)[0]


class _GridLevel(NamedTuple):
    """All that depends on the grid and M only: an orthonormal basis Q of the unweighted rows (parts, n, p)."""

    basis: np.ndarray  # (parts * n, p)
    axes: np.ndarray | None  # (n, p): the few functions of frequency that the products consist of; None: all n
    products: np.ndarray  # (p or n, p * p): Σ over parts of Q_i Q_j in those axes; Qᵀ W² Q = w² @ axes @ products
    branches: np.ndarray  # (p, M): from coefficients of Q to branch strengths


@functools.lru_cache(maxsize=128)
def _grid_level(choice: ElementChoice, frequency_bytes: bytes, branches: int) -> _GridLevel:
    f = np.frombuffer(frequency_bytes)
    basis = choice.basis(f, time_constants(f, branches))
    columns = basis.columns()
    seen = np.flatnonzero(seen_columns(columns, choice.fit))
    rows = parts_of(columns[:, seen], choice.fit)
    length = np.linalg.norm(rows, axis=0)
    q, r = np.linalg.qr(rows / length)
    parts = q.reshape(-1, f.size, seen.size)
    is_branch = (seen >= 1) & (seen <= branches)
    products = np.ascontiguousarray(np.einsum("xni,xnj->nij", parts, parts).reshape(f.size, -1))
    axes, products = _compressed(products, columns[:, seen])
    return _GridLevel(
        basis=q,
        axes=axes,
        products=products,
        branches=np.ascontiguousarray((np.linalg.inv(r) / length[:, None])[is_branch].T),
    )


def _compressed(products: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray | None, np.ndarray]:
    """axes (n, p) and (p, p²) with axes @ (p, p²) = products (n, p²); None where that saves little or is not exact.

    In the complex fit the axes are the |a_i|² of the elements: by partial fractions every Re(a_i* a_j) is a mix of
    |a_i|² and |a_j|², as 1/((1 - iωτ_i)(1 + iωτ_j)) = (τ_i/(1 - iωτ_i) + τ_j/(1 + iωτ_j))/(τ_i + τ_j).
    """
    squares = np.abs(columns) ** 2
    axes = np.linalg.qr(squares / np.linalg.norm(squares, axis=0))[0]
    inside = _product(axes.T, products)
    if 2 * axes.shape[1] > len(products) or np.abs(_product(axes, inside) - products).max() > COMPRESSION_ERROR:
        return None, products
    return axes, inside


def _scan_on_grid(grid: tuple[ElementChoice, bytes], data: np.ndarray, c: float, most: int) -> BranchNumbers:
    """All spectra (s, n) at once; a spectrum leaves when its μ is reached."""
    choice = grid[0]
    weights = 1 / np.abs(data) ** 2
    right = parts_of((weights * data).T, choice.fit).T
    found = BranchNumbers(np.zeros(len(data), int), np.ones(len(data)))
    left = np.arange(len(data))
    for branches in range(1, most + 1):
        level = _grid_level(*grid, branches)
        p = level.basis.shape[1]
        mixed = weights if level.axes is None else _product(weights, level.axes)
        normal = _product(mixed, level.products).reshape(-1, p, p)
        coefficients = np.linalg.solve(normal, _product(right, level.basis)[:, :, None])[:, :, 0]
        mu = mu_from_strengths(_product(coefficients, level.branches))
        found.branches[left], found.mu[left] = branches, mu
        going = mu > c
        if not going.any():
            break
        if not going.all():
            left, weights, right = left[going], weights[going], right[going]
    return found


def _product(rows: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """rows @ matrix in pieces that BLAS computes in the calling thread."""
    at_once = max(1, SMALL_PRODUCT // matrix.size)
    if len(rows) <= at_once:
        return rows @ matrix
    whole = len(rows) // at_once * at_once
    out = np.empty((len(rows), matrix.shape[1]))
    pieces = rows[:whole].reshape(-1, at_once, rows.shape[1])
    np.matmul(pieces, matrix, out=out[:whole].reshape(-1, at_once, matrix.shape[1]))
    np.matmul(rows[whole:], matrix, out=out[whole:])
    return out
