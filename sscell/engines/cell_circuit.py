"""Cell and layer stack as equivalent circuits whose parameters are thicknesses, conductivities and rates.

The circuit of a cell equals `closed_form_impedance`. It is made for fitting: every value can be varied, and has bounds.
Its first fit compiles for 10 s (8 values free) to 30 s (all 32); a spectrum determines products and ratios of the
values, not each of them (docs/theory/circuits.md).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sscell.cell import Cell
from sscell.cell.laws import OpenCircuitVoltage, diffusivity, exchange_current_density, thermal_voltage_V
from sscell.circuit import Circuit, CircuitParameter, ElementParameter, Formula, Scale, SubstitutedCircuit
from sscell.constants import FARADAY_C_PER_MOL, VACUUM_PERMITTIVITY_F_PER_M
from sscell.engines.closed_form import slope_V
from sscell.errors import require
from sscell.layers import Layer, LayerStack
from sscell.layers.conduction import layer_resistance_ohm_m2, layer_time_constant_s
from sscell.records import CellState

# On a plateau the difference quotient of U(x) is rounding error of either sign, below this.
SMALLEST_SLOPE_V = 1e-12


def _kind(meaning: str, unit: str, lower: float, upper: float, **given: Any) -> ElementParameter:
    return ElementParameter(meaning=meaning, unit=unit, lower=lower, upper=upper, **given)


LAYER_THICKNESS = _kind("layer thickness", "m", 0.0, 1e-6, scale=Scale.LINEAR, zero_allowed=True)
THICKNESS = _kind("thickness", "m", 1e-6, 1e-2)
CONDUCTIVITY = _kind("conductivity", "S/m", 1e-14, 1e4)
PERMITTIVITY = _kind("relative permittivity", "1", 1.0, 1e4)
EXCHANGE_CURRENT = _kind("exchange current density, half full", "A/m2", 1e-6, 1e4)
METAL_EXCHANGE_CURRENT = _kind("exchange current density", "A/m2", 1e-6, 1e4)
DOUBLE_LAYER = _kind("double layer capacitance", "F/m2", 1e-6, 1e3)
DIFFUSIVITY = _kind("diffusivity before it falls towards full lithiation", "m2/s", 1e-20, 1e-8)
RADIUS = _kind("particle radius", "m", 1e-8, 1e-4)
SLOPE = _kind("slope of the open-circuit voltage, -dU/dx", "V", 1e-6, 1e3)
AREA_PER_VOLUME = _kind("area of active material per volume", "1/m", 1e3, 1e9)
CAPACITY = _kind("lithium capacity per volume", "C/m3", 1e6, 1e11)
CONTACT = _kind("contact resistance", "ohm m2", 1e-9, 1e2, zero_allowed=True)
INDUCTANCE = _kind("lead inductance", "H", 1e-12, 1e-2, zero_allowed=True)
ACTIVE_FRACTION = _kind("active material that takes part", "1", 0.0, 1.0, scale=Scale.LINEAR, at_most=1.0)


@dataclass(frozen=True)
class _Surface:
    """An area as a function of parameters: areal quantities become those of the circuit."""

    names: tuple[str, ...]
    area_m2: Callable[..., Any]

    def over(self, names: tuple[str, ...], law: Callable[..., Any]) -> Formula:
        """An areal resistance over the area."""
        n = len(names)
        return Formula((*names, *self.names), lambda *v: law(*v[:n]) / self.area_m2(*v[n:]))

    def times(self, names: tuple[str, ...], law: Callable[..., Any]) -> Formula:
        """An areal capacitance times the area."""
        n = len(names)
        return Formula((*names, *self.names), lambda *v: law(*v[:n]) * self.area_m2(*v[n:]))


@dataclass
class _Builder:
    """Collects parameters and elements; elements are numbered in the order they are added."""

    parameters: list[CircuitParameter] = field(default_factory=list)
    values: dict[str, float] = field(default_factory=dict)
    formulas: dict[str, Formula] = field(default_factory=dict)
    count: int = 0

    def parameter(self, name: str, kind: ElementParameter, value: float) -> str:
        """A parameter of the result; gives its name back, for formulas."""
        self.parameters.append(CircuitParameter(name=name, **vars(kind)))
        self.values[name] = float(value)
        return name

    def element(self, symbol: str, *formulas: Formula) -> str:
        """An element with a formula a parameter; gives its name in the circuit."""
        self.count += 1
        own = f"{symbol}{self.count}"
        names = [own] if len(formulas) == 1 else [f"{own}_{k}" for k in range(len(formulas))]
        self.formulas |= dict(zip(names, formulas, strict=True))
        return own

    def circuit(self, text: str) -> SubstitutedCircuit:
        """The result."""
        return SubstitutedCircuit(
            circuit=Circuit(text), parameters=tuple(self.parameters), values=self.values, formulas=self.formulas
        )


def circuit_from_layer_stack(stack: LayerStack, *, area_m2: float = 1.0) -> SubstitutedCircuit:
    """An arc a layer, in series; thickness, conductivity and permittivity of each are the parameters.

    area_m2: of active material, so that the impedance is in ohm; with the default of 1 m² its numbers are ohm m².
    """
    require(area_m2 > 0, f"circuit_from_layer_stack: area_m2 must be positive, got {area_m2}.")
    build = _Builder()
    surface = _Surface((), lambda: area_m2)
    arcs = [_layer_arc(build, layer, surface) for layer in stack.layers]
    return replace(build.circuit("-".join(arcs)), area_m2=area_m2)


def circuit_from_cell(cell: Cell, state: CellState | None = None) -> SubstitutedCircuit:
    """The cell at the mean of a state (None: fresh) as a circuit, in ohm; equal to `closed_form_impedance`.

    Parameters are named as in `Cell.numbers` where they stand there; `values` holds the cell's own. The lithium
    contents are those of the state and stay fixed.
    """
    build, design = _Builder(), cell.design
    pellet = _Surface((), lambda: design.area_m2)
    lead = build.parameter("lead_inductance_H", INDUCTANCE, design.lead_inductance_H)
    contact = build.parameter("contact_resistance_ohm_m2", CONTACT, design.contact_resistance_ohm_m2)
    parts = [
        build.element("L", Formula((lead,), _same)),
        build.element("R", pellet.over((contact,), _same)),
        _layer_arc(build, _separator_layer(cell), pellet, THICKNESS),
    ]
    if cell.structure.positive == "composite":
        parts.append(_cathode(build, cell, state))
    else:
        parts.append(_blocking(build, "positive", cell, pellet))
    match cell.structure.negative:
        case "composite":
            parts.append(_anode(build, cell, state))
        case "metal":
            parts.append(_metal(build, cell, pellet))
        case _:
            parts.append(_blocking(build, "negative", cell, pellet))
    return replace(build.circuit("-".join(parts)), area_m2=design.area_m2, temperature_K=design.temperature_K)


def _layer_arc(
    build: _Builder, layer: Layer, surface: _Surface, thickness_kind: ElementParameter = LAYER_THICKNESS
) -> str:
    prefix = layer.name.removesuffix(" layer").replace(" ", "_")
    thickness = build.parameter(f"{prefix}_thickness_m", thickness_kind, layer.thickness_m)
    conductivity = build.parameter(f"{prefix}_conductivity_S_per_m", CONDUCTIVITY, layer.conductivity_S_per_m)
    permittivity = build.parameter(f"{prefix}_relative_permittivity", PERMITTIVITY, layer.relative_permittivity)
    return build.element(
        "K",
        surface.over((thickness, conductivity), layer_resistance_ohm_m2),
        Formula((conductivity, permittivity), layer_time_constant_s),
    )


def _separator_layer(cell: Cell) -> Layer:
    """The separator as a layer of the pellet's area, its conductivity that of the pressed electrolyte."""
    permittivity = cell.design.electrolyte.relative_permittivity
    conductivity = VACUUM_PERMITTIVITY_F_PER_M * permittivity / cell.numbers["separator_time_constant_s"]
    return Layer(
        name="separator",
        thickness_m=cell.numbers["separator_resistance_ohm_m2"] * conductivity,
        conductivity_S_per_m=conductivity,
        relative_permittivity=permittivity,
    )


