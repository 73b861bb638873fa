"""Cost, gradient and normal matrix of many fits at once: fits side by side, frequencies down."""

from __future__ import annotations

from typing import Any, NamedTuple

from sscell.fit.cholesky import MOST_UNROLLED, lower_indices, lower_pairs
from sscell.fit.problem import Problem
from sscell.jax_setup import load_jax


class NormalEquations(NamedTuple):
    """cost: (B,) sum of (robust) squared residuals; gradient: (Q, B) Jᵀr; matrix: (Q(Q+1)/2, B) lower JᵀJ."""

    cost: Any
    gradient: Any
    matrix: Any


def normal_equations(problem: Problem, u: Any, columns: tuple[Any, ...]) -> NormalEquations:
    """At coordinates u (Q, B), for the spectra in `columns` (SpectrumBatch.columns); in JAX, for use inside jit."""
    xp = load_jax().numpy
    omega, z_real, z_imaginary, real_weight, imaginary_weight, loss_scale = columns
    many = problem.space.size > MOST_UNROLLED
    z, slopes = _along_directions(problem, u, omega) if many else _column_by_column(problem, u, omega)
    real = (xp.real(z) - z_real) * real_weight
    imaginary = (xp.imag(z) - z_imaginary) * imaginary_weight
    square = real * real + imaginary * imaginary
    if problem.robust:
        # ρ(s) = 2 s/(1 + sqrt(1 + s/c²)): s for small s, 2c sqrt(s) for large; the rows are weighted by ρ'.
        root = xp.sqrt(1 + square / loss_scale**2)
        square = 2 * square / (1 + root)
        down = 1 / xp.sqrt(root)
        real, imaginary = real * down, imaginary * down
        real_weight, imaginary_weight = real_weight * down, imaginary_weight * down
    real_slopes = [xp.real(s) * real_weight for s in slopes]
    imaginary_slopes = [xp.imag(s) * imaginary_weight for s in slopes]
    if many:
        matrix = _products(xp.stack(real_slopes), xp) + _products(xp.stack(imaginary_slopes), xp)
    else:
        matrix = xp.stack(
            [
                xp.sum(real_slopes[i] * real_slopes[j] + imaginary_slopes[i] * imaginary_slopes[j], 0)
                for i, j in lower_pairs(len(slopes))
            ]
        )
    gradient = [xp.sum(a * real + b * imaginary, 0) for a, b in zip(real_slopes, imaginary_slopes, strict=True)]
    equations = NormalEquations(xp.sum(square, 0), xp.stack(gradient), matrix)
    if problem.order is None:
        return equations
    size = xp.mean((z_real * real_weight) ** 2 + (z_imaginary * imaginary_weight) ** 2, 0)
    return _with_order(problem, problem.space.values(u, xp), equations, size)


def _column_by_column(problem: Problem, u: Any, omega: Any) -> tuple[Any, list[Any]]:
    """Impedance and its derivative by each coordinate, each an expression of its own: fastest for few of them."""
    values = problem.space.values(u, load_jax().numpy)
    z, partials = problem.model.impedance_and_partials(values, omega)
    return z, problem.space.columns(partials, values)


def _along_directions(problem: Problem, u: Any, omega: Any) -> tuple[Any, list[Any]]:
    """The same by one derivative along all directions at once, which compiles in seconds however many there are."""
    jax = load_jax()
    xp = jax.numpy

    def response(u: Any) -> Any:
        return problem.model.response(problem.space.values(u, xp), omega)

    z, along = jax.linearize(response, u)
    directions = xp.broadcast_to(xp.eye(u.shape[0])[:, :, None], (u.shape[0], *u.shape))
    return z, list(jax.vmap(along)(directions))


def _products(rows: Any, xp: Any) -> Any:
    """(Q(Q+1)/2, B) lower triangle of the products of rows (Q, F, B) over F."""
    i, j, _ = lower_indices(rows.shape[0])
    return xp.einsum("pfb,qfb->pqb", rows, rows)[i, j]


def _with_order(problem: Problem, values: list[Any], equations: NormalEquations, size: Any) -> NormalEquations:
    """One more residual a pair of arcs out of order, in units of the data's mean square `size` (B,)."""
    assert problem.order is not None
    xp = load_jax().numpy
    cost, gradient, matrix = equations
    for violation, partials in zip(*problem.order.violations(values), strict=True):
        row = problem.space.columns(partials, values)
        cost = cost + size * violation**2
        gradient = gradient + size * violation * xp.stack(row)
        matrix = matrix + size * xp.stack([row[i] * row[j] for i, j in lower_pairs(len(row))])
    return NormalEquations(cost, gradient, matrix)
