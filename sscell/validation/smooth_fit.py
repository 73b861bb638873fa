"""The default Kramers-Kronig fit: many RC branches, held to a plausible size instead of to a small number.

Strengths have a normal prior: a branch is of the order of 0.3 |Z| at its own frequency. That is wide enough for sharp
arcs, blocking electrodes and inductive loops, and too narrow for the large branches of alternating sign by which a
free fit follows drift. The noise level is where the marginal likelihood is largest (MacKay, Neural Comput. 4, 415).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sscell.validation.basis import Basis, Representation, time_constants
from sscell.validation.least_squares import ElementChoice

BRANCHES_PER_DECADE = 4
EXTENSION_DECADES = 0.5  # time constants beyond both ends: open arcs and constant phase elements need them
BRANCH_SCALE = 0.3
END_SCALE = 10.0  # R, L and C: of the order of |Z| where it is smallest, or at their end of the spectrum
# No element is expected to exceed |Z| so many times anywhere; only rounding asks for this bound.
LARGEST_SHARE = 1e6
# A branch that reaches this multiple of |Z| somewhere is replaced by what it leaves of a constant, if that is smaller.
LARGEST_BRANCH = 1e3
# Above this trace the rounding of AᵀA reaches the least noise squared: a spectrum like that of an inductor, for whose
# branches |Z| falls far below their strength.
LARGEST_TRACE = 1e5
# Below this, less noise is no reason to leave points out: model and instrument are no better.
NOISE_FLOOR = 1e-3
NOISE_LEVELS = np.sort(np.append(np.geomspace(1e-5, 0.5, 13), NOISE_FLOOR))
REFINED_LEVELS = 9
# Between the neighbours of each level.
REFINED = [
    np.geomspace(below, above, REFINED_LEVELS + 2)[1:-1]
    for below, above in zip([NOISE_LEVELS[0], *NOISE_LEVELS[:-1]], [*NOISE_LEVELS[1:], NOISE_LEVELS[-1]], strict=True)
]
# Rows at once in products, so few that BLAS starts no threads: they cost far more than they gain at this size.
PIECE = 64


@dataclass(frozen=True, kw_only=True, eq=False)
class SmoothProblem:
    """Data and elements in units of |data|: rows (n, 2, p) with the prior's scale as unit, target (n, 2).

    turned (p,): branches b that stand in the rows as 1 - b.
    """

    basis: Basis
    scale: np.ndarray
    rows: np.ndarray
    target: np.ndarray
    modulus: np.ndarray
    turned: np.ndarray


class SmoothFit(NamedTuple):
    """What the points used say; all per point in the order of the problem, relative to |data|.

    residuals (n, 2) of real and imaginary part; variance (n, 2) of those residuals in units of noise²; noise
    relative to `noise_shape` (n,); degrees_of_freedom of the residuals; evidence = -2 ln marginal likelihood.
    A mean of residuals of points used varies by its noise alone less r E r, r being the mean of their `rows` (n, 2, p)
    and E `explained` (p, p), both in the axes of the fit.
    """

    strengths: np.ndarray
    residuals: np.ndarray
    variance: np.ndarray
    noise: float
    degrees_of_freedom: float
    evidence: float
    rows: np.ndarray
    explained: np.ndarray


def smooth_problem(choice: ElementChoice, frequency_Hz: np.ndarray, impedance_ohm: np.ndarray) -> SmoothProblem:
    """Elements and scales for a spectrum in ascending frequency."""
    data = choice.fitted_quantity(impedance_ohm)
    modulus = np.abs(data)
    decades = np.log10(frequency_Hz[-1] / frequency_Hz[0]) + 2 * EXTENSION_DECADES
    tau = time_constants(frequency_Hz, int(np.ceil(decades * BRANCHES_PER_DECADE)), EXTENSION_DECADES)
    basis = choice.basis(frequency_Hz, tau)
    at_tau = np.exp(np.interp(-np.log(2 * np.pi * tau), np.log(frequency_Hz), np.log(modulus)))
    ends = [modulus[0]] * basis.has_integrator + [modulus[-1]] * basis.has_differentiator
    scale = np.concatenate([[END_SCALE * modulus.min()], BRANCH_SCALE * at_tau, END_SCALE * np.array(ends)])
    columns, turned = _columns_that_cancel_least(basis, scale, modulus)
    share = columns * scale / modulus[:, None]
    bound = np.minimum(1, LARGEST_SHARE / np.abs(share).max(axis=0))
    rows, target, scale = share * bound, data / modulus, scale * bound
    return SmoothProblem(
        basis=basis,
        scale=scale,
        rows=np.stack([rows.real, rows.imag], axis=1),
        target=np.stack([target.real, target.imag], axis=1),
        modulus=modulus,
        turned=turned,
    )


def _columns_that_cancel_least(basis: Basis, scale: np.ndarray, modulus: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Columns (n, p), and which of them are 1 - b instead of the branch b, (p,).

    A branch goes on as a constant, to low frequency (impedance) or to high (admittance). Where |data| falls to very
    little there, as the admittance of R + iωL does, branches would have to cancel to many digits; 1 - b falls as well.
    """
    columns, place = basis.columns(), basis.branches
    st = 2j * np.pi * basis.frequency_Hz[:, None] * basis.tau_s
    rest = columns[:, place] * (st if basis.representation is Representation.IMPEDANCE else 1 / st)
    size, size_of_rest = (
        np.abs(each * scale[place] / modulus[:, None]).max(axis=0) for each in (columns[:, place], rest)
    )
    turned = np.zeros(scale.size, bool)
    turned[place] = (size > LARGEST_BRANCH) & (size_of_rest < size)
    columns[:, turned] = rest[:, turned[place]]
    return columns, turned


