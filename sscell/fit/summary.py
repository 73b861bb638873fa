"""From optima to results."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sscell.fit.assembly import joined
from sscell.fit.determination import Determination, determinations
from sscell.fit.levenberg_marquardt import Optima, equations_at
from sscell.fit.points import UsedPoints
from sscell.fit.problem import Problem, SpectrumBatch
from sscell.fit.reach import reaches_further
from sscell.fit.response import responses
from sscell.fit.result import FitResult, FitTask
from sscell.fit.search import lag_one_correlation
from sscell.fit.space import SearchSpace
from sscell.fit.state import FitStatus
from sscell.fit.uncertainty import Uncertainty, uncertainty_from_optima
from sscell.fit.warnings_in_words import order_warnings, warnings_of_fit
from sscell.fit.weights import Weighting
from sscell.records import Spectrum

# A misfit that is a smaller share of the data is rounding, whose residuals mean nothing.
ROUNDING = 1e-20


def results_from_optima(
    problem: Problem,
    spectra: Sequence[Spectrum],
    used: Sequence[UsedPoints],
    batch: SpectrumBatch,
    optima: Optima,
    weighting: Weighting,
    starts: int,
    share_of_starts: np.ndarray,
    joint: Uncertainty | None = None,
) -> list[FitResult]:
    """One result a spectrum; `optima` has one fit for each; joint: errors of a larger problem in place of its own."""
    space = problem.space
    points = ((batch.real_weight > 0) | (batch.imaginary_weight > 0)).sum(0)
    uncertainty = uncertainty_from_optima(problem, batch, optima, 2 * points) if joint is None else joint
    further = reaches_further(problem, batch, optima, uncertainty)
    values = np.array(space.values(optima.u, np))
    every = np.arange(batch.count)
    fitted = responses(problem, batch, optima.u, every)
    correlation = lag_one_correlation(batch, every, fitted)
    weight_of_data = ((batch.z.real * batch.real_weight) ** 2 + (batch.z.imag * batch.imaginary_weight) ** 2).sum(0)
    free = tuple(c.name for c in space.coordinates)
    results = []
    for s, spectrum in enumerate(spectra):
        found = _determinations(space, optima, uncertainty, further, s)
        order = np.argsort(-spectrum.frequency_Hz, kind="stable")
        z = np.empty(len(spectrum), complex)
        z[order] = fitted[: len(spectrum), s]
        aicc, bic = information(float(optima.cost[s]), int(2 * points[s]), space.size)
        results.append(
            FitResult(
                model=problem.model,
                spectrum=spectrum,
                values=_by_name(space, values[:, s]),
                standard_errors=_errors(space, values[:, s], uncertainty.standard_error[:, s]),
                intervals=_intervals(space, values[:, s], optima.u[:, s], uncertainty.half_width[:, s]),
                free=free,
                determination=dict(zip(free, found, strict=True)),
                correlation=uncertainty.correlation[:, :, s],
                covariance=_covariance(uncertainty, s),
                chi_square=float(optima.cost[s]),
                points=int(points[s]),
                degrees_of_freedom=int(uncertainty.degrees[s]),
                aicc=aicc,
                bic=bic,
                status=FitStatus(int(optima.status[s])),
                steps=int(optima.steps[s]),
                starts=starts,
                share_of_starts=float(share_of_starts[s]),
                weights=weighting.value,
                used=used[s].mask,
                impedance_ohm=z,
                residuals=_relative(spectrum.impedance_ohm - z, np.abs(spectrum.impedance_ohm)),
                residual_correlation=float(correlation[s]),
                notes=(used[s].note,),
                warnings=warnings_of_fit(
                    space,
                    optima.u[:, s],
                    uncertainty.standard_error[:, s],
                    uncertainty.correlation[:, :, s],
                    uncertainty.half_width[:, s],
                    further[:, :, s],
                    found,
                    int(optima.status[s]),
                    float(correlation[s]) if optima.cost[s] > ROUNDING * weight_of_data[s] else 0.0,
                    int(2 * points[s]),
                )
                + order_warnings(problem.order, values[:, s]),
                task=FitTask(
                    problem=problem,
                    data=batch.only(np.array([s])),
                    coordinates=optima.u[:, s],
                    standard_errors=uncertainty.standard_error[:, s],
                ),
            )
        )
    return results


def _determinations(
    space: SearchSpace, optima: Optima, uncertainty: Uncertainty, further: np.ndarray, s: int
) -> list[Determination]:
    error, half_width = uncertainty.standard_error[:, s], uncertainty.half_width[:, s]
    return determinations(space, optima.u[:, s], error, half_width, further[:, :, s])


def results_at(
    fits: list[FitResult],
    spectra: Sequence[Spectrum],
    u: np.ndarray,
    status: np.ndarray,
    steps: np.ndarray,
    joint: Uncertainty | None = None,
) -> list[FitResult]:
    """New results at coordinates u (Q, S), with the notes of the old ones."""
    problem, batch = fits[0].task.problem, joined([fit.task.data for fit in fits])
    equations = equations_at(problem, batch, u, np.arange(len(fits)))
    optima = Optima(u, equations.cost, equations.gradient, equations.matrix, status, steps)
    used = [UsedPoints(fit.used, fit.notes[0]) for fit in fits]
    return results_from_optima(
        problem,
        spectra,
        used,
        batch,
        optima,
        Weighting(fits[0].weights),
        fits[0].starts,
        np.array([fit.share_of_starts for fit in fits]),
        joint,
    )


def _relative(difference: np.ndarray, size: np.ndarray) -> np.ndarray:
    """difference/size, NaN where there is nothing to compare with."""
    return np.where(size > 0, difference / np.where(size > 0, size, 1.0), np.nan)


def information(cost: float, data: int, free: float) -> tuple[float, float]:
    """(AICc, BIC) of a least-squares fit with unknown noise level: free + 1 parameters; smaller is better.

    Infinite with no more data than free parameters: what can describe anything has described nothing.
    """
    k = free + 1
    if data <= free:
        return np.inf, np.inf
    logarithm = data * np.log(max(cost, 1e-300) / data)
    correction = 2 * k * (k + 1) / (data - k - 1) if data > k + 1 else np.inf
    return float(logarithm + 2 * k + correction), float(logarithm + k * np.log(data))


def _by_name(space: SearchSpace, values: np.ndarray) -> dict[str, float]:
    return {p.name: float(v) for p, v in zip(space.parameters, values, strict=True)}


def _errors(space: SearchSpace, values: np.ndarray, errors: np.ndarray) -> dict[str, float]:
    """Standard errors in the parameters' units: relative ones times the value, for what is searched by logarithm."""
    out = {}
    for p, link, value in zip(space.parameters, space.links, values, strict=True):
        i = link.coordinate
        if i is None:
            out[p.name] = 0.0
        else:
            out[p.name] = float(errors[i] * (value if space.coordinates[i].logarithmic else link.factor))
    return out


def _intervals(
    space: SearchSpace, values: np.ndarray, u: np.ndarray, half_width: np.ndarray
) -> dict[str, tuple[float, float]]:
    """95 % intervals, cut off at the bounds."""
    out = {}
    for p, link, value in zip(space.parameters, space.links, values, strict=True):
        i = link.coordinate
        if i is None:
            out[p.name] = (float(value), float(value))
            continue
        ends = np.array([u[i] - half_width[i], u[i] + half_width[i]])
        ends = np.clip(ends, space.lower[i], space.upper[i])
        if space.coordinates[i].logarithmic:
            ends = np.exp(ends)
        out[p.name] = (float(link.factor * ends[0]), float(link.factor * ends[1]))
    return out


def _covariance(uncertainty: Uncertainty, s: int) -> np.ndarray:
    error = uncertainty.standard_error[:, s]
    if np.isinf(error).all():
        return np.full((error.size, error.size), np.nan)
    error = np.nan_to_num(error, nan=0.0)
    return np.nan_to_num(uncertainty.correlation[:, :, s], nan=0.0) * error[:, None] * error[None]
