"""Every continuous input of a cell and its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from sscell.cell.cell import Cell
from sscell.errors import InputError, nearest_key, require
from sscell.recipe import Recipe

# The results of a recipe that a cell's numbers are made from; the others (crystallites, Zr profile) are told only.
RESULTS = ("coating_thickness_m", "rocksalt_thickness_m", "passivation", "inactive_fraction")
GIVEN_DIRECTLY = ("coating_thickness_nm", "coating_mass_fraction")
ANNEAL = ("anneal_temperature_C", "anneal_time_min", "ramp_K_per_min")
# The electrolyte of a composite takes what active material and carbon leave, so it is no input of its own.
MIXED, REST = ("active_mass_fraction", "carbon_mass_fraction"), "electrolyte_mass_fraction"


def continuous_inputs(cell: Cell) -> dict[str, float]:
    """Every continuous input of this cell, full dotted name -> value in the unit its name ends in.

    `recipe.`: what the recipe sets; `coating.` and `surface.`: constants of the recipe's laws; `interface.`: what
    the recipe made of them; `design.`: every number of the design. Not: constants of open-circuit laws (they shape the
    compiled model) and the electrolyte's share of a composite (it takes what the others leave).
    """
    inputs = _parameters(cell.design, "design.")
    interface = cell.interface
    if interface is not None:
        made = {f"interface.{name}": float(getattr(interface, name)) for name in RESULTS}
        constants = _parameters(interface.coating, "coating.") | _parameters(interface.surface, "surface.")
        inputs = _recipe_inputs(interface.recipe) | constants | made | inputs
    return inputs


def full_name(cell: Cell, name: str) -> str:
    """The full name of a continuous input given by it or by the end of it, as long as that fits one input only.

    Raises InputError that lists what a short name may mean, or names the nearest input.
    """
    return _full_name(cell, continuous_inputs(cell), name)


def full_names(cell: Cell, names: Iterable[str]) -> list[str]:
    """Full names of distinct inputs, in order; raises InputError as `full_name` does, and for one named twice."""
    inputs = continuous_inputs(cell)
    found: dict[str, str] = {}
    for name in names:
        full = _full_name(cell, inputs, name)
        require(full not in found, f"Cell: the input {full} is given twice ({found.get(full)}, {name}); keep one.")
        found[full] = name
    return list(found)


def _parameters(group: Any, prefix: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for field in fields(group):
        value, name = getattr(group, field.name), f"{prefix}{field.name}"
        if is_dataclass(value):
            found |= _parameters(value, f"{name}.")
        elif "unit" in field.metadata and field.name != REST:
            found[name] = float(value)
    return found


def _recipe_inputs(recipe: Recipe | None) -> dict[str, float]:
    """What the recipe sets: one way to give the coating, and the anneal if there is one."""
    if recipe is None:
        return {}
    directly = [name for name in GIVEN_DIRECTLY if getattr(recipe, name) is not None]
    anneal = ANNEAL if recipe.anneal_temperature_C is not None else ()
    return {f"recipe.{name}": float(getattr(recipe, name)) for name in (*(directly or ["ald_cycles"]), *anneal)}


def _full_name(cell: Cell, inputs: Mapping[str, float], name: str) -> str:
    if name in inputs:
        return name
    found = [full for full in inputs if full.endswith(f".{name}")]
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError(f"Cell: '{name}' names several inputs, {', '.join(found)}; give the full name of one.")
    reason = _why_not(cell, str(name).split(".")[-1])
    near = nearest_key(name, [*inputs, *(full.split(".")[-1] for full in inputs)])
    raise InputError(
        f"Cell: '{name}' is no continuous input of this cell"
        + (f": {reason}." if reason else f"{near}; ss.continuous_inputs(cell) lists them all.")
    )


def _why_not(cell: Cell, field: str) -> str:
    """Why a field that other cells have as an input is none here; '' if there is nothing to say."""
    if field == REST:
        return f"the electrolyte takes what {' and '.join(MIXED)} leave, so change these"
    if field not in {f.name for f in fields(Recipe)}:
        return ""
    if cell.interface is None or cell.interface.recipe is None:
        return "it was not made from a recipe; make one with ss.Cell.from_recipe(ss.Recipe(...))"
    if field in ANNEAL:
        return "its recipe has no anneal; start from a cell with an anneal_temperature_C"
    if field == "ald_cycles" or field in GIVEN_DIRECTLY:
        return "its recipe gives the coating in another way; start from a cell whose recipe gives it in this one"
    return "it is no number, so make a cell for each choice"
