"""Porous electrodes as single elements; with a rung of your own, see `line.py`."""

from __future__ import annotations

from typing import Any

from sscell.circuit.complexes import Parts, power_of_j
from sscell.circuit.element import Element, ElementParameter, amplitude, exponent
from sscell.circuit.held import held
from sscell.circuit.hyperbolic import line_functions


def blocking_pores(omega: Any, ionic: Any, admittance: Any, gamma: Any, *, xp: Any) -> Any:
    """Z = sqrt(R Zs) coth sqrt(R/Zs) with Zs = 1/(Q (jω)^γ); as Zs + R (ν coth ν - 1)/ν², ν² = R/Zs."""
    wall = power_of_j(held(xp.log(omega), xp), gamma, xp) * admittance
    return (wall.reciprocal() + ionic * line_functions(ionic * wall, xp).coth_excess).to_complex(xp)


def macrohomogeneous(omega: Any, sum_ohm: Any, product_ohm: Any, rate: Any, tau_s: Any, *, xp: Any) -> Any:
    """Z = A coth(β)/β + B/(β sinh β), β = sqrt(a + jωb)."""
    w = Parts(rate, omega * tau_s)
    line = line_functions(w, xp)
    ends = (sum_ohm + product_ohm * line.inverse_sinh) * w.reciprocal()
    return (sum_ohm * line.coth_excess + ends).to_complex(xp)


POROUS = (
    Element(
        symbol="TLMQ",
        name="pores with a blocking wall (de Levie with a constant phase element)",
        parameters=(
            ElementParameter(meaning="ionic resistance", unit="ohm", lower=1e-6, upper=1e12),
            ElementParameter(meaning="admittance Q", unit="ohm^-1 s^γ", lower=1e-15, upper=1e4),
            exponent("exponent γ"),
        ),
        equation="Z = sqrt(R Zs) coth sqrt(R/Zs), Zs = 1/(Q (jω)^γ)",
        source="Landesfeind et al., J. Electrochem. Soc. 163 (2016) A1373, equation 11",
        law=blocking_pores,
    ),
    Element(
        symbol="T",
        name="macrohomogeneous porous electrode",
        parameters=(
            amplitude("A = d (ρ1² + ρ2²)/(ρ1 + ρ2)"),
            amplitude("B = 2 d ρ1 ρ2/(ρ1 + ρ2)"),
            ElementParameter(meaning="a = k d²/K", unit="1", lower=1e-9, upper=1e9),
            ElementParameter(meaning="b = d²/K", unit="s", lower=1e-9, upper=1e9),
        ),
        equation="Z = A coth(β)/β + B/(β sinh β), β = sqrt(a + jω b)",
        source="Paasch, Micka, Gersdorf, Electrochim. Acta 38 (1993) 2653",
        law=macrohomogeneous,
    ),
)
