"""Every element: described in full, finite over its bounds, passive, with its limits and the right slopes."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from circuit_draws import FREQUENCY_HZ, OMEGA, element_values
from hypothesis import given, settings
from hypothesis import strategies as st

import sscell as ss
from sscell.circuit import ELEMENTS, Circuit, ElementParameter, Scale, impedance, impedance_and_partials
from sscell.errors import InputError
from sscell.jax_setup import load_jax

DOCS = Path(ss.__file__).parents[1] / "docs" / "theory" / "circuits.md"
# Passive over all of their bounds. T is passive where B <= A, which is where it comes from (A² - B² is a square).
PASSIVE = sorted(set(ELEMENTS) - {"T"})


def of(symbol: str, values: list[float], omega: np.ndarray = OMEGA) -> np.ndarray:
    return ELEMENTS[symbol].law(omega, *values, xp=np)


@pytest.mark.parametrize("symbol", ELEMENTS)
def test_element_is_described(symbol: str) -> None:
    element = ELEMENTS[symbol]
    assert element.symbol == symbol and element.name and element.source
    assert element.equation.startswith("Z = ")
    for parameter in element.parameters:
        assert parameter.meaning and parameter.unit
        assert parameter.lower < parameter.upper
        assert parameter.scale is Scale.LINEAR or parameter.lower > 0


@pytest.mark.parametrize("symbol", ELEMENTS)
def test_element_has_its_row_in_the_docs(symbol: str) -> None:
    """One row with every unit, every bound and the equation, as the code has them."""
    rows = [line for line in DOCS.read_text(encoding="utf-8").splitlines() if line.startswith(f"| `{symbol}` |")]
    assert len(rows) == 1
    element = ELEMENTS[symbol]
    assert f"`{element.equation}`" in rows[0]
    assert element.source in rows[0]
    for p in element.parameters:
        assert f"{p.meaning}, {p.unit}, {p.lower:g}–{p.upper:g}" in rows[0]


def test_every_element_is_held_against_a_peer_or_a_closed_form() -> None:
    """impedance.py's elements are all in the agreement test; the rest are in `test_closed_forms_of_our_own` below."""
    agreement = Path(__file__).parents[2] / "agreement" / "test_impedance_py_elements.py"
    listed = re.findall(r'"(\w+)"', re.search(r"SHARED = \((.*?)\)", agreement.read_text(), re.DOTALL)[1])  # type: ignore[index]
    assert set(listed) | {"RL", "Sd"} == set(ELEMENTS)


@given(st.data())
def test_closed_forms_of_our_own(data: st.DataObject) -> None:
    """Sd and RL in complex arithmetic, where that does not cancel; 1e-10 as for impedance.py's elements."""
    scale, tau = data.draw(element_values("Sd"))
    s = np.sqrt(1j * OMEGA * tau)
    clear = np.abs(s) > 0.1  # below, s coth s - 1 loses 1e-16/|s|²
    plain = scale / (s[clear] / np.tanh(s[clear]) - 1)
    np.testing.assert_allclose(of("Sd", [scale, tau])[clear], plain, rtol=1e-10)
    resistance, inductance = data.draw(element_values("RL"))
    x = 1j * OMEGA * inductance
    np.testing.assert_allclose(of("RL", [resistance, inductance]), x * resistance / (x + resistance), rtol=1e-10)


@pytest.mark.parametrize("symbol", ELEMENTS)
@given(data=st.data())
@settings(max_examples=30)
def test_finite_over_all_bounds(symbol: str, data: st.DataObject) -> None:
    """1e-6 to 1e9 Hz, default bounds: no overflow (warnings are errors), no NaN."""
    assert np.all(np.isfinite(of(symbol, data.draw(element_values(symbol)))))


@pytest.mark.parametrize("symbol", PASSIVE)
@given(data=st.data())
@settings(max_examples=30)
def test_passive(symbol: str, data: st.DataObject) -> None:
    """Re Z >= 0; 1e-15 |Z| for the rounding of a cosine of 90 degrees."""
    z = of(symbol, data.draw(element_values(symbol)))
    assert np.all(z.real >= -1e-15 * np.abs(z))


@given(element_values("T"))
def test_porous_electrode_is_passive_where_its_constants_come_from_rails(values: list[float]) -> None:
    """A = d(ρ1² + ρ2²)/(ρ1 + ρ2) >= B = 2dρ1ρ2/(ρ1 + ρ2)."""
    a, b, rate, tau = values
    z = of("T", [max(a, b), min(a, b), rate, tau])
    assert np.all(z.real >= -1e-12 * np.abs(z))


