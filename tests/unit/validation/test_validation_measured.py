"""Verdicts on measured files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sscell.data import read_spectra
from sscell.validation import kramers_kronig

pytestmark = pytest.mark.measured


def test_lpscl_pellet_is_valid(measured: Path) -> None:
    """-25 C, blocking electrodes, |Z| from 0.4 kohm to 8 Mohm."""
    result = kramers_kronig(read_spectra(measured / "hybrid-drt" / "PEIS_LPSCl_IonBlocking_-25C.txt")[0])
    assert result.valid.all()
    assert 5e-4 < result.noise.relative < 2e-3


def test_ncm_cell_at_rest_is_valid(measured: Path) -> None:
    """10 sweeps, said to be almost all valid."""
    results = kramers_kronig(read_spectra(measured / "hybrid-drt" / "Sample2_PEIS_AtRest.csv"))
    assert len(results) == 10
    assert all(each.valid.all() for each in results)
    assert max(each.noise.relative for each in results) < 1e-3


def test_drifting_battery_ends_are_found(measured: Path) -> None:
    """Below 5 mHz; without those points the noise is 0.1 %, with them it would seem twice that."""
    result = kramers_kronig(read_spectra(measured / "AutoEIS" / "test_data.csv")[0])
    assert 4 <= (~result.valid).sum() <= 8
    assert result.frequency_Hz[~result.valid].max() < 0.011
    assert not result.valid[np.argmin(result.frequency_Hz)]
    assert result.noise.relative < 0.0015


def test_mains_and_leads_are_found(measured: Path) -> None:
    """Two-electrode spectra with 60 Hz interference and an inductive end above 60 kHz."""
    for each in kramers_kronig(read_spectra(measured / "PyEIS" / "ex1.mpt")):
        bad = each.frequency_Hz[~each.valid]
        assert np.any(np.abs(bad - 60) < 1)
        assert np.sum(bad > 6e4) >= 4
        assert each.band is not None
        assert 4e4 < each.band.highest_Hz < 6e4


@pytest.mark.parametrize("name", ["2ZARC", "2RC", "DRT-2-TpDDT", "RC-ZARC"])
def test_constant_noise_of_simulated_sets(measured: Path, name: str) -> None:
    """0.25 % of a polarisation resistance of 2 ohm at every frequency: 5 mohm, all points valid."""
    folder = measured / "bayes-drt"
    (noisy,) = read_spectra(folder / f"Z_{name}_uniform_0.25.csv")
    result = kramers_kronig(noisy)
    assert result.valid.all()
    assert result.noise.constant_ohm == pytest.approx(5e-3, rel=0.15)
    (clean,) = read_spectra(folder / f"Z_{name}_noiseless.csv")
    assert kramers_kronig(clean).noise.relative < 3e-4
