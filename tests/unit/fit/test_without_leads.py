"""Leads in series are taken out."""

from __future__ import annotations

import numpy as np
import pytest
from fitted_samples import FREQUENCY_HZ, ONE_ARC, ONE_VALUES, impedance_of, noisy, spectrum

from sscell.errors import InputError
from sscell.fit import without_leads
from sscell.records import Spectrum

OMEGA = 2 * np.pi * FREQUENCY_HZ
CELL = impedance_of(ONE_ARC, ONE_VALUES)
LEADS = 0.3 + 2e-6j * OMEGA


def test_a_known_inductance_and_resistance_are_removed_exactly() -> None:
    sample = Spectrum(
        frequency_Hz=FREQUENCY_HZ,
        impedance_ohm=CELL + LEADS,
        area_m2=1e-4,
        temperature_K=298.15,
        state={"rest_h": 1.0},
        provenance={"file": "a.mpr"},
    )
    cleaned = without_leads(sample, inductance_H=2e-6, resistance_ohm=0.3)
    np.testing.assert_allclose(cleaned.impedance_ohm, CELL, rtol=1e-14)
    assert (cleaned.area_m2, cleaned.temperature_K, cleaned.state) == (1e-4, 298.15, {"rest_h": 1.0})
    assert cleaned.provenance == {
        "file": "a.mpr",
        "leads_removed": {"inductance_H": 2e-6, "resistance_ohm": 0.3},
    }
    np.testing.assert_array_equal(sample.impedance_ohm, CELL + LEADS)


def test_a_measured_short_is_interpolated() -> None:
    """Linear in ln f between its points: an inductance is curved there, by (Δ ln f)²/8 of it at most."""
    f = np.geomspace(2e5, 0.5, 200)
    short = spectrum(0.3 + 2e-6j * 2 * np.pi * f, f)
    cleaned = without_leads(spectrum(CELL + LEADS), short=short)
    curvature = np.log(f[0] / f[1]) ** 2 / 8
    np.testing.assert_allclose(cleaned.impedance_ohm.real, CELL.real, atol=1e-12)
    np.testing.assert_allclose(cleaned.impedance_ohm.imag, CELL.imag, atol=1.1 * curvature * LEADS.imag.max())
    same_grid = without_leads(spectrum(CELL + LEADS), short=spectrum(LEADS))
    np.testing.assert_allclose(same_grid.impedance_ohm, CELL, rtol=1e-12)
    assert cleaned.provenance["leads_removed"] == {"short": "given"}


def test_the_order_of_the_shorts_points_does_not_matter() -> None:
    short = spectrum(LEADS, FREQUENCY_HZ)
    turned = spectrum(LEADS[::-1], FREQUENCY_HZ[::-1])
    one, other = (without_leads(spectrum(CELL), short=s).impedance_ohm for s in (short, turned))
    np.testing.assert_array_equal(one, other)


def test_the_inductance_is_estimated_from_the_spectrum() -> None:
    """1 µH, 44 ohm at 7 MHz beside a cell of 10, at 0.2 % noise."""
    f = np.geomspace(7e6, 1.0, 71)
    z = impedance_of(ONE_ARC, ONE_VALUES, f) + 1e-6j * 2 * np.pi * f
    removed = without_leads(spectrum(noisy(z, 0.002, 4), f)).provenance["leads_removed"]
    assert removed["inductance_H"] == pytest.approx(1e-6, rel=0.02)
    assert removed["resistance_ohm"] == 0.0
    assert removed["inductance_from"] == "Kramers-Kronig fit"


def test_where_there_is_no_inductance_hardly_anything_is_removed() -> None:
    """Less than the noise: 0.2 % of 10 ohm at the highest frequency."""
    cleaned = without_leads(spectrum(noisy(CELL, 0.002, 4)))
    assert 0 <= cleaned.provenance["leads_removed"]["inductance_H"] * OMEGA.max() < 0.02


def test_where_none_is_found_the_provenance_says_so() -> None:
    """This draw of the noise looks like a negative inductance."""
    sample = spectrum(noisy(CELL, 0.002, 0))
    cleaned = without_leads(sample)
    np.testing.assert_array_equal(cleaned.impedance_ohm, sample.impedance_ohm)
    removed = cleaned.provenance["leads_removed"]
    assert removed["inductance_H"] == 0.0
    assert removed["inductance_from"] == "none was found by the Kramers-Kronig fit"


def test_what_cannot_be_is_refused() -> None:
    sample = spectrum(CELL)
    with pytest.raises(InputError, match="give the short or the inductance, not both"):
        without_leads(sample, short=sample, inductance_H=1e-6)
    with pytest.raises(InputError, match=r"must not be negative, got -1e-06 H, 0.0 ohm"):
        without_leads(sample, inductance_H=-1e-6)
    with pytest.raises(InputError, match=r"must not be negative, got None H, -1 ohm"):
        without_leads(sample, resistance_ohm=-1)
    with pytest.raises(
        InputError, match=r"the short circuit was measured from 10 to 1000 Hz, which does not cover 1 to"
    ):
        without_leads(sample, short=spectrum(np.ones(5), np.geomspace(10, 1000, 5)))


def test_a_resistance_beside_a_short_is_refused() -> None:
    """It would be ignored without a word."""
    with pytest.raises(InputError, match="resistance"):
        without_leads(spectrum(CELL), short=spectrum(LEADS), resistance_ohm=0.3)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_leads_must_be_finite(value: float) -> None:
    with pytest.raises(InputError, match="without_leads"):
        without_leads(spectrum(CELL), inductance_H=value)
