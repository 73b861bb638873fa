"""Shapes that a circuit's branches may take, drawn over the measured frequencies, with their impedance at unit size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sscell.circuit.tree import leaves
from sscell.fit.branches import Branch
from sscell.fit.nested import Draw, value_at
from sscell.fit.powers import size_sign

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


def most_atoms(branches: Sequence[Branch]) -> int:
    """How many shapes the dictionary of these branches holds at most; branches of one kind share them."""
    return sum(_most_atoms(branch) for branch in {branch.kind: branch for branch in branches}.values())


def _most_atoms(branch: Branch) -> int:
    if branch.holds_line or _is_scattered(branch):
        return NESTED
    return (TIMES if branch.has_shape else 1) * (len(EXPONENTS) if branch.exponents else 1)


def atoms_of(branch: Branch, omega: np.ndarray, rng: np.random.Generator) -> Atoms:
    """The shapes of a branch over omega (F,)."""
    if branch.holds_line:
        return _lines(branch, omega, rng)
    times = _times_s(branch, omega)
    alphas = EXPONENTS if branch.exponents else (1.0,)
    tau, alpha = (a.ravel() for a in np.meshgrid(times, alphas, indexing="ij"))
    scattered = _is_scattered(branch)
    if scattered:
        tau, alpha = rng.choice(times, NESTED), rng.uniform(min(EXPONENTS), 1.0, NESTED)
    return _usable(branch, _values(branch, tau, alpha, rng if scattered else None), tau, omega)


def _lines(branch: Branch, omega: np.ndarray, rng: np.random.Generator) -> Atoms:
    """Lines have more inside than a grid could hold."""
    times = _times_s(branch, omega)
    values = Draw((times.min(), times.max()), NESTED, rng).values(branch.tree)
    own = branch.time_s(values)
    return _usable(branch, values, np.ones(NESTED) if own is None else own, omega)


def _usable(branch: Branch, values: np.ndarray, times_s: np.ndarray, omega: np.ndarray) -> Atoms:
    """Those with a finite impedance."""
    z = branch.response(values, omega[:, None]).T
    good = np.isfinite(z).all(1) & (np.abs(z).max(1) > 0)
    return Atoms(values[:, good], times_s[good], z[good])


def _times_s(branch: Branch, omega: np.ndarray) -> np.ndarray:
    if not branch.has_shape:
        return np.ones(1)
    return np.exp(np.linspace(-np.log(omega.max()) - REACH, -np.log(omega.min()) + REACH, TIMES))


def _is_scattered(branch: Branch) -> bool:
    """Whether there is more inside than a grid of times and exponents tells."""
    return _clocks(branch) > 1 or _sizes(branch) > 2


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
            rows.append(value_at(parameter, tau_s * slower, size, alpha))
    return np.array(rows)
