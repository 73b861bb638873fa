"""Counter electrodes: a composite with particles uniform inside, a metal at a fixed potential, a blocking contact.

Each has a state array (rows, nodes, lanes), rates, slopes and its part of (g - J) k = r, as the cathode has.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sscell.cell import CellStructure, laws
from sscell.engines.jax import arrays
from sscell.engines.jax.kept import kept
from sscell.engines.jax.rails import Rails, rails
from sscell.engines.jax.slopes import value_and_slopes
from sscell.engines.jax.tridiagonal import Eliminated, eliminated, solved
from sscell.jax_setup import load_jax

Numbers = dict[str, Any]


class Right(NamedTuple):
    """A right-hand side with the answer for v, and its voltage, while the pellet's current stays."""

    right: Any
    v: Any
    V: Any


class AnodeSlopes(NamedTuple):
    """The Jacobian of a composite anode; arrays (nodes, lanes) or (lanes,)."""

    area_per_m: Any
    double_layer: Any
    per_capacity: Any
    faradaic_v: Any
    faradaic_y: Any


class AnodeFactors(NamedTuple):
    """(g - J) made ready; `unit` is v per unit of the pellet's current density, unit_V its voltage."""

    slopes: AnodeSlopes
    rails: Rails
    filling: Any
    chain: Eliminated
    unit: Any
    unit_V: Any


class CompositeAnode:
    """Rows: φ_s - φ_e, lithium content."""

    rows, names = 2, ("anode_V", "anode_stoichiometry")

    def __init__(self, structure: CellStructure, edges: dict[str, np.ndarray]) -> None:
        assert structure.anode_open_circuit is not None
        self.open_circuit = structure.anode_open_circuit
        self.edges = edges["anode"]
        self.nodes = self.edges.size - 1

    def rails(self, p: Numbers) -> Rails:
        """Charge balance along the electrode."""
        ionic, electronic = p["anode_ionic_conductivity_S_per_m"], p["anode_electronic_conductivity_S_per_m"]
        return rails(self.edges, p["anode_thickness_m"], ionic, electronic, separator_first=False)

    def voltage(self, charge: Rails, y: Any, i: Any) -> Any:
        """φ_s at the collector minus φ_e at the separator; linear in state and current."""
        return charge.voltage(y[0], i)

    def faradaic(self, v: Any, content: Any, p: Numbers) -> Any:
        """Charge transfer, A/m²."""
        exchange = laws.exchange_current_density(content, p["anode_exchange_current_density_A_per_m2"], arrays)
        return laws.butler_volmer(exchange, v - self.open_circuit(content, 0.0, arrays), p["temperature_K"], arrays)

    def rates(self, y: Any, p: Numbers, charge: Rails, i: Any) -> Any:
        """dy/dt at the current density i."""
        area = p["anode_area_per_volume_per_m"]
        faradaic = kept(self.faradaic(y[0], y[1], p))
        v = (charge.leaving(y[0], i) / area - faradaic) / p["anode_double_layer_F_per_m2"]
        return load_jax().numpy.stack([v, -area / p["anode_capacity_C_per_m3"] * faradaic])

    def slopes(self, y: Any, p: Numbers, charge: Rails, i: Any) -> AnodeSlopes:
        """The Jacobian."""
        _, (by_v, by_y) = value_and_slopes(lambda v, content: self.faradaic(v, content, p), y[0], y[1])
        area = p["anode_area_per_volume_per_m"]
        return kept(
            AnodeSlopes(area, p["anode_double_layer_F_per_m2"], area / p["anode_capacity_C_per_m3"], by_v, by_y)
        )

    def factored(self, s: AnodeSlopes, charge: Rails, g: Any) -> AnodeFactors:
        """(g - J) made ready; the content of a particle folded onto its charge transfer."""
        filling = kept(1 / (g + s.per_capacity * s.faradaic_y))
        transfer = s.faradaic_v * (1 - s.faradaic_y * filling * s.per_capacity)
        conductance = kept(s.area_per_m * (g * s.double_layer + transfer))
        chain = eliminated(-charge.lower, conductance - charge.diagonal, -charge.upper)
        unit = solved(chain, charge.forcing)
        return AnodeFactors(s, charge, filling, chain, unit, charge.voltage(unit, 1.0))

    def condensed(self, f: AnodeFactors, r: Any) -> Right:
        """The chain's answer while the current stays."""
        s = f.slopes
        v = solved(f.chain, kept(s.area_per_m * (s.double_layer * r[0] - s.faradaic_y * f.filling * r[1])))
        return Right(r, v, f.rails.voltage(v, 0.0))

    def expanded(self, f: AnodeFactors, c: Right, i: Any) -> Any:
        """All increments."""
        s, v = f.slopes, kept(c.v + f.unit * i)
        return load_jax().numpy.stack([v, f.filling * (c.right[1] - s.per_capacity * s.faradaic_v * v)])


class PointFactors(NamedTuple):
    """(g C + conductance) of a single node, and its answer to a unit of current density."""

    capacitance: Any
    inverse: Any
    unit: Any
    unit_V: Any


class Point:
    """A flat electrode: a double layer C dv/dt = ±i - j_F(v), its state (1, 1, lanes)."""

    rows, nodes = 1, 1
    sign = 1

    def __init__(self, name: str, capacitance: str) -> None:
        self.names = (name,)
        self.capacitance = capacitance

    def rails(self, p: Numbers) -> None:
        """Nothing along the electrode."""

    def voltage(self, charge: None, y: Any, i: Any) -> Any:
        """The potential against the electrolyte."""
        return y[0, 0]

    def faradaic(self, v: Any, p: Numbers) -> Any:
        """Charge transfer, A/m² of pellet."""
        raise NotImplementedError

    def rates(self, y: Any, p: Numbers, charge: None, i: Any) -> Any:
        """dy/dt."""
        return (self.sign * i - self.faradaic(y, p)) / p[self.capacitance]

    def slopes(self, y: Any, p: Numbers, charge: None, i: Any) -> Any:
        """Capacitance and dj_F/dv."""
        _, (by_v,) = value_and_slopes(lambda v: self.faradaic(v, p), y)
        return p[self.capacitance], by_v

    def factored(self, s: Any, charge: None, g: Any) -> PointFactors:
        """(g - J) made ready."""
        capacitance, conductance = s
        inverse = 1 / (g * capacitance + conductance)
        return PointFactors(capacitance, inverse, self.sign * inverse, self.sign * inverse[0, 0])

    def condensed(self, f: PointFactors, r: Any) -> Right:
        """The answer while the current stays."""
        v = f.capacitance * f.inverse * r
        return Right(r, v, v[0, 0])

    def expanded(self, f: PointFactors, c: Right, i: Any) -> Any:
        """All increments."""
        return c.v + f.unit * i


class Metal(Point):
    """Charge transfer at a fixed potential that never runs out."""

    def __init__(self) -> None:
        super().__init__("negative_V", "metal_double_layer_F_per_m2")

    def faradaic(self, v: Any, p: Numbers) -> Any:
        """Butler-Volmer about the fixed potential."""
        exchange = p["metal_exchange_current_density_A_per_m2"]
        return laws.butler_volmer(exchange, v - p["metal_potential_V"], p["temperature_K"], arrays)


class Blocking(Point):
    """A capacitor; discharging the cell charges the negative one up and the positive one down."""

    def __init__(self, side: str) -> None:
        super().__init__(f"{side}_V", f"{side}_double_layer_F_per_m2")
        self.sign = 1 if side == "negative" else -1

    def faradaic(self, v: Any, p: Numbers) -> Any:
        """None."""
        return 0 * v
