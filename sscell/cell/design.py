"""How the pellet is built: masses, mixtures and porosities give thicknesses, fractions and effective conductivities."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from sscell.cell.materials import LPSCL, AnodeMaterial, CathodeMaterial, Electrolyte
from sscell.constants import ZERO_CELSIUS_K
from sscell.errors import require
from sscell.layers import LayerMaterials
from sscell.provenance import STUDY, calibrated, check_parameters, parameter

CARBON_DENSITY_KG_PER_M3 = 2000.0


@dataclass(frozen=True, kw_only=True)
class Composite:
    """A pressed mixture of active material, electrolyte and carbon; mass fractions sum to 1."""

    mass_kg: float
    active_mass_fraction: float
    electrolyte_mass_fraction: float
    carbon_mass_fraction: float
    porosity: float
    tortuosity_factor: float
    electronic_conductivity_S_per_m: float

    def __post_init__(self) -> None:
        total = self.active_mass_fraction + self.electrolyte_mass_fraction + self.carbon_mass_fraction
        require(abs(total - 1) < 1e-6, f"Composite: the mass fractions must sum to 1, got {total:g}.")
        require(0 <= self.porosity < 1, f"Composite: porosity must lie in 0..1, got {self.porosity}.")
        require(
            self.tortuosity_factor >= 1,
            f"Composite: tortuosity_factor must be at least 1, got {self.tortuosity_factor}.",
        )
        for name in ("mass_kg", "electronic_conductivity_S_per_m", "active_mass_fraction", "electrolyte_mass_fraction"):
            require(getattr(self, name) > 0, f"Composite: {name} must be positive, got {getattr(self, name)}.")

    @property
    def active_mass_kg(self) -> float:
        """Mass of active material."""
        return self.mass_kg * self.active_mass_fraction

    def solid_volume_m3(self, active_density: float, electrolyte_density: float) -> float:
        """Volume without pores."""
        return self.mass_kg * (
            self.active_mass_fraction / active_density
            + self.electrolyte_mass_fraction / electrolyte_density
            + self.carbon_mass_fraction / CARBON_DENSITY_KG_PER_M3
        )

    def thickness_m(self, area_m2: float, active_density: float, electrolyte_density: float) -> float:
        """Thickness of the pressed layer."""
        return self.solid_volume_m3(active_density, electrolyte_density) / (area_m2 * (1 - self.porosity))

    def active_volume_fraction(self, active_density: float, electrolyte_density: float) -> float:
        """Share of the layer's volume that is active material."""
        solid = self.solid_volume_m3(active_density, electrolyte_density)
        return (1 - self.porosity) * self.active_mass_kg / active_density / solid

    def electrolyte_volume_fraction(self, active_density: float, electrolyte_density: float) -> float:
        """Share of the layer's volume that is electrolyte."""
        solid = self.solid_volume_m3(active_density, electrolyte_density)
        return (1 - self.porosity) * self.mass_kg * self.electrolyte_mass_fraction / electrolyte_density / solid


@dataclass(frozen=True, kw_only=True)
class CompositeCathode:
    """The NCM85 : LPSCl : C composite of the study (69 : 30 : 1 by weight, 12 mg)."""

    mass_kg: float = parameter(12e-6, "kg", f"{STUDY}: 11-12 mg; only 12 mg fits its areal figures")
    active_mass_fraction: float = parameter(0.69, "1", STUDY)
    electrolyte_mass_fraction: float = parameter(0.30, "1", STUDY)
    carbon_mass_fraction: float = parameter(0.01, "1", STUDY, at_least=0.0, at_most=1.0)
    porosity: float = parameter(0.10, "1", "assumed for 437 MPa", at_least=0.0, at_most=0.95)
    tortuosity_factor: float = parameter(4.3, "1", "Minnmann 2021, NCM622:LPSCl 70:30", at_least=1.0)
    electronic_conductivity_S_per_m: float = parameter(
        0.06, "S/m", "Minnmann 2021: 5.6e-4 S/cm; taken for every coating (the study: not affected much)"
    )
    material: CathodeMaterial = field(default_factory=CathodeMaterial)
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        check_parameters(self)
        _composite(self)

    @property
    def composite(self) -> Composite:
        """The mixture."""
        return _composite(self)


