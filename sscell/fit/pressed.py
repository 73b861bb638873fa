"""At a bound of the box, and which way the misfit falls from there."""

from __future__ import annotations

from typing import Any


def pressed_against_bound(u: Any, gradient: Any, lower: Any, upper: Any) -> Any:
    """Whether coordinates are at a bound and the misfit falls beyond it; arrays of one shape, NumPy or JAX."""
    return ((u <= lower) & (gradient > 0)) | ((u >= upper) & (gradient < 0))
