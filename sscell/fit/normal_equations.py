"""Cost, gradient and normal matrix of many fits at once: fits side by side, frequencies down."""

from __future__ import annotations

from typing import Any, NamedTuple

from sscell.circuit.held import apart
from sscell.fit.cholesky import lower_pairs
from sscell.fit.gram import gram
from sscell.fit.problem import Problem
from sscell.jax_setup import load_jax


class NormalEquations(NamedTuple):
    """cost: (B,) sum of (robust) squared residuals; gradient: (Q, B) Jᵀr; matrix: (Q(Q+1)/2, B) lower JᵀJ."""

    cost: Any
    gradient: Any
    matrix: Any


def normal_equations(problem: Problem, u: Any, columns: tuple[Any, ...]) -> NormalEquations:
    """At coordinates u (Q, B), for the spectra in `columns` (omega, and `unstacked`); in JAX, for use inside jit."""
    xp = load_jax().numpy
    omega, z_real, z_imaginary, real_weight, imaginary_weight, loss_scale = columns
    (real, *real_slopes), (imaginary, *imaginary_slopes) = _weighted_rows(
        problem, u, omega, real_weight, imaginary_weight
    )
    real, imaginary = real - z_real * real_weight, imaginary - z_imaginary * imaginary_weight
    square = real * real + imaginary * imaginary
    real_rows, imaginary_rows = [*real_slopes, real], [*imaginary_slopes, imaginary]
    if problem.robust:
        # ρ(s) = 2 s/(1 + sqrt(1 + s/c²)): s for small s, 2c sqrt(s) for large; the rows are weighted by ρ'.
        root = xp.sqrt(1 + square / loss_scale**2)
        square = 2 * square / (1 + root)
        down = 1 / xp.sqrt(root)
        real_rows, imaginary_rows = [row * down for row in real_rows], [row * down for row in imaginary_rows]
    products = gram(real_rows, imaginary_rows)
    pairs = products.shape[0] - len(real_rows)
    equations = NormalEquations(xp.sum(square, 0), products[pairs:-1], products[:pairs])
    if problem.order is None:
        return equations
    used = xp.sum((real_weight > 0) | (imaginary_weight > 0), 0)
    size = xp.sum((z_real * real_weight) ** 2 + (z_imaginary * imaginary_weight) ** 2, 0) / xp.maximum(used, 1)
    return _with_order(problem, problem.space.values(u, xp), equations, size)


def _weighted_rows(
    problem: Problem, u: Any, omega: Any, real_weight: Any, imaginary_weight: Any
) -> tuple[list[Any], list[Any]]:
    """Real and imaginary parts, each times its weight, of the impedance and its slope along each coordinate.

    They are finished, both parts together, before they are multiplied: see `apart`.
    """
    jax = load_jax()
    xp = jax.numpy

    def rows() -> list[Any]:
        values = problem.space.values(u, xp)
        z, partials = problem.model.impedance_and_partials(values, omega)
        every = [z, *problem.space.columns(partials, values)]
        return [jax.lax.complex(xp.real(row) * real_weight, xp.imag(row) * imaginary_weight) for row in every]

    done = apart(rows, omega[0, 0] > 0)
    return [xp.real(row) for row in done], [xp.imag(row) for row in done]


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
