"""Leads and cell holder taken out of a spectrum: what they add lies in series with the cell."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sscell.errors import require
from sscell.records import Spectrum
from sscell.validation import kramers_kronig

NONE_FOUND = "none was found by the Kramers-Kronig fit"


def without_leads(
    spectrum: Spectrum,
    *,
    short: Spectrum | None = None,
    inductance_H: float | None = None,
    resistance_ohm: float = 0.0,
) -> Spectrum:
    """The spectrum less its leads: a measured short circuit, or an inductance and resistance.

    Without either, the inductance is the one that the Kramers-Kronig fit finds in series; where it finds none, nothing
    is removed, and the provenance says so. Raises InputError if the
    short does not reach the spectrum's frequencies, and for negative values.
    """
    require(
        short is None or (inductance_H is None and resistance_ohm == 0),
        "without_leads: give the short or the inductance, not both (nor a resistance with the short).",
    )
    require(
        all(0 <= value < np.inf for value in (inductance_H or 0.0, resistance_ohm)),
        "without_leads: inductance and resistance must be finite and must not be negative, got "
        f"{inductance_H} H, {resistance_ohm} ohm.",
    )
    if short is not None:
        z = _interpolated(short, spectrum.frequency_Hz)
        how: dict[str, object] = {"short": str(short.provenance.get("file", "given"))}
    else:
        found = lead_inductance_H(spectrum) if inductance_H is None else inductance_H
        value = max(found, 0.0)
        z = resistance_ohm + 2j * np.pi * spectrum.frequency_Hz * value
        how = {"inductance_H": value, "resistance_ohm": resistance_ohm}
        if inductance_H is None:
            how["inductance_from"] = "Kramers-Kronig fit" if found > 0 else NONE_FOUND
    return _changed(spectrum, spectrum.impedance_ohm - z, how)


def lead_inductance_H(spectrum: Spectrum) -> float:
    """The inductance in series of the Kramers-Kronig fit."""
    return float(kramers_kronig(spectrum).model.inductance_H or 0.0)


def _interpolated(short: Spectrum, frequency_Hz: np.ndarray) -> np.ndarray:
    low, high = short.frequency_Hz.min(), short.frequency_Hz.max()
    require(
        bool(low <= frequency_Hz.min() * (1 + 1e-6) and high >= frequency_Hz.max() * (1 - 1e-6)),
        f"without_leads: the short circuit was measured from {low:g} to {high:g} Hz, which does not cover "
        f"{frequency_Hz.min():g} to {frequency_Hz.max():g} Hz; measure it over the same range.",
    )
    order = np.argsort(short.frequency_Hz)
    x, z = np.log(short.frequency_Hz[order]), short.impedance_ohm[order]
    at = np.log(frequency_Hz)
    return np.interp(at, x, z.real) + 1j * np.interp(at, x, z.imag)


def _changed(spectrum: Spectrum, impedance_ohm: np.ndarray, how: Mapping[str, object]) -> Spectrum:
    return Spectrum(
        frequency_Hz=spectrum.frequency_Hz,
        impedance_ohm=impedance_ohm,
        area_m2=spectrum.area_m2,
        temperature_K=spectrum.temperature_K,
        state=spectrum.state,
        provenance={**spectrum.provenance, "leads_removed": dict(how)},
    )
