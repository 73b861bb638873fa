"""How strongly a Levenberg-Marquardt step is damped, by how good the last one was.

Nielsen, report IMM-REP-1999-05: damping falls smoothly with the quality of the step, and rises ever faster.
"""

from __future__ import annotations

from typing import Any

FIRST_DAMPING, LEAST_DAMPING, MOST_DAMPING = 1e-2, 1e-9, 1e10
FIRST_GROWTH = 2.0


def damping_after(damping: Any, growth: Any, gain: Any, expected: Any, xp: Any) -> tuple[Any, Any]:
    """Damping and its growth after a step that lowered the cost by `gain` where `expected` was promised."""
    quality = gain / xp.maximum(expected, 1e-300)
    eased = damping * xp.maximum(1 / 5, 1 - xp.clip(2 * quality - 1, -1.0, 1.0) ** 3)
    after = xp.maximum(xp.where(gain > 0, eased, damping * growth), LEAST_DAMPING)
    return after, xp.where(gain > 0, FIRST_GROWTH, 2 * growth)
