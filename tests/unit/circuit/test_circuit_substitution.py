"""A circuit in other parameters: values, chain rule, and what is checked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sscell.circuit import Circuit, CircuitParameter, Formula, SubstitutedCircuit
from sscell.errors import InputError

OMEGA = np.geomspace(1e-1, 1e3, 7)


def length(name: str) -> CircuitParameter:
    return CircuitParameter(name=name, meaning="length", unit="m", lower=1e-9, upper=1.0)


def film(**given: Any) -> SubstitutedCircuit:
    """p(R,C) with R = 100 d and C = 1e-3/d + e: d stands in both, e in one."""
    values = {
        "circuit": Circuit("p(R1,C1)"),
        "parameters": (length("d"), length("e")),
        "values": {"d": 0.5, "e": 0.01},
        "formulas": {"R1": Formula(("d",), lambda d: 100 * d), "C1": Formula(("d", "e"), lambda d, e: 1e-3 / d + e)},
    }
    return SubstitutedCircuit(**(values | given))


def test_values_go_through_the_formulas() -> None:
    assert film().circuit_values([0.5, 0.01]) == [50.0, 0.012]
    spectrum = film(area_m2=2e-4, temperature_K=300.0).spectrum({"d": 0.5, "e": 0.01}, OMEGA)
    plain = Circuit("p(R1,C1)").spectrum([50.0, 0.012], OMEGA)
    np.testing.assert_allclose(spectrum.impedance_ohm, plain.impedance_ohm, rtol=1e-14)
    assert (spectrum.area_m2, spectrum.temperature_K) == (2e-4, 300.0)
    assert spectrum.provenance["parameters"] == {"d": 0.5, "e": 0.01}


def test_partials_follow_the_chain_rule() -> None:
    """Z = R/(1 + jωRC): dZ/dR = 1/(1 + jωRC)², dZ/dC = -jωZ²."""
    z, (by_d, by_e) = film().impedance_and_partials([0.5, 0.01], OMEGA)
    by_r, by_c = 1 / (1 + 1j * OMEGA * 50 * 0.012) ** 2, -1j * OMEGA * np.asarray(z) ** 2
    np.testing.assert_allclose(by_e, by_c, rtol=1e-12)
    np.testing.assert_allclose(by_d, 100 * by_r - 1e-3 / 0.25 * by_c, rtol=1e-12)


def test_what_does_not_fit_together() -> None:
    with pytest.raises(InputError, match=r"SubstitutedCircuit p\(R1,C1\): no formula for C1"):
        film(formulas={"R1": Formula(("d",), lambda d: d)})
    with pytest.raises(InputError, match=r"R1 depends on unknown \['width'\]"):
        film(formulas={"R1": Formula(("width",), lambda d: d)})
    with pytest.raises(InputError, match=r"d \(length, m\) must be positive, got -1"):
        film().impedance({"d": -1.0, "e": 0.01}, OMEGA)


def test_it_prints_its_own_parameters() -> None:
    """Those that a fit varies, with their values; no names of elements."""
    assert repr(film()).splitlines() == [
        "Circuit in 2 physical parameters, 2 elements:",
        "  d  0.5000   m",
        "  e  0.01000  m",
    ]
