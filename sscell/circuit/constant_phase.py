"""Elements with a fractional power of the frequency."""

from __future__ import annotations

from typing import Any

from sscell.circuit.complexes import Parts, power_of_j, quarter_turns
from sscell.circuit.element import Element, ElementParameter, amplitude, exponent, time_constant
from sscell.circuit.held import held


def constant_phase(omega: Any, admittance: Any, alpha: Any, *, xp: Any) -> Any:
    """Z = 1/(Q (jω)^α)."""
    modulus = xp.exp(-alpha * held(xp.log(omega), xp)) * held(1 / admittance, xp)
    cosine, sine = quarter_turns(alpha, xp)
    return Parts(modulus * cosine, -modulus * sine).to_complex(xp)


def fractional_inductor(omega: Any, inductance: Any, alpha: Any, *, xp: Any) -> Any:
    """Z = (L jω)^α."""
    return power_of_j(held(xp.log(omega), xp) + held(xp.log(inductance), xp), alpha, xp).to_complex(xp)


def depressed_arc(omega: Any, resistance: Any, tau_s: Any, gamma: Any, *, xp: Any) -> Any:
    """Z = R/(1 + (jωτ)^γ)."""
    power = power_of_j(held(xp.log(omega), xp) + held(xp.log(tau_s), xp), gamma, xp)
    return (resistance * (1 + power).reciprocal()).to_complex(xp)


CONSTANT_PHASE = (
    Element(
        symbol="CPE",
        name="constant phase element",
        parameters=(
            ElementParameter(meaning="admittance Q", unit="ohm^-1 s^α", lower=1e-15, upper=1e4),
            exponent("exponent α"),
        ),
        equation="Z = 1/(Q (jω)^α)",
        source="Brug et al., J. Electroanal. Chem. 176 (1984) 275",
        law=constant_phase,
    ),
    Element(
        symbol="La",
        name="fractional inductor",
        parameters=(
            ElementParameter(meaning="inductance L", unit="ohm^(1/α) s", lower=1e-12, upper=1e2),
            exponent("exponent α"),
        ),
        equation="Z = (L jω)^α",
        source="impedance.py 1.7.1 as it computes; BioLogic Application Note 42 has L (jω)^α",
        law=fractional_inductor,
    ),
    Element(
        symbol="Zarc",
        name="depressed arc by its time constant",
        parameters=(amplitude("resistance"), time_constant("time constant"), exponent("exponent γ")),
        equation="Z = R/(1 + (jω τ)^γ)",
        source="Cole, Cole, J. Chem. Phys. 9 (1941) 341",
        law=depressed_arc,
    ),
)
