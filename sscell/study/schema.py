"""The scenario file: TOML checked by a strict schema; an unknown key names the nearest known one."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator

from sscell import protocols
from sscell.cell import CellDesign, CompositeAnode, CompositeCathode, electrolyte_pellet, liquid_half_cell
from sscell.cell.design import INDIUM_LITHIUM, LITHIUM
from sscell.constants import ZERO_CELSIUS_K
from sscell.engines.simulate import check_limits
from sscell.errors import InputError, nearest_key, require
from sscell.interface import COATINGS, CoatingMaterial
from sscell.protocol import Protocol, protocol_from
from sscell.recipe import Recipe


class Strict(BaseModel):
    """Nothing unknown, nothing changed after reading, no number that is not finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _no_number_as_text(cls, value: Any, info: ValidationInfo) -> Any:
        kind = str(cls.model_fields[str(info.field_name)].annotation)
        if isinstance(value, (str, bool)) and ("float" in kind or "int" in kind) and "str" not in kind:
            raise ValueError("must be a number, written without quotes")
        return value


class SampleSpec(Strict):
    """A sample is its recipe; see `Recipe`."""

    ald_cycles: float = 0
    anneal_temperature_C: float | None = None
    anneal_time_min: float = 30.0
    ramp_K_per_min: float = 10.0
    atmosphere: str = "O2"
    coating: str = "ZrO2"
    coating_thickness_nm: float | None = None
    coating_mass_fraction: float | None = None

    def recipe(self) -> Recipe:
        """The recipe, checked."""
        return Recipe(**self.model_dump())


class CoatingSpec(Strict):
    """A coating material of the user's own; what is left out is taken from ZrO2. `source` says where it is from."""

    source: str
    density_kg_per_m3: float | None = None
    mass_fraction_per_ald_cycle: float | None = None
    conductivity_S_per_m: float | None = None
    conductivity_energy_J_per_mol: float | None = None
    relative_permittivity: float | None = None
    quality_as_coated: float | None = None
    quality_dense: float | None = None
    coverage_thickness_m: float | None = None

    def material(self, name: str) -> CoatingMaterial:
        """The material, checked."""
        given = {k: v for k, v in self.model_dump(exclude={"source"}).items() if v is not None}
        return CoatingMaterial(name=name, sources=dict.fromkeys(given, self.source), **given)


class DesignSpec(Strict):
    """Changes to the study's pellet; `counter_electrode` replaces the LTO composite. `source` says where from."""

    source: str = "scenario"
    counter_electrode: Literal["LTO", "InLi", "Li"] = "LTO"
    temperature_C: float | None = Field(default=None, ge=-100, le=300)
    diameter_mm: float | None = Field(default=None, gt=0)
    cathode_mass_mg: float | None = Field(default=None, gt=0)
    anode_mass_mg: float | None = Field(default=None, gt=0)
    separator_mass_mg: float | None = Field(default=None, gt=0)
    lead_inductance_H: float | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _mass_of_what_is_there(self) -> DesignSpec:
        if self.anode_mass_mg is not None and self.counter_electrode != "LTO":
            raise ValueError(
                f"anode_mass_mg is the LTO composite's, and the counter electrode is {self.counter_electrode}"
            )
        return self

    def design(self) -> CellDesign:
        """The cell design, checked."""
        base = CellDesign()
        assert isinstance(base.positive, CompositeCathode) and isinstance(base.negative, CompositeAnode)
        changes: dict[str, Any] = {
            "temperature_K": None if self.temperature_C is None else self.temperature_C + ZERO_CELSIUS_K,
            "diameter_m": None if self.diameter_mm is None else self.diameter_mm * 1e-3,
            "lead_inductance_H": self.lead_inductance_H,
        }
        given = {name: value for name, value in changes.items() if value is not None}
        counter: dict[str, Any] = {
            "LTO": self._with_mass(base.negative, self.anode_mass_mg),
            "InLi": INDIUM_LITHIUM,
            "Li": LITHIUM,
        }
        return replace(
            base,
            positive=self._with_mass(base.positive, self.cathode_mass_mg),
            negative=counter[self.counter_electrode],
            separator=self._with_mass(base.separator, self.separator_mass_mg),
            sources=dict.fromkeys(given, self.source),
            **given,
        )

    def _with_mass(self, part: Any, mass_mg: float | None) -> Any:
        if mass_mg is None:
            return part
        return replace(part, mass_kg=mass_mg * 1e-6, sources={**part.sources, "mass_kg": self.source})


