"""Two rails of a porous electrode: ionic and electronic current along it, and what leaves one for the other.

With v = φ_s - φ_e as unknown, i_e = (∂v/L + i/σ)/(1/κ + 1/σ) in finite volumes; i is the current through the pellet.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sscell.jax_setup import load_jax


class Rails(NamedTuple):
    """`leaving` = ∂i_e in A/m³ is tridiagonal in v, plus `forcing` i; the voltage is `at_v` v + `at_i` i.

    Arrays (nodes, lanes); at_i (lanes,).
    """

    lower: Any
    diagonal: Any
    upper: Any
    forcing: Any
    at_v: Any
    at_i: Any

    def leaving(self, v: Any, i: Any) -> Any:
        """∂i_e, what enters the electrolyte from the active material, A/m³."""
        jnp = load_jax().numpy
        zero = jnp.zeros_like(v[:1])
        below, above = jnp.concatenate([zero, v[:-1]]), jnp.concatenate([v[1:], zero])
        return self.lower * below + self.diagonal * v + self.upper * above + self.forcing * i

    def voltage(self, v: Any, i: Any) -> Any:
        """φ_s at the collector minus φ_e at the separator."""
        return load_jax().numpy.sum(self.at_v * v, axis=0) + self.at_i * i


def rails(edges: np.ndarray, thickness_m: Any, ionic: Any, electronic: Any, separator_first: bool) -> Rails:
    """The rails of an electrode; the current is all ionic at its separator end, the first or the last.

    edges: (nodes+1,) from 0 to 1; the others (lanes,), SI.
    """
    jnp = load_jax().numpy
    dx, centres = np.diff(edges)[:, None], ((edges[1:] + edges[:-1]) / 2)[:, None]
    first, last = np.zeros_like(dx), np.zeros_like(dx)
    first[0], last[-1] = 1.0, 1.0
    separator, collector = (first, last) if separator_first else (last, first)
    from_separator = centres if separator_first else 1 - centres
    to_collector = 1 - from_separator[-1 if separator_first else 0]

    series = 1 / (1 / ionic + 1 / electronic)
    per_volume = 1 / (thickness_m * dx)
    conductance = series / thickness_m / np.diff(centres, axis=0)  # i_e through a face per step of v
    none = jnp.zeros((1, *jnp.shape(thickness_m)))
    lower = jnp.concatenate([none, conductance]) * per_volume
    upper = jnp.concatenate([conductance, none]) * per_volume
    # i_e/i is series/σ on the inner faces, 1 at the separator and 0 at the collector.
    share = series / electronic
    sign = 1 if separator_first else -1
    forcing = sign * (separator * (share - 1) - collector * share) * per_volume
    # ∫ i_e dx/κ, summed by parts.
    weight = from_separator * dx * thickness_m**2 / ionic
    transposed = jnp.concatenate([lower[1:] * weight[1:], none]) + jnp.concatenate([none, upper[:-1] * weight[:-1]])
    return Rails(
        lower,
        -(lower + upper),
        upper,
        forcing,
        at_v=collector + transposed - (lower + upper) * weight,
        at_i=-sign * to_collector * thickness_m / electronic + jnp.sum(weight * forcing, axis=0),
    )
