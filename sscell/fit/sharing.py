"""Fits of a series in one problem, with one value of the shared parameters for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sscell.errors import require
from sscell.fit.assembly import joined
from sscell.fit.joint import degrees_of_each, joint_fit, joint_uncertainty
from sscell.fit.problem import SpectrumBatch
from sscell.fit.result import FitResult
from sscell.fit.summary import information, results_at
from sscell.fit.uncertainty import noise_variance
from sscell.records import Spectrum


def jointly(fits: list[FitResult], spectra: Sequence[Spectrum], shared: tuple[str, ...]) -> list[FitResult]:
    """Each spectrum weighs by its own scatter, so that a noisy one does not rule the shared parameters."""
    problem, batch = fits[0].task.problem, joined([fit.task.data for fit in fits])
    for k, fit in enumerate(fits):
        require(
            fit.degrees_of_freedom > 0,
            f"fit_series: spectrum {k} has {fit.points} points to fit, too few for {len(fit.free)} free parameters, so "
            "how much it weighs among those that share is unknown; leave it out or widen the band.",
        )
    scaled = _over_scatter(fits, batch)
    is_shared = np.array([name in shared for name in fits[0].free])
    u = np.array([fit.task.coordinates for fit in fits]).T
    error = np.nan_to_num(np.array([fit.task.standard_errors for fit in fits]).T, nan=np.inf)
    weight = 1 / np.maximum(error, 1e-6) ** 2 + 1e-12
    u = np.where(is_shared[:, None], (weight * u).sum(1, keepdims=True) / weight.sum(1, keepdims=True), u)
    joint = joint_fit(problem, scaled, u, is_shared)
    data = np.array([2 * fit.points for fit in fits])
    uncertainty = joint_uncertainty(problem, scaled, joint, is_shared, int(data.sum()))
    count = len(fits)
    results = results_at(
        fits, spectra, joint.u, np.repeat(joint.status, count), np.repeat(joint.steps, count), uncertainty
    )
    degrees = degrees_of_each(uncertainty.at_bound, is_shared, data)
    return [_as_one_of(fit, shared, count, float(d)) for fit, d in zip(results, degrees, strict=True)]


def _over_scatter(fits: list[FitResult], batch: SpectrumBatch) -> SpectrumBatch:
    """The batch with residuals in standard deviations, each spectrum's by its own fit."""
    u = np.array([fit.task.coordinates for fit in fits]).T
    cost, degrees = (np.array(of) for of in zip(*((f.chi_square, f.degrees_of_freedom) for f in fits), strict=True))
    scatter = np.sqrt(np.maximum(noise_variance(fits[0].task.problem, batch, u, cost, degrees), 1e-300))
    return replace(
        batch,
        real_weight=batch.real_weight / scatter,
        imaginary_weight=batch.imaginary_weight / scatter,
        loss_scale=None if batch.loss_scale is None else batch.loss_scale / scatter,
    )


def _as_one_of(fit: FitResult, shared: tuple[str, ...], count: int, degrees: float) -> FitResult:
    """A result marked as one of `count` that share parameters, each of which it counts as a part."""
    aicc, bic = information(fit.chi_square, 2 * fit.points, len(fit.free) - len(shared) * (1 - 1 / count))
    return replace(fit, degrees_of_freedom=degrees, aicc=aicc, bic=bic, task=replace(fit.task, shared=shared))
