"""The verdict of Schönleber's test: as few branches as the criterion μ <= c allows."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from sscell.records import Spectrum
from sscell.validation.assembly import choice_from_settings, result_from_verdict
from sscell.validation.basis import mu_from_strengths
from sscell.validation.judgement import Limits
from sscell.validation.least_squares import FitPart, LinearFit, linear_fit
from sscell.validation.mu_scan import branch_numbers_from_spectra
from sscell.validation.result import KramersKronigResult, KramersKronigSettings, NoiseEstimate


def mu_verdicts(spectra: list[Spectrum], settings: KramersKronigSettings) -> list[KramersKronigResult]:
    """Spectra on one grid are scanned together."""
    assert settings.c is not None
    orders = [np.argsort(spectrum.frequency_Hz, kind="stable") for spectrum in spectra]
    grids: defaultdict[bytes, list[int]] = defaultdict(list)
    for i, (spectrum, order) in enumerate(zip(spectra, orders, strict=True)):
        grids[spectrum.frequency_Hz[order].tobytes()].append(i)
    branches = np.zeros(len(spectra), int)
    for grid, members in grids.items():
        z = np.stack([spectra[i].impedance_ohm[orders[i]] / _unit_ohm(spectra[i]) for i in members])
        numbers = branch_numbers_from_spectra(
            choice_from_settings(settings), np.frombuffer(grid), z, settings.c, settings.max_M
        )
        branches[members] = numbers.branches
    return [
        _mu_verdict(spectrum, order, int(number), settings)
        for spectrum, order, number in zip(spectra, orders, branches, strict=True)
    ]


def _mu_verdict(
    spectrum: Spectrum, order: np.ndarray, branches: int, settings: KramersKronigSettings
) -> KramersKronigResult:
    """Schönleber's fit at that M, as it is: all points count in it, none is left out."""
    f, unit_ohm = spectrum.frequency_Hz[order], _unit_ohm(spectrum)
    z = spectrum.impedance_ohm[order] / unit_ohm
    fit = linear_fit(choice_from_settings(settings), f, z, branches, np.ones(f.size, bool))
    noise = _noise_from_linear_fit(fit, settings.fit)
    limits = Limits(floor=settings.floor, false_alarm=settings.false_alarm)
    threshold = np.full(f.size, max(settings.floor, limits.sigmas(noise.degrees_of_freedom) * noise.relative))
    return result_from_verdict(
        spectrum,
        settings,
        order=order,
        valid=np.abs(fit.residuals) <= threshold,
        residuals=fit.residuals,
        threshold=threshold,
        model=fit.model.times(unit_ohm),
        mu=float(mu_from_strengths(fit.branch_strengths)),
        noise=noise,
    )


def _unit_ohm(spectrum: Spectrum) -> float:
    """A power of two near |Z|: squares of what is measured in it neither overflow nor vanish, and no digit changes."""
    return float(2.0 ** np.round(np.log2(np.median(np.abs(spectrum.impedance_ohm)))))


def _noise_from_linear_fit(fit: LinearFit, part: FitPart) -> NoiseEstimate:
    """Median of |Δ|, of the part that was fitted, with the degrees of freedom that the fit took."""
    n = fit.residuals.size
    rows = 2 * n if part is FitPart.COMPLEX else n
    freedom = max(rows - fit.parameters, 1)
    sizes = np.median(np.abs([fit.residuals.real, fit.residuals.imag]), axis=1)
    real, imaginary = (float(size / 0.6745 * np.sqrt(rows / freedom)) for size in sizes)
    fitted = {FitPart.COMPLEX: np.hypot(real, imaginary) / np.sqrt(2), FitPart.REAL: real, FitPart.IMAGINARY: imaginary}
    relative = float(fitted[part])
    return NoiseEstimate(
        relative=relative,
        real=real,
        imaginary=imaginary,
        per_point=np.full(n, relative),
        constant_ohm=None,
        degrees_of_freedom=float(freedom),
    )
