"""Where any engine stops a step, whatever the step says."""

from __future__ import annotations

from sscell.cell import CellDesign, CompositeCathode

# Emptied or overcharged.
LOWEST_V, HIGHEST_V = -1.0, 6.0
# A voltage that runs away, in a step without a limit of its own, may stall short of those, beyond these.
EMPTY_V, OVERCHARGED_V = 0.0, 5.0
# A step without a time limit may last this many times the time to pass the full theoretical capacity; a hold this long.
PATIENCE, LONGEST_HOLD_S = 1.5, 200 * 3600.0


def theoretical_charge_C(design: CellDesign) -> float:
    """The charge of the active material's full theoretical capacity; one ampere hour for a pellet without any."""
    positive = design.positive
    if not isinstance(positive, CompositeCathode):
        return 3600.0
    return design.active_mass_kg * positive.material.theoretical_capacity_Ah_per_kg * 3600.0
