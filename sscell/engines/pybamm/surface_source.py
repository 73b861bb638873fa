"""The flux through a particle's surface as a source in its outermost shell: lithium is kept to rounding.

PyBaMM's boundary gradient is multiplied by an extrapolated diffusivity, which loses lithium where D falls steeply.
"""

from __future__ import annotations

import numpy as np
import pybamm
from scipy.sparse import csr_matrix


class SurfaceSource(pybamm.DeltaFunction):
    """The child, a quantity of each particle, as a density in that particle's outermost shell."""

    def __init__(self, child: pybamm.Symbol, side: str = "right", domain: str | list[str] = "particle") -> None:
        super().__init__(child, side, domain)

    def evaluate_for_shape(self) -> np.ndarray:
        """The shape of the particle domain; PyBaMM's own counts the secondary domain twice."""
        return pybamm.evaluate_for_shape_using_domain(self._domains)


class ParticleVolume(pybamm.FiniteVolume):
    """Finite volumes in spheres of radius one that know `SurfaceSource`."""

    def delta_function(self, symbol: pybamm.Symbol, discretised_symbol: pybamm.Symbol) -> pybamm.Symbol:
        """1/volume in every outermost shell (of a sphere of volume one), structurally sparse."""
        edges = self.mesh[symbol.domain].edges
        shells, particles = edges.size - 1, self._get_auxiliary_domain_repeats(symbol.domains)
        last = np.arange(1, particles + 1) * shells - 1
        inverse_volume = np.full(particles, 1 / (1 - edges[-2] ** 3))
        place = csr_matrix((inverse_volume, (last, np.arange(particles))), (particles * shells, particles))
        return (pybamm.Matrix(place) @ discretised_symbol).with_domains(symbol)
