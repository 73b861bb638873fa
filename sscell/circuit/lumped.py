"""Resistor, capacitor, inductor, and two pairs of them."""

from __future__ import annotations

from typing import Any

from sscell.circuit.complexes import Parts
from sscell.circuit.element import Element, ElementParameter, amplitude, time_constant

TEXTBOOK = "Ohm's law and the definitions of capacitance and inductance"
INDUCTANCE = ElementParameter(meaning="inductance", unit="H", lower=1e-12, upper=1e2, zero_allowed=True)


def resistor(omega: Any, resistance: Any, *, xp: Any) -> Any:
    """Z = R."""
    zero = xp.zeros_like(omega * resistance)
    return Parts(resistance + zero, zero).to_complex(xp)


def capacitor(omega: Any, capacitance: Any, *, xp: Any) -> Any:
    """Z = 1/(jωC)."""
    susceptance = omega * capacitance
    return Parts(xp.zeros_like(susceptance), -1 / susceptance).to_complex(xp)


def inductor(omega: Any, inductance: Any, *, xp: Any) -> Any:
    """Z = jωL."""
    reactance = omega * inductance
    return Parts(xp.zeros_like(reactance), reactance).to_complex(xp)


def resistor_beside_inductor(omega: Any, resistance: Any, inductance: Any, *, xp: Any) -> Any:
    """Z = jωL R/(R + jωL)."""
    reactance = omega * inductance
    scale = resistance * reactance / (resistance * resistance + reactance * reactance)
    return Parts(reactance * scale, resistance * scale).to_complex(xp)


def relaxation(omega: Any, resistance: Any, tau_s: Any, *, xp: Any) -> Any:
    """Z = R/(1 + jωτ)."""
    x = omega * tau_s
    scale = resistance / (1 + x * x)
    return Parts(scale, -x * scale).to_complex(xp)


LUMPED = (
    Element(
        symbol="R",
        name="resistor",
        parameters=(amplitude("resistance"),),
        equation="Z = R",
        source=TEXTBOOK,
        law=resistor,
    ),
    Element(
        symbol="C",
        name="capacitor",
        parameters=(ElementParameter(meaning="capacitance", unit="F", lower=1e-15, upper=1e4),),
        equation="Z = 1/(jω C)",
        source=TEXTBOOK,
        law=capacitor,
    ),
    Element(
        symbol="L",
        name="inductor",
        parameters=(INDUCTANCE,),
        equation="Z = jω L",
        source=TEXTBOOK,
        law=inductor,
    ),
    Element(
        symbol="RL",
        name="inductor with a resistor beside it (leads)",
        parameters=(
            ElementParameter(meaning="resistance", unit="ohm", lower=1e-6, upper=1e12),
            INDUCTANCE,
        ),
        equation="Z = jω L R/(R + jω L)",
        source=TEXTBOOK,
        law=resistor_beside_inductor,
    ),
    Element(
        symbol="K",
        name="RC arc by its time constant",
        parameters=(amplitude("resistance"), time_constant("time constant")),
        equation="Z = R/(1 + jω τ)",
        source="Voigt element, as used by Schönleber et al., Electrochim. Acta 131 (2014) 20",
        law=relaxation,
    ),
)
