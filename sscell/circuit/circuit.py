"""`Circuit`: an equivalent circuit by its text."""

from __future__ import annotations

import functools
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sscell.circuit.element import Element
from sscell.circuit.evaluate import impedance, impedance_and_partials
from sscell.circuit.grammar import text_from_tree, tree_from_text
from sscell.circuit.model import CircuitParameter, model_impedance, model_spectrum
from sscell.circuit.tree import Node, leaves
from sscell.jax_setup import load_jax
from sscell.records import Spectrum

if TYPE_CHECKING:
    from impedance.models.circuits import CustomCircuit


@dataclass(frozen=True, repr=False)
class Circuit:
    """An equivalent circuit in impedance.py's grammar, such as "R0-p(R1,CPE1)-Wo1" (docs/theory/circuits.md).

    text: kept without spaces; two circuits are equal if their texts are. Raises InputError, with the column, for
    anything but a circuit.
    """

    text: str
    tree: Node = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tree", tree_from_text(self.text))
        object.__setattr__(self, "text", text_from_tree(self.tree))
        if "jax" in sys.modules:
            load_jax()  # 64 bit before the user's own jit traces this circuit; inside a trace it is too late

    @functools.cached_property
    def elements(self) -> dict[str, Element]:
        """Name in the circuit -> element, from left to right."""
        return {leaf.name: leaf.element for leaf in leaves(self.tree)}

    @functools.cached_property
    def parameters(self) -> tuple[CircuitParameter, ...]:
        """Name, meaning, unit, default bounds and scale of every parameter, in impedance.py's order."""
        return tuple(
            CircuitParameter(name=name, **vars(parameter))
            for own, element in self.elements.items()
            for name, parameter in zip(element.parameter_names(own), element.parameters, strict=True)
        )

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """The names in their order."""
        return tuple(parameter.name for parameter in self.parameters)

    @property
    def units(self) -> tuple[str, ...]:
        """The units in the order of the names."""
        return tuple(parameter.unit for parameter in self.parameters)

    def response(self, values: Sequence[Any], omega: Any) -> Any:
        """Impedance in JAX from P arrays that broadcast with omega (1/s); nothing is checked."""
        return impedance(self.tree, values, omega, load_jax().numpy)

    def impedance_and_partials(self, values: Sequence[Any], omega: Any) -> tuple[Any, list[Any]]:
        """Impedance and its derivative by each of the P values, in JAX, for use inside jit; nothing is checked."""
        return impedance_and_partials(self.tree, values, omega)

    def impedance(self, parameters: Any, frequency_Hz: Any) -> Any:
        """(..., F) complex impedance in ohm as a JAX array, differentiable, compiled once.

        parameters: mapping name -> value (or arrays that broadcast), or an array (..., P) in the order of
        `parameter_names`. Raises InputError for missing, unknown and impossible values.
        """
        return model_impedance(self, parameters, frequency_Hz)

    def spectrum(self, parameters: Any, frequency_Hz: Any) -> Spectrum:
        """The impedance for one set of parameters as a record."""
        return model_spectrum(self, parameters, frequency_Hz)

    def to_impedance(self, parameters: Any = None, name: str | None = None) -> CustomCircuit:
        """impedance.py's CustomCircuit with these initial values (1 for each if none are given).

        Raises InputError for what impedance.py does not have: transmission lines, and the elements Sd and RL.
        """
        from sscell.circuit.peer import custom_circuit_from_circuit

        return custom_circuit_from_circuit(self, parameters, name)

    @classmethod
    def from_impedance(cls, custom_circuit: Any) -> Circuit:
        """The circuit of an impedance.py object; its values: `sscell.circuit.peer.values_from_custom_circuit`."""
        from sscell.circuit.peer import text_from_custom_circuit

        return cls(text_from_custom_circuit(custom_circuit))

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        width = max(map(len, self.parameter_names))
        lines = [f"  {p.name:<{width}}  {p.meaning}, {p.unit}" for p in self.parameters]
        return "\n".join([f"Circuit({self.text!r})", *lines])
