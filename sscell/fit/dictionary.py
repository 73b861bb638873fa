"""Shapes that a circuit's branches may take, drawn over the measured frequencies, with their impedance at unit size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sscell.circuit.element import Scale
from sscell.circuit.tree import leaves
from sscell.fit.branches import Branch, size_sign

# Time constants a branch, reaching this far (in logarithms) beyond the measured range; exponents tried with each.
TIMES, REACH = 24, 1.0
EXPONENTS = (0.65, 0.8, 0.95)
# Shapes of a branch that holds more than an arc, with sizes and time constants inside it drawn at random.
NESTED = 256


@dataclass(frozen=True)
class Atoms:
    """Shapes of one kind of branch: values (parameters, M) at unit size, times_s (M,), impedance (M, F)."""

    values: np.ndarray
    times_s: np.ndarray
    impedance: np.ndarray

    @property
    def count(self) -> int:
        return self.values.shape[1]


def atoms_of(branch: Branch, omega: np.ndarray, rng: np.random.Generator) -> Atoms:
    """The shapes of a branch over omega (F,)."""
    times = _times_s(branch, omega)
    alphas = EXPONENTS if branch.exponents else (1.0,)
    tau, alpha = (a.ravel() for a in np.meshgrid(times, alphas, indexing="ij"))
    scattered = _clocks(branch) > 1 or _sizes(branch) > 2
    if scattered:
        tau, alpha = rng.choice(times, NESTED), rng.uniform(min(EXPONENTS), 1.0, NESTED)
    values = _values(branch, tau, alpha, rng if scattered else None)
    z = branch.response(values, omega[:, None]).T
    good = np.isfinite(z).all(1) & (np.abs(z).max(1) > 0)
    return Atoms(values[:, good], tau[good], z[good])


def _times_s(branch: Branch, omega: np.ndarray) -> np.ndarray:
    if not branch.has_shape:
        return np.ones(1)
    return np.exp(np.linspace(-np.log(omega.max()) - REACH, -np.log(omega.min()) + REACH, TIMES))


def _clocks(branch: Branch) -> int:
    """How many time constants a branch holds: its own, and one for each element that stores charge."""
    units = [p.unit for p in branch.parameters]
    return sum(u in ("s", "F", "H") or u.startswith(("ohm^-1", "ohm^(1/", "ohm s^")) for u in units)


def _sizes(branch: Branch) -> int:
    """How many of its parameters are impedances or admittances: one for an element, two for an arc."""
    return sum(size_sign(p.unit) != 0 for p in branch.parameters)


def _values(branch: Branch, tau_s: np.ndarray, alpha: np.ndarray, rng: np.random.Generator | None) -> np.ndarray:
    """Parameters (parameters, M) at unit size; with rng, elements behind the first are scattered around it."""
    rows = []
    for n, leaf in enumerate(leaves(branch.tree)):
        slower = size = np.ones_like(tau_s)
        if rng is not None and n > 0:
            slower, size = 10 ** rng.uniform(-1, 3, tau_s.size), 10 ** rng.uniform(-1, 1, tau_s.size)
        for parameter in leaf.element.parameters:
            rows.append(_value(parameter, tau_s * slower, size, alpha))
    return np.array(rows)


def _value(parameter: Any, tau_s: np.ndarray, size: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    unit = parameter.unit
    if parameter.scale is Scale.LINEAR:
        return alpha
    if unit == "s":
        return tau_s
    if unit == "F":
        return tau_s / size
    if unit == "H":
        return tau_s * size
    if unit == "ohm s^-1/2":
        return size / np.sqrt(tau_s)
    if unit.startswith("ohm^-1 s^"):
        return tau_s**alpha / size
    if unit.startswith("ohm^(1/"):
        return tau_s * size ** (1 / alpha)
    return size if unit == "ohm" else np.ones_like(size)