def _cathode(build: _Builder, cell: Cell, state: CellState | None) -> str:
    """tl(ionic rail, electronic rail, layers - p(double layer, charge transfer - sphere))."""
    x = state.mean("stoichiometry") if state is not None else cell.fresh["stoichiometry"]
    active = state.mean("active_fraction") if state is not None else cell.fresh["active_fraction"]
    decomposition_m = state.mean("decomposition_m") if state is not None else 0.0
    rails, surface = _composite(build, cell, "cathode")
    working = build.parameter("active_fraction", ACTIVE_FRACTION, active)
    surface = _Surface((*surface.names, working), lambda a, length, share: a * length * share * cell.design.area_m2)
    stack = (replace(cell.layers.growing, thickness_m=decomposition_m), *cell.layers.fixed)
    arcs = [_layer_arc(build, layer, surface) for layer in stack]
    double_layer, transfer = _interface(build, cell, "cathode_double_layer_F_per_m2", "", x, surface)
    rung = "-".join([*arcs, f"p({double_layer},{transfer}-{_sphere(build, cell, x, surface)})"])
    return f"tl({rails},{rung})"


def _anode(build: _Builder, cell: Cell, state: CellState | None) -> str:
    """tl(ionic rail, electronic rail, p(double layer, charge transfer - storage)): particles without gradients."""
    y = state.mean("anode_stoichiometry") if state is not None else cell.fresh["anode_stoichiometry"]
    rails, surface = _composite(build, cell, "anode")
    double_layer, transfer = _interface(build, cell, "anode_double_layer_F_per_m2", "anode_", y, surface)
    slope = build.parameter("anode_slope_V", SLOPE, _falling_slope_V(cell.structure.anode_open_circuit, y, 0.0))
    capacity = build.parameter("anode_capacity_C_per_m3", CAPACITY, cell.numbers["anode_capacity_C_per_m3"])
    pellet = _Surface(("anode_thickness_m",), lambda length: length * cell.design.area_m2)
    storage = build.element("C", pellet.times((slope, capacity), lambda v, charge: charge / v))
    return f"tl({rails},p({double_layer},{transfer}-{storage}))"


