"""Materials of the cell: active materials, electrolyte, counter electrodes; every number with unit and source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sscell.cell.laws import OpenCircuitVoltage
from sscell.constants import FARADAY_C_PER_MOL
from sscell.errors import InputError, require
from sscell.provenance import ASSUMED, STUDY, calibrated, check_parameters, parameter

NCM_OPEN_CIRCUIT = OpenCircuitVoltage(
    plateau_V=3.797808622846892,
    low_V=0.5835007173939656,
    low_width=0.008,
    high_V=0.10760598009256751,
    high_width=0.025928026672218676,
    waves=(
        (0.07271834211010679, 0.1831568369999839, 0.06910495677876129),
        (0.13479059618391653, 0.3869105661262816, 0.13605632488683253),
        (0.15019941510983684, 0.7883804937720658, 0.23063697452920998),
        (0.032743726752778146, 0.9711174215086311, 0.024934634837795573),
    ),
    source="mean of the C/50 half-cell curves of NMC811 (LG M36) in tum-ees/DegradationModeAnalysis (MIT): charged "
    "(4.3 V) at y = 0, discharged (3.0 V) at y = 0.995; RMS error between 2 and 98 % of their capacity",
    error_V=0.6e-3,
)

LTO_OPEN_CIRCUIT = OpenCircuitVoltage(
    plateau_V=1.56,
    low_V=0.6,
    low_width=0.02,
    high_V=0.9,
    high_width=0.012,
    waves=(),
    source="plateau 1.55-1.57 V against Li (1.35 V vs LTO is 2.9 V vs Li in the study); shape of the ends assumed",
    error_V=10e-3,
)


@dataclass(frozen=True, kw_only=True)
class CathodeMaterial:
    """Cathode active material. Rates and diffusivities hold at 318.15 K; concentrations follow from the density."""

    name: str = "NCM85"
    density_kg_per_m3: float = parameter(4780.0, "kg/m3", "crystallographic")
    theoretical_capacity_Ah_per_kg: float = parameter(274.0, "Ah/kg", STUDY)
    particle_diameter_m: float = parameter(3.5e-6, "m", f"{STUDY}: d50")
    open_circuit: OpenCircuitVoltage = NCM_OPEN_CIRCUIT
    stoichiometry_at_4V3: float = calibrated("stoichiometry_at_4V3", "1")
    fresh_stoichiometry: float = calibrated("design.positive.material.fresh_stoichiometry", "1")
    diffusivity_m2_per_s: float = calibrated("design.positive.material.diffusivity_m2_per_s", "m2/s at 45 °C")
    diffusivity_drop_decades: float = calibrated("diffusivity_drop_decades", "1", at_least=0.0)
    diffusivity_midpoint: float = calibrated("diffusivity_midpoint", "1")
    diffusivity_width: float = calibrated("diffusivity_width", "1")
    diffusivity_energy_J_per_mol: float = parameter(30e3, "J/mol", ASSUMED, at_least=0.0)
    exchange_current_density_A_per_m2: float = calibrated(
        "design.positive.material.exchange_current_density_A_per_m2", "A/m2 at 45 °C, half full"
    )
    exchange_current_energy_J_per_mol: float = parameter(40e3, "J/mol", "Kim 2025: R_ct, about 0.42 eV", at_least=0.0)
    double_layer_F_per_m2: float = parameter(0.2, "F/m2", ASSUMED)
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        check_parameters(self)
        require(
            0 <= self.stoichiometry_at_4V3 < self.fresh_stoichiometry <= 1,
            f"CathodeMaterial {self.name}: 0 <= stoichiometry_at_4V3 < fresh_stoichiometry <= 1 must hold, got "
            f"{self.stoichiometry_at_4V3} and {self.fresh_stoichiometry}.",
        )

    @property
    def maximum_concentration_mol_per_m3(self) -> float:
        """Lithium sites per volume, from density and theoretical capacity."""
        return self.density_kg_per_m3 * self.theoretical_capacity_Ah_per_kg * 3600 / FARADAY_C_PER_MOL


@dataclass(frozen=True, kw_only=True)
class Electrolyte:
    """Ion conductor; the oxidation constants describe its reaction at the cathode (0 current: it does not react)."""

    name: str = "LPSCl"
    density_kg_per_m3: float = parameter(1860.0, "kg/m3", "crystallographic, Li6PS5Cl")
    conductivity_S_per_m: float = parameter(0.2, "S/m at 25 °C", f"{STUDY}: about 2 mS/cm at room temperature")
    conductivity_energy_J_per_mol: float = parameter(
        29e3, "J/mol", "assumed: 0.3 eV; 0.22-0.33 eV reported for LPSCl", at_least=0.0
    )
    relative_permittivity: float = parameter(40.0, "1", ASSUMED)
    oxidation_A_per_m2: float = calibrated(
        "design.electrolyte.oxidation_A_per_m2", "A/m2 at 45 °C and 4.3 V vs Li, bare CAM", at_least=0.0
    )
    oxidation_energy_J_per_mol: float = parameter(60e3, "J/mol", ASSUMED, at_least=0.0)
    oxidation_transfer_coefficient: float = calibrated("oxidation_transfer_coefficient", "1", at_least=0.0)
    oxidation_reference_V: float = parameter(4.3, "V vs Li", "definition")
    self_limiting_m: float = calibrated("self_limiting_m", "m")
    self_limiting_exponent: float = calibrated("self_limiting_exponent", "1", at_least=0.0)
    decomposition_volume_m3_per_C: float = parameter(
        2.5e-10, "m3/C", "assumed: 144 cm3/mol Li6PS5Cl and 6 electrons; degenerate with σ_dec"
    )
    isolation_m2_per_C: float = calibrated("isolation_m2_per_C", "m2/C", at_least=0.0)
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        check_parameters(self)


@dataclass(frozen=True, kw_only=True)
class AnodeMaterial:
    """Insertion anode; its particles are uniform inside (small, and on a plateau gradients cost no voltage)."""

    name: str = "LTO"
    density_kg_per_m3: float = parameter(3430.0, "kg/m3", "crystallographic, Li4Ti5O12")
    theoretical_capacity_Ah_per_kg: float = parameter(175.0, "Ah/kg", "three Li per formula unit")
    particle_diameter_m: float = parameter(1.0e-6, "m", ASSUMED)
    open_circuit: OpenCircuitVoltage = LTO_OPEN_CIRCUIT
    fresh_stoichiometry: float = parameter(0.05, "1", "assumed: a little, so that the fresh potential is defined")
    exchange_current_density_A_per_m2: float = parameter(1.0, "A/m2 at 45 °C, half full", ASSUMED)
    exchange_current_energy_J_per_mol: float = parameter(40e3, "J/mol", ASSUMED, at_least=0.0)
    double_layer_F_per_m2: float = parameter(0.1, "F/m2", ASSUMED)
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        check_parameters(self)
        require(
            0 < self.fresh_stoichiometry < 1,
            f"AnodeMaterial {self.name}: fresh_stoichiometry must lie in 0..1, got {self.fresh_stoichiometry}.",
        )


def open_circuit_from_table(
    stoichiometry: Any, voltage_V: Any, *, source: str, waves: int = 4, max_error_V: float = 20e-3
) -> OpenCircuitVoltage:
    """A smooth open-circuit law fitted to a table, with its RMS error stated; needs falling voltage.

    stoichiometry, voltage_V: (n,), n >= 20, stoichiometry in 0..1. Raises InputError if the fit is off by more than
    `max_error_V` RMS.
    """
    from scipy.optimize import least_squares

    x, v = np.asarray(stoichiometry, dtype=float), np.asarray(voltage_V, dtype=float)
    require(
        x.ndim == 1 and x.shape == v.shape and x.size >= 20,
        f"An open-circuit table needs two columns of equal length >= 20, got {x.shape} and {v.shape}.",
    )
    require(bool(np.isfinite(x).all() and np.isfinite(v).all()), "An open-circuit table must hold finite numbers.")
    require(
        x.min() >= 0 and x.max() <= 1,
        f"An open-circuit table's stoichiometry must lie in 0..1, got {x.min():g}..{x.max():g}; divide by the full "
        "capacity first.",
    )
    order = np.argsort(x)
    x, v = x[order], v[order]

    def law(p: np.ndarray) -> OpenCircuitVoltage:
        triples = tuple((float(p[5 + 3 * k]), float(p[6 + 3 * k]), float(p[7 + 3 * k])) for k in range(waves))
        plateau, low, low_width, high, high_width = (float(q) for q in p[:5])
        return OpenCircuitVoltage(plateau, low, low_width, high, high_width, triples, source, 0.0, origin=0.0)

    start = np.r_[v.mean(), 0.05, 0.03, 0.05, 0.03]
    lowest, highest = np.r_[v.min() - 2, 0, 0.005, 0, 0.005], np.r_[v.max() + 2, 3, 0.2, 3, 0.2]
    for centre in np.linspace(x.min(), x.max(), waves + 2)[1:-1]:
        start, lowest, highest = (
            np.r_[start, 0.1, centre, 0.1],
            np.r_[lowest, 0, -0.2, 0.01],
            np.r_[highest, 2, 1.2, 0.8],
        )
    fit = least_squares(lambda p: law(p)(x, 0.0, np) - v, start, bounds=(lowest, highest), x_scale="jac", max_nfev=5000)
    error_V = float(np.sqrt(np.mean(fit.fun**2)))
    if error_V > max_error_V:
        raise InputError(
            f"The open-circuit table ({source}) cannot be described by a smooth falling law: RMS error "
            f"{1e3 * error_V:.0f} mV is above {1e3 * max_error_V:.0f} mV; smooth the table or raise `waves`."
        )
    return replace(law(fit.x), error_V=error_V)


LPSCL = Electrolyte()
