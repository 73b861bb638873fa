"""To impedance.py's CustomCircuit and back. impedance.py evaluates circuit strings with eval; here they are parsed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sscell.circuit.circuit import Circuit
from sscell.circuit.model import checked_values
from sscell.circuit.tree import Node, TransmissionLine, children
from sscell.errors import require

if TYPE_CHECKING:
    from impedance.models.circuits import CustomCircuit


def custom_circuit_from_circuit(circuit: Circuit, parameters: Any = None, name: str | None = None) -> CustomCircuit:
    """A CustomCircuit with initial values, 1 for every parameter if none are given."""
    from impedance.models.circuits import CustomCircuit
    from impedance.models.circuits.elements import circuit_elements

    require(
        not _has_line(circuit.tree),
        f"Circuit {circuit.text}: impedance.py has no transmission line of sub-circuits, tl(...) or pore(...); "
        "only TLMQ can be taken there.",
    )
    unknown = [own for own, element in circuit.elements.items() if element.symbol not in circuit_elements]
    require(not unknown, f"Circuit {circuit.text}: impedance.py does not know the element {', '.join(unknown)}.")
    bare = [own for own in circuit.elements if not own[-1].isdigit()]
    require(
        not bare,
        f"Circuit {circuit.text}: impedance.py needs a number in every name, but {', '.join(bare)} has none; "
        f"write {bare[0] if bare else ''}1, say.",
    )
    count = len(circuit.parameters)
    values = np.ones(count) if parameters is None else np.asarray(checked_values(circuit, parameters))
    require(values.ndim == 1, f"Circuit {circuit.text}: one initial value a parameter is needed, got {values.shape}.")
    return CustomCircuit(circuit=circuit.text, initial_guess=values.tolist(), name=name)


def text_from_custom_circuit(custom_circuit: Any) -> str:
    """The circuit string of any impedance.py circuit (CustomCircuit, Randles)."""
    text = getattr(custom_circuit, "circuit", None)
    require(
        isinstance(text, str) and bool(text),
        f"from_impedance needs a circuit of impedance.py, such as a CustomCircuit, got {custom_circuit!r}.",
    )
    return str(text)


def values_from_custom_circuit(custom_circuit: Any) -> dict[str, float]:
    """Name -> value in our order: fitted if it was fitted, else the initial guess; constants where they are set."""
    circuit = Circuit.from_impedance(custom_circuit)
    constants = dict(custom_circuit.constants)
    fitted = custom_circuit.parameters_
    free = iter(custom_circuit.initial_guess if fitted is None else fitted)
    return {
        name: float(constants[name] if name in constants else next(free, float("nan")))
        for name in circuit.parameter_names
    }


def _has_line(node: Node) -> bool:
    return isinstance(node, TransmissionLine) or any(map(_has_line, children(node)))
