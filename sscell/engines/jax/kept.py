"""Values computed once: the compiler otherwise repeats cheap work in everything that uses it."""

from __future__ import annotations

import functools
from typing import Any

from sscell.jax_setup import load_jax


def kept(values: Any) -> Any:
    """The same values (an array, or a tree of them), as arrays in memory for all that uses them."""
    return load_jax().lax.optimization_barrier(values)


@functools.cache
def compiler_options() -> dict[str, Any]:
    """Options for jit under which `kept` does what it says, and vector registers are used to their full width.

    On the CPU the pass named here comes first and takes optimisation barriers away; elsewhere it comes last.
    """
    if load_jax().default_backend() != "cpu":
        return {}
    return {"xla_disable_hlo_passes": "cse_barrier_expander", "xla_cpu_prefer_vector_width": 512}
