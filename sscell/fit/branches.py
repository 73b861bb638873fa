"""A circuit as the sum of its branches: what stands in series at the top, each with a size and a shape.

Every branch is homogeneous: its impedance grows with its size (ohm) when each parameter is scaled by its unit, so the
size can be found by linear least squares once the shape (time constants, exponents, ratios) is given.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from sscell.circuit import Circuit
from sscell.circuit.element import Scale
from sscell.circuit.evaluate import impedance
from sscell.circuit.grammar import text_from_tree
from sscell.circuit.model import CircuitParameter
from sscell.circuit.tree import Node, Parallel, Series, TransmissionLine, children, leaves
from sscell.fit.powers import powers_of_unit, size_sign

SHAPE_NAMES = re.compile(r"(?<=[A-Za-z])[_0-9]+")


@dataclass(frozen=True)
class Branch:
    """One part of the series: its tree, its parameters and where they stand among the circuit's."""

    tree: Node
    first: int
    parameters: tuple[CircuitParameter, ...]

    @property
    def rows(self) -> slice:
        return slice(self.first, self.first + len(self.parameters))

    @property
    def kind(self) -> str:
        """The text without numbers: branches of one kind can change places."""
        return SHAPE_NAMES.sub("", text_from_tree(self.tree))

    @property
    def exponents(self) -> tuple[int, ...]:
        """Positions of the dimensionless exponents."""
        return tuple(k for k, p in enumerate(self.parameters) if p.scale is Scale.LINEAR)

    @property
    def has_shape(self) -> bool:
        """Whether there is more to it than a size."""
        return len(self.parameters) > 1

    @property
    def holds_line(self) -> bool:
        """Whether there is a transmission line in it, with a circuit of its own for a rung."""
        return _holds_line(self.tree)

    def response(self, values: np.ndarray, omega: np.ndarray) -> np.ndarray:
        """(F, ...) impedance from values (parameters, ...) and omega (F, 1, ...)."""
        return np.asarray(impedance(self.tree, list(values), omega, np))

    def scaled(self, values: np.ndarray, size: np.ndarray) -> np.ndarray:
        """The values (parameters, ...) with the impedance times size (...)."""
        powers = np.zeros_like(values)
        for rows in self._leaf_rows():
            own = [self.parameters[k] for k in rows]
            alpha = next((values[k] for k, p in zip(rows, own, strict=True) if p.scale is Scale.LINEAR), 1.0)
            for k, parameter in zip(rows, own, strict=True):
                powers[k] = powers_of_unit(parameter.unit, alpha)[0]
        return values * size**powers

    def gone(self, lower: np.ndarray, upper: np.ndarray) -> list[tuple[int, float]]:
        """(position, value) that take the branch out: impedances at their lower bound, or admittances at the upper."""
        signs = [size_sign(p.unit) for p in self.parameters]
        down = [(k, float(lower[k])) for k, sign in enumerate(signs) if sign > 0]
        return down or [(k, float(upper[k])) for k, sign in enumerate(signs) if sign < 0]

    def _leaf_rows(self) -> list[range]:
        """Positions of each element's parameters."""
        found, k = [], 0
        for leaf in leaves(self.tree):
            found.append(range(k, k + len(leaf.element.parameters)))
            k = found[-1].stop
        return found

    def time_s(self, values: Any) -> Any | None:
        """Its time constant from values (parameters, ...): its own, or RC or (RQ)^(1/α) of its R and its C or CPE."""
        own = next((k for k, p in enumerate(self.parameters) if p.unit == "s"), None)
        resistance = next((k for k, p in enumerate(self.parameters) if p.unit == "ohm"), None)
        storage = next((k for k, p in enumerate(self.parameters) if p.unit == "F" or p.unit.startswith("ohm^-1")), None)
        if resistance is not None and storage is not None and isinstance(self.tree, Parallel):
            alpha = 1.0 if self.parameters[storage].unit == "F" else values[storage + 1]
            return (values[resistance] * values[storage]) ** (1 / alpha)
        return values[own] if own is not None else None


def _holds_line(node: Node) -> bool:
    return isinstance(node, TransmissionLine) or any(map(_holds_line, children(node)))


def branches_of(circuit: Circuit) -> tuple[Branch, ...]:
    """The branches in series; the circuit as a whole if it is none."""
    parts = children(circuit.tree) if isinstance(circuit.tree, Series) else (circuit.tree,)
    found, first = [], 0
    for part in parts:
        count = sum(len(leaf.element.parameters) for leaf in leaves(part))
        found.append(Branch(part, first, circuit.parameters[first : first + count]))
        first += count
    return tuple(found)
