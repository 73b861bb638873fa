"""Damaged files of every format: a record or one sentence, never anything else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutation import mutated
from vendor_samples import samples

from sscell.data import inspect_file
from sscell.errors import InputError

SAMPLES = samples()
ROUNDS = 120  # about 0.1 s a format; tens of thousands by hand when a reader changes
MEASURED_FILES = (
    "hybrid-drt/PEIS_LPSCl_IonBlocking_-25C.mpr",
    "hybrid-drt/PEIS_LPSCl_IonBlocking_-25C.txt",
    "hybrid-drt/PEIS_LPSCl_IonBlocking_-25C_RelaxIS.txt",
    "hybrid-drt/EISGALV_EISTest3.DTA",
    "impedance.py/exampleDataGamryABORT.DTA",
    "impedance.py/Circuit1_EIS_1.z",
    "impedance.py/exampleDataZPlot_noComments.z",
    "impedance.py/exampleDataAutolab.txt",
    "impedance.py/exampleDataVersaStudio.par",
    "impedance.py/exampleDataCHInstruments.txt",
    "impedance.py/exampleDataPowersuite.txt",
    "Zahner/rc-data.ism",
    "PyEIS/ex1.mpt",
    "PyProBE/Sample_data_biologic_timestamped.txt",
    "AutoEIS/test_data.csv",
)


def assert_is_read_or_refused(path: Path) -> bool:
    """Whether the file was read; its records are finite, a refusal is one printable sentence on this file."""
    try:
        found = inspect_file(path)
    except InputError as error:
        message = str(error)
        assert path.name in message
        assert message.isprintable()
        assert len(message) < 1000
        return False
    for spectrum in found.spectra:
        assert np.isfinite(spectrum.impedance_ohm).all()
        assert np.all(spectrum.frequency_Hz > 0)
    if found.trace is not None:
        assert np.isfinite(found.trace.current_A).all()
    return True


@pytest.mark.parametrize("name", SAMPLES)
def test_damaged_samples(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    outcomes = set()
    for seed in range(ROUNDS):
        path.write_bytes(mutated(SAMPLES[name], seed))
        outcomes.add(assert_is_read_or_refused(path))
    assert outcomes == {True, False}  # damage in a remark does no harm, damage elsewhere does


@pytest.mark.measured
@pytest.mark.parametrize("name", MEASURED_FILES)
def test_damaged_measured_files(measured: Path, tmp_path: Path, name: str) -> None:
    content = (measured / name).read_bytes()
    path = tmp_path / Path(name).name
    for seed in range(ROUNDS // 2):
        path.write_bytes(mutated(content, seed))
        assert_is_read_or_refused(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(name=st.sampled_from(sorted(SAMPLES)), data=st.data())
def test_any_bytes_in_any_place(tmp_path: Path, name: str, data: st.DataObject) -> None:
    content = SAMPLES[name]
    start = data.draw(st.integers(0, len(content)), label="start")
    end = data.draw(st.integers(start, min(len(content), start + 40)), label="end")
    new = data.draw(st.binary(max_size=40), label="new")
    path = tmp_path / name
    path.write_bytes(content[:start] + new + content[end:])
    if path.stat().st_size:
        assert_is_read_or_refused(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(name=st.sampled_from(sorted(SAMPLES)), other=st.sampled_from(sorted(SAMPLES)))
def test_content_under_another_extension(tmp_path: Path, name: str, other: str) -> None:
    path = tmp_path / f"a{Path(other).suffix}"
    path.write_bytes(SAMPLES[name])
    assert_is_read_or_refused(path)
