"""One step of a Rosenbrock method: linearly implicit, so no Newton iteration, with an error estimate and a path.

RODAS of Hairer and Wanner, Solving Ordinary Differential Equations II (1996), section IV.7: six stages, order 4(3),
L-stable, stiffly accurate; in their transformed form
(g - J) U_i = f(y + Σ a_ij U_j) + Σ c_ij U_j / h with g = 1/(γh), and y + Σ a_6j U_j + U_6 at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sscell.engines.jax.cycler import Cycler
from sscell.engines.jax.equations import State
from sscell.engines.jax.kept import kept
from sscell.jax_setup import load_jax

GAMMA, ORDER = 0.25, 4
_FIFTH = (1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950)
A: tuple[tuple[float, ...], ...] = (
    (),
    (1.544,),
    (0.9466785280815826, 0.2557011698983284),
    (3.314825187068521, 2.896124015972201, 0.9986419139977817),
    _FIFTH,
    (*_FIFTH, 1.0),
)
C: tuple[tuple[float, ...], ...] = (
    (),
    (-5.6688,),
    (-2.430093356833875, -0.2063599157091915),
    (-0.1073529058151375, -9.594562251023355, -20.47028614809616),
    (7.496443313967647, -10.24680431464352, -33.99990352819905, 11.70890893206160),
    (8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136, -6.058818238834054),
)
BEND = (10.12623508344586, -7.487995877610167, -34.80091861555747, -7.992771707568823, 1.025137723295662)
TWIST = (-0.6762803392801253, 6.087714651680015, 16.43084320892478, 24.76722511418386, -6.594389125716872)


class Step(NamedTuple):
    """A step's end, the estimate of its error, what bends its path (see `path`), and, if kept, dy/dt at its start."""

    y: State
    error: State
    bend: State
    twist: State
    rates: Any = None


def step(cycler: Cycler, y: State, h: Any) -> Step:
    """The state after h (lanes,) seconds under the cycler."""
    equations, cells = cycler.equations, cycler.cells
    factors = equations.factored(cells, equations.slopes(cells, y, cycler.current(y)), 1 / (GAMMA * h))
    first = kept(cycler.rates(y))
    increments: list[State] = [kept(equations.solved(cells, factors, first, cycler.hold))]
    for a, c in zip(A[1:], C[1:], strict=True):
        at = kept(_sum(y, a, increments))
        right = kept(_sum(cycler.rates(at), [q / h for q in c], increments))
        increments.append(kept(equations.solved(cells, factors, right, cycler.hold)))
    none = load_jax().tree_util.tree_map(lambda q: 0.0, y)
    bend, twist = (_sum(none, weights, increments) for weights in (BEND, TWIST))
    return kept(Step(_sum(at, (1.0,), increments[-1:]), increments[-1], bend, twist, first))


def path(start: Any, end: Any, bend: Any, twist: Any, share: Any) -> Any:
    """Any linear function of the state at a share 0..1 of the step, to third order, from its values of each part."""
    return start + share * (end - start + (1 - share) * (bend + share * twist))


def path_slope(start: Any, end: Any, bend: Any, twist: Any, share: Any) -> Any:
    """Derivative of `path` by the share."""
    return end - start + (1 - 2 * share) * bend + share * (2 - 3 * share) * twist


def _sum(first: State, weights: Sequence[Any], increments: list[State]) -> State:
    """first + Σ weights increments."""

    def combined(y: Any, *u: Any) -> Any:
        for w, q in zip(weights, u, strict=True):
            y = y + w * q
        return y

    return load_jax().tree_util.tree_map(combined, first, *increments[: len(weights)])
