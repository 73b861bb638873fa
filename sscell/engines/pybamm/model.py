"""The whole cell as one PyBaMM model: layered interface, porous electrodes, particles, electrolyte oxidation.

Positions are scaled (cathode: 0 at the separator, 1 at the collector; particle: 0 at the centre; anode: 0 at the
collector, 1 at the separator), so every number of `Cell.numbers` is an input and one compiled model serves all cells
of a structure. The current is positive on discharge; potentials are in V against Li. Theory: docs/theory/cell.md.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pybamm

from sscell.cell import CellStructure, laws
from sscell.constants import FARADAY_C_PER_MOL
from sscell.engines.pybamm.particle_volume import SurfaceSource

NANOMETRE = 1e-9


class LayeredCell:
    """Equations of a cell of one structure.

    model: the pybamm.BaseModel; edges: the mesh; states: names of the state variables; inputs: names of the numbers
    that the equations take. The current is `current` (A): a pybamm symbol the caller controls.
    """

    def __init__(self, structure: CellStructure, edges: dict[str, np.ndarray], current: pybamm.Symbol) -> None:
        self.structure = structure
        self.edges = edges
        self.inputs: set[str] = set()
        self.states: dict[str, pybamm.Variable] = {}
        self.model = pybamm.BaseModel("sscell layered cell")
        self.model.summary_variables = []
        self.outputs: dict[str, pybamm.Symbol] = {}
        # Current density through the pellet; all electrode equations are per pellet area.
        self.i = current / self._number("area_m2")
        positive_V = self._composite_cathode() if structure.positive == "composite" else self._blocking("positive", 1)
        negative_V = {
            "composite": self._composite_anode,
            "metal": self._metal_anode,
            "blocking": lambda: self._blocking("negative", -1),
        }[structure.negative]()
        contacts_V = self.i * self._number("contact_resistance_ohm_m2")
        voltage = positive_V - negative_V - self._separator() - contacts_V
        self._rate(self._state("discharged_charge_C"), current)
        self.model.variables = {
            "Current [A]": current,
            "Voltage [V]": voltage,
            "Voltage expression [V]": voltage,
            **self.outputs,
        }

    # -- cathode: two rails, the layered interface between them, particles behind it ---------------------------------

    def _composite_cathode(self) -> pybamm.Symbol:
        """φ_s at the collector minus φ_e at the separator."""
        n = self._number
        thickness, temperature = n("cathode_thickness_m"), n("temperature_K")
        kappa, sigma = n("cathode_ionic_conductivity_S_per_m"), n("cathode_electronic_conductivity_S_per_m")
        x = pybamm.SpatialVariable("x", domain="cathode", coord_sys="cartesian")

        # φ_s - φ_e = v_dl + Σ v_k; the sum is the state, so that only it couples the nodes.
        interface_V = self._state("interface_V", "cathode")
        layers = {
            name: self._state(f"{name}_V", "cathode") for name in ("decomposition layer", *self.structure.fixed_layers)
        }
        v_dl = interface_V - sum(layers.values())

        # i_e = -κ ∂φ_e, i_s = -σ ∂φ_s and i_e + i_s = i give i_e from ∂(φ_s - φ_e) alone.
        series = 1 / (1 / kappa + 1 / sigma)
        i_e = (pybamm.grad(interface_V) / thickness + self.i / sigma) * series
        self.model.boundary_conditions[interface_V] = {
            "left": (thickness * self.i / kappa, "Neumann"),
            "right": (-thickness * self.i / sigma, "Neumann"),
        }
        leaving = pybamm.div(i_e) / thickness  # a θ (j + j_ox), A/m3

        decomposition = self._state("decomposition_m", "cathode", scale=NANOMETRE)
        active = self._state("active_fraction", "cathode")
        oxidation = laws.oxidation_current_density(
            interface_V,
            decomposition,
            n("oxidation_A_per_m2"),
            n("oxidation_transfer_coefficient"),
            n("oxidation_reference_V"),
            n("self_limiting_m"),
            n("self_limiting_exponent"),
            temperature,
            pybamm,
        )
        area = n("cathode_area_per_volume_per_m")
        j = leaving / (area * active) - oxidation

        stoichiometry, faradaic, surface, equilibrium_V = self._particles(v_dl)
        # C ∂v/∂t = j - v/R, written with R and τ = RC so that a layer that is not there (R = 0) drops out.
        resistances = {"decomposition layer": decomposition / n("decomposition_conductivity_S_per_m")}
        time_constants = {"decomposition layer": n("decomposition_time_constant_s")}
        for name in self.structure.fixed_layers:
            resistances[name] = n(f"{name}_resistance_ohm_m2")
            time_constants[name] = n(f"{name}_time_constant_s")
        interface_rate = (j - faradaic) / n("cathode_double_layer_F_per_m2")
        for name, v in layers.items():
            layer_rate = (j * resistances[name] - v) / time_constants[name]
            self._rate(v, layer_rate)
            interface_rate += layer_rate
        self._rate(interface_V, interface_rate)

        self._rate(decomposition, laws.decomposition_growth_m_per_s(oxidation, n("decomposition_volume_m3_per_C")))
        isolation = laws.isolation_per_s(active, oxidation, n("isolation_m2_per_C"))
        self._rate(active, -isolation)
        isolated = self._state("isolated_lithium", "cathode")
        self._rate(isolated, isolation * pybamm.r_average(stoichiometry))
        surface_per_area = n("area_m2") * thickness * area
        left_V = pybamm.Integral(isolation * v_dl, x)
        left_A = surface_per_area * n("cathode_double_layer_F_per_m2") * left_V
        self._rate(self._state("isolated_double_layer_C"), left_A)

        self.outputs |= {
            "Double-layer voltage [V]": v_dl,
            "Intercalation current density [A.m-2]": j,
            "Faradaic current density [A.m-2]": faradaic,
            "Oxidation current density [A.m-2]": oxidation,
            "Interface current per volume [A.m-3]": leaving,
            "Surface stoichiometry": surface,
            "Equilibrium voltage [V]": equilibrium_V,
        }
        side_current_A = surface_per_area * pybamm.Integral(active * oxidation, x)
        self._rate(self._state("oxidation_charge_C"), side_current_A)
        # φ_e(0) - φ_e(1) = ∫ i_e dx/κ, by parts with i_e(1) = 0.
        ionic_drop = -pybamm.Integral(x * pybamm.div(i_e), x) * thickness / kappa
        return pybamm.boundary_value(interface_V, "right") - ionic_drop

    def _particles(self, v_dl: pybamm.Symbol) -> tuple[pybamm.Symbol, ...]:
        """Spherical diffusion and charge transfer: stoichiometry, j_F, surface stoichiometry, U."""
        n = self._number
        radius = n("particle_radius_m")
        stoichiometry = self._state("stoichiometry", "particle", secondary="cathode")
        surface = pybamm.surf(stoichiometry)
        assert self.structure.cathode_open_circuit is not None
        equilibrium_V = self.structure.cathode_open_circuit(surface, n("stoichiometry_at_4V3"), pybamm)
        faradaic = laws.butler_volmer(
            laws.exchange_current_density(surface, n("exchange_current_density_A_per_m2"), pybamm),
            v_dl - equilibrium_V,
            n("temperature_K"),
            pybamm,
        )
        inside, outside = pybamm.Upwind(stoichiometry), pybamm.Downwind(stoichiometry)
        # On a face ∫D dx/Δx by Simpson's rule: a steady profile carries its exact flux, however steeply D falls.
        halfway = self._diffusivity((inside + outside) / 2)
        spread = (self._diffusivity(inside) + 4 * halfway + self._diffusivity(outside)) / 6
        # The surface flux is a source in the outermost shell of the particle.
        self.model.boundary_conditions[stoichiometry] = {
            "left": (pybamm.Scalar(0), "Neumann"),
            "right": (pybamm.Scalar(0), "Neumann"),
        }
        outflow = 3 * faradaic / (FARADAY_C_PER_MOL * n("maximum_concentration_mol_per_m3") * radius)
        diffusion = pybamm.div(spread * pybamm.grad(stoichiometry)) / radius**2
        self._rate(stoichiometry, diffusion - SurfaceSource(outflow))
        return stoichiometry, faradaic, surface, equilibrium_V

    def _diffusivity(self, stoichiometry: pybamm.Symbol) -> pybamm.Symbol:
        n = self._number
        return laws.diffusivity(
            stoichiometry,
            n("diffusivity_m2_per_s"),
            n("diffusivity_drop_decades"),
            n("diffusivity_midpoint"),
            n("diffusivity_width"),
            pybamm,
        )

    # -- counter electrodes and separator ----------------------------------------------------------------------------

    def _composite_anode(self) -> pybamm.Symbol:
        """φ_s at the collector minus φ_e at the separator; particles uniform inside."""
        n = self._number
        thickness = n("anode_thickness_m")
        kappa, sigma = n("anode_ionic_conductivity_S_per_m"), n("anode_electronic_conductivity_S_per_m")
        x = pybamm.SpatialVariable("x_a", domain="anode", coord_sys="cartesian")
        v = self._state("anode_V", "anode")
        series = 1 / (1 / kappa + 1 / sigma)
        i_e = (pybamm.grad(v) / thickness + self.i / sigma) * series
        self.model.boundary_conditions[v] = {
            "left": (-thickness * self.i / sigma, "Neumann"),
            "right": (thickness * self.i / kappa, "Neumann"),
        }
        leaving = pybamm.div(i_e) / thickness
        stoichiometry = self._state("anode_stoichiometry", "anode")
        assert self.structure.anode_open_circuit is not None
        equilibrium_V = self.structure.anode_open_circuit(stoichiometry, 0, pybamm)
        faradaic = laws.butler_volmer(
            laws.exchange_current_density(stoichiometry, n("anode_exchange_current_density_A_per_m2"), pybamm),
            v - equilibrium_V,
            n("temperature_K"),
            pybamm,
        )
        area = n("anode_area_per_volume_per_m")
        self._rate(v, (leaving / area - faradaic) / n("anode_double_layer_F_per_m2"))
        self._rate(stoichiometry, -area * faradaic / n("anode_capacity_C_per_m3"))
        self.outputs |= {
            "Anode current per volume [A.m-3]": leaving,
            "Anode faradaic current density [A.m-2]": faradaic,
        }
        # φ_e(1) - φ_e(0) = -∫ i_e dx/κ = -(i - ∫ x ∂i_e dx)/κ, as i_e(1) = i.
        ionic_drop = (self.i - pybamm.Integral(x * pybamm.div(i_e), x)) * thickness / kappa
        return pybamm.boundary_value(v, "left") + ionic_drop

    def _metal_anode(self) -> pybamm.Symbol:
        """A flat electrode at a fixed potential: charge transfer beside a double layer."""
        n = self._number
        v = self._state("negative_V")
        overpotential = v - n("metal_potential_V")
        exchange = n("metal_exchange_current_density_A_per_m2")
        faradaic = laws.butler_volmer(exchange, overpotential, n("temperature_K"), pybamm)
        self._rate(v, (self.i - faradaic) / n("metal_double_layer_F_per_m2"))
        return v

    def _blocking(self, side: str, sign: int) -> pybamm.Symbol:
        """A capacitor; discharging the cell charges the negative one up and the positive one down."""
        v = self._state(f"{side}_V")
        self._rate(v, -sign * self.i / self._number(f"{side}_double_layer_F_per_m2"))
        return v

    def _separator(self) -> pybamm.Symbol:
        """Bulk electrolyte: resistance beside its own dielectric capacitance."""
        v = self._state("separator_V")
        resistance, tau = self._number("separator_resistance_ohm_m2"), self._number("separator_time_constant_s")
        self._rate(v, (self.i * resistance - v) / tau)
        return v

    # -- bookkeeping -------------------------------------------------------------------------------------------------

    def _number(self, name: str) -> pybamm.InputParameter:
        self.inputs.add(name)
        return pybamm.InputParameter(name)

    def _state(
        self, name: str, domain: str | None = None, secondary: str | None = None, scale: float = 1
    ) -> pybamm.Variable:
        options: dict[str, Any] = {"scale": scale}
        if domain is not None:
            options["domain"] = domain
        if secondary is not None:
            options["auxiliary_domains"] = {"secondary": secondary}
        variable = pybamm.Variable(name, **options)
        self.states[name] = variable
        axes = [axis for axis in (secondary, domain) if axis is not None]
        size = int(np.prod([self.edges[axis].size - 1 for axis in axes]))
        self.model.initial_conditions[variable] = pybamm.InputParameter(f"initial {name}", domain, size)
        return variable

    def _rate(self, variable: pybamm.Variable, rate: pybamm.Symbol) -> None:
        self.model.rhs[variable] = rate
