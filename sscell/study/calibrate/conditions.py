"""Whether two samples' interfaces differ: the posterior of the difference in each part of their resistance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sscell.study.calibrate.evidence import Datum, Picture
from sscell.study.calibrate.schema import ComparisonSpec

# The parts of an interface's resistance: of the fresh cell, and what its run adds.
FRESH, GROWN = ("coating", "NiO", "charge_transfer"), "decomposition"
PARTS = (*(f"{name}, fresh" for name in FRESH), "decomposition layer, aged", "interface, fresh", "interface, aged")
# Below this a part counts as nothing, ohm cm2.
NOTHING = 1e-6


class Difference(NamedTuple):
    """One part of the interface resistance of two samples of a run, ohm cm2 of pellet: medians and 95 % intervals.

    larger: the probability that the first sample's is larger.
    """

    run: str
    first: str
    second: str
    part: str
    value_first: float
    value_second: float
    difference: float
    low: float
    high: float
    larger: float


def watched(comparisons: Sequence[ComparisonSpec]) -> list[Datum]:
    """What the comparisons need to see of each cell; judged by nothing."""
    keys = dict.fromkeys((sample, spec.run) for spec in comparisons for sample in spec.samples)
    return [_layers(*key) for key in keys]


def differences(
    comparisons: Sequence[ComparisonSpec], data: Sequence[Datum], draws: Sequence[np.ndarray]
) -> list[Difference]:
    """draws: by datum, (N, n) values over the posterior."""
    by_name = {datum.name: values for datum, values in zip(data, draws, strict=True)}
    rows = []
    for spec in comparisons:
        for k, first in enumerate(spec.samples):
            for second in spec.samples[k + 1 :]:
                a, b = (
                    np.maximum(np.exp(by_name[_name(sample, spec.run)]) - 2 * NOTHING, 0.0)
                    for sample in (first, second)
                )
                for part, x, y in zip(PARTS, a.T, b.T, strict=True):
                    low, middle, high = np.quantile(x - y, [0.025, 0.5, 0.975]).tolist()
                    ends = float(np.median(x)), float(np.median(y))
                    larger = float(np.mean(x > y)) if np.any(x != y) else np.nan
                    rows.append(Difference(spec.run, first, second, part, *ends, middle, low, high, larger))
    return rows


def _name(sample: str, run: str) -> str:
    return f"interface of {sample} in {run}"


def _layers(sample: str, run: str) -> Datum:
    key = (sample, run)

    def observe(picture: Picture) -> np.ndarray:
        job = picture.jobs[key]
        assert job.cycling is not None
        fresh = job.cell.interface_resistances_ohm_m2()
        aged = job.cell.interface_resistances_ohm_m2(job.cycling.final_state)
        parts = [*(fresh[name] for name in FRESH), aged[GROWN], sum(fresh.values()), sum(aged.values())]
        # In logarithms, as they spread over decades and are then nearly linear in the unknowns.
        return np.log(1e4 * np.array(parts) + NOTHING)

    return Datum(
        name=_name(sample, run), samples=(sample,), cells=(key,), observe=observe, judge=None, counts=0, labels=PARTS
    )