def _strengths_of_elements(strengths: np.ndarray, turned: np.ndarray) -> np.ndarray:
    """Back to branches, (p,): a (1 - b) is a constant a and a branch of strength -a."""
    elements = np.where(turned, -strengths, strengths)
    elements[0] += strengths[turned].sum()
    return elements


def smooth_fit(problem: SmoothProblem, used: np.ndarray, noise_shape: np.ndarray) -> SmoothFit:
    """Fit to the points `used` (n,) bool; the noise of a point is proportional to noise_shape (n,).

    Raises LinAlgError where the numbers are beyond double precision.
    """
    shape = noise_shape[:, None]
    rows, target = problem.rows / shape[:, :, None], problem.target / shape
    axes, rows, normal = _normal_equations(rows, target, used)
    noise, evidence = _most_likely_noise(normal, 4 * np.log(noise_shape[used]).sum())
    gram = normal.gram
    covariance = np.linalg.inv(gram + noise**2 * np.eye(len(gram)))
    strengths = covariance @ normal.along
    residuals = target - rows @ strengths
    # With the hat matrix H = A covariance Aᵀ residuals of points used vary by (1 - H)², of the others by 1 + H.
    explained = 2 * covariance - covariance @ gram @ covariance
    left = np.clip(1 - quadratic(rows, explained), 0.05, 1.0)
    variance = np.where(used[:, None], left, 1 + quadratic(rows, covariance))
    freedom = max(normal.size - np.vdot(gram, explained), 1.0)
    along_elements = (strengths if axes is None else axes @ strengths) * problem.scale
    return SmoothFit(
        strengths=_strengths_of_elements(along_elements, problem.turned),
        residuals=residuals * shape,
        variance=variance * shape**2,
        noise=float(np.sqrt((residuals[used] ** 2).sum() / freedom)),
        degrees_of_freedom=float(freedom),
        evidence=evidence,
        rows=rows * shape[:, :, None],
        explained=explained,
    )


