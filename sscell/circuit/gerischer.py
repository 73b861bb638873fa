"""Diffusion with a reaction on the way (Gerischer), semi-infinite and in a layer."""

from __future__ import annotations

from typing import Any

from sscell.circuit.complexes import Parts, square_root
from sscell.circuit.element import Element, ElementParameter, amplitude, time_constant
from sscell.circuit.hyperbolic import line_functions


def gerischer(omega: Any, resistance: Any, tau_s: Any, *, xp: Any) -> Any:
    """Z = R/sqrt(1 + jωt)."""
    return (resistance * square_root(Parts(1.0, omega * tau_s), xp).reciprocal()).to_complex(xp)


def finite_gerischer(omega: Any, resistance: Any, tau_s: Any, phi: Any, *, xp: Any) -> Any:
    """Z = R/(s tanh(φ s)), s = sqrt(1 + jωt); as R φ (1/w + (ν coth ν - 1)/w), w = ν² = φ² s²."""
    w = phi * phi * Parts(1.0, omega * tau_s)
    return (resistance * phi * (w.reciprocal() + line_functions(w, xp).coth_excess)).to_complex(xp)


REACTION_TIME = time_constant("reaction time t")
GERISCHER = (
    Element(
        symbol="G",
        name="Gerischer",
        parameters=(amplitude("resistance"), REACTION_TIME),
        equation="Z = R/sqrt(1 + jω t)",
        source="Lu, Kreller, Adler, J. Electrochem. Soc. 156 (2009) B513",
        law=gerischer,
    ),
    Element(
        symbol="Gs",
        name="Gerischer in a layer of finite thickness",
        parameters=(
            amplitude("resistance"),
            REACTION_TIME,
            ElementParameter(meaning="thickness over reaction length φ", unit="1", lower=1e-3, upper=1e3),
        ),
        equation="Z = R/(s tanh(φ s)), s = sqrt(1 + jω t)",
        source="Green, Liu, Adler, Solid State Ionics 179 (2008) 647",
        law=finite_gerischer,
    ),
)
