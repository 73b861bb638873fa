"""Facts of a paper as data: figures, bounds, ranges and orderings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sscell.errors import InputError, nearest_key, require
from sscell.study.calibrate.evidence import Datum, Judge, Picture, at_least, both, measured
from sscell.study.calibrate.schema import MethodSpec, Study
from sscell.study.calibrate.unknowns import Key
from sscell.study.factfile import Fact, sides
from sscell.study.facts import allowed, measured_words, sample_and_run, simulated_values

# What an ordering must hold by, in standard deviations.
MARGIN = 0.25
# The tolerance of a bound that stands for words, over the bound.
WORDS = 0.1


def data_from_facts(facts: Sequence[Fact], study: Study) -> list[Datum]:
    """The facts that are to be fitted, and the orderings among the others if they are to be held."""
    found = []
    for fact in facts:
        if fact.entry.get("measure") is None or not _is_simulated(fact, study):
            continue
        if "relations" in fact.entry:
            if study.method.hold_orders and fact.tolerance:
                found.append(_ordering(fact, study.method))
        elif fact.entry["use"] == "fit":
            found.append(_figure(fact, study))
    fitted = [datum.name for datum in found if datum.counts]
    for name in study.errors:
        require(name in fitted, f"errors: '{name}' is no fact that is fitted{nearest_key(name, fitted)}.")
    return found


def left_aside(facts: Sequence[Fact], data: Sequence[Datum]) -> list[str]:
    """Facts that are to be fitted, and are not: the study has no such sample, run or cycle, or they have no measure."""
    fitted = {datum.name for datum in data}
    return [fact.entry["id"] for fact in facts if fact.entry["use"] == "fit" and fact.entry["id"] not in fitted]


def _is_simulated(fact: Fact, study: Study) -> bool:
    if fact.entry["protocol"] == "process":
        return all(name in study.samples for name in fact.samples)
    cycle = int(fact.entry.get("cycle", 1))
    if any(cycle > len(study.runs[run].plan()) for _, run in _cells(fact) if run in study.runs):
        return False
    return all(run in study.runs and sample in study.samples_of(study.runs[run]) for sample, run in _cells(fact))


def _cells(fact: Fact) -> tuple[Key, ...]:
    entry = fact.entry
    names = [*fact.samples, *([entry["reference"]] if "reference" in entry else [])]
    names += [side for relation in entry.get("relations", []) for side in sides(relation)]
    return tuple(dict.fromkeys(sample_and_run(name, entry["protocol"]) for name in names))


def _figure(fact: Fact, study: Study) -> Datum:
    low, high = allowed(fact)
    sigma = study.errors.get(fact.entry["id"]) or _tolerance(fact, low, high) / study.method.sigmas
    centred = fact.entry["kind"] in ("eq", "approx") and not isinstance(fact.entry["value"], list)

    count = 1 if fact.entry["measure"] == "interface_resistance_ratio" else len(fact.samples)
    if centred and low is not None and high is not None:
        return _datum(fact, measured(np.full(count, (low + high) / 2), np.full(count, sigma)), allowed=(low, high))
    one = np.eye(count) / sigma
    above = None if low is None else at_least(one, np.full(count, low / sigma))
    below = None if high is None else at_least(-one, np.full(count, -high / sigma))
    return _datum(fact, both(above, below) if above and below else above or below, allowed=(low, high))


def _ordering(fact: Fact, method: MethodSpec) -> Datum:
    pairs = [sides(relation) for relation in fact.entry["relations"]]
    labels = list(dict.fromkeys(side for pair in pairs for side in pair))
    signs = np.zeros((len(pairs), len(labels)))
    for row, (a, b) in enumerate(pairs):
        signs[row, labels.index(a)], signs[row, labels.index(b)] = 1.0, -1.0

    assert fact.tolerance is not None
    return _datum(fact, at_least(signs * method.sigmas / fact.tolerance, np.full(len(pairs), MARGIN)), labels)


def _datum(
    fact: Fact,
    judge: Judge | None,
    labels: Sequence[str] | None = None,
    allowed: tuple[float | None, float | None] | None = None,
) -> Datum:
    process = fact.entry["protocol"] == "process"
    cells = () if process else _cells(fact)
    ratio = fact.entry["measure"] == "interface_resistance_ratio"
    names = tuple(labels or (["/".join(fact.samples)] if ratio else fact.samples))

    def observe(picture: Picture) -> np.ndarray:
        values = simulated_values(fact, picture.jobs, picture.interfaces)
        return np.array([values.get(name, np.nan) for name in names], dtype=float)

    cycle = int(fact.entry.get("cycle", 1))
    return Datum(
        name=fact.entry["id"],
        samples=tuple(dict.fromkeys([*(sample for sample, _ in cells), *(fact.samples if process else ())])),
        cells=cells,
        # A share of the fade is one of the whole run's.
        cycles=0 if fact.entry["measure"] == "fade_share" else cycle,
        traced=cycle if fact.entry["measure"] == "relithiation_peak" else 0,
        observe=observe,
        judge=judge,
        counts=0 if labels is not None else 1,
        words=", ".join(fact.entry["relations"]) if labels is not None else measured_words(fact),
        labels=names,
        allowed=allowed,
    )


def _tolerance(fact: Fact, low: float | None, high: float | None) -> float:
    """What counts as the tolerance: the file's, or of a range half its width."""
    if fact.tolerance:
        return fact.tolerance
    value = fact.entry.get("bound", fact.entry["value"])
    if fact.relative and not isinstance(value, list):
        return fact.relative * abs(float(value))
    if low is not None and high is not None and high > low:
        return (high - low) / 2
    if "bound" in fact.entry and not isinstance(value, list):
        return WORDS * abs(float(value))
    raise InputError(
        f"Fact '{fact.entry['id']}' has no tolerance, so it cannot be fitted; add its unit to [tolerance] of the facts "
        'file, or give it use = "check".'
    )
