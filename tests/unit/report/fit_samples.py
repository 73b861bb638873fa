"""Fits for the tests of their report: one small circuit, fitted once, and series made by hand from them."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np

import sscell as ss
from sscell.fit import ConditionMean, Difference, FitResult, SeriesResult, Trend
from sscell.fit.determination import Determination
from sscell.fit.series_result import Comparison

TEXT = "R0-p(R1,C1)"
# What would be taken for markup by one of the formats.
NASTY = "a_1 & <b>|50%#{$}~^.csv"


@functools.cache
def spectra() -> tuple[ss.Spectrum, ...]:
    """Two arcs of 100 and 200 ohm with 0.2 % noise over 31 points; three points of the second are 20 % off."""
    random = np.random.default_rng(3)
    f = np.geomspace(1e5, 1.0, 31)
    found = []
    for k, r in enumerate((100.0, 200.0)):
        z = 10 + r / (1 + 2j * np.pi * f * 1e-4 * r)
        z = z * (1 + 2e-3 * (random.normal(size=31) + 1j * random.normal(size=31)))
        if k:
            z[[3, 4, 5]] *= 1.2
        provenance = {"file": NASTY if k == 0 else "b.csv", "sweep": 1, "sweeps": 1, "sha256": "0" * 64}
        found.append(
            ss.Spectrum(
                frequency_Hz=f, impedance_ohm=z, area_m2=0.5e-4, state={"voltage_V": 3.1}, provenance=provenance
            )
        )
    return tuple(found)


@functools.cache
def fits() -> tuple[FitResult, ...]:
    """One fit a spectrum."""
    return tuple(ss.fit_circuit(TEXT, list(spectra()), starts=4))


@functools.cache
def poor_fits() -> tuple[FitResult, ...]:
    """The same spectra by a resistor alone."""
    return tuple(ss.fit_circuit("R0", list(spectra()), starts=2))


def series() -> SeriesResult:
    """Two conditions along a temperature; R1 with a spread between cells, R0 without."""

    def trend(name: str, values: tuple[float, float], spread: float | None) -> Trend:
        means = tuple(
            ConditionMean(
                condition=condition,
                cells=2,
                value=v,
                standard_error=0.1 * v,
                interval=(0.8 * v, 1.2 * v),
                fit_error=0.02 * v,
                used=2,
                note="",
            )
            for condition, v in zip((400, 700), values, strict=True)
        )
        return Trend(
            name=name, unit="ohm", relative=True, means=means, spread=spread, slope=1e-3, slope_standard_error=2e-4
        )

    return SeriesResult(
        along="anneal_temperature_C",
        conditions=(400, 700),
        cells=("1", "2"),
        fits=fits(),
        shared=(),
        trends={"R0": trend("R0", (10.0, 10.0), None), "R1": trend("R1", (100.0, 200.0), 0.041)},
        warnings=("Look twice.",),
    )


def comparison() -> Comparison:
    """R1 doubles."""
    difference = Difference(
        name="R1", unit="ohm", value_a=100.0, value_b=200.0, ratio=2.0, ratio_interval=(1.8, 2.2), difference=100.0,
        difference_interval=(80.0, 120.0), distinct=True,
    )  # fmt: skip
    return Comparison(
        a="anneal_temperature_C = 400",
        b="anneal_temperature_C = 700",
        differences={"R1": difference},
        summary="R1 doubles.",
        notes=("One of 20.",),
    )


def at_bound(fit: FitResult, name: str) -> FitResult:
    """The same fit with one parameter at its bound, as `fit_circuit` reports it."""
    return replace(
        fit,
        standard_errors={**fit.standard_errors, name: float("nan")},
        determination={**fit.determination, name: Determination.AT_BOUND},
    )
