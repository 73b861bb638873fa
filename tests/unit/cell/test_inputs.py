"""Continuous inputs of a cell: every one can be read, changed and differentiated; what is refused, and how."""

from __future__ import annotations

import math
import warnings
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sscell as ss
from sscell.cell import (
    INDIUM_LITHIUM,
    Cell,
    CellDesign,
    cells_with,
    continuous_inputs,
    electrolyte_pellet,
    full_name,
    liquid_half_cell,
    numbers_slopes,
    with_inputs,
)
from sscell.constants import GAS_J_PER_MOL_K
from sscell.engines.jax.lanes import numbers_of
from sscell.errors import ExtrapolationWarning, InputError
from sscell.interface import interface_from_recipe, interface_values, recipe_values
from sscell.jax_setup import load_jax

ANNEALED = ss.Cell.from_recipe(ss.Recipe(ald_cycles=15, anneal_temperature_C=550))
CELLS = {
    "annealed": ANNEALED,
    "as coated": ss.Cell.from_recipe(ss.Recipe(ald_cycles=10)),
    "uncoated": ss.Cell.from_recipe(ss.Recipe(ald_cycles=0)),
    "thickness given": ss.Cell.from_recipe(ss.Recipe(coating_thickness_nm=3.0, anneal_temperature_C=400)),
    "InLi": ss.Cell.from_recipe(
        ss.Recipe(ald_cycles=15, anneal_temperature_C=700), design=CellDesign(negative=INDIUM_LITHIUM)
    ),
    "liquid half cell": ss.Cell.from_recipe(ss.Recipe(ald_cycles=5), design=liquid_half_cell()),
    "no recipe": Cell(interface=replace(ANNEALED.interface, recipe=None)),
    "electrolyte pellet": ss.Cell(design=electrolyte_pellet()),
}
EVERY = [
    pytest.param(CELLS[cell], name, id=f"{cell}: {name}") for cell in CELLS for name in continuous_inputs(CELLS[cell])
]
MADE = ("coating_thickness_m", "rocksalt_thickness_m", "passivation", "inactive_fraction")
# Slopes are promised to about 1e-9.
PROMISED = 2e-9


def results_of(cell: Cell) -> dict[str, float]:
    return {name: getattr(cell.interface, name) for name in MADE}


def moved(value: float, name: str) -> float:
    """Another value that every input allows: a little less, or a little more where 0 or 1 is the least."""
    return value + 1e-6 if value == 0 or name.endswith("tortuosity_factor") else value * (1 - 1e-6)


@pytest.mark.parametrize(("cell", "name"), EVERY)
def test_round_trip(cell: Cell, name: str) -> None:
    """What is put in comes out to the last bit, and nothing else moves but what the recipe's laws make of it."""
    before = continuous_inputs(cell)
    assert continuous_inputs(with_inputs(cell, {name: before[name]})) == before
    value = moved(before[name], name)
    after = continuous_inputs(with_inputs(cell, {name: value}))
    assert after[name] == value
    laws = name.startswith(("recipe.", "coating.", "surface."))
    others = [other for other in before if other != name and not (laws and other.startswith("interface."))]
    assert {other: after[other] for other in others} == {other: before[other] for other in others}


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_all_at_once(cell: Cell) -> None:
    """All inputs together, changed: every one comes out, interface results as given, not as the recipe makes them."""
    values = {name: moved(value, name) for name, value in continuous_inputs(cell).items()}
    assert continuous_inputs(with_inputs(cell, values)) == values


def test_inputs_are_the_parameters() -> None:
    """Every parameter with a unit is an input, apart from constants of open-circuit laws and the electrolyte's share;
    beside them stand what the recipe sets and what it made."""
    parameters = {record.name for record in ANNEALED.parameters}
    parameters = {name if name.startswith(("coating.", "surface.")) else f"design.{name}" for name in parameters}
    left_out = {name for name in parameters if ".open_circuit." in name or name.endswith(".electrolyte_mass_fraction")}
    recipe = {f"recipe.{name}" for name in ("ald_cycles", "anneal_temperature_C", "anneal_time_min", "ramp_K_per_min")}
    made = {f"interface.{name}" for name in MADE}
    assert set(continuous_inputs(ANNEALED)) == (parameters - left_out) | recipe | made