def _composite(build: _Builder, cell: Cell, electrode: str) -> tuple[str, _Surface]:
    """Both rails of a composite electrode, and the area of its active material."""
    n, area = cell.numbers, cell.design.area_m2
    thickness = build.parameter(f"{electrode}_thickness_m", THICKNESS, n[f"{electrode}_thickness_m"])
    pellet = _Surface((), lambda: area)
    rails = []
    for carrier in ("ionic", "electronic"):
        name = f"{electrode}_{carrier}_conductivity_S_per_m"
        conductivity = build.parameter(name, CONDUCTIVITY, n[name])
        rails.append(build.element("R", pellet.over((thickness, conductivity), layer_resistance_ohm_m2)))
    name = f"{electrode}_area_per_volume_per_m"
    per_volume = build.parameter(name, AREA_PER_VOLUME, n[name])
    return ",".join(rails), _Surface((per_volume, thickness), lambda a, length: a * length * area)


def _interface(
    build: _Builder, cell: Cell, double_layer: str, prefix: str, stoichiometry: float, surface: _Surface
) -> tuple[str, str]:
    """Double layer and charge transfer, RT/(F j0(x)), of an insertion material."""
    n = cell.numbers
    thermal_V = thermal_voltage_V(n["temperature_K"])
    share = exchange_current_density(stoichiometry, 1.0, np)
    capacitance = build.parameter(double_layer, DOUBLE_LAYER, n[double_layer])
    name = f"{prefix}exchange_current_density_A_per_m2"
    exchange = build.parameter(name, EXCHANGE_CURRENT, n[name])
    return (
        build.element("C", surface.times((capacitance,), _same)),
        build.element("R", surface.over((exchange,), lambda j0: thermal_V / (j0 * share))),
    )


def _sphere(build: _Builder, cell: Cell, stoichiometry: float, surface: _Surface) -> str:
    """Diffusion in the particles: Z0 = -(dU/dc) r/(F D), τ = r²/D, with D at this lithium content."""
    n = cell.numbers
    share = diffusivity(
        stoichiometry,
        1.0,
        n["diffusivity_drop_decades"],
        n["diffusivity_midpoint"],
        n["diffusivity_width"],
        np,
    )
    per_charge = 1 / (FARADAY_C_PER_MOL * n["maximum_concentration_mol_per_m3"])
    open_circuit = cell.structure.cathode_open_circuit
    falling_V = _falling_slope_V(open_circuit, stoichiometry, n["stoichiometry_at_4V3"])
    slope = build.parameter("cathode_slope_V", SLOPE, falling_V)
    radius = build.parameter("particle_radius_m", RADIUS, n["particle_radius_m"])
    spread = build.parameter("diffusivity_m2_per_s", DIFFUSIVITY, n["diffusivity_m2_per_s"])
    return build.element(
        "Sd",
        surface.over((slope, radius, spread), lambda v, r, d: v * per_charge * r / (d * share)),
        Formula((radius, spread), lambda r, d: r * r / (d * share)),
    )


def _metal(build: _Builder, cell: Cell, pellet: _Surface) -> str:
    n = cell.numbers
    thermal_V = thermal_voltage_V(n["temperature_K"])
    double_layer, exchange = "metal_double_layer_F_per_m2", "metal_exchange_current_density_A_per_m2"
    build.parameter(double_layer, DOUBLE_LAYER, n[double_layer])
    build.parameter(exchange, METAL_EXCHANGE_CURRENT, n[exchange])
    capacitor = build.element("C", pellet.times((double_layer,), _same))
    return f"p({capacitor},{build.element('R', pellet.over((exchange,), lambda j0: thermal_V / j0))})"


def _blocking(build: _Builder, side: str, cell: Cell, pellet: _Surface) -> str:
    name = f"{side}_double_layer_F_per_m2"
    build.parameter(name, DOUBLE_LAYER, cell.numbers[name])
    return build.element("C", pellet.times((name,), _same))


def _falling_slope_V(open_circuit: OpenCircuitVoltage | None, stoichiometry: float, origin: float) -> float:
    assert open_circuit is not None
    return max(-slope_V(open_circuit, stoichiometry, origin), SMALLEST_SLOPE_V)


def _same(value: Any) -> Any:
    return value
