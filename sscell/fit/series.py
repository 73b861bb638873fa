"""`fit_series`: spectra of a series of samples or states in one problem, and each parameter along what was varied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from numbers import Real
from typing import Any

import numpy as np

from sscell.circuit import Circuit
from sscell.errors import nearest_key, require
from sscell.fit.circuit_fit import fit_circuit
from sscell.fit.joint import degrees_of_each, joint_fit, joint_uncertainty
from sscell.fit.levenberg_marquardt import FitStatus, Optima, equations_at, optima_from_starts
from sscell.fit.points import UsedPoints
from sscell.fit.problem import SpectrumBatch
from sscell.fit.result import FitResult
from sscell.fit.series_result import ConditionMean, SeriesResult, Trend
from sscell.fit.space import Coordinate
from sscell.fit.spread import GroupMeans, PairedMeans, group_means, paired_means, slope
from sscell.fit.summary import information, results_from_optima
from sscell.fit.uncertainty import CONFIDENCE, Uncertainty
from sscell.fit.weights import Weighting
from sscell.records import Spectrum

# Of two optima whose costs differ by less than this share, the one nearer to the rest of the series is taken.
EQUALLY_GOOD = 0.02
TOLERANCE, MOST_STEPS = 1e-7, 150
FEWEST_FOR_SLOPE = 3


def fit_series(
    circuit: Circuit | str | Any,
    spectra: Sequence[Spectrum] | Spectrum,
    *,
    along: str,
    conditions: Sequence[float | str],
    cells: Sequence[str] | None = None,
    shared: Sequence[str] | str = (),
    **options: Any,
) -> SeriesResult:
    """Fit a series of spectra together.

    along: what was varied, with its unit (anneal_temperature_C, cycle, state_of_charge_percent); conditions: its value
    for each spectrum, numbers or labels; cells: which cell each spectrum is from (default: each from its own), so that
    repeats under one condition give the spread from cell to cell; shared: parameters with one value for the whole
    series; options: as for `fit_circuit`. Raises InputError for lists of unequal length and unknown names.
    """
    several = [spectra] if isinstance(spectra, Spectrum) else list(spectra)
    shared = (shared,) if isinstance(shared, str) else tuple(shared)
    names = [str(k) for k in range(len(several))] if cells is None else [str(c) for c in cells]
    _check(several, conditions, names)
    fits = fit_circuit(circuit, several, **options)
    fits = _linked(fits, several)
    _check_shared(shared, fits[0])
    joint = _jointly(fits, several, tuple(shared)) if shared else fits
    values, group = _groups(conditions)
    trends = {
        name: _trend(joint, k, name, values, group, names) for k, name in enumerate(joint[0].free) if name not in shared
    }
    return SeriesResult(
        along=along,
        conditions=tuple(conditions),
        cells=tuple(names),
        fits=tuple(joint),
        shared=tuple(shared),
        trends=trends,
        warnings=_warnings(joint, trends, along),
    )


def trend_means(series: SeriesResult, name: str) -> tuple[list, GroupMeans]:
    """The conditions and the means of a parameter in search coordinates."""
    values, group = _groups(series.conditions)
    return values, _means(series.fits, series.fits[0].free.index(name), group, series.cells)


def paired_values(series: SeriesResult, name: str, a: float | str, b: float | str) -> PairedMeans | None:
    """A parameter under two conditions over the cells that were measured under both, in search coordinates."""
    k = series.fits[0].free.index(name)
    first, second = (np.array([c == condition for c in series.conditions]) for condition in (a, b))
    return paired_means(*_values(series.fits, k), first, second, series.cells)


def _check(spectra: Sequence[Spectrum], conditions: Sequence[Any], cells: Sequence[str]) -> None:
    require(len(spectra) >= 2, f"fit_series: a series needs at least 2 spectra, got {len(spectra)}; use fit_circuit.")
    for what, given in (("conditions", conditions), ("cells", cells)):
        require(
            len(given) == len(spectra),
            f"fit_series: there are {len(spectra)} spectra but {len(given)} {what}; give one a spectrum.",
        )
    for k, condition in enumerate(conditions):
        require(
            isinstance(condition, str | Real),
            f"fit_series: condition {k} is {condition!r}; give each spectrum a number or a label (text).",
        )
    kinds = {isinstance(c, str) for c in conditions}
    require(len(kinds) == 1, "fit_series: conditions must be all numbers or all labels, not both.")
    numbers = [c for c in conditions if not isinstance(c, str)]
    require(
        all(np.isfinite(c) for c in numbers),
        "fit_series: conditions must be finite numbers or labels; leave others out.",
    )


def _check_shared(shared: Sequence[str], fit: FitResult) -> None:
    for name in shared:
        require(
            name in fit.free,
            f"fit_series: shared {name!r} is no free parameter of {fit.circuit}{nearest_key(name, fit.free)}; free are "
            f"{', '.join(fit.free)}.",
        )
    require(
        len(set(shared)) < len(fit.free) or len(fit.free) == 1, "fit_series: leave at least one parameter unshared."
    )


def _linked(fits: list[FitResult], spectra: Sequence[Spectrum]) -> list[FitResult]:
    """The fits again from each other's optima: one that fell into another valley than the rest is brought back."""
    problem, batch = fits[0].task.problem, joined([fit.task.data for fit in fits])
    u = np.array([fit.task.coordinates for fit in fits]).T
    count = len(fits)
    starts = np.repeat(u, count, axis=1) if count <= 12 else np.repeat(_representatives(u), count, axis=1)
    tries = starts.shape[1] // count
    optima = optima_from_starts(
        problem, batch, starts, np.tile(np.arange(count), tries), tolerance=TOLERANCE, most_steps=MOST_STEPS
    )
    cost = np.concatenate([optima.cost.reshape(tries, count), [[fit.chi_square for fit in fits]]])
    every = np.concatenate([optima.u.reshape(-1, tries, count), u[:, None, :]], axis=1)
    centre, width = np.median(u, axis=1), problem.space.upper - problem.space.lower
    away = (((every - centre[:, None, None]) / width[:, None, None]) ** 2).sum(0)
    status = np.concatenate([optima.status.reshape(tries, count), [[fit.status for fit in fits]]])
    steps = np.concatenate([optima.steps.reshape(tries, count), [[fit.steps for fit in fits]]])
    good = cost <= (1 + EQUALLY_GOOD) * cost.min(0)
    ended = good & (status == FitStatus.CONVERGED)
    good = np.where(ended.any(0), ended, good)
    chosen = np.where(good, away, np.inf).argmin(0)
    place = chosen, np.arange(count)
    best = every[:, *place]
    if np.array_equal(best, u):
        return fits
    return _results(fits, spectra, best, status[place], steps[place])


