"""What a series must be: checked at the door of `fit_series`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Real
from typing import Any

import numpy as np

from sscell.errors import nearest_key, require
from sscell.fit.result import FitResult
from sscell.records import Spectrum


def listed(what: str, given: Any) -> list[Any]:
    """The items of a list (or of anything that can be gone through, but text), else InputError."""
    require(
        isinstance(given, Iterable) and not isinstance(given, str),
        f"fit_series: {what} must be a list, got {given!r}.",
    )
    return list(given)


def check_series(spectra: Sequence[Spectrum], conditions: Sequence[Any], cells: Sequence[str]) -> None:
    """Raises InputError for fewer than two spectra, lists of unequal length, and conditions of mixed kinds."""
    require(len(spectra) >= 2, f"fit_series: a series needs at least 2 spectra, got {len(spectra)}; use fit_circuit.")
    for what, given in (("conditions", conditions), ("cells", cells)):
        require(
            len(given) == len(spectra),
            f"fit_series: there are {len(spectra)} spectra but {len(given)} {what}; give one a spectrum.",
        )
    for k, condition in enumerate(conditions):
        require(
            isinstance(condition, str | Real),
            f"fit_series: condition {k} is {condition!r}; give each spectrum a number or a label (text).",
        )
    kinds = {isinstance(c, str) for c in conditions}
    require(len(kinds) == 1, "fit_series: conditions must be all numbers or all labels, not both.")
    numbers = [c for c in conditions if not isinstance(c, str)]
    require(
        all(np.isfinite(c) for c in numbers),
        "fit_series: conditions must be finite numbers or labels; leave others out.",
    )


def check_shared(shared: Sequence[str], fit: FitResult) -> None:
    """Raises InputError for names that are not free, and where nothing is left to each spectrum; fit: one of them."""
    for name in shared:
        require(
            name in fit.free,
            f"fit_series: shared {name!r} is no free parameter of {fit.circuit}{nearest_key(name, fit.free)}; "
            f"free are {', '.join(fit.free)}.",
        )
    require(
        len(set(shared)) < len(fit.free) or len(fit.free) == 1, "fit_series: leave at least one parameter unshared."
    )
