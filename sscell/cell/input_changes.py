"""Cells that differ from a cell in some of its continuous inputs: one, or a batch."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from numbers import Real
from typing import Any

import numpy as np

from sscell.cell.cell import Cell
from sscell.cell.inputs import MIXED, REST, full_names
from sscell.errors import ExtrapolationWarning, InputError, require
from sscell.interface import InterfaceState, interface_from_recipe, interface_values, recipe_values

# A change of any of these applies the recipe's laws again.
RECIPE_LAWS = ("recipe", "coating", "surface")


def with_inputs(cell: Cell, values: Mapping[str, float]) -> Cell:
    """The cell with these inputs changed, by full or short name; all other inputs stay exactly as they are.

    Changes of recipe, coating and surface apply the recipe's laws again (without warnings: `cells_with` warns), then
    `interface.` values override the result, new ones as well as those that the cell already had. Of a composite,
    active and carbon mass fractions may change; the electrolyte takes the rest. A changed number loses its stated
    source. Raises InputError for unknown names and for values out of range.
    """
    for name, value in values.items():
        require(
            isinstance(value, Real) and not isinstance(value, bool), f"Cell: {name} must be a number, got {value!r}."
        )
    changes = dict(zip(full_names(cell, values), map(float, values.values()), strict=True))
    with no_extrapolation_warnings():
        return changed_cell(cell, changes, results_by_hand(cell.interface))


def cells_with(cell: Cell, values: Mapping[str, Sequence[float] | np.ndarray | float]) -> list[Cell]:
    """One cell for each row of arrays of inputs, as `with_inputs` makes it; numbers hold for all rows.

    Warns with ExtrapolationWarning for the lowest and highest value of each input of the recipe, not for every cell.
    Raises InputError for arrays of unequal length, and with its row (from 0) for a value out of range.
    """
    names = full_names(cell, values)
    columns = _columns(dict(zip(names, values.values(), strict=True)))
    kept = results_by_hand(cell.interface)
    cells = []
    with no_extrapolation_warnings():
        for row, given in enumerate(zip(*(column.tolist() for column in columns), strict=True)):
            try:
                cells.append(changed_cell(cell, dict(zip(names, given, strict=True)), kept))
            except InputError as error:
                raise InputError(f"Row {row} of the parameters: {error}") from error
    laws = [column for name, column in zip(names, columns, strict=True) if name.startswith(RECIPE_LAWS)]
    for row in sorted({int(extreme(column)) for column in laws for extreme in (np.argmin, np.argmax)}):
        _apply_recipe(cells[row].interface)
    return cells if names else [cell]


def changed_cell(cell: Cell, changes: Mapping[str, float], kept: Mapping[str, float]) -> Cell:
    """`with_inputs` for full names and floats; `kept` is what `results_by_hand` gives for the cell's interface."""
    tree = _tree(changes)
    interface = cell.interface
    if interface is not None:
        interface = _changed_interface(interface, tree, kept)
    return replace(cell, interface=interface, design=_changed(cell.design, tree.get("design", {})))


def results_by_hand(interface: InterfaceState | None) -> dict[str, float]:
    """Results of an interface that are not what its recipe gives, so were set by hand and outlive its next change."""
    if interface is None or interface.recipe is None:
        return {}
    made = interface_values(recipe_values(interface.recipe), interface.coating, interface.surface)
    has = {name: getattr(interface, name) for name in made}
    # The same laws on another machine may differ in the last digits.
    return {name: has[name] for name, value in made.items() if not math.isclose(has[name], value, rel_tol=1e-9)}


@contextmanager
def no_extrapolation_warnings() -> Iterator[None]:
    """The study's range is not called out inside."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExtrapolationWarning)
        yield


def _columns(values: Mapping[str, Any]) -> list[np.ndarray]:
    columns = {name: _column(name, value) for name, value in values.items()}
    lengths = {name: column.size for name, column in columns.items() if column.ndim == 1}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise InputError(f"Arrays of parameters must have equal lengths, got {told}; give one value a cell.")
    rows = next(iter(lengths.values()), 1)
    require(rows > 0, f"Arrays of parameters must hold at least one value, {', '.join(lengths)} are empty.")
    return [np.broadcast_to(column, (rows,)) for column in columns.values()]


def _column(name: str, value: Any) -> np.ndarray:
    try:
        column = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise InputError(f"Parameters: {name} must hold numbers, got {value!r}.") from None
    require(column.ndim <= 1, f"Parameters: {name} must be a number or a list of them, got shape {column.shape}.")
    return column


def _tree(changes: Mapping[str, float]) -> dict[str, Any]:
    """{'a.b': 1.0} -> {'a': {'b': 1.0}}."""
    tree: dict[str, Any] = {}
    for name, value in changes.items():
        *branches, leaf = name.split(".")
        at = tree
        for branch in branches:
            at = at.setdefault(branch, {})
        at[leaf] = value
    return tree


def _changed(group: Any, tree: Mapping[str, Any]) -> Any:
    if not tree:
        return group
    new = {name: _changed(getattr(group, name), x) if isinstance(x, dict) else x for name, x in tree.items()}
    mixed = [new[name] - getattr(group, name) for name in MIXED if name in new]
    if mixed:
        new[REST] = getattr(group, REST) - sum(mixed)
    sources = getattr(group, "sources", {})
    stated = {name: text for name, text in sources.items() if name not in new or new[name] == getattr(group, name)}
    if len(stated) < len(sources):
        new["sources"] = stated
    return replace(group, **new)


def _changed_interface(interface: InterfaceState, tree: Mapping[str, Any], kept: Mapping[str, float]) -> InterfaceState:
    results = dict(tree.get("interface", {}))
    if tree.keys() & set(RECIPE_LAWS):
        interface = replace(
            interface,
            coating=_changed(interface.coating, tree.get("coating", {})),
            surface=_changed(interface.surface, tree.get("surface", {})),
            recipe=_changed(interface.recipe, tree.get("recipe", {})),
        )
        interface, results = _apply_recipe(interface), {**kept, **results}
    return replace(interface, **results) if results else interface


def _apply_recipe(interface: InterfaceState | None) -> Any:
    """The interface as its recipe makes it; as it is without a recipe."""
    if interface is None or interface.recipe is None:
        return interface
    return interface_from_recipe(interface.recipe, coating=interface.coating, surface=interface.surface)