@dataclass(frozen=True, kw_only=True)
class CompositeAnode:
    """The LTO : LPSCl : C composite of the study (30 : 65 : 5 by weight, 65 mg)."""

    mass_kg: float = parameter(65e-6, "kg", STUDY)
    active_mass_fraction: float = parameter(0.30, "1", STUDY)
    electrolyte_mass_fraction: float = parameter(0.65, "1", STUDY)
    carbon_mass_fraction: float = parameter(0.05, "1", STUDY, at_least=0.0, at_most=1.0)
    porosity: float = parameter(0.10, "1", "assumed for 437 MPa", at_least=0.0, at_most=0.95)
    tortuosity_factor: float = parameter(1.6, "1", "assumed: 68 vol% electrolyte", at_least=1.0)
    electronic_conductivity_S_per_m: float = parameter(1.0, "S/m", "assumed: 5 wt% carbon")
    material: AnodeMaterial = field(default_factory=AnodeMaterial)
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        check_parameters(self)
        _composite(self)

    @property
    def composite(self) -> Composite:
        """The mixture."""
        return _composite(self)


@dataclass(frozen=True, kw_only=True)
class MetalAnode:
    """A flat counter electrode at a fixed potential that never runs out: InLi by default."""

    name: str = "InLi"
    potential_V: float = parameter(
        0.62, "V vs Li", "Santhosha et al., Batteries & Supercaps 2 (2019) 524: In/InLi", at_least=-1.0
    )
    exchange_current_density_A_per_m2: float = parameter(10.0, "A/m2 of pellet at 45 °C", "assumed")
    exchange_current_energy_J_per_mol: float = parameter(40e3, "J/mol", "assumed", at_least=0.0)
    double_layer_F_per_m2: float = parameter(0.5, "F/m2 of pellet", "assumed")
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        check_parameters(self)


INDIUM_LITHIUM = MetalAnode()
LITHIUM = MetalAnode(name="Li", potential_V=0.0, sources={"potential_V": "definition"})


@dataclass(frozen=True, kw_only=True)
class BlockingElectrode:
    """A flat electrode without reaction (stainless steel): a capacitor."""

    name: str = "SS"
    double_layer_F_per_m2: float = parameter(0.1, "F/m2 of pellet", "assumed")
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        check_parameters(self)


@dataclass(frozen=True, kw_only=True)
class Separator:
    """A pressed electrolyte layer with bulk resistance and capacitance."""

    mass_kg: float = parameter(100e-6, "kg", STUDY)
    porosity: float = parameter(
        0.0, "1", "assumed dense: pellet conductivities contain the pores", at_least=0.0, at_most=0.95
    )
    tortuosity_factor: float = parameter(1.0, "1", "dense", at_least=1.0)
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        check_parameters(self)


@dataclass(frozen=True, kw_only=True)
class CellDesign:
    """The cell around the interface; the default is the study's pellet, LTO composite | LPSCl | NCM85 composite, 45 °C.

    negative: CompositeAnode, MetalAnode (INDIUM_LITHIUM, LITHIUM) or BlockingElectrode; positive: CompositeCathode
    or, for electrolyte pellets, BlockingElectrode.
    """

    name: str = "pellet"
    positive: CompositeCathode | BlockingElectrode = field(default_factory=CompositeCathode)
    negative: CompositeAnode | MetalAnode | BlockingElectrode = field(default_factory=CompositeAnode)
    electrolyte: Electrolyte = LPSCL
    separator: Separator = field(default_factory=Separator)
    layer_materials: LayerMaterials = field(default_factory=LayerMaterials)
    diameter_m: float = parameter(10e-3, "m", STUDY)
    temperature_K: float = parameter(45 + ZERO_CELSIUS_K, "K", STUDY, at_least=173.15, at_most=573.15)
    one_C_A_per_kg: float = parameter(190.0, "A/kg CAM", STUDY)
    contact_resistance_ohm_m2: float = calibrated("design.contact_resistance_ohm_m2", "ohm m2", at_least=0.0)
    lead_inductance_H: float = parameter(5e-7, "H", "assumed: half a metre of lead", at_least=0.0)
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        check_parameters(self)
        require(
            isinstance(self.positive, CompositeCathode) or isinstance(self.negative, BlockingElectrode),
            f"CellDesign {self.name}: a blocking positive electrode needs a blocking negative one (SS | LPSCl | SS).",
        )

    @property
    def area_m2(self) -> float:
        """Pellet area."""
        return math.pi * self.diameter_m**2 / 4

    @property
    def active_mass_kg(self) -> float:
        """Mass of cathode active material; 0 for an electrolyte pellet."""
        return self.positive.composite.active_mass_kg if isinstance(self.positive, CompositeCathode) else 0.0

    @property
    def one_C_A(self) -> float:
        """The current called 1C."""
        return self.one_C_A_per_kg * self.active_mass_kg


