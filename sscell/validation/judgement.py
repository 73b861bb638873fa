"""Which points are valid: residuals against noise, refits without the points found bad, several ways to begin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sscell.validation.smooth_fit import SmoothFit, SmoothProblem, quadratic, smooth_evidence, smooth_fit

MAXIMUM_REFITS = 12
LEAST_SHARE = 0.2  # a fit to fewer points than this says nothing about the rest
# As -2 ln probability: one point in fifty begins a bad run, every second one ends it, and a bad point lies anywhere
# within |Z| of the truth.
BAD_RUN_COST = 2 * np.log(50)
BAD_POINT_COST = 2 * np.log(2) + 2 * np.log(np.pi)
# An end left out is at most this share of the points.
LONGEST_END = 0.45
# ... and only where that is e^5 times as probable, as some twenty lengths are tried.
END_MARGIN = 10.0
# Residuals are uneven when the mean square in one of six sections is so many times that of the whole (F test, 1e-3).
SECTIONS = 6
UNEVEN = 2.0
# Noise is taken as constant in ohm only where that is e^5 times as probable: instruments give a share of |Z|.
CONSTANT_NOISE_MARGIN = 10.0
# Neighbours that deviate together: mean of so many points, beyond so many standard deviations of that mean and beyond
# this share of the floor.
NEIGHBOURS = 5
NEIGHBOUR_SIGMAS = 5.0
NEIGHBOUR_FLOOR = 0.5


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Residuals up to `floor` are always accepted; `false_alarm` is the chance that noise alone flags a point."""

    floor: float
    false_alarm: float

    def sigmas(self, degrees_of_freedom: float) -> float:
        """k with P(|Δ| > k σ) = false_alarm for a complex normal Δ when σ comes from that many degrees of freedom.

        |Δ|²/2σ² follows F(2, ν), so k² = ν (α^(-2/ν) - 1), which is -2 ln α for large ν.
        """
        nu = degrees_of_freedom
        return float(np.sqrt(nu * np.expm1(-2 / nu * np.log(self.false_alarm))))


@dataclass(frozen=True, kw_only=True, eq=False)
class Judgement:
    """Verdict per point (n,), in ascending frequency; threshold is relative to |data|; `fit` is that to `used`."""

    valid: np.ndarray
    used: np.ndarray
    threshold: np.ndarray
    fit: SmoothFit
    noise_shape: np.ndarray
    constant_noise: bool
    cost: float


def judgement(problem: SmoothProblem, limits: Limits) -> Judgement:
    """The most probable division into valid and bad points.

    A spectrum that passes as a whole with little noise needs no second look. If the residuals are uneven, a bad end
    may have pulled the fit and passed as noise, so that ends of all lengths are left out in turn. Or the noise is
    constant in ohm.
    """
    whole = np.ones(problem.modulus.size, bool)
    first = _settled(problem, limits, whole, whole, constant_noise=False)
    small = limits.sigmas(first.fit.degrees_of_freedom) * first.fit.noise <= limits.floor
    if first.valid.all() and small:
        return first
    best = _with_best_ends(problem, limits, first)
    if not best.valid.any():
        return best
    # Asked of the points that pass as proportional, so that a bad end cannot make noise look constant.
    constant = smooth_evidence(problem, best.valid, _noise_shape(problem, constant=True))
    same = (best.used == best.valid).all()
    proportional = best.fit.evidence if same else smooth_evidence(problem, best.valid, best.noise_shape)
    if constant + CONSTANT_NOISE_MARGIN > proportional:
        return best
    return _with_best_ends(problem, limits, _settled(problem, limits, whole, whole, constant_noise=True))


def _evenly_spread(judged: Judgement) -> bool:
    """No section of the spectrum has far larger residuals than the whole."""
    squares = (judged.fit.residuals**2).sum(axis=1) / judged.fit.variance.mean(axis=1)
    sections = [part.mean() for part in np.array_split(squares, SECTIONS)]
    return bool(max(sections) < UNEVEN * squares.mean())


