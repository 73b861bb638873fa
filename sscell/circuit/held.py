"""Work done once instead of once an element: what depends on a parameter or a frequency alone.

The compiler merges cheap operations into the loop over all points and repeats them there; a product of matrices is what
it does not merge. An optimisation barrier would say this plainly, but it is dropped on the CPU.
"""

from __future__ import annotations

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
