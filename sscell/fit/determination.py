"""How well the data determine a parameter, in the two words that warnings and tables share."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from sscell.fit.space import SearchSpace

# Standard errors from which a parameter is poorly determined: 15 % of a logarithmic one, 0.04 of an exponent ...
POOR_RELATIVE, POOR_LINEAR = 0.15, 0.04
# ... and from which it is not: 50 %, so that the 95 % interval is a factor of 2.7 up and down, and 0.15.
OPEN_RELATIVE, OPEN_LINEAR = 0.5, 0.15
# The end of such an interval: where the misfit lies flat beyond what the curvature says, an end is sought up to here.
FURTHEST_RELATIVE, FURTHEST_LINEAR = 2 * OPEN_RELATIVE, 2 * OPEN_LINEAR


class Determination(StrEnum):
    """In the order of what is worse."""

    WELL = ""
    POOR = "poorly determined"
    NOT = "not determined"
    AT_BOUND = "at its bound"

    @property
    def open(self) -> bool:
        """Whether nothing can be said on the value: no error, no mean, no comparison."""
        return self in (Determination.NOT, Determination.AT_BOUND)


def determinations(
    space: SearchSpace, u: np.ndarray, error: np.ndarray, half_width: np.ndarray, further: np.ndarray
) -> list[Determination]:
    """Of each coordinate: u, error and half_width (Q,); further (2, Q) as `reaches_further` gives it."""
    poor, beyond = (
        np.where(space.logarithmic, *limits) for limits in ((POOR_RELATIVE, POOR_LINEAR), (OPEN_RELATIVE, OPEN_LINEAR))
    )
    everywhere = (u - half_width <= space.lower) & (u + half_width >= space.upper)
    open_ = (error > beyond) | (everywhere & (error > 0)) | np.isinf(further).any(0)
    loose = (error > poor) | (further > 0).any(0)
    return [
        Determination.AT_BOUND if np.isnan(error[k])
        else Determination.NOT if open_[k]
        else Determination.POOR if loose[k]
        else Determination.WELL
        for k in range(space.size)
    ]  # fmt: skip