def _with_best_ends(problem: SmoothProblem, limits: Limits, first: Judgement) -> Judgement:
    """Low end, high end, and low end again left out as far as that makes the data most probable."""
    if first.valid.all() and _evenly_spread(first):
        return first
    n = first.valid.size
    place, left_out, best = np.arange(n), [0, 0], first
    for end in (0, 1, 0):
        kept = (place >= left_out[0]) & (place < n - left_out[1])
        lengths, starts, costs = [], [], []
        for length in range(0, int(LONGEST_END * n), max(1, n // 36)):
            inside = place >= length if end == 0 else place < n - length
            inside &= kept | (place < left_out[0] if end == 0 else place >= n - left_out[1])
            used = (best.valid | ~kept) & inside
            if used.sum() >= _least(n):
                lengths.append(length)
                starts.append((used, inside))
                costs.append(smooth_evidence(problem, used, first.noise_shape) + _bad_cost(used))
        if not costs:
            break
        least = int(np.argmin(costs))
        found = _settled(problem, limits, *starts[least], constant_noise=first.constant_noise)
        if found.cost + END_MARGIN < best.cost:
            best, left_out[end] = found, lengths[least]
    return best


def _bad_cost(valid: np.ndarray) -> float:
    """-2 ln probability of these points being the bad ones, and of where they lie."""
    runs = np.count_nonzero(np.diff(valid.astype(int)) == -1) + (not valid[0])
    return float(runs * BAD_RUN_COST + (valid.size - valid.sum()) * BAD_POINT_COST)


def _least(points: int) -> float:
    return max(LEAST_SHARE * points, 6)


def _noise_shape(problem: SmoothProblem, *, constant: bool) -> np.ndarray:
    """Noise of each point relative to |data|, up to a factor; (n,)."""
    return np.median(problem.modulus) / problem.modulus if constant else np.ones(problem.modulus.size)


def _settled(
    problem: SmoothProblem, limits: Limits, start: np.ndarray, kept: np.ndarray, *, constant_noise: bool
) -> Judgement:
    """Fit, judge, refit without the bad points until nothing changes; then the same for groups of neighbours."""
    shape = _noise_shape(problem, constant=constant_noise)
    valid, seen, together = start, set(), ~kept
    for refit in range(MAXIMUM_REFITS):
        used, fit = valid, smooth_fit(problem, valid, shape)
        noise = min(fit.noise, _robust_noise(fit, valid)) if refit == 0 else fit.noise
        threshold = _threshold(fit, noise, limits)
        passed = _modulus(fit.residuals) <= threshold
        if ((passed & ~together) == valid).all():
            together = together | _deviating_together(fit, valid, shape, limits)
        now = passed & ~together
        if (now == valid).all() or now.tobytes() in seen or now.sum() < _least(now.size):
            break
        seen.add(now.tobytes())
        valid = now
    return Judgement(
        valid=_without_cut_off_ends(valid),
        used=used,
        threshold=threshold,
        fit=fit,
        noise_shape=shape,
        constant_noise=constant_noise,
        cost=fit.evidence + _bad_cost(valid),
    )


def _without_cut_off_ends(valid: np.ndarray) -> np.ndarray:
    """A few points at an end, cut off from the rest by more bad ones, pass only because nothing contradicts them."""
    kept = valid.copy()
    for points in (kept, kept[::-1]):
        bad = np.flatnonzero(~points)
        if bad.size:
            after = np.flatnonzero(points[bad[0] :])
            wide = after[0] if after.size else points.size - bad[0]
            if bad[0] < wide:
                points[: bad[0]] = False
    return kept


def _modulus(parts: np.ndarray) -> np.ndarray:
    return np.hypot(parts[:, 0], parts[:, 1])


def _threshold(fit: SmoothFit, noise: float, limits: Limits) -> np.ndarray:
    """Largest |Δ| that noise explains, or the floor; (n,)."""
    spread = np.sqrt(fit.variance.mean(axis=1))
    return np.maximum(limits.floor, limits.sigmas(fit.degrees_of_freedom) * noise * spread)


def _robust_noise(fit: SmoothFit, used: np.ndarray) -> float:
    """From the median of |Δ|² (2 ln 2 σ² for a complex normal): the first look must not be inflated by bad points."""
    squares = (fit.residuals**2).sum(axis=1) / fit.variance.mean(axis=1)
    return float(np.sqrt(np.median(squares[used]) / (2 * np.log(2))))


def _deviating_together(fit: SmoothFit, used: np.ndarray, noise_shape: np.ndarray, limits: Limits) -> np.ndarray:
    """Points in the run of neighbours whose mean residual stands out most, if any does; (n,) bool."""
    index = np.flatnonzero(used)
    found = np.zeros(used.size, bool)
    if index.size < 2 * NEIGHBOURS:
        return found
    windows = np.lib.stride_tricks.sliding_window_view(index, NEIGHBOURS)
    mean = fit.residuals[windows].mean(axis=1)
    own = (noise_shape[windows] ** 2).mean(axis=1) / NEIGHBOURS
    explained = quadratic(fit.rows[windows].mean(axis=1), fit.explained).mean(axis=1)
    spread = fit.noise * np.sqrt(np.maximum(own - explained, 0.1 * own))
    size = _modulus(mean)
    excess = np.where(size > NEIGHBOUR_FLOOR * limits.floor, size / spread, 0)
    if excess.max() > NEIGHBOUR_SIGMAS:
        found[windows[np.argmax(excess)]] = True
    return found
