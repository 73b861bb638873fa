"""A study file read and made ready: its data, and the problem they pose."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np

from sscell.errors import InputError, nearest_key
from sscell.study.calibrate import response
from sscell.study.calibrate.conditions import watched
from sscell.study.calibrate.evidence import Datum, speaking_of
from sscell.study.calibrate.from_cycling import data_from_curves, data_from_cycles
from sscell.study.calibrate.from_facts import data_from_facts, left_aside
from sscell.study.calibrate.from_spectra import data_from_spectra
from sscell.study.calibrate.problem import Problem
from sscell.study.calibrate.response import Responder
from sscell.study.calibrate.schema import Study
from sscell.study.calibrate.unknowns import Unknowns
from sscell.study.factfile import Fact, read_facts
from sscell.study.schema import read_as

FORMAT = 2  # of what is kept of unfinished work
PACKAGES = ("sscell", "jax", "jaxlib", "numpy", "scipy", "numpyro")


@dataclass(frozen=True, eq=False)
class Task:
    """The same problem roughly, as it is answered, and on finer meshes and time steps, to see what is left.

    fresh: roughly, of spectra of fresh cells alone, which cost little beside cycling, and with no prior flat (None: all
    data are such, or none);
    data: all of them, as they are judged; held_out: by sample, run or fact the numbers of those that are not fitted,
    only watched; aside: facts that are to be fitted and cannot be, as the study does not simulate them; inputs: the
    files read, by name; key: a hash of all that the answer depends on.
    """

    path: Path
    study: Study
    facts: Sequence[Fact]
    unknowns: Unknowns
    fresh: Problem | None
    rough: Problem
    problem: Problem
    finer: Problem
    data: Sequence[Datum]
    held_out: dict[str, list[int]]
    aside: list[str]
    inputs: dict[str, bytes]
    key: str


def task_from(path: str | Path, data_folder: str | Path | None = None, hold_out: Sequence[str] = ()) -> Task:
    """Read a study file, its facts and its measured files (in `data_folder`; None: beside the study file).

    hold_out: samples, runs or facts whose data are not fitted; what else the study would leave out or trace, and its
    posterior, are then not asked for.
    """
    path = Path(path)
    hold_out = [hold_out] if isinstance(hold_out, str) else list(hold_out)
    study = read_as(Study, path)
    if hold_out:
        method = study.method.model_copy(update={"leave_out": (), "profiles": (), "posterior": None})
        study = study.model_copy(update={"method": method})
    folder = path.parent if data_folder is None else Path(data_folder)
    facts = read_facts(path.parent / study.facts) if study.facts else []
    data = [
        *data_from_facts(facts, study),
        *data_from_curves(study, folder),
        *data_from_cycles(study, folder),
        *data_from_spectra(study, folder),
    ]
    if not data:
        raise InputError(f"Study '{path}' has no data to calibrate with; give facts, spectra, curves or cycles.")
    _check_named("leave_out", study.method.leave_out, study, data)
    _check_named("hold_out", hold_out, study, data)
    held_out = {name: speaking_of(data, name) for name in hold_out}
    held = {number for numbers in held_out.values() for number in numbers}
    if len(held) == sum(datum.judge is not None for datum in data):
        raise InputError(f"hold_out: no data are left to fit without {', '.join(hold_out)}; hold out fewer.")
    files = {path.name: path} | ({study.facts: path.parent / study.facts} if study.facts else {})
    files |= {spec.file: folder / spec.file for spec in (*study.spectra, *study.curves, *study.cycles)}
    inputs = {name: file.read_bytes() for name, file in files.items()}
    fitted = [replace(datum, judge=None) if k in held else datum for k, datum in enumerate(data)]
    every = [*fitted, *watched(study.comparisons)]
    rough, usual, finer = (Responder(study, every, f) for f in (response.ROUGH, response.USUAL, response.FINER))
    problems = _of_fresh_spectra(rough), problem_of(rough), problem_of(usual), problem_of(finer)
    key, aside = _key(inputs, hold_out), left_aside(facts, data)
    return Task(path, study, facts, usual.unknowns, *problems, data, held_out, aside, inputs, key)


def problem_of(responder: Responder) -> Problem:
    """The cost of a study's data and priors."""
    unknowns = responder.unknowns
    shape = len(unknowns.free), len(unknowns.keys), len(unknowns.spread)
    apart = shape[1] * shape[2]
    prior = np.array([*(0.0 if unknown.spec.flat else 1.0 for unknown in unknowns.free), *np.ones(apart)])
    low, high = unknowns.bounds
    bounds = np.append(low, np.full(apart, -np.inf)), np.append(high, np.full(apart, np.inf))
    robust = responder.study.method.robust
    return Problem(responder.answers, responder.data, shape, prior, bounds, robust, responder.beside)


def _of_fresh_spectra(responder: Responder) -> Problem | None:
    """What spectra of fresh cells alone say of the same unknowns, where other data need cycling."""
    fitted = [datum for datum in responder.data if datum.judge]
    fresh = [datum for datum in fitted if datum.spectrum and datum.spectrum.until is None]
    if not 0 < len(fresh) < len(fitted):
        return None
    problem = problem_of(Responder(responder.study, fresh, responder.fineness, responder.unknowns))
    problem.prior = np.ones(problem.prior.size)  # what they do not tell stays where it is
    return problem


def _check_named(where: str, names: Sequence[str], study: Study, data: Sequence[Datum]) -> None:
    known = [*study.samples, *study.runs, *(datum.name for datum in data)]
    for name in names:
        if name not in known:
            raise InputError(f"{where}: '{name}' is no sample, run or datum of this study{nearest_key(name, known)}.")
        if not speaking_of(data, name):
            raise InputError(f"{where}: no data speak of '{name}'; take it out.")


def _key(inputs: dict[str, bytes], hold_out: Sequence[str]) -> str:
    versions = {name: version(name) for name in PACKAGES}
    digest = hashlib.sha256(json.dumps([FORMAT, versions, list(hold_out)]).encode())
    for content in inputs.values():
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()[:16]
