"""The study file of a calibration: a scenario, and what is to be found from which data."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import Field, model_validator

from sscell.errors import nearest_key
from sscell.study.schema import Scenario, Strict


class ParameterSpec(Strict):
    """One quantity to find: an input of the cells (see `continuous_inputs`), what is known of it beforehand, and where.

    value: the prior's centre, and where the search begins. spread: one standard deviation of the prior, a factor above
    1 on the scale "log", an amount on "linear"; flat: the spread is only the size of a step, and the prior is flat
    between low and high. fixed: it stays at its value. samples, runs: those it holds for, if not all; the key is free
    if `input` names it. What holds for some wins over what holds for all.
    """

    value: float
    spread: float = Field(default=0.0, ge=0)
    scale: Literal["log", "linear"] = "log"
    flat: bool = False
    low: float | None = None
    high: float | None = None
    input: str | None = None
    samples: tuple[str, ...] | None = None
    runs: tuple[str, ...] | None = None
    fixed: bool = False
    source: str

    @model_validator(mode="after")
    def _scaled(self) -> ParameterSpec:
        if self.fixed:
            return self
        if self.spread == 0:
            raise ValueError("give spread, one standard deviation of what is known beforehand, or fixed = true")
        if self.flat and (self.low is None or self.high is None):
            raise ValueError("a flat prior needs low and high")
        if self.scale == "log" and self.spread <= 1:
            raise ValueError(f"spread on the scale 'log' is a factor above 1, got {self.spread:g}")
        if self.scale == "log" and (self.value <= 0 or (self.low is not None and self.low <= 0)):
            raise ValueError("value and low must be above 0 on the scale 'log'")
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        if not low <= self.value <= high or low == high:
            raise ValueError(f"low <= value <= high must hold, got {low:g}, {self.value:g}, {high:g}")
        return self


class Measured(Strict):
    """A file measured on a sample, set beside a run of it."""

    file: str
    sample: str
    run: str


class SpectraSpec(Measured):
    """A measured spectrum; `error_percent` of |Z| is one standard deviation.

    pick: which of the file's spectra, from 1. state: before the run ("fresh") or after it ("aged"); with cycle, after
    that one; with step, after that step of it.
    """

    state: Literal["fresh", "aged"] = "fresh"
    cycle: int | None = Field(default=None, ge=1)
    step: int | None = Field(default=None, ge=1)
    pick: int = Field(default=1, ge=1)
    lowest_Hz: float | None = Field(default=None, gt=0)
    highest_Hz: float | None = Field(default=None, gt=0)
    error_percent: float = Field(default=1.0, gt=0)

    @model_validator(mode="after")
    def _fresh_is_before(self) -> SpectraSpec:
        if self.state == "fresh" and (self.cycle or self.step):
            raise ValueError("cycle and step belong to state = 'aged'")
        return self


class CurveSpec(Measured):
    """A measured half-cycle, of_cycle of its file (default: the same), against cycle `cycle` of the run.

    The voltage is compared at `points` equal shares of the charge passed, and the charge itself; errors are one
    standard deviation.
    """

    cycle: int = Field(default=1, ge=1)
    of_cycle: int | None = Field(default=None, ge=1)
    direction: Literal["charge", "discharge"] = "discharge"
    points: int = Field(default=40, ge=2, le=1000)
    active_mass_mg: float | None = Field(default=None, gt=0)
    error_mV: float = Field(default=10.0, gt=0)
    error_percent: float = Field(default=1.0, gt=0)


class CyclesSpec(Measured):
    """A quantity of a cycling file, cycle by cycle (cycles: None for all whole ones); error: a standard deviation."""

    quantity: Literal["charge_capacity", "discharge_capacity", "coulomb_efficiency"]
    error: float = Field(gt=0)
    cycles: tuple[int, ...] | None = None
    active_mass_mg: float | None = Field(default=None, gt=0)


class ComparisonSpec(Strict):
    """Samples whose interfaces are compared, two by two, before and after a run."""

    samples: tuple[str, ...] = Field(min_length=2)
    run: str


class PosteriorSpec(Strict):
    """NUTS on an emulator; made_of: rough runs behind it; weighed: exact runs that check it."""

    made_of: int = Field(default=128, ge=16)
    weighed: int = Field(default=32, ge=8)


class MethodSpec(Strict):
    """How it is searched: `starts`, the best of `drawn` points of the priors (their centre among them) or of what fresh
    spectra leave of these, by `seed`.

    sigmas: how many standard deviations the tolerance of a fact stands for. hold_orders: orderings among the facts are
    data as well, each as a bound. robust: residual, in standard deviations, beyond which the cost grows linearly.
    profiles: parameters whose profile likelihood is traced. leave_out: samples, runs and facts whose data are left out
    in turn, and predicted.
    """

    starts: int = Field(default=4, ge=1)
    drawn: int = Field(default=32, ge=1)
    seed: int = 1
    most_iterations: int = Field(default=60, ge=1)
    sigmas: float = Field(default=2.0, gt=0)
    hold_orders: bool = True
    robust: float | None = Field(default=3.0, gt=0)
    profiles: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    posterior: PosteriorSpec | None = None


class Study(Scenario):
    """A scenario with unknowns and data.

    cell_spread: input -> relative standard deviation from one pellet to another. errors: fact -> one standard deviation
    in its unit, where it is not its tolerance over `sigmas`.
    """

    engine: Literal["jax"] = "jax"
    parameters: Mapping[str, ParameterSpec] = Field(min_length=1)
    cell_spread: Mapping[str, float] = {}
    errors: Mapping[str, float] = {}
    spectra: tuple[SpectraSpec, ...] = ()
    curves: tuple[CurveSpec, ...] = ()
    cycles: tuple[CyclesSpec, ...] = ()
    comparisons: tuple[ComparisonSpec, ...] = ()
    method: MethodSpec = MethodSpec()

    @model_validator(mode="after")
    def _named_things_are_there(self) -> Study:
        for measured in (*self.spectra, *self.curves, *self.cycles):
            self._check_cell(f"'{measured.file}'", measured.sample, measured.run)
        for comparison in self.comparisons:
            for sample in comparison.samples:
                self._check_cell("comparisons", sample, comparison.run)
        for name, spec in self.parameters.items():
            for sample in spec.samples or ():
                _check_known(f"parameter '{name}'", "sample", sample, self.samples)
            for run in spec.runs or ():
                _check_known(f"parameter '{name}'", "run", run, self.runs)
        for where, sigmas in (("cell_spread", self.cell_spread), ("errors", self.errors)):
            for name, sigma in sigmas.items():
                if sigma <= 0:
                    raise ValueError(f"{where}: '{name}' must be above 0, got {sigma:g}")
        if all(spec.fixed for spec in self.parameters.values()):
            raise ValueError("all parameters are fixed; leave at least one free")
        free = [name for name, spec in self.parameters.items() if not spec.fixed]
        for name in self.method.profiles:
            _check_known("profiles", "free parameter", name, free)
        return self

    def _check_cell(self, where: str, sample: str, run: str) -> None:
        _check_known(where, "run", run, self.runs)
        _check_known(where, f"sample of run '{run}'", sample, self.samples_of(self.runs[run]))


def _check_known(where: str, what: str, name: str, known: Iterable[str]) -> None:
    if name not in list(known):
        raise ValueError(f"{where}: '{name}' is no {what} of this study{nearest_key(name, known)}")