def smooth_evidence(problem: SmoothProblem, used: np.ndarray, noise_shape: np.ndarray) -> float:
    """The evidence of `smooth_fit` alone, -2 ln marginal likelihood."""
    rows, target = problem.rows / noise_shape[:, None, None], problem.target / noise_shape[:, None]
    _, _, normal = _normal_equations(rows, target, used)
    return _most_likely_noise(normal, 4 * np.log(noise_shape[used]).sum())[1]


class _Normal(NamedTuple):
    """AᵀA (p, p), Aᵀy (p,), yᵀy, and the number of rows of A."""

    gram: np.ndarray
    along: np.ndarray
    square: float
    size: int


def _normal_equations(
    rows: np.ndarray, target: np.ndarray, used: np.ndarray
) -> tuple[np.ndarray | None, np.ndarray, _Normal]:
    """Axes (p, p), rows (n, 2, p) in them, and the normal equations; axes None: those of the elements.

    Where AᵀA is too coarse, its eigenvectors are the axes, from the singular values of A, which lose half the digits.
    """
    a, y = rows[used].reshape(-1, rows.shape[2]), target[used].reshape(-1)
    gram, square = _gram(a), float(y @ y)
    if np.trace(gram) < LARGEST_TRACE:
        return None, rows, _Normal(gram, np.einsum("ij,i->j", a, y), square, y.size)
    p = a.shape[1]
    q, triangle = np.linalg.qr(a)
    left, values, right = np.linalg.svd(triangle)
    padded, along = np.zeros(p), np.zeros(p)
    padded[: values.size] = values
    along[: values.size] = values * ((y @ q) @ left)
    return right.T, rows @ right.T, _Normal(np.diag(padded**2), along, square, y.size)


def quadratic(rows: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """r M r for every row r of (..., p)."""
    return np.einsum("...i,...i->...", rows @ matrix, rows)


def _gram(rows: np.ndarray) -> np.ndarray:
    """AᵀA. The copy matters: for an array times itself NumPy calls another routine, which does start threads."""
    starts = range(0, len(rows), PIECE)
    return np.sum([rows[i : i + PIECE].T @ rows[i : i + PIECE].copy() for i in starts], axis=0)


def _most_likely_noise(normal: _Normal, log_scales: float) -> tuple[float, float]:
    """The noise of the largest marginal likelihood, and -2 ln of that likelihood (at NOISE_FLOOR or above)."""
    coarse = _evidence(normal, NOISE_LEVELS)
    best = int(np.argmin(coarse))
    levels = np.concatenate([NOISE_LEVELS, REFINED[best]])
    cost = np.concatenate([coarse, _evidence(normal, REFINED[best])])
    constant = normal.size * np.log(2 * np.pi) + log_scales
    return float(levels[np.argmin(cost)]), float(cost[levels >= NOISE_FLOOR].min() + constant)


def _evidence(normal: _Normal, levels: np.ndarray) -> np.ndarray:
    """yᵀ(AAᵀ + g)⁻¹y + ln det(AAᵀ + g), g = level², for each level.

    Both from the Cholesky factor of [[AᵀA + g, Aᵀy], [., yᵀy]]: its last diagonal element squared is g times the first
    term, the others give ln det but for (N - p) ln g.
    """
    p = normal.along.size
    g = levels**2
    bordered = np.empty((levels.size, p + 1, p + 1))
    bordered[:, :p, :p] = normal.gram
    bordered[:, p, :p] = bordered[:, :p, p] = normal.along
    bordered[:, range(p), range(p)] += g[:, None]
    bordered[:, p, p] = normal.square * (1 + 1e-11)  # rounding must not make it indefinite where the fit is exact
    diagonal = np.diagonal(np.linalg.cholesky(bordered), axis1=1, axis2=2)
    log_det = 2 * np.log(diagonal[:, :p]).sum(axis=1) + (normal.size - p) * np.log(g)
    return diagonal[:, p] ** 2 / g + log_det
