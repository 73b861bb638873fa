"""Impedance of many cells at many frequencies: (iω - J) x = b folded up, nothing substituted back.

A particle is a continued fraction from its centre to its surface, an interface a sum in closed form, an electrode a
chain of which only the ends matter. Arrays are (nodes, lanes, frequencies). Derivation: docs/theory/fast_engine.md.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sscell.engines.jax.cathode import Cathode, CathodeSlopes
from sscell.engines.jax.counter import AnodeSlopes, CompositeAnode
from sscell.engines.jax.equations import Cells, Equations, State
from sscell.engines.jax.folding import Interface, interface_at
from sscell.engines.jax.kept import kept
from sscell.engines.jax.particles import DiffusionSlopes, ParticleGrid
from sscell.engines.jax.rails import Rails
from sscell.engines.jax.settle import settled
from sscell.jax_setup import load_jax

# Pivots of a continued fraction in one compiled loop: longer ones wait for their divisions, shorter ones for memory.
PIVOTS_AT_ONCE = 5


class Rungs(NamedTuple):
    """The cathode from node to node at each frequency: its interface, and what makes the chain's diagonal."""

    interface: Interface
    swing: Any  # what a unit of j_F takes from the surface content
    conductance: Any


def spectra(equations: Equations, p: dict[str, Any], y: State, omega: Any) -> tuple[Any, Any, Any]:
    """Z (lanes, frequencies) in ohm about the settled state, its voltage (lanes,), and which lanes settled.

    p: the numbers of the cells (lanes,); y: their states on the mesh of `equations`; omega: (frequencies,) 1/s.
    """
    c = equations.cells(p)
    y, done = settled(equations, c, y)
    z = impedance_ohm_m2(equations, c, y, omega) / p["area_m2"][:, None]
    return z + leads(p, omega), equations.voltage(c, y, 0.0), done


def leads(p: dict[str, Any], omega: Any) -> Any:
    """iωL, (lanes, frequencies). In series: it acts only while the current changes, so cycling does not see it."""
    return 1j * omega * p["lead_inductance_H"][:, None]


def impedance_ohm_m2(equations: Equations, cells: Cells, y: State, omega: Any) -> Any:
    """-dV/di of the pellet without leads, (lanes, frequencies), about a settled state."""
    c, (on_positive, on_negative) = over_frequencies((cells, slopes_at_rest(equations, cells, y)))
    g = 1j * omega
    if isinstance(equations.positive, Cathode):
        rungs = cathode_rungs(equations.positive, on_positive, omega)
        positive_V = ends_V(c.positive, rungs.conductance)
    else:
        positive_V = equations.positive.factored(on_positive, None, g).unit_V
    if isinstance(equations.negative, CompositeAnode):
        negative_V = ends_V(c.negative, anode_conductance(on_negative, g))
    else:
        negative_V = equations.negative.factored(on_negative, None, g).unit_V
    return series_ohm_m2(c.p, g) + negative_V - positive_V


def slopes_at_rest(equations: Equations, c: Cells, y: State) -> tuple[Any, Any]:
    """The Jacobian of either electrode without current."""
    return equations.slopes(c, y, load_jax().numpy.zeros_like(c.ohmic))


def over_frequencies(values: Any) -> Any:
    """Arrays with a last axis for the frequencies."""
    return load_jax().tree.map(lambda q: q[..., None], values)


def series_ohm_m2(p: dict[str, Any], g: Any) -> Any:
    """Separator and contacts."""
    separator = p["separator_resistance_ohm_m2"] * inverse(1 + g * p["separator_time_constant_s"])
    return separator + p["contact_resistance_ohm_m2"]


def cathode_rungs(cathode: Cathode, s: CathodeSlopes, omega: Any) -> Rungs:
    """The cathode's interface; slopes with an axis for the frequencies."""
    swing = surface_swing(cathode.grid, s.diffusion, s.source, omega)
    interface, gain = interface_at(s, 1j * omega, swing)
    return Rungs(interface, swing, kept(interface.conductance * gain))


def surface_swing(grid: ParticleGrid, slopes: DiffusionSlopes, source: Any, omega: Any) -> Any:
    """What a unit of j_F takes from the surface content: eliminated from the centre outwards.

    The last three pivots q_k = iω - d_k - l_k u_{k-1}/q_{k-1} say all, as the flux enters the last shell.
    """
    pivots = load_jax().custom_jvp(_last_pivots)
    pivots.defjvp(_last_pivots_change)
    third, second, last = pivots(slopes.diagonal, kept(slopes.lower[1:] * slopes.upper[:-1]), omega)
    weights = grid.surface_weights
    inner = weights[1] + weights[0] * slopes.upper[-3] * inverse(third)
    return kept(source * (weights[2] + inner * slopes.upper[-2] * inverse(second)) * inverse(last))


def _last_pivots(diagonal: Any, steps: Any, omega: Any) -> tuple[Any, Any, Any]:
    complex_of = load_jax().lax.complex
    still = 0 * (diagonal[0] + omega)
    pivots = [complex_of(still - diagonal[0], still + omega)]
    for row in range(1, diagonal.shape[0]):
        share = steps[row - 1] / _size(pivots[-1])
        pivot = complex_of(-diagonal[row] - share * pivots[-1].real, omega + share * pivots[-1].imag)
        stored = row % PIVOTS_AT_ONCE == 0 or row >= diagonal.shape[0] - 3
        pivots = [*pivots[-2:], kept(pivot) if stored else pivot]
    return pivots[0], pivots[1], pivots[2]