def electrolyte_pellet(temperature_C: float = 25.0, mass_mg: float = 100.0) -> CellDesign:
    """SS | LPSCl | SS."""
    return CellDesign(
        name="electrolyte pellet",
        positive=BlockingElectrode(),
        negative=BlockingElectrode(),
        separator=Separator(mass_kg=mass_mg * 1e-6),
        temperature_K=temperature_C + ZERO_CELSIUS_K,
        contact_resistance_ohm_m2=0.0,
        sources={"contact_resistance_ohm_m2": "part of the measured pellet resistance"},
    )


def liquid_half_cell(cathode: CathodeMaterial | None = None, temperature_K: float = 45 + ZERO_CELSIUS_K) -> CellDesign:
    """The study's Li | 1 M LiPF6 in EC:EMC | NCM85 coin cell (8 mg CAM per cm², 94:3:3, 12 mm, 45 °C).

    The liquid fills the pores and does not react; salt gradients are left out (PyBaMM's half cell,
    which has them, gives the same capacity within 0.5 %).
    """
    material = cathode if cathode is not None else CathodeMaterial()
    area_m2 = math.pi * 12e-3**2 / 4
    liquid = Electrolyte(
        name="1 M LiPF6 in EC:EMC 3:7",
        density_kg_per_m3=1200.0,
        conductivity_S_per_m=1.0,
        conductivity_energy_J_per_mol=15e3,
        oxidation_A_per_m2=0.0,
        isolation_m2_per_C=0.0,
        sources={
            "density_kg_per_m3": "assumed",
            "conductivity_S_per_m": "Nyman et al., Electrochim. Acta 53 (2008) 6356: about 10 mS/cm",
            "conductivity_energy_J_per_mol": "assumed",
            "oxidation_A_per_m2": "assumed: no oxidation below 4.3 V",
            "isolation_m2_per_C": "assumed: liquid keeps contact",
        },
    )
    solids_kg = 80e-3 / 0.94 * area_m2
    porosity_solid = 0.35
    # The pores hold the electrolyte, so it is counted as part of the composite: 35 vol% liquid, no void.
    solid_volume = solids_kg * (0.94 / material.density_kg_per_m3 + 0.06 / CARBON_DENSITY_KG_PER_M3)
    liquid_kg = solid_volume * porosity_solid / (1 - porosity_solid) * liquid.density_kg_per_m3
    total = solids_kg + liquid_kg
    note = f"{STUDY}: 94:3:3, 8 mg CAM per cm2; 35 % pores assumed"
    return CellDesign(
        name="liquid half cell",
        positive=CompositeCathode(
            mass_kg=total,
            active_mass_fraction=0.94 * solids_kg / total,
            electrolyte_mass_fraction=liquid_kg / total,
            carbon_mass_fraction=0.06 * solids_kg / total,
            porosity=0.0,
            tortuosity_factor=2.5,
            electronic_conductivity_S_per_m=1.0,
            material=material,
            sources={
                "mass_kg": note,
                "active_mass_fraction": note,
                "electrolyte_mass_fraction": note,
                "carbon_mass_fraction": note,
                "porosity": note,
                "tortuosity_factor": "assumed",
                "electronic_conductivity_S_per_m": "assumed: 3 wt% carbon",
            },
        ),
        negative=LITHIUM,
        electrolyte=liquid,
        separator=Separator(
            mass_kg=1200.0 * 0.6e-3 * 0.9 * area_m2,
            porosity=0.1,
            sources={"mass_kg": "GF/D: 0.6 mm pressed, 90 % pores", "porosity": "GF/D fibres"},
        ),
        diameter_m=12e-3,
        temperature_K=temperature_K,
        contact_resistance_ohm_m2=0.0,
        sources={"diameter_m": STUDY, "contact_resistance_ohm_m2": "assumed: cast on foil"},
    )


def _composite(electrode: CompositeCathode | CompositeAnode) -> Composite:
    return Composite(**{f.name: getattr(electrode, f.name) for f in fields(Composite)})
