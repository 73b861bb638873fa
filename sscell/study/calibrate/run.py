"""`calibrate`: a study file's unknowns found, and how well they are known; what was not fitted, predicted."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sscell.cell import Cell
from sscell.engines.neighbours import simulate_rows
from sscell.engines.result import SimulationResult
from sscell.errors import InputError
from sscell.interface import InterfaceState
from sscell.study.calibrate import response
from sscell.study.calibrate.conditions import differences
from sscell.study.calibrate.known import directions, told_together
from sscell.study.calibrate.left_out import held_out, predictions
from sscell.study.calibrate.posterior import Posterior, points_around, posterior
from sscell.study.calibrate.profile import profiles
from sscell.study.calibrate.response import Fineness
from sscell.study.calibrate.result import Band, Beside, Calibration
from sscell.study.calibrate.search import (
    ROUGHLY,
    Progress,
    Start,
    begun_at,
    begun_roughly,
    drawn_about,
    known_at,
    normal_of,
    search,
    spread_of,
    stacked_at,
)
from sscell.study.calibrate.task import Task, task_from
from sscell.study.calibrate.unknowns import Key, Point
from sscell.study.facts import compare
from sscell.study.jobs import JobResult

# How far starts are drawn from the priors' centre, in their standard deviations; the centre is drawn as well.
DRAWN = 1.0
# Of how many draws of the posterior the bands are made; how many are drawn of a linear one for intervals.
BAND_DRAWS, LINEAR_DRAWS = 24, 2000


def calibrate(
    path: str | Path,
    kept: str | Path | None = None,
    *,
    data: str | Path | None = None,
    hold_out: Sequence[str] = (),
    resume: bool = False,
    progress: Callable[[str], Progress | None] | None = None,
) -> Calibration:
    """Find the unknowns of a study file.

    kept: the folder in which unfinished work waits, so that `resume` goes on from it; data: the folder of the measured
    files (None: the study file's own); hold_out: see `task_from`; progress(stage) -> progress(done, all, what).
    """
    task = task_from(path, data, hold_out)
    folder = None if kept is None else Path(kept)
    if folder is not None and not resume:
        shutil.rmtree(folder, ignore_errors=True)

    def place(stage: str) -> Path | None:
        return None if folder is None else folder / f"{task.key}-{stage}.json"

    def told(stage: str) -> Progress | None:
        return progress(stage) if progress else None

    method, problem = task.study.method, task.problem
    found = found_by(task, place, told("search"))
    best, rounds = found.best, method.most_iterations
    more = bool(method.leave_out or method.profiles or method.posterior)
    # From where it ends on the rough mesh other searches begin.
    near = search(task.rough, [begun_at(best)], rounds, place("near"), told("search"))[0] if more else best
    if not np.isfinite(near.cost):
        raise InputError(f"Calibration: the best point cannot be simulated on the rough mesh: {near.status}.")
    sampled = sampled_by(task, best, near, place("posterior"), told("posterior"))
    left_out = predictions(task, best, near, place("left-out"), told("leaving out"))
    free, names = task.unknowns.free, method.profiles
    traced = profiles(task.rough, free, near, names, rounds, place("profiles"), told("profiles"))
    draws = sampled.equal_draws(BAND_DRAWS) if sampled else points_around(problem, best, BAND_DRAWS, method.seed)
    at = normal_of(problem, best)
    shared, spread = len(free), spread_of(problem, best)
    own = spread[:shared, :shared], problem.held(at)[:shared]
    u, over = np.array(best.u), foretold(task, best, sampled)
    return Calibration(
        path=task.path,
        study=task.study,
        known=known_at(problem, task.unknowns, best),
        together=told_together(free, *own),
        directions=directions(free, *own),
        beside=beside(task, best, over),
        facts=facts_at(task, u),
        best=best,
        near=near,
        starts=found.starts,
        u=u,
        covariance=spread,
        apart=dict(zip(task.unknowns.keys, problem.point(u).apart, strict=True)),
        bands=bands(task, draws),
        held_out=tuple(task.held_out),
        predicted=[*held_out(task, best), *left_out.predicted],
        trades=left_out.trades,
        widened=left_out.widened,
        profiles=traced,
        posterior=sampled,
        differences=differences(task.study.comparisons, problem.data, over),
        aside=task.aside,
        inputs=task.inputs,
    )


class Found(NamedTuple):
    """The best start, and as far as all went on the rough mesh, by cost."""

    best: Start
    starts: list[Start]


def found_by(
    task: Task, place: Callable[[str], Path | None] = lambda stage: None, progress: Progress | None = None
) -> Found:
    """Searched roughly from all starts; the best of them goes on as it is answered."""
    rounds, kept = task.study.method.most_iterations, place("rough")
    first = [] if kept is not None and kept.is_file() else first_points(task, place("fresh"), progress)
    rough = sorted(search(task.rough, first, rounds, kept, progress), key=lambda s: s.cost)
    if not np.isfinite(rough[0].cost):
        raise InputError(f"Calibration: no start could be simulated; the first says: {rough[0].status}.")
    (best,) = search(task.problem, [begun_at(rough[0])], rounds, place("search"), progress)
    if not np.isfinite(best.cost):
        raise InputError(f"Calibration: the best start cannot be simulated on the usual mesh: {best.status}.")
    return Found(best, rough)


def first_points(task: Task, kept: Path | None = None, progress: Progress | None = None) -> list[Start]:
    """The best of points drawn from the priors, or from what spectra of fresh cells leave of them."""
    method, problem = task.study.method, task.rough
    rng = np.random.default_rng(method.seed)
    shared = problem.shape[0]
    drawn = np.zeros((max(method.drawn, method.starts), shared))
    drawn[1:] = DRAWN * rng.standard_normal((drawn.shape[0] - 1, shared))
    # Cells do not differ from their mean at first.
    u = np.clip(np.pad(drawn, ((0, 0), (0, problem.prior.size - shared))), *problem.bounds)
    if task.fresh is not None:
        begun = [Start(u=row.tolist(), enough=ROUGHLY) for row in u[: method.starts]]
        for k, fresh in enumerate(search(task.fresh, begun, method.most_iterations, kept, progress)):
            if np.isfinite(fresh.cost):
                u[k :: method.starts] = drawn_about(task.fresh, fresh, drawn[k :: method.starts])
    if method.drawn > method.starts:
        costs = [
            np.inf if response.problem else problem.cost(problem.judge(response.values).residuals, row)
            for response, row in zip(problem.answers(list(u), False), u, strict=True)
        ]
        u = u[np.argsort(costs, kind="stable")[: method.starts]]
    return begun_roughly(problem, u)


def sampled_by(
    task: Task, best: Start, near: Start, kept: Path | None = None, progress: Progress | None = None
) -> Posterior | None:
    """The posterior, if the study asks for it."""
    spec = task.study.method.posterior
    if spec is None:
        return None
    return posterior(
        task.problem,
        best,
        task.rough,
        near,
        made_of=spec.made_of,
        weighed=spec.weighed,
        seed=task.study.method.seed,
        kept=kept,
        progress=progress,
    )


def foretold(task: Task, best: Start, sampled: Posterior | None) -> list[np.ndarray]:
    """By datum: values (N, n) over the posterior; over the covariance, where none was asked for."""
    if sampled is not None:
        values = np.array([sampled.emulator.at(u) for u in sampled.draws])
    else:
        u = points_around(task.problem, best, LINEAR_DRAWS, task.study.method.seed)
        there, slopes = stacked_at(best)
        values = there + (u - np.array(best.u)) @ slopes.T
    return np.split(values, np.cumsum([len(v) for v in best.values])[:-1], axis=1)


def beside(task: Task, best: Start, over: Sequence[np.ndarray]) -> list[Beside]:
    """Every datum that was fitted, beside its calibrated values; finer mesh and steps as well."""
    finer = task.finer.answers([np.array(best.u)], False)[0]
    rows = []
    for number, (datum, draws) in enumerate(zip(task.problem.data, over, strict=True)):
        if datum.judge is None:
            continue
        values = np.array(best.values[number])
        residuals, _ = datum.judge(values)
        shift = np.nan
        if not finer.problem:
            moved = np.where(np.isnan(values), 0.0, finer.values[number] - values)
            shift = float(np.max(np.abs(datum.judge.matrix @ moved), initial=0.0))
        low, high = np.where(np.isnan(values), np.nan, np.quantile(draws, [0.025, 0.975], axis=0))
        rows.append(Beside(datum, values, low, high, float(np.max(np.abs(residuals), initial=0.0)), shift))
    return rows


def bands(task: Task, draws: np.ndarray) -> list[Band]:
    """Each sample and run that the data speak of, over draws (N, P) of the posterior, on the rough mesh."""
    points = [point for point in map(task.problem.point, draws) if _can_be_made(task, point)]
    found = []
    for run, keys in _by_run(task).items():
        cells = [task.unknowns.cell(key, point) for key in keys for point in points]
        results = _each(cells, task, run, response.ROUGH)
        for k, key in enumerate(keys):
            own = [r for r in results[k * len(points) : (k + 1) * len(points)] if not r.message]
            if own:
                discharge = np.array([[row.discharge_capacity_mAh_per_g for row in r.summaries] for r in own])
                efficiency = np.array([[row.coulomb_efficiency_percent for row in r.summaries] for r in own])
                found.append(Band(key[0], run, _quantiles(discharge), _quantiles(efficiency)))
    return found


def facts_at(task: Task, u: np.ndarray) -> list:
    """All facts of the study, fitted or not, at coordinates (P,)."""
    jobs: dict[Key, JobResult] = {}
    interfaces: dict[str, InterfaceState] = {}
    point = task.problem.point(u)
    traced = max(datum.traced for datum in task.problem.data)
    for run, spec in task.study.runs.items():
        keys = [(sample, run) for sample in task.study.samples_of(spec)]
        cells = [task.unknowns.cell(key, point) for key in keys]
        for key, cell, result in zip(keys, cells, _each(cells, task, run, response.USUAL, max(traced, 1)), strict=True):
            jobs[key] = JobResult(sample=key[0], run=run, cell=cell, cycling=result, problem=result.message)
            if cell.interface is not None:
                interfaces.setdefault(key[0], cell.interface)
    return compare(task.facts, jobs, interfaces)


def _can_be_made(task: Task, point: Point) -> bool:
    """Whether all inputs are in their ranges."""
    try:
        for key in task.unknowns.keys:
            task.unknowns.cell(key, point)
    except InputError:
        return False
    return True


def _by_run(task: Task) -> dict[str, list[Key]]:
    found: dict[str, list[Key]] = {}
    for key in dict.fromkeys(key for datum in task.problem.data for key in datum.cells):
        found.setdefault(key[1], []).append(key)
    return found


def _each(
    cells: Sequence[Cell], task: Task, run: str, fineness: Fineness, trace_cycles: int = 0
) -> list[SimulationResult]:
    rows, plan = [[cell] for cell in cells], task.study.runs[run].plan()
    found = simulate_rows(rows, plan, trace_cycles=trace_cycles, mesh=fineness.mesh, tolerance=fineness.tolerance)
    return [row[0] for row in found]


def _quantiles(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    low, middle, high = np.quantile(values, [0.025, 0.5, 0.975], axis=0)
    return low, middle, high