class RunSpec(Strict):
    """A protocol and the samples it is run on.

    protocol: a name of `ss.protocols`, or leave it out and give `steps` (one cycle of experiment strings); cell:
    "pellet" (the scenario's design), "liquid_half_cell" or "electrolyte_pellet" (SS | LPSCl | SS, whatever the sample);
    spectra: states at which impedance is computed.
    """

    samples: Annotated[tuple[str, ...], Field(min_length=1)] | Literal["all"] = "all"
    protocol: Literal["first_cycle", "rate_test", "stability_test", "gitt"] | None = None
    steps: tuple[str, ...] | None = None
    cycles: int | None = Field(default=None, ge=1)
    lower_V: float | None = None
    upper_V: float | None = None
    cell: Literal["pellet", "liquid_half_cell", "electrolyte_pellet"] = "pellet"
    spectra: tuple[Literal["fresh", "aged"], ...] = ()

    @model_validator(mode="after")
    def _one_protocol(self) -> RunSpec:
        if (self.protocol is None) == (self.steps is None):
            raise ValueError("give either 'protocol' or 'steps'")
        if self.steps is not None and (self.lower_V is not None or self.upper_V is not None):
            raise ValueError("lower_V and upper_V belong to 'protocol'; write the limits into the steps")
        return self

    def plan(self, quick: bool = False) -> Protocol:
        """The protocol; `quick` keeps at most 9 cycles of the rate test and 2 of the rest."""
        limits = {k: v for k, v in (("lower_V", self.lower_V), ("upper_V", self.upper_V)) if v is not None}
        cycles = self.cycles
        if quick:
            most = {"rate_test": 9, "stability_test": 2}.get(str(self.protocol), 1)
            cycles = min(cycles, max(most, 2)) if cycles else most
        if self.steps is not None:
            plan = protocol_from(list(self.steps), cycles or 1)
        elif self.protocol in ("first_cycle", "gitt"):
            plan = getattr(protocols, self.protocol)(**limits)
            plan = protocol_from(plan, cycles or 1)
        else:
            plan = getattr(protocols, str(self.protocol))(**({"cycles": cycles} if cycles else {}), **limits)
        check_limits(plan)
        return plan


class EisSpec(Strict):
    """Frequencies and rest of every spectrum."""

    highest_Hz: float = Field(default=7e6, gt=0)
    lowest_Hz: float = Field(default=1e-3, gt=0)
    points_per_decade: int = Field(default=8, ge=1, le=200)
    rest_h: float = Field(default=1.0, ge=0)

    @model_validator(mode="after")
    def _rising(self) -> EisSpec:
        if self.lowest_Hz >= self.highest_Hz:
            raise ValueError(f"lowest_Hz = {self.lowest_Hz:g} must be below highest_Hz = {self.highest_Hz:g}")
        return self


class MeasuredSpec(Strict):
    """A measured file to lay over the simulated figures, as it is."""

    file: str
    kind: Literal["spectra", "cycling"]
    label: str | None = None
    area_cm2: float | None = Field(default=None, gt=0)
    active_mass_mg: float | None = Field(default=None, gt=0)


class Scenario(Strict):
    """A whole study."""

    title: str
    citation: str = ""
    engine: Literal["pybamm", "jax"] = "pybamm"
    facts: str | None = None
    design: DesignSpec = DesignSpec()
    coatings: Mapping[str, CoatingSpec] = {}
    samples: Mapping[str, SampleSpec] = Field(min_length=1)
    runs: Mapping[str, RunSpec] = Field(min_length=1)
    eis: EisSpec = EisSpec()
    measured: tuple[MeasuredSpec, ...] = ()

    def coating(self, name: str) -> CoatingMaterial:
        """A coating of this scenario or one the package knows."""
        if name in self.coatings:
            return self.coatings[name].material(name)
        known = [*COATINGS, *self.coatings]
        require(
            name in COATINGS,
            f"coating '{name}' is not known (known: {', '.join(known)}){nearest_key(name, known)}; "
            f"describe it under [coatings.{name}].",
        )
        return COATINGS[name]

    def cell_design(self, run: RunSpec) -> CellDesign:
        """The cell a run uses."""
        design = self.design.design()
        if run.cell == "pellet":
            return design
        assert isinstance(design.positive, CompositeCathode)
        if run.cell == "electrolyte_pellet":
            mass_mg = design.separator.mass_kg * 1e6
            return replace(
                electrolyte_pellet(design.temperature_K - ZERO_CELSIUS_K, mass_mg),
                diameter_m=design.diameter_m,
                lead_inductance_H=design.lead_inductance_H,
            )
        return liquid_half_cell(design.positive.material, design.temperature_K)

    def samples_of(self, run: RunSpec) -> tuple[str, ...]:
        """Names of the samples a run is made on."""
        return tuple(self.samples) if run.samples == "all" else run.samples


