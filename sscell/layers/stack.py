"""From LPSCl to NCM85: decomposition layer | coating | rocksalt, each with resistance and capacitance per area."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sscell.constants import VACUUM_PERMITTIVITY_F_PER_M
from sscell.errors import require
from sscell.interface import InterfaceState
from sscell.layers.conduction import (
    REFERENCE_TEMPERATURE_K,
    arrhenius,
    layer_resistance_ohm_m2,
    layer_time_constant_s,
)
from sscell.provenance import calibrated, check_parameters, parameter


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One layer of the interface, per sphere area of the CAM, at the cell's temperature."""

    name: str
    thickness_m: float
    conductivity_S_per_m: float
    relative_permittivity: float

    def __post_init__(self) -> None:
        require(self.thickness_m >= 0, f"Layer {self.name}: thickness_m must not be negative, got {self.thickness_m}.")
        for name in ("conductivity_S_per_m", "relative_permittivity"):
            value = getattr(self, name)
            require(value > 0, f"Layer {self.name}: {name} must be positive, got {value}.")

    @property
    def resistance_ohm_m2(self) -> float:
        """R = δ/σ."""
        return layer_resistance_ohm_m2(self.thickness_m, self.conductivity_S_per_m)

    @property
    def capacitance_F_per_m2(self) -> float:
        """C = ε0 ε/δ; infinite for a layer that is not there."""
        if self.thickness_m == 0:
            return float("inf")
        return VACUUM_PERMITTIVITY_F_PER_M * self.relative_permittivity / self.thickness_m

    @property
    def time_constant_s(self) -> float:
        """τ = R C = ε0 ε/σ."""
        return layer_time_constant_s(self.conductivity_S_per_m, self.relative_permittivity)


@dataclass(frozen=True, kw_only=True)
class LayerMaterials:
    """Conduction in the layers other than the coating, at 318.15 K; `sources` names where changed values come from."""

    decomposition_conductivity_S_per_m: float = calibrated("decomposition_conductivity_S_per_m", "S/m at 45 °C")
    decomposition_energy_J_per_mol: float = parameter(
        40e3, "J/mol", "assumed: Kim 2025 interface, about 0.42 eV", at_least=0.0
    )
    decomposition_permittivity: float = parameter(10.0, "1", "assumed")
    rocksalt_conductivity_S_per_m: float = calibrated("rocksalt_conductivity_S_per_m", "S/m at 45 °C")
    rocksalt_energy_J_per_mol: float = parameter(
        40e3, "J/mol", "assumed: Kim 2025 interface, about 0.42 eV", at_least=0.0
    )
    rocksalt_permittivity: float = parameter(12.0, "1", "Rao, Smakula, J. Appl. Phys. 36 (1965) 2031: NiO 11.9")
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        check_parameters(self)


@dataclass(frozen=True, kw_only=True)
class LayerStack:
    """The layers in series: `growing` is made by electrolyte oxidation (thickness now), `fixed` are the rest."""

    growing: Layer
    fixed: tuple[Layer, ...]

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All layers, from the electrolyte to the active material."""
        return (self.growing, *self.fixed)

    @property
    def resistance_ohm_m2(self) -> float:
        """ΣR of the stack."""
        return sum(layer.resistance_ohm_m2 for layer in self.layers)


def layer_stack_from_interface(
    interface: InterfaceState,
    temperature_K: float = REFERENCE_TEMPERATURE_K,
    materials: LayerMaterials | None = None,
    decomposition_thickness_m: float = 0.0,
) -> LayerStack:
    """The stack of an interface at the cell's temperature; fresh unless a decomposition thickness is given."""
    m = materials if materials is not None else LayerMaterials()
    film = interface.coating

    def conductivity(reference: float, energy: float) -> float:
        return float(arrhenius(reference, energy, temperature_K))

    return LayerStack(
        growing=Layer(
            name="decomposition layer",
            thickness_m=decomposition_thickness_m,
            conductivity_S_per_m=conductivity(m.decomposition_conductivity_S_per_m, m.decomposition_energy_J_per_mol),
            relative_permittivity=m.decomposition_permittivity,
        ),
        fixed=(
            Layer(
                name="coating",
                thickness_m=interface.coating_thickness_m,
                conductivity_S_per_m=conductivity(film.conductivity_S_per_m, film.conductivity_energy_J_per_mol),
                relative_permittivity=film.relative_permittivity,
            ),
            Layer(
                name="NiO",
                thickness_m=interface.rocksalt_thickness_m,
                conductivity_S_per_m=conductivity(m.rocksalt_conductivity_S_per_m, m.rocksalt_energy_J_per_mol),
                relative_permittivity=m.rocksalt_permittivity,
            ),
        ),
    )