def _last_pivots_change(at: tuple[Any, ...], change: tuple[Any, ...]) -> tuple[Any, Any]:
    """The same in a loop, with what changes: automatic differentiation of the rows compiles ten times as long."""
    (diagonal, steps, omega), (diagonal_by, steps_by, omega_by) = at, change

    def further(carry: Any, row: Any) -> tuple[Any, None]:
        pivot, by = carry
        inverted = inverse(pivot)
        taken = row[1] * inverted
        return (1j * omega - row[0] - taken, 1j * omega_by - row[2] - inverted * (row[3] - taken * by)), None

    none = 0j * (diagonal[0] + omega)
    first = none + 1j * omega - diagonal[0], none + 1j * omega_by - diagonal_by[0]
    rows = diagonal[1:], steps, diagonal_by[1:], steps_by
    third, _ = load_jax().lax.scan(further, first, [q[:-2] for q in rows])
    second, _ = further(third, [q[-2] for q in rows])
    last, _ = further(second, [q[-1] for q in rows])
    return _last_pivots(*at), (third[1], second[1], last[1])


def anode_conductance(s: AnodeSlopes, g: Any) -> Any:
    """What a composite anode adds to its chain's diagonal: double layer beside charge transfer and filling."""
    transfer = s.faradaic_v * g * inverse(g + s.per_capacity * s.faradaic_y)
    return kept(s.area_per_m * (g * s.double_layer + transfer))


def line_V(charge: Rails, conductance: Any) -> tuple[Any, Any]:
    """v (nodes, lanes, frequencies) per unit current of an electrode with `conductance` from rail to rail, voltage."""
    v = _swept(-charge.lower, conductance - charge.diagonal, -charge.upper, charge.forcing)
    return v, charge.voltage(v, 1.0)


def ends_V(charge: Rails, conductance: Any) -> Any:
    """The voltage of `line_V` alone, (lanes, frequencies), in a third of the time."""
    folded = load_jax().custom_jvp(_ends_V)
    folded.defjvp(_ends_V_slope)
    return folded(charge, conductance)


def _ends_V(charge: Rails, conductance: Any) -> Any:
    """Current enters, and voltage is read, at the two ends alone: the four corners of the inverse chain are enough.

    They are the last pivots from either end, and the product of all.
    """
    diagonal = conductance - charge.diagonal
    steps = kept(charge.lower[1:] * charge.upper[:-1])
    last, through = _corner(diagonal, steps, charge.lower[1:])
    first, _ = _corner(diagonal[::-1], steps[::-1], None)
    back = through * load_jax().numpy.prod(charge.upper[:-1] / charge.lower[1:], axis=0)
    into_first, into_last = charge.forcing[0], charge.forcing[-1]
    v_first, v_last = first * into_first + back * into_last, through * into_first + last * into_last
    return charge.at_v[0] * v_first + charge.at_v[-1] * v_last + charge.at_i


def _ends_V_slope(at: tuple[Rails, Any], change: tuple[Rails, Any]) -> tuple[Any, Any]:
    """V = u·v + d with A v = f, so dV = w·(df - dA v) + du·v + dd with Aᵀw = u."""
    jnp = load_jax().numpy
    (charge, conductance), (charge_by, conductance_by) = at, change
    v, _ = line_V(charge, conductance)
    after, before = jnp.roll(charge.lower, -1, axis=0), jnp.roll(charge.upper, 1, axis=0)
    w = _swept(-before, conductance - charge.diagonal, -after, charge.at_v)
    unmet = charge_by.leaving(v, 1.0) - conductance_by * v
    return _ends_V(charge, conductance), jnp.sum(w * unmet, axis=0) + charge_by.voltage(v, 1.0)


def _corner(diagonal: Any, steps: Any, lower: Any) -> tuple[Any, Any]:
    """The last entry of the inverse chain's last row, and with `lower` the row's first entry too."""
    inverted = inverse(diagonal[0])
    through = inverted if lower is not None else None
    for row in range(1, diagonal.shape[0]):
        inverted = inverse(diagonal[row] - steps[row - 1] * inverted)
        through = through * (lower[row - 1] * inverted) if lower is not None else None
        if row % PIVOTS_AT_ONCE == 0:
            inverted, through = kept((inverted, through))
    return inverted, through


def _swept(lower: Any, diagonal: Any, upper: Any, right: Any) -> Any:
    """x of a tridiagonal system, down and up in loops: compiled in no time, and run where every node is asked for."""
    jax = load_jax()
    none = jax.numpy.zeros_like(diagonal[0])

    def down(before: Any, row: Any) -> Any:
        taken, so_far = before
        inverted = inverse(row[1] - row[0] * taken)
        now = row[2] * inverted, (row[3] - row[0] * so_far) * inverted
        return now, now

    def up(after: Any, row: Any) -> Any:
        x = row[1] - row[0] * after
        return x, x

    _, rows = jax.lax.scan(down, (none, none), (lower, diagonal, upper, right))
    return jax.lax.scan(up, none, rows, reverse=True)[1]


def inverse(z: Any) -> Any:
    """1/z, without the care for overflow that makes complex division slow."""
    return z.conj() / _size(z)


def _size(z: Any) -> Any:
    return z.real * z.real + z.imag * z.imag
