"""What was done to the cathode active material: coating by ALD (or a coating given directly) and the anneal."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real

from sscell.errors import InputError, require


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A coating recipe.

    ald_cycles: number of ALD cycles (0: bare), unless the coating is given directly by `coating_thickness_nm` (the
    real thickness, as TEM sees it) or `coating_mass_fraction` (kg coating per kg CAM); one of the three.
    anneal_temperature_C: dwell temperature, None for as coated; anneal_time_min: dwell; ramp_K_per_min: both ramps.
    coating: name of a coating material known to `sscell.interface` ("ZrO2" by default).
    Raises InputError for negative or non-finite values and for a coating given twice.
    """

    ald_cycles: float = 0
    anneal_temperature_C: float | None = None
    anneal_time_min: float = 30.0
    ramp_K_per_min: float = 10.0
    atmosphere: str = "O2"
    coating: str = "ZrO2"
    coating_thickness_nm: float | None = None
    coating_mass_fraction: float | None = None

    def __post_init__(self) -> None:
        _not_negative("ald_cycles", self.ald_cycles, "use 0 for the bare material")
        for name in ("coating_thickness_nm", "coating_mass_fraction"):
            if getattr(self, name) is not None:
                _not_negative(name, getattr(self, name), "use 0 for the bare material")
        direct = [n for n in ("coating_thickness_nm", "coating_mass_fraction") if getattr(self, n) is not None]
        given = [*(["ald_cycles"] if self.ald_cycles else []), *direct]
        if len(given) > 1:
            raise InputError(f"Recipe: the coating is given twice, by {' and '.join(given)}; keep one of them.")
        if self.coating_mass_fraction is not None:
            require(
                self.coating_mass_fraction < 1,
                f"Recipe: coating_mass_fraction must be below 1, got {self.coating_mass_fraction}; "
                "it is kg of coating per kg of CAM, so 1 wt% is 0.01.",
            )
        if self.anneal_temperature_C is not None:
            require(
                isinstance(self.anneal_temperature_C, Real) and 25.0 <= self.anneal_temperature_C <= 2000.0,
                f"Recipe: anneal_temperature_C must lie between 25 and 2000 °C, got {self.anneal_temperature_C!r}; "
                "use None for an as-coated sample.",
            )
        _not_negative("anneal_time_min", self.anneal_time_min, "use 0 for a ramp without dwell")
        require(
            isinstance(self.ramp_K_per_min, Real) and math.isfinite(self.ramp_K_per_min) and self.ramp_K_per_min > 0,
            f"Recipe: ramp_K_per_min must be positive and finite, got {self.ramp_K_per_min!r}.",
        )


def _not_negative(name: str, value: float, next_step: str) -> None:
    require(
        isinstance(value, Real) and math.isfinite(value) and value >= 0,
        f"Recipe: {name} must be a number of at least 0, got {value!r}; {next_step}.",
    )
