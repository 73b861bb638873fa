"""How the numbers of a cell change with its continuous inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from sscell.cell.cell import Cell
from sscell.cell.input_changes import changed_cell, no_extrapolation_warnings, results_by_hand
from sscell.cell.inputs import continuous_inputs, full_names
from sscell.errors import InputError

# What is a small change of an input that is zero; of all others without a rule above zero, it is their default.
TYPICAL = {
    "recipe.ald_cycles": 1.0,
    "recipe.coating_thickness_nm": 1.0,
    "recipe.coating_mass_fraction": 1e-3,
    "recipe.anneal_time_min": 30.0,
    "interface.coating_thickness_m": 1e-9,
    "interface.rocksalt_thickness_m": 1e-9,
    "interface.passivation": 1.0,
    "interface.inactive_fraction": 1.0,
}
# Largest step over the size of the input: an Arrhenius law of 33 RT changes by 14 %, which three steps, each half the
# last, extrapolate to 2e-11; smaller ones serve laws that turn within the step, at the cost of rounding.
LARGEST_STEPS = (4e-3, 4e-5, 4e-7, 4e-9, 4e-11)
CENTRAL_STEPS, ONE_SIDED_STEPS = 3, 6
# The estimate is the error before the last extrapolation; the slope itself is better by two orders of the step.
GOOD, POOR = 1e-7, 1e-3
# Rounding of a one-sided slope, times size of the number over step: 2.2e-16, 32 times smaller steps, sums of 16.
ROUNDING = 2e-13

Function = Callable[[float], np.ndarray]


def numbers_slopes(
    cell: Cell, names: Sequence[str], numbers_of: Callable[[Cell], Mapping[str, float]]
) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """The numbers of a cell, and for each its derivatives by the inputs `names`, (len(names),), unit over unit.

    Differences extrapolated in the step (Richardson), about 1e-9 relative for smooth laws; central, or one-sided for
    an input at the end of its range; at a kink the mean of both sides. Inputs vary as in `with_inputs`. Raises
    InputError for unknown names, and where a number jumps.
    """
    full = full_names(cell, names)
    inputs, kept = continuous_inputs(cell), results_by_hand(cell.interface)
    numbers = dict(numbers_of(cell))
    value = np.array(list(numbers.values()), dtype=float)

    def along(name: str) -> Function:
        def function(x: float) -> np.ndarray:
            changed = numbers_of(changed_cell(cell, {name: x}, kept))
            return np.array([changed[number] for number in numbers])

        return function

    columns = np.empty((len(full), value.size))
    with no_extrapolation_warnings():
        for row, name in enumerate(full):
            size = max(abs(inputs[name]), _typical(cell, name))
            columns[row], sure = _slopes(along(name), inputs[name], value, size)
            if not sure.all():
                first = list(numbers)[int(np.argmin(sure))]
                raise InputError(
                    f"Cell: {first} has no slope in {name} at {inputs[name]:g}: it jumps or bends there; give the "
                    "cell a value a little off it."
                )
    return numbers, {number: columns[:, k].copy() for k, number in enumerate(numbers)}


def _typical(cell: Cell, name: str) -> float:
    """The size of change that matters for an input that may be zero; 0 for one that is always positive."""
    if name in TYPICAL:
        return TYPICAL[name]
    root, *branches, leaf = name.split(".")
    if root == "recipe":
        return 0.0
    group: Any = cell.design if root == "design" else getattr(cell.interface, root)
    for branch in branches:
        group = getattr(group, branch)
    field = next(f for f in fields(group) if f.name == leaf)
    default: Any = field.default
    return 0.0 if field.metadata["at_least"] is None else abs(default) or 1.0


def _slopes(function: Function, x: float, value: np.ndarray, size: float) -> tuple[np.ndarray, np.ndarray]:
    """Slope of each number, (numbers,), from the step with the least error, and whether it can be relied on."""
    best, error = np.zeros_like(value), np.full(value.shape, np.inf)
    for largest in LARGEST_STEPS:
        quotients = _quotients(function, x, value, largest * size)
        if quotients is None:
            continue
        slope, estimate = _extrapolated(*quotients)
        better = estimate < error
        best, error = np.where(better, slope, best), np.where(better, estimate, error)
        if (error <= GOOD * abs(best) + ROUNDING * abs(value) / (largest * size)).all():
            break
    return best, error <= POOR * (abs(best) + POOR * abs(value) / size)


def _quotients(function: Function, x: float, value: np.ndarray, step: float) -> tuple[np.ndarray, int] | None:
    """Difference quotients (steps, numbers) for steps that halve, and the power of the step that their error goes by.

    None where the input's rules forbid such steps to either side.
    """
    for largest, both in ((step, True), (step, False), (-step, False)):
        count = CENTRAL_STEPS if both else ONE_SIDED_STEPS
        try:
            rows = [_quotient(function, x, value, largest / 2**k, both) for k in range(count)]
        except InputError:  # the rules of the input's own class say where it may not go
            continue
        return np.array(rows), 2 if both else 1
    return None


def _quotient(function: Function, x: float, value: np.ndarray, step: float, both: bool) -> np.ndarray:
    ahead, behind = x + step, x - step if both else x
    return (function(ahead) - (function(behind) if both else value)) / (ahead - behind)


def _extrapolated(quotients: np.ndarray, power: int) -> tuple[np.ndarray, np.ndarray]:
    """The limit of quotients for steps to zero, and the change that the last extrapolation made."""
    rows = quotients
    for k in range(1, len(quotients)):
        last, gain = rows[-1], 2.0 ** (power * k)
        rows = (gain * rows[1:] - rows[:-1]) / (gain - 1)
    return rows[0], abs(rows[0] - last)
