"""Products of rows, summed over frequencies, for many fits side by side: JᵀJ, Jᵀr and rᵀr in one pass.

A sum for each pair of rows would read every row again and again from memory; here a few frequencies at a time meet in
small blocks of pairs, and a loop adds up the blocks. That takes the same time a fit however few fits there are.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from sscell.fit.cholesky import lower_pairs
from sscell.fit.problem import ROWS_STEP
from sscell.jax_setup import load_jax

# Frequencies of one pass: what batches are filled up to a multiple of; and rows to the side of a block.
FREQUENCIES, SIDE = ROWS_STEP, 5


def gram(real: list[Any], imaginary: list[Any]) -> Any:
    """(n(n+1)/2, B) lower triangle of Re(aᵢ aⱼ*) summed over F, from n rows' parts (F, B) of a padded batch."""
    jax = load_jax()
    size = len(real)
    blocks = _blocks(size)
    rows = jax.numpy.stack(real + imaginary)
    frequencies, fits = rows.shape[1:]
    assert frequencies % FREQUENCIES == 0, "a batch that is not padded"

    def products(few: Any, upper: slice, lower: slice) -> Any:
        return sum(
            part[upper, None, k] * part[None, lower, k] for part in (few[:size], few[size:]) for k in range(FREQUENCIES)
        )

    def add(k: Any, sums: tuple[Any, ...]) -> tuple[Any, ...]:
        few = jax.lax.dynamic_slice_in_dim(rows, k * FREQUENCIES, FREQUENCIES, 1)
        return tuple(total + products(few, *block) for total, block in zip(sums, blocks, strict=True))

    zeros = tuple(jax.numpy.zeros((i.stop - i.start, j.stop - j.start, fits)) for i, j in blocks)
    sums = jax.lax.fori_loop(0, frequencies // FREQUENCIES, add, zeros)
    return jax.numpy.concatenate([s.reshape(-1, fits) for s in sums])[_places(size)]


@functools.cache
def _blocks(size: int) -> tuple[tuple[slice, slice], ...]:
    """Pairs of row ranges that cover the lower triangle."""
    ranges = [slice(a, min(a + SIDE, size)) for a in range(0, size, SIDE)]
    return tuple((i, j) for i in ranges for j in ranges if j.start <= i.start)


@functools.cache
def _places(size: int) -> np.ndarray:
    """Where each pair of the lower triangle stands among the products of all blocks."""
    pairs = [(i, j) for upper, lower in _blocks(size) for i in _in(upper) for j in _in(lower)]
    place = {pair: k for k, pair in enumerate(pairs)}
    return np.array([place[pair] for pair in lower_pairs(size)])


def _in(rows: slice) -> range:
    return range(rows.start, rows.stop)
