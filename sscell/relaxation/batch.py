"""Distributions of many spectra on one frequency grid, as plain arrays, on all cores."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from sscell.errors import nearest_key, require
from sscell.relaxation.estimate import Estimate, estimate_from_impedances
from sscell.relaxation.problem import grid_from_frequencies

WEIGHTS = ("modulus", "unit")
LEAST_POINTS = 8
LEAST_DECADES = 1.0
# Small enough for a chunk's matrices to stay in the processor's cache, large enough to pay for the calls.
_CHUNK = 25


def relaxation_from_impedances(
    frequency_Hz: np.ndarray,
    impedance_ohm: np.ndarray,
    *,
    blocked: bool,
    weights: str = "modulus",
    covariance: bool = False,
) -> Estimate:
    """Distributions of impedances (B, n) at frequency_Hz (n,), in any order; fitted impedance in the order given.

    weights and blocked as in `drt`; covariance: also the posterior covariance, which intervals need.
    """
    check_impedances(frequency_Hz, impedance_ohm)
    require(
        weights in WEIGHTS,
        f"drt: weights must be {' or '.join(WEIGHTS)}, got {weights!r}{nearest_key(weights, WEIGHTS)}.",
    )
    order = np.argsort(frequency_Hz, kind="stable")
    impedance = impedance_ohm[:, order]
    grid = grid_from_frequencies(frequency_Hz[order], blocked=blocked)
    deviation = _deviation(impedance, weights)

    def part(rows: slice) -> Estimate:
        return estimate_from_impedances(grid, impedance[rows], deviation[rows], covariance=covariance)

    chunks = [slice(i, i + _CHUNK) for i in range(0, impedance.shape[0], _CHUNK)]
    if len(chunks) == 1:
        whole = part(chunks[0])
    else:
        # NumPy's linear algebra lets go of the interpreter, so threads share the cores.
        with ThreadPoolExecutor(min(os.cpu_count() or 1, len(chunks))) as pool:
            whole = _joined(list(pool.map(part, chunks)))
    fitted = np.empty_like(whole.impedance_ohm)
    fitted[:, order] = whole.impedance_ohm
    return whole._replace(impedance_ohm=fitted)


def _joined(parts: list[Estimate]) -> Estimate:
    """Parts of a batch, one after the other; they share their relaxation times."""
    joined: dict[str, Any] = {
        name: np.concatenate(values) if np.ndim(values[0]) else values[0]
        for name, *values in zip(Estimate._fields, *parts, strict=True)
    }
    return Estimate(**{**joined, "tau_s": parts[0].tau_s})


def _deviation(impedance_ohm: np.ndarray, weights: str) -> np.ndarray:
    """Standard deviations (B, n) up to a factor; unit weights in units of the geometric mean of |Z|."""
    size = np.abs(impedance_ohm)
    if weights == "modulus":
        return size
    return np.broadcast_to(np.exp(np.log(size).mean(axis=1, keepdims=True)), size.shape)


def check_impedances(frequency_Hz: np.ndarray, impedance_ohm: np.ndarray) -> None:
    """Raise InputError for impedances (B, n) from which no distribution can be read."""
    n = frequency_Hz.size
    require(n >= LEAST_POINTS, f"drt: a spectrum needs at least {LEAST_POINTS} points, got {n}; measure more of them.")
    decades = float(np.log10(frequency_Hz.max() / frequency_Hz.min()))
    require(
        decades >= LEAST_DECADES,
        f"drt: a spectrum must span at least {LEAST_DECADES:g} decade of frequency, got {decades:.2g}; "
        "a distribution cannot be read from so little.",
    )
    zero = np.argwhere(impedance_ohm == 0)
    require(
        zero.size == 0,
        f"drt: impedance_ohm must not be zero, but it is at {frequency_Hz[zero[0, 1]] if zero.size else 0:g} Hz; "
        "remove that point.",
    )
