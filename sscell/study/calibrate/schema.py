"""The study file of a calibration: a scenario, and what is to be found from which data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from pydantic import Field, model_validator

from sscell.study.schema import Scenario, Strict


class ParameterSpec(Strict):
    """One quantity to find: an input of the cells (see `continuous_inputs`), what is known of it beforehand, and where.

    value: the prior's centre, and where the search begins. spread: one standard deviation of the prior, a factor above
    1 on the scale "log", an amount on "linear"; flat: the spread is only the size of a step, and the prior is flat
    between low and high. samples: those it holds for, if not all; then `input` names it and the key is free.
    """

    value: float
    spread: float = Field(gt=0)
    scale: Literal["log", "linear"] = "log"
    flat: bool = False
    low: float | None = None
    high: float | None = None
    input: str | None = None
    samples: tuple[str, ...] | None = None
    fixed: bool = False
    source: str

    @model_validator(mode="after")
    def _scaled(self) -> ParameterSpec:
        if self.scale == "log" and self.spread <= 1:
            raise ValueError(f"spread on the scale 'log' is a factor above 1, got {self.spread:g}")
        if self.scale == "log" and (self.value <= 0 or (self.low is not None and self.low <= 0)):
            raise ValueError("value and low must be above 0 on the scale 'log'")
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        if not low <= self.value <= high or low == high:
            raise ValueError(f"low <= value <= high must hold, got {low:g}, {self.value:g}, {high:g}")
        return self


class SpectraSpec(Strict):
    """Measured spectra of a sample at the end of a run ("aged") or before it ("fresh"); `error_percent` of |Z|.

    pick: which of the file's spectra, from 1, if it has several.
    """

    file: str
    sample: str
    run: str
    state: Literal["fresh", "aged"] = "fresh"
    pick: int = Field(default=1, ge=1)
    lowest_Hz: float | None = Field(default=None, gt=0)
    highest_Hz: float | None = Field(default=None, gt=0)
    area_cm2: float | None = Field(default=None, gt=0)
    error_percent: float = Field(default=1.0, gt=0)


class CurveSpec(Strict):
    """A measured voltage curve: a half-cycle of a file against the same half-cycle of a run, by charge passed."""

    file: str
    sample: str
    run: str
    cycle: int = Field(default=1, ge=1)
    of_cycle: int = Field(default=1, ge=1)
    direction: Literal["charge", "discharge"] = "discharge"
    points: int = Field(default=40, ge=2)
    active_mass_mg: float | None = Field(default=None, gt=0)
    error_mV: float = Field(default=10.0, gt=0)


class MethodSpec(Strict):
    """How it is searched: starts drawn from the priors beside their centre, and the seed they are drawn by.

    sigmas: how many standard deviations the tolerance of a fact stands for. hold_orders: orderings among the facts are
    data as well, each as a bound. robust: residual, in standard deviations, beyond which the cost grows linearly.
    """

    starts: int = Field(default=4, ge=1)
    seed: int = 1
    most_iterations: int = Field(default=30, ge=1)
    sigmas: float = Field(default=2.0, gt=0)
    hold_orders: bool = True
    robust: float | None = Field(default=3.0, gt=0)


class Study(Scenario):
    """A scenario with unknowns and data. cell_spread: input -> relative standard deviation from cell to cell."""

    parameters: Mapping[str, ParameterSpec] = Field(min_length=1)
    cell_spread: Mapping[str, float] = {}
    spectra: tuple[SpectraSpec, ...] = ()
    curves: tuple[CurveSpec, ...] = ()
    method: MethodSpec = MethodSpec()