Kind = TypeVar("Kind", bound=Scenario)


def read_scenario(path: str | Path) -> Scenario:
    """Read and check a scenario file; InputError names file, key, rule and the nearest known key."""
    return read_as(Scenario, path)


def read_as(kind: type[Kind], path: str | Path) -> Kind:
    """A scenario file, or a file that holds more than a scenario."""
    path = Path(path)
    if not path.is_file():
        why = "is a folder" if path.is_dir() else "does not exist"
        raise InputError(f"Scenario '{path}' {why}; give the path of a .toml file.")
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"Scenario '{path}' is not valid TOML: {error}.") from None
    try:
        scenario = kind.model_validate(raw)
    except ValidationError as error:
        raise InputError(f"Scenario '{path}': {_first_problem(error, kind)}") from None
    _check_names(scenario, path)
    return scenario


def _check_names(scenario: Scenario, path: Path) -> None:
    for name, sample in scenario.samples.items():
        try:
            sample.recipe()
            scenario.coating(sample.coating)
        except InputError as error:
            raise InputError(f"Scenario '{path}', sample '{name}': {error}") from None
    for name, run in scenario.runs.items():
        for sample_name in scenario.samples_of(run):
            if sample_name not in scenario.samples:
                near = nearest_key(sample_name, scenario.samples)
                raise InputError(f"Scenario '{path}', run '{name}': sample '{sample_name}' is not defined{near}.")
        counter = scenario.design.counter_electrode if run.cell == "pellet" else "Li"
        if run.protocol is not None and counter != "LTO" and (run.lower_V is None or run.upper_V is None):
            raise InputError(
                f"Scenario '{path}', run '{name}': the window of '{run.protocol}' is against LTO, and the counter "
                f"electrode is {counter}; give lower_V and upper_V."
            )
        try:
            run.plan()
        except InputError as error:
            raise InputError(f"Scenario '{path}', run '{name}': {error}") from None
    try:
        scenario.design.design()
    except InputError as error:
        raise InputError(f"Scenario '{path}', design: {error}") from None


def _table(kind: type[Scenario], key: str) -> type[Strict]:
    """The model of a table, or of the entries of a table, of a scenario file."""
    found = [kind.model_fields[key].annotation]
    while found:
        at = found.pop()
        if isinstance(at, type) and issubclass(at, Strict):
            return at
        found += get_args(at)
    return kind


# What pydantic calls by its own names, in those of TOML.
_PLAIN = {
    "missing": "this key is required",
    "model_type": "this must be a table",
    "mapping_type": "this must be a table",
    "tuple_type": "this must be a list",
    "too_short": "at least one entry is needed",
}


def _first_problem(error: ValidationError, kind: type[Scenario]) -> str:
    problem = error.errors()[0]
    # A union's alternatives appear in the path under their type, as in 'tuple[str, ...]'.
    where = ".".join(str(part) for part in problem["loc"] if "[" not in str(part))
    if problem["type"] == "extra_forbidden":
        key = str(problem["loc"][-1])
        model = kind if len(problem["loc"]) == 1 else _table(kind, str(problem["loc"][0]))
        return f"unknown key '{where}'{nearest_key(key, model.model_fields)}."
    value = problem.get("input")
    if problem["type"] == "literal_error" and isinstance(value, str):
        known = re.findall(r"'([^']*)'", str(problem.get("ctx", {}).get("expected", "")))
        return f"'{where}': {problem['msg']}, got {value!r}{nearest_key(value, known)}."
    got = "" if isinstance(value, (dict, list)) else f", got {value!r}"
    return f"'{where}': {_PLAIN.get(problem['type'], problem['msg'].removeprefix('Value error, '))}{got}."
