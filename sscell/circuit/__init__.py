"""Equivalent circuits: text, tree, elements, impedance and its derivatives (JAX)."""

from sscell.circuit.circuit import Circuit
from sscell.circuit.element import Element, ElementParameter, Scale
from sscell.circuit.elements import ELEMENTS
from sscell.circuit.evaluate import impedance, impedance_and_partials
from sscell.circuit.grammar import text_from_tree, tree_from_text
from sscell.circuit.model import CircuitParameter, ImpedanceModel
from sscell.circuit.substitution import Formula, SubstitutedCircuit

__all__ = [
    "ELEMENTS",
    "Circuit",
    "CircuitParameter",
    "Element",
    "ElementParameter",
    "Formula",
    "ImpedanceModel",
    "Scale",
    "SubstitutedCircuit",
    "impedance",
    "impedance_and_partials",
    "text_from_tree",
    "tree_from_text",
]
