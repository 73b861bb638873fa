"""Finite volumes in particles whose diffusivity falls steeply with the lithium content.

PyBaMM's boundary gradient is multiplied by an extrapolated diffusivity, which loses lithium: here the flux through the
surface is a source in the outermost shell. PyBaMM's harmonic mean of D between two shells holds a front back at every
shell: here the model may say what it wants of the contents on either side of a face. PyBaMM's nodes are the middles of
the shells: here they are where a linear profile has the shells' averages.
"""

from __future__ import annotations

import numpy as np
import pybamm
from scipy.sparse import csr_matrix, eye, kron

from sscell.engines.mesh import shell_centres


class SurfaceSource(pybamm.DeltaFunction):
    """The child, a quantity of each particle, as a density in that particle's outermost shell."""

    def __init__(self, child: pybamm.Symbol, side: str = "right", domain: str | list[str] = "particle") -> None:
        super().__init__(child, side, domain)

    def evaluate_for_shape(self) -> np.ndarray:
        """The shape of the particle domain; PyBaMM's own counts the secondary domain twice."""
        return pybamm.evaluate_for_shape_using_domain(self._domains)


class Shells(pybamm.UserSupplied1DSubMesh):
    """A radial mesh of given edges."""

    def __init__(self, lims: dict, npts: dict, edges: np.ndarray | None = None) -> None:
        super().__init__(lims, npts, edges)
        self.nodes = shell_centres(self.edges)
        self.d_nodes = np.diff(self.nodes)


class ParticleVolume(pybamm.FiniteVolume):
    """Finite volumes in spheres of radius one that know `SurfaceSource`, and `pybamm.Upwind` and `pybamm.Downwind`

    as the value in the shell inside and outside of each face (beyond the ends: that of the end).
    """

    def delta_function(self, symbol: pybamm.Symbol, discretised_symbol: pybamm.Symbol) -> pybamm.Symbol:
        """1/volume in every outermost shell (of a sphere of volume one), structurally sparse."""
        edges = self.mesh[symbol.domain].edges
        shells, particles = edges.size - 1, self._get_auxiliary_domain_repeats(symbol.domains)
        last = np.arange(1, particles + 1) * shells - 1
        inverse_volume = np.full(particles, 1 / (1 - edges[-2] ** 3))
        place = csr_matrix((inverse_volume, (last, np.arange(particles))), (particles * shells, particles))
        return (pybamm.Matrix(place) @ discretised_symbol).with_domains(symbol)

    def upwind_or_downwind(
        self, symbol: pybamm.Symbol, discretised_symbol: pybamm.Symbol, bcs: dict, direction: str
    ) -> pybamm.Symbol:
        """The value on one side of each face, no boundary conditions asked."""
        shells, particles = self.mesh[symbol.domain].npts, self._get_auxiliary_domain_repeats(symbol.domains)
        shell = np.arange(shells + 1) - (direction == "upwind")
        taken = csr_matrix(
            (np.ones(shells + 1), (np.arange(shells + 1), np.clip(shell, 0, shells - 1))), (shells + 1, shells)
        )
        return (pybamm.Matrix(kron(eye(particles), taken).tocsr()) @ discretised_symbol).with_domains(symbol)
