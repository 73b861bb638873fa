"""`fit_circuit`: spectra in, fits out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from numbers import Integral
from typing import Any

import numpy as np

from sscell.circuit import Circuit, SubstitutedCircuit
from sscell.circuit.model import ImpedanceModel, checked_values
from sscell.errors import require
from sscell.fit.assembly import batch_from_spectra
from sscell.fit.constraints import Tie, space_from_constraints
from sscell.fit.initial import coordinates_from_initial, fits_from_each, fits_from_initial
from sscell.fit.order import order_from_names
from sscell.fit.points import checked_band, points_for_fit
from sscell.fit.problem import Problem, SpectrumBatch
from sscell.fit.relabel import fast_to_slow
from sscell.fit.robust import with_loss_scale
from sscell.fit.search import BestFits, best_fits, best_fits_around, fits_from
from sscell.fit.summary import results_from_optima
from sscell.fit.weights import Weighting, weighting_from_name
from sscell.records import Spectrum

STARTS = 16
MOST_STARTS = 4096


def fit_circuit(
    circuit: Circuit | str | ImpedanceModel,
    spectra: Spectrum | Sequence[Spectrum],
    *,
    starts: int = STARTS,
    weights: str | Weighting = "modulus",
    bounds: Mapping[str, tuple[float, float]] | None = None,
    fixed: Mapping[str, float] | None = None,
    ties: Mapping[str, Tie] | None = None,
    order: Sequence[str] | None = None,
    initial: Mapping[str, float] | None = None,
    robust: bool = False,
    band: Any = "kramers-kronig",
    seed: int = 0,
) -> Any:
    """Fit a circuit to spectra: one FitResult a spectrum; a list in, a list out. Starting values come from the data.

    circuit: a Circuit or its text, or a cell's circuit in physical parameters. starts: how many are tried for each
    spectrum, eight times as many for transmission lines. weights: "modulus", "proportional", "unit" or "noise"
    (Weighting). bounds: name -> (lower, upper); fixed: name -> value; ties: name -> other name, or (other name,
    factor). order: element names in arcs whose time constants must rise, e.g. ("R1", "R2"). initial: values to start
    from, within the bounds; parameters that it does not name start where the best search with the named ones held ends
    (in a cell's circuit: at the cell's own values), and there is no search if it names all. robust: residuals beyond
    2.5 standard deviations count linearly, not squared. band: the points used: "kramers-kronig" (those that pass the
    test), "all" or (lowest_Hz, highest_Hz). Raises InputError for anything that cannot be.
    """
    model = Circuit(circuit) if isinstance(circuit, str) else circuit
    require(
        isinstance(model, Circuit | SubstitutedCircuit),
        f"fit_circuit: the circuit must be a Circuit, its text, or the circuit of a cell, got {type(model).__name__}.",
    )
    several = [spectra] if isinstance(spectra, Spectrum) else _listed(spectra)
    _check(several, starts, seed)
    weighting = weighting_from_name(weights)
    space = space_from_constraints(model, bounds, fixed, ties, several)
    problem = Problem(model, space, order_from_names(_circuit_of(model), order) if order is not None else None)
    used = points_for_fit(several, checked_band(band), need_noise=weighting is Weighting.NOISE)
    batch = batch_from_spectra(several, used, weighting)
    given = coordinates_from_initial(space, {} if initial is None else initial, model.text)
    best = _best(problem, model, batch, starts, seed, given)
    if robust:
        batch, problem, best = _robustly(problem, batch, best)
    optima = best.optima
    if isinstance(model, Circuit) and order is None:
        optima = fast_to_slow(space, model, optima)
    results = results_from_optima(problem, several, used, batch, optima, weighting, best.starts, best.share_of_starts)
    return results[0] if isinstance(spectra, Spectrum) else results


def _listed(spectra: Any) -> list[Any]:
    require(
        isinstance(spectra, Iterable),
        f"fit_circuit: spectra must be one Spectrum or a list of them, got {type(spectra).__name__}; make one with "
        "ss.Spectrum(...) or ss.read_spectra(path).",
    )
    return list(spectra)


def _check(spectra: Sequence[Any], starts: int, seed: int) -> None:
    require(len(spectra) > 0, "fit_circuit: no spectra were given; give one Spectrum or a list of them.")
    for k, spectrum in enumerate(spectra):
        require(
            isinstance(spectrum, Spectrum),
            f"fit_circuit: item {k} is a {type(spectrum).__name__}, not a Spectrum; make one with ss.Spectrum(...) or "
            "ss.read_spectra(path).",
        )
    require(isinstance(seed, Integral) and seed >= 0, f"seed must be a whole number, 0 or more, got {seed!r}.")
    require(
        isinstance(starts, Integral) and not isinstance(starts, bool) and 1 <= starts <= MOST_STARTS,
        f"starts must be a whole number from 1 to {MOST_STARTS}, got {starts!r}.",
    )


def _circuit_of(model: ImpedanceModel) -> Circuit:
    require(isinstance(model, Circuit), "order: only circuits given by their text have arcs by name; leave it out.")
    assert isinstance(model, Circuit)
    return model


def _best(
    problem: Problem,
    model: ImpedanceModel,
    batch: SpectrumBatch,
    starts: int,
    seed: int,
    given: Mapping[int, float],
) -> BestFits:
    """given: search coordinates to start from; the rest from the data, or a cell's own values."""
    if isinstance(model, Circuit):
        if given:
            return fits_from_initial(problem, model, batch, given, int(starts), int(seed))
        return best_fits(problem, model, batch, int(starts), int(seed))
    assert isinstance(model, SubstitutedCircuit)
    values = np.array(checked_values(model, dict(model.values)))
    u = problem.space.coordinates_from_values(np.repeat(values[:, None], batch.count, axis=1))
    if not given:
        return best_fits_around(problem, batch, u, starts, seed)
    u[list(given)] = np.array(list(given.values()))[:, None]
    return fits_from_each(problem, batch, u)


def _robustly(problem: Problem, batch: SpectrumBatch, best: BestFits) -> tuple[SpectrumBatch, Problem, BestFits]:
    """The same once more under the robust loss, from the first optimum."""
    batch, problem = with_loss_scale(problem, batch, best.optima.u)
    return batch, problem, replace(best, optima=fits_from(problem, batch, best.optima.u))
