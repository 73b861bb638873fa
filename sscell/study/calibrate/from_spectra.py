"""Measured spectra as data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sscell.data import read_spectra
from sscell.errors import InputError, require
from sscell.records import Spectrum
from sscell.study.calibrate.evidence import Datum, Picture, Taken, measured
from sscell.study.calibrate.schema import SpectraSpec, Study


def data_from_spectra(study: Study, folder: Path) -> list[Datum]:
    """The spectra that a study names; files lie in `folder`."""
    return [spectrum_datum(spec, _read(spec, folder), study) for spec in study.spectra]


def spectrum_datum(spec: SpectraSpec, spectrum: Spectrum, study: Study) -> Datum:
    """A spectrum as a datum: real and imaginary part of each point, error in percent of |Z|."""
    f = spectrum.frequency_Hz
    use = (f >= (spec.lowest_Hz or 0)) & (f <= (spec.highest_Hz or np.inf))
    require(bool(use.any()), f"Spectra '{spec.file}': no frequency lies in the band that is asked for; widen it.")
    z, key, until = spectrum.impedance_ohm[use], (spec.sample, spec.run), _until(spec, study)
    where = "fresh" if until is None else f"after cycle {until[0]}" + (f", step {until[1]}" if until[1] else "")
    taken = Taken(key, until, tuple(f[use].tolist()))
    error = np.tile(spec.error_percent / 100 * np.abs(z), 2)
    target = np.concatenate([z.real, z.imag])

    def observe(picture: Picture) -> np.ndarray:
        found = picture.spectra[taken]
        return np.concatenate([found.real, found.imag])

    return Datum(
        name=f"spectrum of {spec.sample} in {spec.run}, {where}",
        samples=(spec.sample,),
        cells=(key,),
        observe=observe,
        judge=measured(target, error),
        spectrum=taken,
        counts=target.size,
    )


def _until(spec: SpectraSpec, study: Study) -> tuple[int, int] | None:
    """After which cycle and step of its run."""
    if spec.state == "fresh":
        return None
    cycles = study.runs[spec.run].plan().cycles
    cycle, step = spec.cycle or len(cycles), spec.step or 0
    named = f"Spectra '{spec.file}': run '{spec.run}'"
    require(cycle <= len(cycles), f"{named} has {len(cycles)} cycles, got cycle = {cycle}.")
    steps = len(cycles[cycle - 1])
    require(step <= steps, f"{named} has {steps} steps in cycle {cycle}, got step = {step}.")
    return cycle, step


def _read(spec: SpectraSpec, folder: Path) -> Spectrum:
    spectra: Sequence[Spectrum] = read_spectra(folder / spec.file)
    if spec.pick > len(spectra):
        raise InputError(f"Spectra '{spec.file}' has {len(spectra)} spectra, got pick = {spec.pick}; count from 1.")
    return spectra[spec.pick - 1]
