"""Graded one-dimensional meshes in units of electrode thickness and particle radius."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sscell.errors import require


@dataclass(frozen=True)
class Mesh:
    """Cells across the cathode, along the particle radius and across the anode.

    Electrode meshes grow by `electrode_ratio` from both ends inwards, the radial one shrinks by `particle_ratio` from
    cell to cell towards the surface; 1 means uniform.
    """

    cathode: int = 20
    particle: int = 30
    anode: int = 20
    electrode_ratio: float = 1.4
    particle_ratio: float = 0.8

    def __post_init__(self) -> None:
        for name in ("cathode", "particle", "anode"):
            require(getattr(self, name) >= 3, f"Mesh: {name} needs at least 3 cells, got {getattr(self, name)}.")
        for name in ("electrode_ratio", "particle_ratio"):
            require(getattr(self, name) > 0, f"Mesh: {name} must be positive, got {getattr(self, name)}.")

    @property
    def edges(self) -> dict[str, np.ndarray]:
        """Cell edges of each axis, (n+1,) from 0 to 1."""
        return {
            "cathode": _graded_to_both_ends(self.cathode, self.electrode_ratio),
            "particle": _from_widths(self.particle_ratio ** np.arange(self.particle)),
            "anode": _graded_to_both_ends(self.anode, self.electrode_ratio),
        }


def check_mesh(mesh: object) -> None:
    """Refuse what is no mesh."""
    require(isinstance(mesh, Mesh), f"A mesh is an ss.Mesh, say ss.Mesh(10, 20, 20), got {mesh!r}.")


def shell_centres(edges: np.ndarray) -> np.ndarray:
    """The radius, (n,), at which a linear profile has its average over each shell between edges (n+1,).

    That is the centroid, not the middle: shells are wide near the centre of a particle.
    """
    return 0.75 * np.diff(edges**4) / np.diff(edges**3)


# Cycling needs few cells, most of them where lithium fills the flat-potential anode as a front; spectra need the
# boundary layers. The errors are stated in docs/theory/numerics.md.
CYCLING_MESH = Mesh(cathode=8, particle=14, anode=16, electrode_ratio=1.1)
IMPEDANCE_MESH = Mesh()
# The fast engine's own: within 0.2 % of capacity and 1 mV of converged meshes, and within 1e-3 of an impedance, also in
# cells unlike the study's (docs/theory/fast_engine_accuracy.md).
FAST_MESH = Mesh(cathode=12, particle=28, anode=28, electrode_ratio=1.1, particle_ratio=0.87)
FAST_IMPEDANCE_MESH = Mesh(cathode=28, particle=54, anode=40, electrode_ratio=1.25, particle_ratio=0.88)

# The error of the fast engine's time steps, relative.
FAST_TOLERANCE = 2e-4


def _graded_to_both_ends(cells: int, ratio: float) -> np.ndarray:
    from_end = np.minimum(np.arange(cells), np.arange(cells)[::-1])
    return _from_widths(ratio**from_end)


def _from_widths(widths: np.ndarray) -> np.ndarray:
    edges = np.concatenate([[0.0], np.cumsum(widths)]) / np.sum(widths)
    edges[-1] = 1.0
    return edges