def test_pellet_has_inputs_of_its_design_only() -> None:
    assert {name.split(".")[0] for name in continuous_inputs(CELLS["electrolyte pellet"])} == {"design"}


@given(cycles=st.floats(0.1, 15), anneal_C=st.floats(250, 700), minutes=st.floats(1, 300))
def test_recipe_is_applied_again(cycles: float, anneal_C: float, minutes: float) -> None:
    """A changed recipe makes the interface that the recipe makes, whole ALD cycles or not."""
    values = {"ald_cycles": cycles, "anneal_temperature_C": anneal_C, "anneal_time_min": minutes}
    recipe = ss.Recipe(**values)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExtrapolationWarning)
        expected = interface_from_recipe(recipe)
    assert with_inputs(ANNEALED, values).interface == expected


def test_results_set_by_hand_outlive_a_change_of_the_recipe() -> None:
    """Set in this call, in an earlier one, or by hand: an interface result is given, not made."""
    by_hand = Cell(interface=replace(ANNEALED.interface, rocksalt_thickness_m=5e-9))
    earlier = with_inputs(by_hand, {"interface.passivation": 0.5})
    cell = with_inputs(earlier, {"ald_cycles": 7.0, "interface.inactive_fraction": 0.2})
    assert results_of(cell) == {
        "coating_thickness_m": interface_from_recipe(cell.interface.recipe).coating_thickness_m,
        "rocksalt_thickness_m": 5e-9,
        "passivation": 0.5,
        "inactive_fraction": 0.2,
    }


def test_electrolyte_takes_the_rest_of_a_composite() -> None:
    positive = with_inputs(ANNEALED, {"positive.active_mass_fraction": 0.75}).design.positive
    assert (positive.active_mass_fraction, positive.carbon_mass_fraction) == (0.75, 0.01)
    assert positive.electrolyte_mass_fraction == pytest.approx(0.24, rel=1e-14)


def test_changed_number_loses_its_source() -> None:
    """A value that is no longer the one from the literature does not claim to be; one set to itself still is."""
    cell, name = CELLS["liquid half cell"], "electrolyte.conductivity_S_per_m"

    def source(cell: Cell) -> str:
        return next(record.source for record in cell.parameters if record.name == name)

    assert source(cell).startswith("Nyman")
    assert source(with_inputs(cell, {name: 1.0})).startswith("Nyman")
    assert source(with_inputs(cell, {name: 1.1})) == "user, no source stated"


def test_cells_with() -> None:
    """A row is `with_inputs` of that row; a number holds for all rows."""
    values = {"ald_cycles": [2, 5, 10], "temperature_K": np.array([300.0, 310.0, 320.0]), "positive.porosity": 0.05}
    cells = cells_with(ANNEALED, values)
    rows = [{**values, "ald_cycles": n, "temperature_K": t} for n, t in ((2, 300.0), (5, 310.0), (10, 320.0))]
    assert cells == [with_inputs(ANNEALED, row) for row in rows]
    assert cells_with(ANNEALED, {"temperature_K": 300.0}) == [with_inputs(ANNEALED, {"temperature_K": 300.0})]
    assert cells_with(ANNEALED, {}) == [ANNEALED]


def test_extrapolation_is_told_once_an_end() -> None:
    """A batch warns at its ends, not for each cell; a single change, made many times in a fit, does not warn."""
    with pytest.warns(ExtrapolationWarning) as caught:
        cells_with(ANNEALED, {"anneal_temperature_C": np.linspace(200, 900, 50)})
    assert [str(w.message).split(" extrapolates")[0] for w in caught] == [
        "Recipe: an anneal at 200 °C",
        "Recipe: an anneal at 900 °C",
    ]
    assert caught[0].filename == __file__
    assert with_inputs(ANNEALED, {"anneal_temperature_C": 900}).interface.recipe.anneal_temperature_C == 900


@pytest.mark.parametrize(
    ("given", "full"),
    [
        ("design.temperature_K", "design.temperature_K"),
        ("temperature_K", "design.temperature_K"),
        ("positive.material.density_kg_per_m3", "design.positive.material.density_kg_per_m3"),
        ("diffusivity_m2_per_s", "design.positive.material.diffusivity_m2_per_s"),
        ("coating.conductivity_S_per_m", "coating.conductivity_S_per_m"),
        ("passivation", "interface.passivation"),
    ],
)
def test_full_name(given: str, full: str) -> None:
    assert full_name(ANNEALED, given) == full


