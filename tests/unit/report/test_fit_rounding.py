"""Numbers as people read them: as many digits as the error leaves, in text and LaTeX; units per area."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sscell.fit.series_result import ratio_texts
from sscell.report.fitted.units import area_power, per_area, unit_latex, unit_text
from sscell.rounding import interval_text, rounded, short, value_text


@pytest.mark.parametrize(
    ("value", "error", "text", "compact"),
    [
        (12.3456, 0.0567, "12.346 ± 0.057", "12.346(57)"),
        (1.661e-5, 3.2e-6, "(1.66 ± 0.32) × 10⁻⁵", "1.66(32)"),
        (99.96, 0.0996, "99.96 ± 0.10", "99.96(10)"),
        (123456.0, 2345.0, "123500 ± 2300", "123500(2300)"),
        (8093785.5, 1234.0, "(8.0938 ± 0.0012) × 10⁶", "8.0938(12)"),
        (-3.2, 0.12, "−3.20 ± 0.12", "−3.20(12)"),
        (-0.001, 0.22, "0.00 ± 0.22", "0.00(22)"),
        (9.99996, 0.0, "10.00", "10.00"),
        (1e-6, math.nan, "1.000 × 10⁻⁶", "1.000"),
        (math.nan, 1.0, "–", "–"),
    ],
)
def test_value_and_error(value: float, error: float, text: str, compact: str) -> None:
    assert rounded(value, error).text == text
    assert rounded(value, error).compact == compact


@given(st.floats(1e-12, 1e12), st.floats(1e-3, 0.9))
def test_rounding_keeps_the_value(value: float, share: float) -> None:
    """Value and error are printed to half a unit of the error's second digit, which is 5 % of the error at most."""
    error = share * value
    found = rounded(value, error)
    scale = 10.0**found.exponent
    assert abs(float(found.value) * scale - value) <= 0.0501 * error
    assert float(found.error) * scale == pytest.approx(error, rel=0.0501)


def test_latex() -> None:
    assert rounded(1.661e-5, 3.2e-6).latex == r"$(1.66 \pm 0.32) \times 10^{-5}$"
    assert rounded(12.3456, 0.0567).latex == r"$12.346 \pm 0.057$"
    assert unit_latex("ohm^-1 s^α") == r"$\Omega^{-1}\,\mathrm{s}^{\alpha}$"
    assert unit_latex("1") == ""


def test_interval_has_the_digits_of_the_error() -> None:
    assert interval_text(12.2322, 12.4590, 0.0567) == "12.232 to 12.459"
    assert interval_text(1.07e-6, 2.62e-6, 0.38e-6) == "1.07 × 10⁻⁶ to 2.62 × 10⁻⁶"
    assert interval_text(math.nan, 1.0, 0.1) == "–"
    assert short(0.0123456) == "0.0123"


def test_units() -> None:
    assert (unit_text("ohm^-1 s^α"), unit_text("ohm"), unit_text("1")) == ("Ω⁻¹ sᵅ", "Ω", "")
    assert [area_power(u) for u in ("ohm", "H", "F", "ohm^-1 s^α", "ohm s^-1/2", "s", "1", "ohm^(1/α) s")] == [
        1, 1, -1, -1, 1, None, None, None,
    ]  # fmt: skip
    assert (per_area("ohm"), per_area("F")) == ("ohm cm^2", "F cm^-2")


def test_an_error_that_says_nothing_is_left_out() -> None:
    """0 of a fixed value, NaN at a bound, infinite with too few data, or ten times the value."""
    assert value_text(29.447, 0.65) == "29.45 ± 0.65"
    assert {value_text(1e-6, error) for error in (0.0, math.nan, math.inf, 2e-5)} == {"1.000 × 10⁻⁶"}


def test_a_ratio_and_its_interval_end_at_the_same_place() -> None:
    """Two digits of half the interval; three of each where that is wider than half the ratio."""
    assert ratio_texts(2.998, (2.9913, 3.0047)) == ("2.9980", "2.9913", "3.0047")
    assert ratio_texts(3.0, (0.5, 18.0)) == ("3.00", "0.500", "18.0")
