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
    z, slopes = _impedance_and_slopes(problem, u, omega)
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
    products = gram([*real_slopes, real], [*imaginary_slopes, imaginary])
    pairs = products.shape[0] - len(slopes) - 1
    equations = NormalEquations(xp.sum(square, 0), products[pairs:-1], products[:pairs])
    if problem.order is None:
        return equations
    size = xp.mean((z_real * real_weight) ** 2 + (z_imaginary * imaginary_weight) ** 2, 0)
    return _with_order(problem, problem.space.values(u, xp), equations, size)


def _impedance_and_slopes(problem: Problem, u: Any, omega: Any) -> tuple[Any, list[Any]]:
    """Impedance and its derivative by each coordinate, finished before they are multiplied."""

    def columns() -> list[Any]:
        values = problem.space.values(u, load_jax().numpy)
        z, partials = problem.model.impedance_and_partials(values, omega)
        return [z, *problem.space.columns(partials, values)]

    z, *slopes = apart(columns, omega[0, 0] > 0)
    return z, slopes


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
