"""Which points a fit uses, and that it says so."""

from __future__ import annotations

import numpy as np
import pytest
from fitted_samples import FREQUENCY_HZ, ONE_ARC, fit, impedance_of, one_arc, spectrum

from sscell.fit import fit_circuit


def drifted() -> np.ndarray:
    """The cell's arc grows while the lowest frequencies are measured: up to a third."""
    growth = 1 + 0.35 * np.clip(np.log(10.0 / FREQUENCY_HZ) / np.log(10.0), 0, None)
    return one_arc(noise=0.002).impedance_ohm * growth


def test_a_drifted_end_is_left_out_by_default() -> None:
    result = fit_circuit(ONE_ARC, spectrum(drifted()))
    left = FREQUENCY_HZ[~result.used]
    assert left.size >= 5
    assert left.max() < 30.0
    note = result.notes[0]
    assert note.startswith(f"{result.points} of 48 points, between ")
    assert "passed the Kramers-Kronig test and were used (band='all' takes all)" in note
    assert result.points == result.used.sum()
    assert result.values["R1"] == pytest.approx(50.0, rel=0.02)
    everything = fit(ONE_ARC, spectrum(drifted()))
    assert everything.values["R1"] > 52.5
    assert any("The residuals follow each other" in text for text in everything.warnings)


def test_the_points_left_out_do_not_count() -> None:
    """They may be anything, but residuals and fit are given there too."""
    result = fit_circuit(ONE_ARC, spectrum(drifted()))
    z = np.where(result.used, drifted(), 1e3 + 5e2j)
    spoilt = fit(ONE_ARC, spectrum(z), band=(FREQUENCY_HZ[result.used].min(), FREQUENCY_HZ[result.used].max()))
    np.testing.assert_array_equal(spoilt.used, result.used)
    for name, value in result.values.items():
        assert spoilt.values[name] == pytest.approx(value, abs=3e-3 * result.standard_errors[name])
    assert spoilt.degrees_of_freedom == 2 * result.points - 3
    assert np.abs(spoilt.residuals[~spoilt.used]).min() > 0.5


def test_a_good_spectrum_is_used_whole() -> None:
    result = fit_circuit(ONE_ARC, one_arc())
    assert result.used.all()
    assert result.notes == ("All 48 points passed the Kramers-Kronig test and were used.",)


def test_a_range_of_frequencies() -> None:
    result = fit(ONE_ARC, one_arc(), band=(10.0, 1e4))
    inside = (FREQUENCY_HZ >= 10) & (FREQUENCY_HZ <= 1e4)
    np.testing.assert_array_equal(result.used, inside)
    assert result.notes == (f"The {inside.sum()} of 48 points from 10 to 10000 Hz were used, as asked.",)


def test_all_points_as_asked() -> None:
    result = fit(ONE_ARC, spectrum(drifted()), band="all")
    assert result.used.all()
    assert result.notes == ("All 48 points were used, as asked.",)


def test_too_few_points_for_a_test_are_used_as_they_are() -> None:
    f = np.geomspace(1e4, 10, 6)
    result = fit_circuit(ONE_ARC, spectrum(impedance_of(ONE_ARC, {"R0": 10.0, "R1": 50.0, "C1": 1e-5}, f), f))
    assert result.used.all()
    assert "Too few frequencies for a Kramers-Kronig test" in result.notes[0]
    assert result.values["R1"] == pytest.approx(50.0, rel=1e-4)