@pytest.mark.parametrize("symbol", ELEMENTS)
def test_slopes_are_finite_and_right(symbol: str) -> None:
    """Against a fourth-order difference in steps of 1e-4 (rounding 1e-12, truncation (1e-4 ln ω)^4 = 1e-11)."""
    jax = load_jax()
    tree, element = Circuit(f"{symbol}1").tree, ELEMENTS[symbol]
    rng = np.random.default_rng(1)
    values = [spread(p, rng, 40) for p in element.parameters]
    omega = OMEGA[:, None]
    z, partials = jax.jit(lambda v: impedance_and_partials(tree, v, omega))(values)
    np.testing.assert_allclose(z, impedance(tree, values, omega), rtol=1e-12)
    for k, partial in enumerate(partials):
        assert np.all(np.isfinite(partial))
        scale = values[k] if element.parameters[k].scale is Scale.LOG else np.ones(40)

        def moved(steps: int, k: int = k, scale: np.ndarray = scale) -> np.ndarray:
            shifted = values[k] + steps * 1e-4 * scale
            return impedance(tree, [*values[:k], shifted, *values[k + 1 :]], omega)

        slope = (8 * (moved(1) - moved(-1)) - (moved(2) - moved(-2))) / 12e-4
        error = np.abs(partial * scale - slope)
        assert np.max(error / (np.abs(z) + np.abs(slope))) < 1e-9


def spread(parameter: ElementParameter, rng: np.random.Generator, size: int) -> np.ndarray:
    """Values over the bounds, a little inside."""
    if parameter.scale is Scale.LINEAR:
        return rng.uniform(0.01, 0.99, size) * (parameter.upper - parameter.lower) + parameter.lower
    return 10 ** rng.uniform(np.log10(parameter.lower) + 0.01, np.log10(parameter.upper) - 0.01, size)


LOW, HIGH = np.array([1e-6]), np.array([1e9])  # of ωτ


@pytest.mark.parametrize(
    ("symbol", "values", "omega", "limit", "rtol"),
    [
        # Storage in series with a third (layer), a fifth (sphere) of the diffusion resistance.
        ("Wo", [2.0, 1.0], LOW, 2 * (1 / 3 - 1j / LOW), 1e-12),
        ("Sd", [2.0, 1.0], LOW, 2 * (1 / 5 - 3j / LOW), 1e-12),
        ("Ws", [2.0, 1.0], LOW, np.array([2.0]), 1e-6),
        # All diffusion is semi-infinite when fast: W with A = Z0/sqrt(2τ).
        ("Wo", [2.0, 3.0], HIGH, 2 / np.sqrt(3) / np.sqrt(1j * HIGH), 1e-12),
        ("Ws", [2.0, 3.0], HIGH, 2 / np.sqrt(3) / np.sqrt(1j * HIGH), 1e-12),
        ("Sd", [2.0, 3.0], HIGH, 2 / np.sqrt(3) / np.sqrt(1j * HIGH), 1e-4),
        ("W", [2.0], HIGH, 2 * np.sqrt(2) / np.sqrt(1j * HIGH), 1e-12),
        ("G", [5.0, 1.0], LOW, np.array([5.0]), 1e-6),
        ("Gs", [5.0, 1.0, 1e-3], LOW, np.array([5e3]), 1e-5),
        ("K", [5.0, 2.0], np.array([0.5]), np.array([2.5 - 2.5j]), 1e-15),
        ("Zarc", [5.0, 2.0, 1.0], np.array([0.5]), np.array([2.5 - 2.5j]), 1e-15),
        # A fully blocked pore is a third of its resistance and a capacitor; an open one a CPE of half the exponent.
        ("TLMQ", [6.0, 2.0, 1.0], LOW, 6 / 3 + 1 / (2j * LOW), 1e-11),
        ("TLMQ", [6.0, 2.0, 1.0], HIGH, np.sqrt(6 / (2j * HIGH)), 1e-12),
        ("RL", [7.0, 1.0], HIGH, np.array([7.0]), 1e-7),
        ("RL", [7.0, 1.0], LOW, 1j * LOW, 1e-6),
    ],
)
def test_limits(symbol: str, values: list[float], omega: np.ndarray, limit: np.ndarray, rtol: float) -> None:
    np.testing.assert_allclose(of(symbol, values, omega), limit, rtol=rtol)


def test_low_frequency_resistance_keeps_its_digits_beside_a_huge_storage() -> None:
    """At 1e-6 Hz and 1 ns, Im is 1e15 times Re; Re is still exact."""
    for symbol, share in (("Wo", 1 / 3), ("Sd", 1 / 5)):
        assert of(symbol, [1.0, 1e-9], OMEGA[:1]).real[0] == pytest.approx(share, rel=1e-13)


def test_zero_amplitudes_are_nothing() -> None:
    for symbol, element in ELEMENTS.items():
        if element.parameters[0].zero_allowed and symbol not in ("T", "CPE"):
            z = of(symbol, [0.0, *[0.5] * (len(element.parameters) - 1)])
            np.testing.assert_array_equal(np.abs(z), np.zeros_like(FREQUENCY_HZ))


def test_bounds_of_a_parameter_are_checked() -> None:
    with pytest.raises(InputError, match=r"ElementParameter width: 0 < lower < upper must hold .* got 2 and 1"):
        ElementParameter(meaning="width", unit="m", lower=2.0, upper=1.0)
