"""The linear Kramers-Kronig test: is a spectrum that of a linear, causal, stable system at rest, and where not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, overload

import numpy as np

from sscell.errors import nearest_key, require
from sscell.records import Spectrum
from sscell.records.spectrum import several_spectra
from sscell.validation.basis import Representation
from sscell.validation.least_squares import FitPart
from sscell.validation.mu_verdict import mu_verdicts
from sscell.validation.result import KramersKronigResult, KramersKronigSettings
from sscell.validation.smooth_verdict import smooth_verdicts

LEAST_FREQUENCIES = 8


@overload
def kramers_kronig(
    spectra: Spectrum,
    *,
    c: float | None = ...,
    max_M: int = ...,
    fit: Literal["complex", "real", "imaginary"] = ...,
    representation: Literal["impedance", "admittance"] = ...,
    capacitance: bool = ...,
    inductance: bool = ...,
    floor: float = ...,
    false_alarm: float = ...,
) -> KramersKronigResult: ...
@overload
def kramers_kronig(
    spectra: Sequence[Spectrum],
    *,
    c: float | None = ...,
    max_M: int = ...,
    fit: Literal["complex", "real", "imaginary"] = ...,
    representation: Literal["impedance", "admittance"] = ...,
    capacitance: bool = ...,
    inductance: bool = ...,
    floor: float = ...,
    false_alarm: float = ...,
) -> list[KramersKronigResult]: ...
def kramers_kronig(
    spectra: Spectrum | Sequence[Spectrum],
    *,
    c: float | None = None,
    max_M: int = 50,
    fit: Literal["complex", "real", "imaginary"] = "complex",
    representation: Literal["impedance", "admittance"] = "impedance",
    capacitance: bool = True,
    inductance: bool = True,
    floor: float = 0.01,
    false_alarm: float = 3e-4,
) -> KramersKronigResult | list[KramersKronigResult]:
    """Verdict per point, valid band and noise of a spectrum; a list in, a list out.

    c None: a smooth fit with a bounded size of its branches, the trustworthy default. c given (0.85 is usual):
    Schönleber's test, branches added until μ <= c, at most max_M; `fit` says which part determines them.
    A point is valid when |residual| is at most floor, or so small that noise exceeds it with the chance false_alarm.
    Raises InputError for anything but spectra, fewer than 8 frequencies, an impedance of zero, settings out of range.
    """
    settings = _checked_settings(c, max_M, fit, representation, capacitance, inductance, floor, false_alarm)
    several = several_spectra(spectra, "kramers_kronig")
    for spectrum in several:
        _check(spectrum)
    results = smooth_verdicts(several, settings) if c is None else mu_verdicts(several, settings)
    return results[0] if isinstance(spectra, Spectrum) else results


def _checked_settings(
    c: float | None,
    max_M: int,
    fit: str,
    representation: str,
    capacitance: bool,
    inductance: bool,
    floor: float,
    false_alarm: float,
) -> KramersKronigSettings:
    where = "kramers_kronig"
    require(c is None or c < 1, f"{where}: c must be below 1 (usual: 0.85), got {c}; None is the smooth fit.")
    require(max_M >= 1, f"{where}: max_M must be at least 1, got {max_M}.")
    for name, value, known in (
        ("fit", fit, [each.value for each in FitPart]),
        ("representation", representation, [each.value for each in Representation]),
    ):
        hint = nearest_key(value, known)
        require(value in known, f"{where}: {name} must be one of {', '.join(known)}, got {value!r}{hint}.")
    require(
        c is not None or fit == "complex",
        f"{where}: fit={fit!r} belongs to the test with the criterion μ <= c; give c=0.85 as well.",
    )
    require(0 < floor < 1, f"{where}: floor must lie between 0 and 1 (0.01 is 1 % of |Z|), got {floor}.")
    require(0 < false_alarm < 0.5, f"{where}: false_alarm must lie between 0 and 0.5, got {false_alarm}.")
    return KramersKronigSettings(
        c=c,
        max_M=max_M,
        fit=FitPart(fit),
        representation=Representation(representation),
        capacitance=capacitance,
        inductance=inductance,
        floor=floor,
        false_alarm=false_alarm,
    )


def _check(spectrum: Spectrum) -> None:
    zero = np.flatnonzero(spectrum.impedance_ohm == 0)
    require(
        zero.size == 0,
        f"kramers_kronig: the impedance at {spectrum.frequency_Hz[zero[0]] if zero.size else 0:g} Hz is zero, "
        "so nothing is relative to it; remove that point.",
    )
    different = np.unique(spectrum.frequency_Hz).size
    require(
        different >= LEAST_FREQUENCIES,
        f"kramers_kronig: needs at least {LEAST_FREQUENCIES} different frequencies, got {different}; "
        "measure more points a decade.",
    )