def _representatives(u: np.ndarray) -> np.ndarray:
    """A dozen of many optima, evenly through the series."""
    return u[:, np.linspace(0, u.shape[1] - 1, 12).round().astype(int)]


def joined(batches: Sequence[SpectrumBatch]) -> SpectrumBatch:
    """Batches of one spectrum each (of one search) side by side."""
    omega = [b.omega for b in batches]
    same = all(np.array_equal(o, omega[0]) for o in omega)
    scales = [b.loss_scale for b in batches if b.loss_scale is not None]
    return SpectrumBatch(
        omega[0] if same else np.concatenate(omega, 1),
        np.concatenate([b.z for b in batches], 1),
        np.concatenate([b.real_weight for b in batches], 1),
        np.concatenate([b.imaginary_weight for b in batches], 1),
        np.concatenate(scales) if scales else None,
    )


def _jointly(fits: list[FitResult], spectra: Sequence[Spectrum], shared: tuple[str, ...]) -> list[FitResult]:
    """Each spectrum weighs by its own scatter, so that a noisy one does not rule the shared parameters."""
    problem, batch = fits[0].task.problem, joined([fit.task.data for fit in fits])
    for k, fit in enumerate(fits):
        require(
            fit.degrees_of_freedom > 0,
            f"fit_series: spectrum {k} has {fit.points} points to fit, too few for {len(fit.free)} free parameters, so "
            "how much it weighs among those that share is unknown; leave it out or widen the band.",
        )
    scatter = np.sqrt([max(fit.reduced_chi_square, 1e-300) for fit in fits])
    scaled = replace(
        batch,
        real_weight=batch.real_weight / scatter,
        imaginary_weight=batch.imaginary_weight / scatter,
        loss_scale=None if batch.loss_scale is None else batch.loss_scale / scatter,
    )
    is_shared = np.array([name in shared for name in fits[0].free])
    u = np.array([fit.task.coordinates for fit in fits]).T
    error = np.nan_to_num(np.array([fit.task.standard_errors for fit in fits]).T, nan=np.inf)
    weight = 1 / np.maximum(error, 1e-6) ** 2 + 1e-12
    u = np.where(is_shared[:, None], (weight * u).sum(1, keepdims=True) / weight.sum(1, keepdims=True), u)
    joint = joint_fit(problem, scaled, u, is_shared)
    data = np.array([2 * fit.points for fit in fits])
    uncertainty = joint_uncertainty(problem, joint, is_shared, int(data.sum()))
    count = len(fits)
    results = _results(
        fits, spectra, joint.u, np.repeat(joint.status, count), np.repeat(joint.steps, count), uncertainty
    )
    degrees = degrees_of_each(uncertainty.at_bound, is_shared, data)
    return [_as_one_of(fit, shared, count, float(d)) for fit, d in zip(results, degrees, strict=True)]


