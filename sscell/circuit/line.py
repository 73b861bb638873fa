"""Transmission lines: two rails joined by a rung all along, and by a shunt at either end.

The current enters the first (ionic) rail at the separator and leaves the second (electronic) rail at the collector.
Rails have total impedances A and B, the rung y as a total admittance, the shunts Ys (separator) and Yc (collector).
With S = A + B, w = S y = ν², c = ν coth ν, h = ν/sinh ν, a = A/S, b = B/S (docs/theory/circuits.md):

Z = AB/S + [a²(c + S Yc) + b²(c + S Ys) + 2ab h]/D, D = y + (Ys + Yc) c + S Ys Yc.

Written with (c - 1)/w and (1 - h)/w, so that a blocking rung (w -> 0) leaves the rails' third exact. The slope by a
branch is dZ/dz = ∫ (i_z/I)²: squares of hyperbolic profiles, which integrate in closed form.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sscell.circuit.complexes import ABSENT, Absent, Parts, choose
from sscell.circuit.hyperbolic import line_functions


class LineSlopes(NamedTuple):
    """dZ by the impedances of ionic rail, electronic rail, rung (its total) and shunts; ABSENT for an open end."""

    ionic: Parts
    electronic: Parts
    rung: Parts
    separator_end: Parts
    collector_end: Parts


class Line(NamedTuple):
    """Impedance and slopes of a transmission line."""

    impedance: Parts
    slopes: LineSlopes


def line_from_branches(
    ionic: Parts,
    electronic: Parts | Absent,
    rung: Parts,
    separator_end: Parts | None,
    collector_end: Parts | None,
    xp: Any,
) -> Line:
    """Impedance and slopes from branch impedances; electronic may be ABSENT, an end None (open)."""
    y = rung.reciprocal()
    start: Any = ABSENT if separator_end is None else separator_end.reciprocal()
    end: Any = ABSENT if collector_end is None else collector_end.reciprocal()
    total = ionic + electronic
    # Without any rail resistance the line is its rung.
    over_total = choose(total.modulus_squared == 0, 1.0, total, xp).reciprocal()
    a, b = ionic * over_total, electronic * over_total
    w = total * y
    coth, sinh, _ = line_functions(w, xp)
    along, across = w * coth, w * sinh
    inverse = (y + (start + end) * (1 + along) + total * start * end).reciprocal()
    # Voltages between the rails at the ends for a current of 1.
    u0 = (1 + a * along - b * across + ionic * end) * inverse
    u1 = (1 + b * along - a * across + electronic * start) * inverse
    rails = (ionic * a + electronic * b) * coth - 2 * ionic * b * sinh
    numerator = 1 + y * rails + ionic * a * end + electronic * b * start
    # Ionic current at the ends, without its mean b.
    p, q = 1 - u0 * start - b, u1 * end - b
    own, mixed = (coth + 2 * sinh - across * sinh) * 0.5, (1 - across) * coth * 0.5
    bend = own * (p * p + q * q) + 2 * mixed * p * q
    mean = (p + q) * (coth + sinh)
    return Line(
        impedance=ionic * b + numerator * inverse,
        slopes=LineSlopes(
            ionic=b * b + 2 * b * mean + bend,
            electronic=a * a - 2 * a * mean + bend,
            rung=y * y * (own * (u0 * u0 + u1 * u1) + 2 * mixed * u0 * u1),
            separator_end=u0 * start * u0 * start,
            collector_end=u1 * end * u1 * end,
        ),
    )
