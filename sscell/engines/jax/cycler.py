"""What the cycler holds and sees in every lane at one moment, and what limits it."""

from __future__ import annotations

from typing import Any, NamedTuple

from sscell.engines.jax.equations import Cells, Equations, State
from sscell.engines.jax.kept import kept
from sscell.engines.jax.program import Control
from sscell.engines.limits import PATIENCE
from sscell.jax_setup import load_jax


class Held(NamedTuple):
    """The arrays of a cycler: cells, control, and the current densities (lanes,) that are set and that end a hold."""

    cells: Cells
    control: Control
    ordered: Any
    cut: Any


class Cycler:
    """What the cycler does in every lane. holds: whether any step of the protocol holds a voltage."""

    def __init__(self, equations: Equations, holds: bool, arrays: Held) -> None:
        self.equations, self.holds, self.arrays = equations, holds, arrays
        self.cells, self.control, self.ordered, self.cut = arrays

    def rates(self, y: State) -> State:
        """dy/dt at the current that flows."""
        return self.equations.rates(self.cells, y, self.current(y))

    @property
    def held(self) -> Any:
        """Where the voltage is held."""
        return self.control.hold > 0

    @property
    def hold(self) -> Any:
        """1 where the voltage is held; None if it nowhere is."""
        return self.control.hold if self.holds else None

    def current(self, y: State) -> Any:
        """The current density at a state."""
        if not self.holds:
            return self.ordered
        still = self.equations.voltage(self.cells, y, 0.0)
        return load_jax().numpy.where(self.held, (self.control.voltage_V - still) / self.cells.ohmic, self.ordered)

    def seen(self, y: State) -> Any:
        """What is not held: the voltage, or the current density; it is linear in the state."""
        return self._not_held(y, self.current(y))

    def seen_of(self, increment: State) -> Any:
        """The same of an increment of the state."""
        still = self.equations.voltage(self.cells, increment, 0.0)
        if not self.holds:
            return still
        return load_jax().numpy.where(self.held, -still / self.cells.ohmic, still)

    def limit(self, i: Any) -> tuple[Any, Any]:
        """(sign, limit): the step ends where sign (seen - limit) has fallen to zero; i: the current at its start."""
        jnp = load_jax().numpy
        c, down = self.control, i > 0
        sign = jnp.where(jnp.where(self.held, i < 0, ~down), -1.0, 1.0)
        return sign, jnp.where(self.held, sign * self.cut, jnp.where(down, c.lowest_V, c.highest_V))

    def longest_s(self) -> Any:
        """How long the step may last: as it says, or until the theoretical capacity is passed with some patience."""
        jnp = load_jax().numpy
        p = self.cells.p
        ampere = jnp.maximum(jnp.abs(self.ordered * p["area_m2"]), 1e-30)
        patience = PATIENCE * p["theoretical_charge_C"] / ampere
        return jnp.where(jnp.isinf(self.control.longest_s), patience, self.control.longest_s)

    def first_step_s(self) -> Any:
        """A first time step, for want of better."""
        jnp = load_jax().numpy
        p = self.cells.p
        ampere = jnp.maximum(jnp.abs(self.ordered * p["area_m2"]), 1e-30)
        return jnp.clip(0.36 * p["one_C_A"] / ampere, 0.05, 5.0)

    def _not_held(self, y: State, i: Any) -> Any:
        voltage = self.equations.voltage(self.cells, y, i)
        return load_jax().numpy.where(self.held, i, voltage) if self.holds else voltage


def cycler_at(equations: Equations, cells: Cells, program: Any, steps: Any, holds: bool) -> Cycler:
    """The cycler of lanes that are in the given steps (lanes,) of a program."""
    control = Control(*kept(load_jax().numpy.take(program, steps, axis=1)))
    one_C_A, area = cells.p["one_C_A"], cells.p["area_m2"]
    ordered = (control.rate * one_C_A + control.current_A) / area
    cut = (control.cut_rate * one_C_A + control.cut_off_A) / area
    return Cycler(equations, holds, Held(cells, control, *kept((ordered, cut))))
