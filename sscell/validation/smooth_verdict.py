"""The verdict of the smooth fit, the default test."""

from __future__ import annotations

import numpy as np

from sscell.records import Spectrum
from sscell.validation.assembly import choice_from_settings, in_given_order, result_from_verdict
from sscell.validation.band import band_from_validity
from sscell.validation.basis import KramersKronigModel, Representation, mu_from_strengths
from sscell.validation.judgement import Judgement, Limits, judgement
from sscell.validation.result import KramersKronigResult, KramersKronigSettings, NoiseEstimate
from sscell.validation.smooth_fit import SmoothProblem, smooth_problem
from sscell.validation.summary import summary_of_spectrum_not_judged


def smooth_verdicts(spectra: list[Spectrum], settings: KramersKronigSettings) -> list[KramersKronigResult]:
    """One result a spectrum, in their order; one whose numbers break down is reported so and harms no other.

    One after the other: the matrices are so small that threads wait for the interpreter and make it slower.
    """
    return [_smooth_verdict(spectrum, settings) for spectrum in spectra]


def _smooth_verdict(spectrum: Spectrum, settings: KramersKronigSettings) -> KramersKronigResult:
    order = np.argsort(spectrum.frequency_Hz, kind="stable")
    problem = smooth_problem(
        choice_from_settings(settings), spectrum.frequency_Hz[order], spectrum.impedance_ohm[order]
    )
    try:
        judged = judgement(problem, Limits(floor=settings.floor, false_alarm=settings.false_alarm))
    except np.linalg.LinAlgError:
        return _not_judged(spectrum, settings)
    residuals = judged.fit.residuals[:, 0] + 1j * judged.fit.residuals[:, 1]
    strengths = judged.fit.strengths[problem.basis.branches]
    return result_from_verdict(
        spectrum,
        settings,
        order=order,
        valid=judged.valid,
        residuals=residuals,
        threshold=judged.threshold,
        model=problem.basis.model(judged.fit.strengths),
        mu=float(mu_from_strengths(strengths)),
        noise=_noise_from_judgement(judged, problem, settings, order),
    )


def _not_judged(spectrum: Spectrum, settings: KramersKronigSettings) -> KramersKronigResult:
    """All points kept. The model is a resistor, the noise an assumed one of the floor on no degrees of freedom."""
    f, n = spectrum.frequency_Hz, spectrum.frequency_Hz.size
    data = choice_from_settings(settings).fitted_quantity(spectrum.impedance_ohm)
    model = KramersKronigModel(
        representation=settings.representation,
        resistance_ohm=float(np.median(np.abs(spectrum.impedance_ohm))),
        branch_resistance_ohm=np.empty(0),
        tau_s=np.empty(0),
    )
    fit = model.impedance(f)
    residuals = (data - choice_from_settings(settings).fitted_quantity(fit)) / np.abs(data)
    valid = np.ones(n, bool)
    return KramersKronigResult(
        frequency_Hz=f,
        valid=valid,
        residuals=residuals,
        threshold=np.maximum(settings.floor, np.abs(residuals)),
        impedance_ohm=fit,
        M=0,
        mu=1.0,
        model=model,
        noise=NoiseEstimate(
            relative=settings.floor,
            real=settings.floor,
            imaginary=settings.floor,
            per_point=np.full(n, settings.floor),
            constant_ohm=None,
            degrees_of_freedom=0.0,
        ),
        band=band_from_validity(f, valid),
        settings=settings,
        summary=summary_of_spectrum_not_judged(spectrum),
    )


def _noise_from_judgement(
    judged: Judgement, problem: SmoothProblem, settings: KramersKronigSettings, order: np.ndarray
) -> NoiseEstimate:
    fit = judged.fit
    used = judged.valid if judged.valid.any() else judged.used
    parts = np.sqrt((fit.residuals[used] ** 2).sum(axis=0) / fit.variance[used].sum(axis=0))
    ohm = settings.representation is Representation.IMPEDANCE
    return NoiseEstimate(
        relative=fit.noise,
        real=float(parts[0]),
        imaginary=float(parts[1]),
        per_point=in_given_order(fit.noise * judged.noise_shape, order),
        constant_ohm=fit.noise * float(np.median(problem.modulus)) if judged.constant_noise and ohm else None,
        degrees_of_freedom=fit.degrees_of_freedom,
    )