@pytest.mark.parametrize(
    ("cell", "name", "message"),
    [
        (
            "annealed",
            "exchange_current_density_A_per_m2",
            r"names several inputs, design\.positive\.material\.exchange_current_density_A_per_m2, "
            r"design\.negative\.material\.exchange_current_density_A_per_m2; give the full name of one",
        ),
        ("annealed", "temprature_K", r"no continuous input of this cell \(did you mean 'temperature_K'\?\); ss\."),
        (
            "annealed",
            "coating.conductivity",
            r"\(did you mean 'coating\.conductivity_S_per_m' or 'coating\.conductivity_energy_J_per_mol'\?\)",
        ),
        ("as coated", "anneal_time_min", "its recipe has no anneal; start from a cell with an anneal_temperature_C"),
        ("thickness given", "recipe.ald_cycles", "its recipe gives the coating in another way; start from"),
        ("annealed", "atmosphere", "it is no number, so make a cell for each choice"),
        ("no recipe", "ald_cycles", r"it was not made from a recipe; make one with ss\.Cell\.from_recipe"),
        ("electrolyte pellet", "ald_cycles", "it was not made from a recipe"),
        (
            "annealed",
            "positive.electrolyte_mass_fraction",
            "the electrolyte takes what active_mass_fraction and carbon_mass_fraction leave, so change these",
        ),
        ("annealed", "design.positive.material.open_circuit.plateau_V", "is no continuous input of this cell"),
    ],
)
def test_names_that_are_refused(cell: str, name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        full_name(CELLS[cell], name)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"temperature_K": 1000.0}, "CellDesign pellet: temperature_K must be at least 173.15 and at most 573.15"),
        ({"positive.porosity": math.nan}, "CompositeCathode: porosity must be a finite number"),
        ({"anneal_temperature_C": 20.0}, "Recipe: anneal_temperature_C must lie between 25 and 2000 °C, got 20.0"),
        ({"passivation": 1.2}, "InterfaceState: passivation must lie between 0 and 1, got 1.2"),
        ({"ald_cycles": 1e5}, "Recipe: this coating would weigh 90 times the active material"),
        ({"positive.active_mass_fraction": 0.995}, "electrolyte_mass_fraction must be above 0"),
        ({"stoichiometry_at_4V3": 0.99}, "stoichiometry_at_4V3 < fresh_stoichiometry <= 1 must hold"),
        ({"temperature_K": "warm"}, "Cell: temperature_K must be a number, got 'warm'"),
        ({"temperature_K": 300.0, "design.temperature_K": 310.0}, "design.temperature_K is given twice"),
    ],
)
def test_values_that_are_refused(values: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        with_inputs(ANNEALED, values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"temperature_K": [300.0, 310.0], "ald_cycles": [1.0]},
            "must have equal lengths, got design.temperature_K 2, recipe.ald_cycles 1; give one value a cell",
        ),
        ({"temperature_K": []}, "must hold at least one value, design.temperature_K are empty"),
        ({"temperature_K": [[300.0]]}, r"must be a number or a list of them, got shape \(1, 1\)"),
        ({"temperature_K": ["warm"]}, r"design.temperature_K must hold numbers, got \['warm'\]"),
        ({"temperature_K": [300.0, 0.0]}, "Row 1 of the parameters: CellDesign pellet: temperature_K must be"),
    ],
)
def test_arrays_that_are_refused(values: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        cells_with(ANNEALED, values)


def test_slopes_in_closed_form() -> None:
    """Layers R = δ/σ, τ = ε0 ε/σ; Arrhenius dk/dT = k E/(R T²); area π d²/4; 1C = c m w; inputs used as they are."""
    cell = with_inputs(ANNEALED, {"temperature_K": 310.0})
    cam, layers, T = cell.design.positive.material, cell.design.layer_materials, 310.0
    names = [
        "rocksalt_thickness_m",
        "rocksalt_conductivity_S_per_m",
        "temperature_K",
        "diffusivity_energy_J_per_mol",
        "diameter_m",
        "positive.active_mass_fraction",
        "positive.material.fresh_stoichiometry",
        "passivation",
    ]
    n, slopes = numbers_slopes(cell, names, numbers_of)
    assert n == numbers_of(cell)
    slope = {key: dict(zip(names, values, strict=True)) for key, values in slopes.items()}
    delta, kappa = cell.interface.rocksalt_thickness_m, layers.rocksalt_conductivity_S_per_m
    nio, tau, D = n["NiO_resistance_ohm_m2"], n["NiO_time_constant_s"], n["diffusivity_m2_per_s"]
    expected = [
        ("NiO_resistance_ohm_m2", "rocksalt_thickness_m", nio / delta),
        ("NiO_resistance_ohm_m2", "rocksalt_conductivity_S_per_m", -nio / kappa),
        ("NiO_time_constant_s", "rocksalt_conductivity_S_per_m", -tau / kappa),
        ("NiO_time_constant_s", "rocksalt_thickness_m", 0.0),
        ("NiO_resistance_ohm_m2", "temperature_K", -nio * layers.rocksalt_energy_J_per_mol / GAS_J_PER_MOL_K / T**2),
        ("diffusivity_m2_per_s", "temperature_K", D * cam.diffusivity_energy_J_per_mol / GAS_J_PER_MOL_K / T**2),
        ("diffusivity_m2_per_s", "diffusivity_energy_J_per_mol", -D / GAS_J_PER_MOL_K * (1 / T - 1 / 318.15)),
        ("temperature_K", "temperature_K", 1.0),
        ("area_m2", "diameter_m", math.pi * cell.design.diameter_m / 2),
        ("one_C_A", "positive.active_mass_fraction", cell.design.one_C_A_per_kg * cell.design.positive.mass_kg),
        ("fresh_stoichiometry", "positive.material.fresh_stoichiometry", 1.0),
        ("oxidation_A_per_m2", "passivation", -n["oxidation_A_per_m2"] / (1 - cell.interface.passivation)),
    ]
    for number, name, value in expected:
        assert slope[number][name] == pytest.approx(value, rel=PROMISED, abs=0), (number, name)


@pytest.mark.parametrize("cell", ["annealed", "as coated", "thickness given", "InLi"])
def test_slopes_of_the_recipe_against_jax(cell: str) -> None:
    """Results of recipe, coating and surface against the derivative of the laws themselves, all constants at once."""
    jax = load_jax()
    interface = CELLS[cell].interface
    names = [n for n in continuous_inputs(CELLS[cell]) if n.startswith(("recipe.", "coating.", "surface."))]
    x = {name: value for name, value in continuous_inputs(CELLS[cell]).items() if name in names}

    def results(x):
        groups = {"recipe": vars(interface.recipe) | {}, "coating": {}, "surface": {}}
        for name, value in x.items():
            group, field = name.split(".")
            groups[group][field] = value
        recipe, coating, surface = (SimpleNamespace(**groups[g]) for g in ("recipe", "coating", "surface"))
        made = interface_values(recipe_values(recipe), coating, surface, jax.numpy)
        return {name: made[name] for name in MADE}

    expected = jax.jacobian(results)(x)
    value, slopes = numbers_slopes(CELLS[cell], names, results_of)
    for result in MADE:
        for slope, name in zip(slopes[result], names, strict=True):
            # Rounding of steps of 1e-3 leaves 1e-12 of the number over the input; fractions are rounded as 1 - exp.
            lost = 1e-12 * (value[result] if result.endswith("_m") else 1.0) / x[name]
            assert slope == pytest.approx(float(expected[result][name]), rel=PROMISED, abs=lost), (result, name)


@pytest.mark.parametrize(
    ("name", "end", "inside", "number"),
    [
        ("passivation", 0.0, 0.5, "oxidation_A_per_m2"),
        ("passivation", 1.0, 0.5, "oxidation_A_per_m2"),
        ("inactive_fraction", 0.0, 0.5, "fresh_active_fraction"),
        ("inactive_fraction", 1.0, 0.5, "fresh_active_fraction"),
        ("rocksalt_thickness_m", 0.0, 5e-9, "NiO_resistance_ohm_m2"),
        ("contact_resistance_ohm_m2", 0.0, 1e-3, "contact_resistance_ohm_m2"),
    ],
)
def test_slopes_at_the_end_of_a_range(name: str, end: float, inside: float, number: str) -> None:
    """Numbers linear in their input have the same slope at its end as inside."""
    cells = [with_inputs(ANNEALED, {name: value}) for value in (end, inside)]
    at_end, within = (numbers_slopes(cell, [name], numbers_of)[1] for cell in cells)
    assert at_end[number][0] == pytest.approx(within[number][0], rel=PROMISED)


def test_slopes_of_curved_laws_at_the_end_of_a_range() -> None:
    """Dense separator, R ~ 1/(1-p)², p = 0: slope 2R; the first ALD cycle: f = 1 - exp(-t/t0), t linear in cycles."""
    bare = CELLS["uncoated"]
    names = ["separator.porosity", "ald_cycles"]
    n, slopes = numbers_slopes(bare, names, numbers_of)
    assert slopes["separator_resistance_ohm_m2"][0] == pytest.approx(2 * n["separator_resistance_ohm_m2"], rel=PROMISED)
    film, area = bare.interface.coating, bare.interface.surface.bet_area_m2_per_kg
    cycle_m = film.real_to_nominal_thickness * film.mass_fraction_per_ald_cycle / (film.density_kg_per_m3 * area)
    less = -n["oxidation_A_per_m2"] * bare.interface.film_quality * cycle_m / film.coverage_thickness_m
    assert slopes["oxidation_A_per_m2"][1] == pytest.approx(less, rel=PROMISED)


def test_slopes_next_to_the_end_of_a_range() -> None:
    """No step fits on one side of fresh_stoichiometry, 1 - 1e-9, and few on either side between close neighbours."""
    name = "design.positive.material.fresh_stoichiometry"
    for values in ({name: 1 - 1e-9}, {name: 0.5, "stoichiometry_at_4V3": 0.5 - 1e-5}):
        slopes = numbers_slopes(with_inputs(ANNEALED, values), [name], numbers_of)[1]
        assert slopes["fresh_stoichiometry"][0] == pytest.approx(1.0, rel=PROMISED)


def test_slope_that_turns_within_the_step() -> None:
    """The inactive fraction leaves zero as a root rounded at 1e-12, within 1e-10 of an ALD cycle: the step shrinks.

    At such steps rounding of coverage, 1 - exp(-t/t0), leaves 1e-4 of the slope.
    """
    bare = ss.Cell.from_recipe(ss.Recipe(ald_cycles=0, anneal_temperature_C=700))
    jax, interface = load_jax(), bare.interface
    recipe = recipe_values(interface.recipe)

    def active(cycles):
        made = interface_values({**recipe, "ald_cycles": cycles}, interface.coating, interface.surface, jax.numpy)
        return 1 - made["inactive_fraction"]

    slopes = numbers_slopes(bare, ["ald_cycles"], numbers_of)[1]
    assert slopes["fresh_active_fraction"][0] == pytest.approx(float(jax.grad(active)(0.0)), rel=1e-4)


def test_number_that_jumps_is_refused() -> None:
    def stepped(cell: Cell) -> dict[str, float]:
        return {"smooth": cell.design.temperature_K, "stepped": float(cell.design.temperature_K >= 318.15)}

    with pytest.raises(
        InputError, match=r"stepped has no slope in design\.temperature_K at 318\.15: it jumps or bends"
    ):
        numbers_slopes(ANNEALED, ["temperature_K"], stepped)
    away = with_inputs(ANNEALED, {"temperature_K": 330.0})
    assert numbers_slopes(away, ["temperature_K"], stepped)[1]["stepped"] == [0.0]


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_every_input_has_slopes(cell: Cell) -> None:
    """Every number of every kind of cell has a finite slope in every input, names in the order given, no warning."""
    names = list(continuous_inputs(cell))
    numbers, slopes = numbers_slopes(cell, names, numbers_of)
    assert set(slopes) == set(numbers)
    assert all(values.shape == (len(names),) and np.isfinite(values).all() for values in slopes.values())
    resistance = slopes["contact_resistance_ohm_m2"]
    assert resistance[names.index("design.contact_resistance_ohm_m2")] == pytest.approx(1, rel=PROMISED)
    assert np.count_nonzero(resistance) == 1
