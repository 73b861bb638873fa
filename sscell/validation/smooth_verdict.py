"""The verdict of the smooth fit, the default test."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from sscell.records import Spectrum
from sscell.validation.assembly import choice_from_settings, in_given_order, result_from_verdict
from sscell.validation.basis import Representation, mu_from_strengths
from sscell.validation.judgement import Judgement, Limits, judgement
from sscell.validation.result import KramersKronigResult, KramersKronigSettings, NoiseEstimate
from sscell.validation.smooth_fit import SmoothProblem, smooth_problem


def smooth_verdicts(spectra: list[Spectrum], settings: KramersKronigSettings) -> list[KramersKronigResult]:
    """One result a spectrum, in their order."""
    with ThreadPoolExecutor(max_workers=min(len(spectra) or 1, os.cpu_count() or 1)) as pool:
        return list(pool.map(lambda spectrum: _smooth_verdict(spectrum, settings), spectra))


def _smooth_verdict(spectrum: Spectrum, settings: KramersKronigSettings) -> KramersKronigResult:
    order = np.argsort(spectrum.frequency_Hz, kind="stable")
    problem = smooth_problem(
        choice_from_settings(settings), spectrum.frequency_Hz[order], spectrum.impedance_ohm[order]
    )
    judged = judgement(problem, Limits(floor=settings.floor, false_alarm=settings.false_alarm))
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


def _noise_from_judgement(
    judged: Judgement, problem: SmoothProblem, settings: KramersKronigSettings, order: np.ndarray
) -> NoiseEstimate:
    used, fit = judged.valid, judged.fit
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
