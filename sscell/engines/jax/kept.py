"""Values computed once: the compiler otherwise repeats cheap work in everything that uses it."""

from __future__ import annotations

from typing import Any

from sscell.jax_setup import load_jax

# Without this pass, which runs first on the CPU, an optimisation barrier stays what it says.
OPTIONS = {"xla_disable_hlo_passes": "cse_barrier_expander"}


def kept(values: Any) -> Any:
    """The same values (an array, or a tree of them), as arrays in memory for all that uses them."""
    return load_jax().lax.optimization_barrier(values)
