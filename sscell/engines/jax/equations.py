"""The whole cell: two electrodes, separator and contacts; its rates, its voltage, and (g - J) k = r."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sscell.cell import CellStructure
from sscell.engines.jax import folding
from sscell.engines.jax.cathode import Cathode
from sscell.engines.jax.counter import Blocking, CompositeAnode, Metal
from sscell.engines.jax.kept import kept
from sscell.engines.jax.rails import Rails
from sscell.jax_setup import load_jax

Numbers = dict[str, Any]


class State(NamedTuple):
    """The cell at one moment: electrodes (rows, nodes, lanes); series (2, lanes): separator V, discharged charge C."""

    positive: Any
    negative: Any
    series: Any


def flat(y: State) -> Any:
    """All numbers of a state, (numbers, lanes)."""
    parts = (y.positive, y.negative, y.series)
    return load_jax().numpy.concatenate([q.reshape(-1, q.shape[-1]) for q in parts])


class Cells(NamedTuple):
    """What does not change in a run: the numbers (lanes,), the charge balances, and dV/di at a given state, ohm m²."""

    p: Numbers
    positive: Rails | None
    negative: Rails | None
    ohmic: Any


class Factors(NamedTuple):
    """(g - J) made ready; unit_V is dV/di of the cell at g, ohm m²: minus its impedance where g = iω."""

    g: Any
    positive: Any
    negative: Any
    relaxed: Any  # 1/(1 + gτ) of the separator
    unit_V: Any


class PositiveComposite(Cathode):
    """The cathode with its elimination, in the shape of a counter electrode."""

    def factored(self, s: Any, charge: Rails, g: Any) -> folding.CathodeFactors:
        """(g - J) made ready."""
        return folding.factored(self, s, charge, g)

    def condensed(self, f: Any, r: Any) -> folding.CathodeRight:
        """The answer while the current stays."""
        return folding.condensed(self, f, r)

    def expanded(self, f: Any, c: Any, i: Any) -> Any:
        """All increments."""
        return folding.expanded(self, f, c, i)


class Equations:
    """The equations of all cells of one structure on one mesh. Currents are densities, A/m² of pellet."""

    def __init__(self, structure: CellStructure, edges: dict[str, np.ndarray]) -> None:
        composite = structure.positive == "composite"
        self.positive: Any = PositiveComposite(structure, edges) if composite else Blocking("positive")
        counters = {"composite": lambda: CompositeAnode(structure, edges), "metal": Metal}
        self.negative: Any = counters.get(structure.negative, lambda: Blocking("negative"))()

    def cells(self, p: Numbers) -> Cells:
        """The cells of given numbers."""
        jnp = load_jax().numpy
        positive, negative = self.positive.rails(p), self.negative.rails(p)
        ohmic = -p["contact_resistance_ohm_m2"] * jnp.ones_like(p["area_m2"])
        ohmic = ohmic + (positive.at_i if positive is not None else 0)
        ohmic = ohmic - (negative.at_i if negative is not None else 0)
        return Cells(p, positive, negative, ohmic)

    def unflat(self, values: Any) -> State:
        """The inverse of `flat`."""
        shapes = [(part.rows, part.nodes) for part in (self.positive, self.negative)] + [(2,)]
        ends = np.cumsum([np.prod(shape) for shape in shapes])[:-1]
        pieces = load_jax().numpy.split(values, ends.tolist())
        return State(*(q.reshape(*shape, -1) for q, shape in zip(pieces, shapes, strict=True)))

    def voltage(self, c: Cells, y: State, i: Any) -> Any:
        """The cell's voltage."""
        positive = self.positive.voltage(c.positive, y.positive, 0.0)
        negative = self.negative.voltage(c.negative, y.negative, 0.0)
        return positive - negative - y.series[0] + c.ohmic * i

    def rates(self, c: Cells, y: State, i: Any) -> State:
        """dy/dt."""
        p = c.p
        separator = (i * p["separator_resistance_ohm_m2"] - y.series[0]) / p["separator_time_constant_s"]
        return State(
            self.positive.rates(y.positive, p, c.positive, i),
            self.negative.rates(y.negative, p, c.negative, i),
            load_jax().numpy.stack([separator, i * p["area_m2"]]),
        )

    def slopes(self, c: Cells, y: State, i: Any) -> tuple[Any, Any]:
        """The Jacobian of either electrode."""
        return (
            self.positive.slopes(y.positive, c.p, c.positive, i),
            self.negative.slopes(y.negative, c.p, c.negative, i),
        )

    def factored(self, c: Cells, slopes: tuple[Any, Any], g: Any) -> Factors:
        """(g - J) made ready for any number of right-hand sides."""
        positive = self.positive.factored(slopes[0], c.positive, g)
        negative = self.negative.factored(slopes[1], c.negative, g)
        relaxed = 1 / (1 + g * c.p["separator_time_constant_s"])
        series = c.p["separator_resistance_ohm_m2"] * relaxed + c.p["contact_resistance_ohm_m2"]
        return Factors(g, positive, negative, *kept((relaxed, positive.unit_V - negative.unit_V - series)))

    def solved(self, c: Cells, f: Factors, r: State, hold: Any) -> State:
        """k of (g - J) k = r; where `hold` is 1 the current follows so that the voltage stays, else it is constant."""
        p = c.p
        positive = self.positive.condensed(f.positive, r.positive)
        negative = self.negative.condensed(f.negative, r.negative)
        separator = p["separator_time_constant_s"] * f.relaxed * r.series[0]
        free = positive.V - negative.V - separator
        i = load_jax().numpy.zeros_like(free) if hold is None else kept(-hold * free / f.unit_V)
        separator = separator + p["separator_resistance_ohm_m2"] * f.relaxed * i
        return State(
            self.positive.expanded(f.positive, positive, i),
            self.negative.expanded(f.negative, negative, i),
            load_jax().numpy.stack([separator, (r.series[1] + p["area_m2"] * i) / f.g]),
        )