def _as_one_of(fit: FitResult, shared: tuple[str, ...], count: int, degrees: float) -> FitResult:
    """A result marked as one of `count` that share parameters, each of which it counts as a part."""
    aicc, bic = information(fit.chi_square, 2 * fit.points, len(fit.free) - len(shared) * (1 - 1 / count))
    return replace(fit, degrees_of_freedom=degrees, aicc=aicc, bic=bic, task=replace(fit.task, shared=shared))


def _results(
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


def _groups(conditions: Sequence[float | str]) -> tuple[list, np.ndarray]:
    """Distinct conditions (numbers rising, labels as they come) and the index of each spectrum's."""
    distinct = list(dict.fromkeys(conditions))
    if not isinstance(distinct[0], str):
        distinct = sorted(distinct)
    return distinct, np.array([distinct.index(c) for c in conditions])


def _means(fits: Sequence[FitResult], k: int, group: np.ndarray, cells: Sequence[str]) -> GroupMeans:
    return group_means(*_values(fits, k), group, cells)


def _values(fits: Sequence[FitResult], k: int) -> tuple[np.ndarray, np.ndarray]:
    """(S,) a search coordinate of each fit, and its error."""
    return np.array([fit.task.coordinates[k] for fit in fits]), np.array([fit.task.standard_errors[k] for fit in fits])


def _trend(
    fits: Sequence[FitResult], k: int, name: str, conditions: list, group: np.ndarray, cells: Sequence[str]
) -> Trend:
    coordinate = fits[0].task.problem.space.coordinates[k]
    means = _means(fits, k, group, cells)
    known = np.isfinite(means.standard_error)
    numeric = not isinstance(conditions[0], str) and known.sum() >= FEWEST_FOR_SLOPE
    at = np.array(conditions)[known]
    value, error = slope(at, means.mean[known], means.standard_error[known]) if numeric else (None, None)
    return Trend(
        name=name,
        unit=next(p.unit for p in fits[0].model.parameters if p.name == name),
        relative=coordinate.logarithmic,
        means=tuple(_mean(means, coordinate, g, condition) for g, condition in enumerate(conditions)),
        spread=means.spread,
        slope=value,
        slope_standard_error=error,
    )


def _mean(means: GroupMeans, coordinate: Coordinate, g: int, condition: float | str) -> ConditionMean:
    from scipy.stats import t as student

    half = means.standard_error[g] * float(student.ppf(0.5 + CONFIDENCE / 2, means.degrees))
    ends = np.clip(
        [means.mean[g] - half, means.mean[g] + half],
        *(
            np.log([coordinate.lower, coordinate.upper])
            if coordinate.logarithmic
            else [coordinate.lower, coordinate.upper]
        ),
    )
    value = float(np.exp(means.mean[g])) if coordinate.logarithmic else float(means.mean[g])
    scale = value if coordinate.logarithmic else 1.0
    low, high = (float(e) for e in (np.exp(ends) if coordinate.logarithmic else ends))
    return ConditionMean(
        condition=condition,
        cells=int(means.cells[g]),
        value=value,
        standard_error=float(scale * means.standard_error[g]),
        interval=(low, high),
        fit_error=float(scale * means.fit_error[g]),
    )


def _warnings(fits: Sequence[FitResult], trends: dict[str, Trend], along: str) -> tuple[str, ...]:
    words = []
    for name in trends:
        at_bound = sum(bool(np.isnan(fit.standard_errors[name])) for fit in fits)
        if at_bound:
            words.append(
                f"{name} ended at a bound in {at_bound} of {len(fits)} fits, which its course along {along} leaves out."
            )
    if all(trend.spread is None for trend in trends.values()):
        words.append(
            "No condition was repeated on another cell: the spread from cell to cell is unknown, and the errors are "
            "those of the fits alone."
        )
    troubled = sum(bool(fit.warnings) for fit in fits)
    if troubled:
        words.append(f"{troubled} of {len(fits)} fits carry warnings of their own; look at them before the trends.")
    return tuple(words)
