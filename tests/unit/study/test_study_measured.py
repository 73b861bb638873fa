"""Measured files on the same axes: real spectra and cycling of an NCM:LPSCl | LPSCl | InLi cell in a scenario."""

from pathlib import Path

import numpy as np
import pytest

import sscell as ss

SCENARIO = """
title = "beside measured data"

[design]
counter_electrode = "InLi"
temperature_C = 25

[samples.bare]

[runs.short]
steps = ["Discharge at C/10 for 6 minutes or until 2.3 V"]
spectra = ["fresh"]

[eis]
points_per_decade = 2
lowest_Hz = 0.1
rest_h = 0.1

[[measured]]
file = "{spectra}"
kind = "spectra"
label = "Sample 2 at rest"
area_cm2 = 0.785

[[measured]]
file = "{cycling}"
kind = "cycling"
active_mass_mg = 8.0
"""


@pytest.mark.measured
def test_measured_files_are_laid_over(measured: Path, tmp_path: Path) -> None:
    folder = measured / "hybrid-drt"
    text = SCENARIO.format(spectra=folder / "Sample2_PEIS_AtRest.csv", cycling=folder / "CP_SSB.mpr")
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    study = ss.run_study(tmp_path / "study.toml", tmp_path / "out", workers=1)
    assert study.problems == []
    spectra, cycling = study.measured
    assert (spectra.label, len(spectra.spectra), cycling.label) == ("Sample 2 at rest", 10, "CP_SSB")
    first = spectra.spectra[0]
    np.testing.assert_allclose(first.impedance_ohm_cm2, first.impedance_ohm * 0.785)
    assert cycling.trace is not None and len(cycling.trace) == 30208
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Sample 2 at rest" in page and "CP_SSB" in page


@pytest.mark.measured
def test_measured_spectra_need_an_area(measured: Path, tmp_path: Path) -> None:
    folder = measured / "hybrid-drt"
    text = SCENARIO.format(spectra=folder / "Sample2_PEIS_AtRest.csv", cycling=folder / "CP_SSB.mpr")
    (tmp_path / "study.toml").write_text(text.replace("area_cm2 = 0.785\n", ""), encoding="utf-8")
    with pytest.raises(ss.InputError, match=r"has no area, .* give area_cm2 in \[\[measured\]\]"):
        ss.run_study(tmp_path / "study.toml", workers=1)


def test_a_missing_measured_file_is_named(tmp_path: Path) -> None:
    text = SCENARIO.format(spectra="none.csv", cycling="none.mpr")
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ss.InputError, match=r"'none\.csv' does not exist in .* start at the scenario's folder"):
        ss.run_study(tmp_path / "study.toml", workers=1)
