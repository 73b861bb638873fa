"""Products of rows in blocks against plain sums, and large systems by elimination."""

from __future__ import annotations

import numpy as np
import pytest

from sscell.fit.cholesky import MOST_UNROLLED, lower_pairs, solution
from sscell.fit.gram import FREQUENCIES, gram
from sscell.jax_setup import load_jax


@pytest.mark.parametrize("rows", [1, 2, 5, 6, 11])
@pytest.mark.parametrize("passes", [1, 3])
def test_products_are_sums_over_frequency(rows: int, passes: int) -> None:
    """Rounding of 24 products: 1e-14."""
    rng = np.random.default_rng(rows)
    real, imaginary = rng.normal(size=(2, rows, passes * FREQUENCIES, 7))
    found = load_jax().jit(lambda a, b: gram(list(a), list(b)))(real, imaginary)
    full = np.einsum("ifb,jfb->ijb", real, real) + np.einsum("ifb,jfb->ijb", imaginary, imaginary)
    expected = np.array([full[i, j] for i, j in lower_pairs(rows)])
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-14 * np.abs(full).max() * passes * FREQUENCIES)


@pytest.mark.parametrize("size", [MOST_UNROLLED, MOST_UNROLLED + 1, 40])
def test_systems_of_any_size_are_solved(size: int) -> None:
    """Rows scaled over twelve decades, as search coordinates may be: 1e-9 of the solution in units of those scales."""
    rng = np.random.default_rng(size)
    j = rng.normal(size=(5, 3 * size, size)) * np.geomspace(1e-6, 1e6, size)
    matrix, right = np.einsum("bfi,bfj->ijb", j, j), np.einsum("bfi,bf->ib", j, rng.normal(size=j.shape[:2]))
    lower = [matrix[i, k] for i, k in lower_pairs(size)]
    jax = load_jax()
    found = jax.jit(lambda a, b: jax.numpy.stack(solution(list(a), list(b), jax.numpy)))(np.array(lower), right)
    scale = np.sqrt(np.einsum("iib->ib", matrix))
    scaled = matrix / scale[:, None] / scale[None, :]
    expected = np.linalg.solve(scaled.transpose(2, 0, 1), (right / scale).T[:, :, None])[:, :, 0].T
    np.testing.assert_allclose(np.asarray(found) * scale, expected, rtol=0, atol=1e-9 * np.abs(expected).max())
