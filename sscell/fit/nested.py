"""Shapes of a branch with sub-circuits inside, drawn at random down its tree: every part gets a size and a time.

Parts in series have times of their own, anywhere in the measured range: any of them may be the fast one. Beside a
storage, what stands behind a resistance (diffusion behind charge transfer) is slower than the two of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sscell.circuit.element import ElementParameter, Scale
from sscell.circuit.tree import Leaf, Node, Parallel, Series, TransmissionLine, children
from sscell.fit.powers import powers_of_unit

LOWEST_EXPONENT, HIGHEST_EXPONENT = 0.65, 1.0
# Neighbours in series, and a line's rails and its rung, differ in size by up to so many decades, either way.
SIZE_DECADES = 1.0
# So many decades slower may be what stands behind a resistance, and a parallel within a parallel.
BEHIND_DECADES, WITHIN_DECADES = 4.0, 3.0


@dataclass(frozen=True)
class Draw:
    """count shapes at a time; times_s: the shortest and the longest time constant."""

    times_s: tuple[float, float]
    count: int
    rng: np.random.Generator

    def values(self, tree: Node) -> np.ndarray:
        """Parameters (P, count), with impedances of about 1 ohm."""
        return np.array(self._part(tree, np.ones(self.count), None))

    def _part(self, node: Node, size: np.ndarray, time_s: np.ndarray | None) -> list[np.ndarray]:
        """Parameters of a node of that size; time_s: that of the parallel it stands in, None outside."""
        match node:
            case Leaf():
                alpha = self.rng.uniform(LOWEST_EXPONENT, HIGHEST_EXPONENT, self.count)
                at = self._any_time() if time_s is None else time_s
                return [value_at(p, at, size, alpha) for p in node.element.parameters]
            case Series(parts=parts):
                behind = [time_s if k == 0 else self._slower(time_s, BEHIND_DECADES) for k in range(len(parts))]
                return self._all(parts, [self._near(size) for _ in parts], behind)
            case Parallel(branches=branches):
                own = self._any_time() if time_s is None else self._slower(time_s, WITHIN_DECADES)
                return self._all(branches, [size] * len(branches), [own] * len(branches))
            case TransmissionLine():
                inside = children(node)
                sizes = [size if part is node.rung else self._near(size) for part in inside]
                return self._all(inside, sizes, [None] * len(inside))

    def _all(
        self, nodes: tuple[Node, ...], sizes: list[np.ndarray], times_s: list[np.ndarray | None]
    ) -> list[np.ndarray]:
        return [value for part in zip(nodes, sizes, times_s, strict=True) for value in self._part(*part)]

    def _any_time(self) -> np.ndarray:
        shortest, longest = np.log(self.times_s)
        return np.exp(self.rng.uniform(shortest, longest, self.count))

    def _slower(self, time_s: np.ndarray | None, decades: float) -> np.ndarray | None:
        return None if time_s is None else time_s * 10 ** self.rng.uniform(0, decades, self.count)

    def _near(self, size: np.ndarray) -> np.ndarray:
        return size * 10 ** self.rng.uniform(-SIZE_DECADES, SIZE_DECADES, self.count)


def value_at(parameter: ElementParameter, time_s: np.ndarray, size: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """A parameter of an element whose impedance is about `size` at 1/time_s."""
    if parameter.scale is Scale.LINEAR:
        return alpha
    p, q = powers_of_unit(parameter.unit, alpha)
    return size**p * time_s**q
