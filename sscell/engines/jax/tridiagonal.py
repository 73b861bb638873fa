"""Tridiagonal systems along the first axis, many at once: Gauss elimination, a row of all of them at a time.

Stable without pivoting for the diagonally dominant matrices of diffusion and charge balance. Real or complex.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sscell.engines.jax.kept import kept
from sscell.jax_setup import load_jax


class Eliminated(NamedTuple):
    """What each row takes from the one before, the inverse pivots, the upper diagonal: all (n, ...)."""

    taken: Any
    inverse: Any
    upper: Any


def eliminated(lower: Any, diagonal: Any, upper: Any) -> Eliminated:
    """Factorise l_i x_{i-1} + d_i x_i + u_i x_{i+1} = b_i; l_0 and u_{n-1} are not looked at."""
    jnp = load_jax().numpy
    taken, inverse = [jnp.zeros_like(diagonal[0])], [kept(1 / diagonal[0])]
    for row in range(1, diagonal.shape[0]):
        taken.append(kept(lower[row] * inverse[-1]))
        inverse.append(kept(1 / (diagonal[row] - taken[-1] * upper[row - 1])))
    return Eliminated(jnp.stack(taken), jnp.stack(inverse), upper)


def solved(matrix: Eliminated, right: Any) -> Any:
    """x for a right-hand side (n, ...)."""
    taken, inverse, upper = matrix
    rows = [right[0]]
    for row in range(1, inverse.shape[0]):
        rows.append(kept(right[row] - taken[row] * rows[-1]))
    x = [kept(rows[-1] * inverse[-1])]
    for row in range(inverse.shape[0] - 2, -1, -1):
        x.append(kept((rows[row] - upper[row] * x[-1]) * inverse[row]))
    return load_jax().numpy.stack(x[::-1])
