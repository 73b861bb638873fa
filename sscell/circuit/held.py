"""Work done once: `held` once instead of once an element, `apart` once instead of once for everything that uses it.

The compiler merges cheap operations into the loop over all points, and into whatever uses them, and repeats them there;
a product of matrices and a branch are what it does not merge. An optimisation barrier would say this plainly, but it is
dropped on the CPU.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sscell.jax_setup import load_jax

HALVES = np.array([0.5, 0.5])


def held(x: Any, xp: Any) -> Any:
    """x itself."""
    if xp is np:
        return x
    jnp = load_jax().numpy
    return jnp.tensordot(HALVES, jnp.stack([x, x]), 1)


def apart(function: Callable[[], list[Any]], certain: Any) -> list[Any]:
    """function() as compiled code of its own: its results, in JAX, are arrays in memory for what comes after.

    certain: a traced condition that always holds, which the compiler cannot know. Large circuits compile in seconds
    so, not minutes. The arrays must leave one by one: stacked by the function they take 30 times as long to compute.
    """
    jax = load_jax()
    shapes = jax.eval_shape(function)
    return jax.lax.cond(certain, function, lambda: [jax.numpy.full(s.shape, np.nan, s.dtype) for s in shapes])
