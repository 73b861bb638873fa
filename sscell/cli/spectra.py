"""Spectra gathered from files for one fit, each with its condition and cell where they are a series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sscell.cli.files import names_of, read_each
from sscell.cli.series_list import series_list_from_file
from sscell.errors import InputError, nearest_key, require
from sscell.records import Spectrum

Tell = Callable[[int, int, str], Any]
FROM_FILES = ("sweep", "voltage_V", "temperature_K")


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """spectra; conditions and cells: one a spectrum, of a series along `along`; problems: what was left out and why."""

    spectra: tuple[Spectrum, ...]
    problems: tuple[str, ...]
    along: str | None = None
    conditions: tuple[float | str, ...] = ()
    cells: tuple[str, ...] = ()
    title: str = ""

    def usable(self, band: Any) -> Gathered:
        """Without spectra that cannot be fitted, which become problems; InputError if none is left."""
        whys = [_why_not(spectrum, band) for spectrum in self.spectra]
        keep = [k for k, why in enumerate(whys) if not why]
        problems = [why for why in whys if why]
        if not keep:
            raise InputError(problems[0])
        return replace(
            self,
            spectra=tuple(self.spectra[k] for k in keep),
            conditions=tuple(self.conditions[k] for k in keep) if self.conditions else (),
            cells=tuple(self.cells[k] for k in keep) if self.cells else (),
            problems=(*self.problems, *problems),
        )


def gathered_from_files(files: Sequence[Path], along: str | None, area_m2: float | None, tell: Tell) -> Gathered:
    """All sweeps of all files; along: what their own records say was varied, sweep, voltage_V or temperature_K."""
    require(
        along is None or along in FROM_FILES,
        f"--along {along}: without a list (--series) it must be {', '.join(FROM_FILES)}"
        f"{nearest_key(along or '', FROM_FILES)}.",
    )
    read, refused = _read(files, area_m2, tell)
    spectra = [spectrum for _, found in read for spectrum in found]
    if along is None:
        return Gathered(spectra=tuple(spectra), problems=tuple(refused))
    conditions = [_recorded(spectrum, along) for spectrum in spectra]
    known = [c is not None for c in conditions]
    refused += [
        f"{s.name}: its file does not say {along}, so it is left out of the series; give it in a list (--series)."
        for s, is_known in zip(spectra, known, strict=True)
        if not is_known
    ]
    require(any(known), f"--along {along}: none of the files says it; give a list with --series.")
    return Gathered(
        spectra=tuple(s for s, good in zip(spectra, known, strict=True) if good),
        problems=tuple(refused),
        along=along,
        conditions=tuple(c for c in conditions if c is not None),
        cells=tuple(str(s.provenance["file"]) for s, good in zip(spectra, known, strict=True) if good),
    )


def gathered_from_list(path: Path, along: str | None, area_m2: float | None, tell: Tell) -> Gathered:
    """The spectra of a list, line by line; a file that several lines name is read once."""
    listed = series_list_from_file(path, along)
    files = list(dict.fromkeys(line.file for line in listed.lines))
    read, refused = _read(files, area_m2, tell)
    sweeps = {files[k]: found for k, found in read}
    spectra: list[Spectrum] = []
    conditions: list[float | str] = []
    cells: list[str] = []
    for line in listed.lines:
        found = sweeps.get(line.file, [])
        if line.sweep is not None and found:
            require(
                line.sweep <= len(found),
                f"{path.name}: sweep {line.sweep} of {line.file.name} is asked for, but it has {len(found)}.",
            )
            found = [found[line.sweep - 1]]
        spectra += found
        conditions += [line.condition] * len(found)
        cells += [line.cell or (str(found[0].provenance["file"]) if found else "")] * len(found)
    require(
        len({id(s) for s in spectra}) == len(spectra),
        f"{path.name} names a spectrum twice; give each file, or each of its sweeps, once.",
    )
    return Gathered(
        spectra=tuple(spectra),
        problems=tuple(refused),
        along=listed.along,
        conditions=tuple(conditions),
        cells=tuple(cells),
        title=path.stem,
    )


def _read(
    files: Sequence[Path], area_m2: float | None, tell: Tell
) -> tuple[list[tuple[int, list[Spectrum]]], list[str]]:
    """Spectra under names that tell their files apart."""
    from sscell.data import read_spectra

    names = names_of(files)
    twice = next((name for name in names if names.count(name) > 1), "")
    require(not twice, f"'{twice}' is given twice; give each file once.")
    read, refused = read_each(
        files, lambda f: read_spectra(f, area_m2), lambda k: tell(k, len(files), f"reading {names[k]}")
    )
    named = [(k, [replace(s, provenance={**s.provenance, "file": names[k]}) for s in found]) for k, found in read]
    return named, refused


def _recorded(spectrum: Spectrum, key: str) -> float | None:
    """What the record itself says of sweep, voltage or temperature."""
    if key == "sweep":
        return float(spectrum.provenance.get("sweep", 1))
    value = spectrum.temperature_K if key == "temperature_K" else spectrum.state.get(key)
    return None if value is None else float(value)


def _why_not(spectrum: Spectrum, band: Any) -> str:
    """Why a spectrum cannot be fitted, '' if it can."""
    zero = np.flatnonzero(spectrum.impedance_ohm == 0)
    if zero.size:
        return f"{spectrum.name}: its impedance at {spectrum.frequency_Hz[zero[0]]:g} Hz is zero; remove that point."
    if isinstance(band, tuple):
        inside = int(((spectrum.frequency_Hz >= band[0]) & (spectrum.frequency_Hz <= band[1])).sum())
        if inside < 2:
            return (
                f"{spectrum.name}: {inside} points lie between {band[0]:g} and {band[1]:g} Hz; it has "
                f"{spectrum.frequency_Hz.min():g} to {spectrum.frequency_Hz.max():g} Hz, so widen --band."
            )
    return ""
