"""From a fit in ascending frequency to the result in the order of the spectrum; both kinds of test end here."""

from __future__ import annotations

import numpy as np

from sscell.records import Spectrum
from sscell.validation.band import band_from_validity
from sscell.validation.basis import KramersKronigModel
from sscell.validation.least_squares import ElementChoice
from sscell.validation.result import KramersKronigResult, KramersKronigSettings, NoiseEstimate
from sscell.validation.summary import summary_from_verdict


def choice_from_settings(settings: KramersKronigSettings) -> ElementChoice:
    """What is fitted to what."""
    return ElementChoice(
        fit=settings.fit,
        representation=settings.representation,
        capacitance=settings.capacitance,
        inductance=settings.inductance,
    )


def in_given_order(ascending: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Values (n,) at ascending frequency, put back; order: what sorted them."""
    given = np.empty_like(ascending)
    given[order] = ascending
    return given


def result_from_verdict(
    spectrum: Spectrum,
    settings: KramersKronigSettings,
    *,
    order: np.ndarray,
    valid: np.ndarray,
    residuals: np.ndarray,
    threshold: np.ndarray,
    model: KramersKronigModel,
    mu: float,
    noise: NoiseEstimate,
) -> KramersKronigResult:
    """valid, residuals and threshold come in ascending frequency, noise in the order given."""
    f = spectrum.frequency_Hz
    valid, residuals, threshold = (in_given_order(each, order) for each in (valid, residuals, threshold))
    band = band_from_validity(f, valid)
    return KramersKronigResult(
        frequency_Hz=f,
        valid=valid,
        residuals=residuals,
        threshold=threshold,
        impedance_ohm=model.impedance(f),
        M=model.tau_s.size,
        mu=mu,
        model=model,
        noise=noise,
        band=band,
        settings=settings,
        summary=summary_from_verdict(spectrum, valid, residuals, noise, band),
    )
