"""Spherical diffusion in finite volumes, its slopes, and the particle condensed to its surface.

Arrays are (shells, nodes, lanes), shells from the centre outwards; radius 0 to 1.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sscell.cell import laws
from sscell.constants import FARADAY_C_PER_MOL
from sscell.engines.jax import arrays
from sscell.engines.jax.kept import kept
from sscell.engines.jax.slopes import value_and_slope
from sscell.engines.mesh import shell_centres
from sscell.jax_setup import load_jax

Numbers = dict[str, Any]


class ParticleGrid:
    """Constants of the radial mesh, ready to broadcast over nodes and lanes."""

    def __init__(self, edges: np.ndarray) -> None:
        centres = shell_centres(edges)
        volume = np.diff(edges**3) / 3
        self.shells = volume.size
        area_over_step = edges[1:-1] ** 2 / np.diff(centres)
        self.inner = _column(np.r_[0.0, area_over_step] / volume)
        self.outer = _column(np.r_[area_over_step, 0.0] / volume)
        self.mean_weight = _column(3 * volume)
        self.surface_weights = _weights_at(1.0, centres[-3:])  # of the last three shells
        self.last_inverse_volume = 1 / (3 * volume[-1])

    def surface(self, x: Any) -> Any:
        """The surface value, extrapolated by a parabola through the last three shells: (nodes, lanes)."""
        third, second, last = self.surface_weights
        return third * x[-3] + second * x[-2] + last * x[-1]

    def mean(self, x: Any) -> Any:
        """The volume mean: (nodes, lanes)."""
        return load_jax().numpy.sum(self.mean_weight * x, axis=0)

    def source(self, p: Numbers) -> Any:
        """Rate of the last shell's content per outward current density, 1/s per A/m²: (lanes,)."""
        charge = FARADAY_C_PER_MOL * p["maximum_concentration_mol_per_m3"] * p["particle_radius_m"]
        return 3 / charge * self.last_inverse_volume


def diffusivity(x: Any, p: Numbers) -> Any:
    """D(x) over the radius squared, 1/s."""
    spread = laws.diffusivity(
        x,
        p["diffusivity_m2_per_s"],
        p["diffusivity_drop_decades"],
        p["diffusivity_midpoint"],
        p["diffusivity_width"],
        arrays,
    )
    return spread / p["particle_radius_m"] ** 2


def diffusion_rate(grid: ParticleGrid, x: Any, p: Numbers) -> Any:
    """∇·(D∇x), 1/s, without the surface flux."""
    x = kept(x)
    face = kept((x[1:] - x[:-1]) * _mean(kept(diffusivity(_with_middles(x), p))))
    none = load_jax().numpy.zeros_like(x[:1])
    # A face's flow leaves the shell inside it and enters the one outside.
    return grid.outer * _then(face, none) - grid.inner * _then(none, face)


class DiffusionSlopes(NamedTuple):
    """The tridiagonal Jacobian of `diffusion_rate`."""

    lower: Any
    diagonal: Any
    upper: Any


def diffusion_slopes(grid: ParticleGrid, x: Any, p: Numbers) -> DiffusionSlopes:
    """The Jacobian at x."""
    n = x.shape[0]
    d, slope = kept(value_and_slope(lambda q: diffusivity(q, p), _with_middles(x)))
    mean, step = kept(_mean(d)), (x[1:] - x[:-1]) / 6
    left = (slope[: n - 1] + 2 * slope[n:]) * step - mean
    right = (slope[1:n] + 2 * slope[n:]) * step + mean
    left, right = kept((left, right))
    none = load_jax().numpy.zeros_like(x[:1])
    return DiffusionSlopes(
        lower=-grid.inner * _then(none, left),
        diagonal=grid.outer * _then(left, none) - grid.inner * _then(none, right),
        upper=grid.outer * _then(right, none),
    )


def _with_middles(x: Any) -> Any:
    """The shells' contents, then those halfway between neighbours."""
    return _then(x, (x[1:] + x[:-1]) / 2)


def _mean(d: Any) -> Any:
    """∫D dx/Δx between neighbours by Simpson's rule, from D at `_with_middles`.

    With this mean a steady profile carries its exact flux, however steeply D falls between two shells.
    """
    n = (d.shape[0] + 1) // 2
    return (d[: n - 1] + 4 * d[n:] + d[1:n]) / 6


def _then(first: Any, second: Any) -> Any:
    return load_jax().numpy.concatenate([first, second])


def _column(values: np.ndarray) -> np.ndarray:
    return values[:, None, None]


def _weights_at(r: float, points: np.ndarray) -> list[float]:
    """Lagrange's weights: what the values at some points have in the polynomial through them at r."""
    return [float(np.prod([(r - q) / (p - q) for q in points if q != p])) for p in points]
