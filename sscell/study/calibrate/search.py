"""Levenberg-Marquardt from many starts at once; every start on its own damping, its state on disk after each round.

Slopes cost as many runs as there are unknowns, a point's values one. So each start tries a few dampings at a time; and
slopes are computed where it begins, where those it has no longer foretell what comes, and where it ends. In between
they follow the values (Broyden's update, each value in the coordinates that it depends on). Steps minimise what slopes
and second-order terms foretell, and those are told by all points that any start of any search on this mesh has seen.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from sscell.folder import write_whole
from sscell.study.calibrate.emulator import HALF, Emulator, Seen, emulator_about, weights_of
from sscell.study.calibrate.known import TWO_SIDED_95, Known, covariance, known, reach
from sscell.study.calibrate.problem import LONGEST, Normal, Problem, damped_by
from sscell.study.calibrate.response import Response
from sscell.study.calibrate.unknowns import Unknowns

FIRST_DAMPING, LEAST_DAMPING, MOST_DAMPING = 1e-2, 1e-9, 1e6
# Dampings that are tried at once, over a start's own; by how much its own grows if none of them lowers the cost.
TRIED, HARDER = (0.03, 0.3, 3.0), 1e3
# Of the trials that gain so much of what the best gains the least damped is taken: later steps have less left to do.
NEARLY = 0.95
# A step that promises less than this of the cost moves nothing by a fifth of its error: a standard deviation costs a
# half, or more by the mean square of the residuals, where the model leaves more than the errors of the data. So much
# many times that may be left where steps no longer lower the cost.
ENOUGH, LEFT = 0.02, 5.0
# A search creeps, and ends, where from exact slopes to exact slopes the cost falls by less than this of what is enough.
CREEPING = 0.2
# What a step must promise in searches that need not go to the last: it moves nothing by half its error.
ROUGHLY = 0.1
# Slopes are computed anew when a step brings less than this of what was promised, or after so many steps; after each
# where all cells and their neighbours are so few that slopes cost little more than trials.
POOR, OLD, FEW = 0.7, 5, 64
# A rough search of few cells from one start ends where no more is left: the usual mesh moves the cost as much.
CLOSE = 3.0
# Steps to the least of what is foretold, by when they are this short.
INNER, SHORT = 20, 1e-3
# Where no more than this is left, the noise of time steps may hide it; so far in any coordinate the time steps of one
# point serve another.
NOISY, NEXT_TO = 3.0, 0.3
# A start is set aside after so many rounds, if what its slopes promise stays so far above the best cost; and where the
# slopes of the best say that all its data change by less than this from there to here: both are in one minimum.
EARLY, HOPELESS, SAME = 8, 3.0, 0.5

# How searches end, also those that need not go to the last.
ENDED = ("converged", "far enough")

Progress = Callable[[int, int, str], None]


@dataclass
class Trial:
    """A point to try, the damping that led to it, and by how much it should lower the cost."""

    u: list[float]
    damping: float
    promised: float


@dataclass
class Start:
    """One start: where it is and what was found there, and how it goes on.

    u: coordinates of all unknowns; values, slopes: by datum, slopes exact or updated `age` times (none: age -1); left:
    what a full step would still lower; told: the cost where slopes were last exact; trials: what comes next (none:
    slopes); beside: whether they take the time steps of where it is, as the noise of separate ones hides what is left;
    pinned: coordinates that do not move; left_out: numbers of data not counted; enough: it ends where no step promises
    so much; exact_end: whether it ends on exact slopes; close: it ends wherever no more is left.
    """

    u: list[float]
    pinned: list[int] = field(default_factory=list)
    left_out: list[int] = field(default_factory=list)
    enough: float = ENOUGH
    exact_end: bool = True
    close: float = 0.0
    cost: float = np.inf
    values: list[list[float]] = field(default_factory=list)
    slopes: list[list[list[float]]] = field(default_factory=list)
    age: int = -1
    damping: float = FIRST_DAMPING
    trials: list[Trial] = field(default_factory=list)
    left: float = np.inf
    told: float = np.inf
    beside: bool = False
    rounds: int = 0
    status: str = "running"
    worst: str = ""


def search(
    problem: Problem,
    starts: Sequence[Start],
    most_rounds: int,
    kept: Path | None = None,
    progress: Progress | None = None,
) -> list[Start]:
    """Minimise from all starts; kept: the file that holds their state, from which an earlier search goes on."""
    states = _read(kept, problem) if kept is not None and kept.is_file() else list(starts)
    while running := [state for state in states if state.status == "running"]:
        _round(problem, running)
        for state in running:
            state.rounds += 1
            if state.status == "running" and state.rounds >= most_rounds:
                state.status = "too many steps"
        _set_aside(problem, states)
        if kept is not None:
            write_whole(kept, _written(states, problem))
        if progress:
            best = min(states, key=lambda state: state.cost)
            done = sum(state.status != "running" for state in states)
            progress(done, len(states), f"cost {best.cost:.2f}, {best.left:.2g} left, worst: {best.worst}")
    return states


def begun_roughly(problem: Problem, points: np.ndarray) -> list[Start]:
    """Starts at points (N, P) of a search that only finds where to look."""
    close = CLOSE if len(points) == 1 and _few(problem) else 0.0
    return [Start(u=row.tolist(), enough=ROUGHLY, close=close) for row in points]


def drawn_about(problem: Problem, state: Start, drawn: np.ndarray) -> np.ndarray:
    """Where draws (N, Q) of the shared unknowns from unit priors come to lie (N, P) by what data say where a start is;
    what varies from cell to cell makes the best of it."""
    shared = problem.shape[0]
    data = normal_of(problem, state).matrix - np.diag(problem.prior)
    matrix = data / _unit(problem, state.cost) + np.eye(len(data))
    size, along = np.linalg.eigh(np.linalg.inv(matrix)[:shared, :shared])
    moved = drawn @ (along * np.sqrt(np.maximum(size, 0.0))) @ along.T
    cells = -np.linalg.solve(matrix[shared:, shared:], matrix[shared:, :shared] @ moved.T).T
    return np.clip(np.array(state.u) + np.hstack([moved, cells]), *problem.bounds)


def without(problem: Problem, best: Start, left_out: Sequence[int]) -> Start:
    """A start where another ended, that leaves out some data; it need not go to the last."""
    state = Start(u=list(best.u), left_out=list(left_out), enough=ROUGHLY)
    _hold(problem, state, *_arrays(best), best.age)
    _plan(problem, state)
    return state


def begun_at(other: Start) -> Start:
    """A start where another ended, on the same mesh or another; slopes follow from there."""
    u = list(other.u)
    return Start(u=u, trials=[Trial(u, FIRST_DAMPING, 0.0)], values=other.values, slopes=other.slopes, age=other.age)


def pinned_at(problem: Problem, best: Start, u: np.ndarray, pinned: int) -> Start:
    """A start away from where another ended, with one coordinate held as in u (P,); what is foretold leads there."""
    foretold = _foretold(problem, best)

    def standing(there: np.ndarray) -> Start:
        values, slopes = (_by_datum(x, best) for x in (foretold.at(there), foretold.slopes_at(there)))
        state = Start(u=there.tolist(), pinned=[pinned], enough=ROUGHLY, exact_end=False)
        _hold(problem, state, values, slopes, max(best.age, 0) + 1)
        return state

    state = standing(_least(problem, standing(u), foretold, LEAST_DAMPING)[0])
    return replace(state, cost=np.inf, trials=[Trial(state.u, FIRST_DAMPING, 0.0)])


def stacked_at(state: Start) -> tuple[np.ndarray, np.ndarray]:
    """Values (V,) and slopes (V, P) of all data one after the other, where a start is."""
    values, slopes = _arrays(state)
    return np.concatenate(values), np.concatenate(slopes)


def normal_of(problem: Problem, state: Start) -> Normal:
    """Gauss-Newton's matrix and gradient where a start is."""
    u = np.array(state.u)
    return problem.normal(problem.judge(*_arrays(state), state.left_out), u)


def information_of(problem: Problem, state: Start) -> np.ndarray:
    """What data and priors say (P, P) where a start is."""
    return problem.information(problem.judge(*_arrays(state), state.left_out))


def spread_of(problem: Problem, state: Start) -> np.ndarray:
    """Covariance (P, P) of all coordinates where a start is; what is at a bound varies by how far it reaches inside."""
    at, matrix = normal_of(problem, state), information_of(problem, state)
    held = problem.held(at, state.pinned)
    free_to_move = held.copy()
    free_to_move[list(state.pinned)] = False
    inside = np.where(free_to_move, reach(matrix, at.gradient, held), 0.0)
    return covariance(matrix, held) + np.diag((inside / TWO_SIDED_95) ** 2)


def known_at(problem: Problem, unknowns: Unknowns, state: Start) -> list[Known]:
    """How well each shared unknown is known where a start is."""
    at, shared = normal_of(problem, state), len(unknowns.free)
    held = problem.held(at)
    inside, spread = reach(information_of(problem, state), at.gradient, held), spread_of(problem, state)
    own = spread[:shared, :shared], held[:shared], inside[:shared]
    return known(unknowns.free, unknowns.units, np.array(state.u)[:shared], *own)


def _written(states: Sequence[Start], problem: Problem) -> bytes:
    """States, and what they were found with."""
    seen = [[point.u, point.values, point.slopes] for point in problem.seen]
    found = {"starts": [asdict(state) for state in states], "seen": seen}
    return json.dumps(found, default=lambda array: array.tolist()).encode()


def _read(kept: Path, problem: Problem) -> list[Start]:
    found = json.loads(kept.read_text(encoding="utf-8"))
    problem.seen = [
        Seen(np.array(u), np.array(values), None if slopes is None else np.array(slopes))
        for u, values, slopes in found["seen"]
    ]
    return [Start(**{**row, "trials": [Trial(**trial) for trial in row["trials"]]}) for row in found["starts"]]


def _arrays(state: Start) -> tuple[list[np.ndarray], list[np.ndarray]]:
    return [np.array(v) for v in state.values], [np.array(s) for s in state.slopes]


def _round(problem: Problem, running: Sequence[Start]) -> None:
    """Slopes for those that want them, trials for the others."""
    there = [state for state in running if not state.trials]
    trying = [state for state in running if state.trials]
    for state, response in zip(there, problem.answers([np.array(s.u) for s in there], True), strict=True):
        _begin(problem, state, response)
    rows = iter(problem.beside([[np.array(u) for u in (s.u, *(t.u for t in s.trials))] for s in trying if s.beside]))
    answers = iter(problem.answers([np.array(t.u) for s in trying if not s.beside for t in s.trials], False))
    for state in trying:
        if state.beside:
            here, *moved = next(rows)
            if not here.problem:
                _hold(problem, state, here.values, _arrays(state)[1], state.age)
            _try(problem, state, moved)
        else:
            _try(problem, state, [next(answers) for _ in state.trials])


def _set_aside(problem: Problem, states: Sequence[Start]) -> None:
    """End the starts of a common search that will not reach the best, or that are where it is."""
    alike = [state for state in states if not state.pinned and not state.left_out]
    best = min(alike, key=lambda state: state.cost, default=None)
    if best is None or not best.slopes:
        return
    unit, matrix = _unit(problem, best.cost), normal_of(problem, best).matrix
    for state in alike:
        if state is best or state.status != "running":
            continue
        apart = np.array(state.u) - np.array(best.u)
        if 0.5 * apart @ matrix @ apart < SAME * unit and state.cost < best.cost + SAME * unit:
            state.status = "set aside: where the best is"
        elif state.rounds >= EARLY and state.cost - max(state.left, 0.0) > best.cost + HOPELESS * unit:
            state.status = "set aside: no better than others"


def _begin(problem: Problem, state: Start, response: Response) -> None:
    """Slopes of where a start is."""
    if response.problem:
        state.status = f"no response: {response.problem}"
        return
    _hold(problem, state, response.values, response.slopes, 0)
    if not np.isfinite(state.cost):
        state.status = f"no response: {state.worst} is no number"
        return
    creeps = state.told - state.cost < CREEPING * state.enough * _unit(problem, state.cost)
    state.told = state.cost
    _plan(problem, state, creeps)


def _is_close(state: Start) -> bool:
    """Whether a start has come as far as it must."""
    return 0.0 <= state.left < state.close


def _try(problem: Problem, state: Start, responses: Sequence[Response]) -> None:
    """Take the best of the trials, or plan others."""
    costs = [
        np.inf
        if response.problem
        else problem.cost(problem.judge(response.values, (), state.left_out).residuals, np.array(trial.u))
        for trial, response in zip(state.trials, responses, strict=True)
    ]
    best = _chosen(state, costs)
    gained = state.cost - costs[best]
    if not gained > 0:
        if not np.isfinite(state.cost):
            state.status = f"no response: {responses[best].problem}"
            return
        if state.age > 0:
            state.damping *= HARDER
            state.trials = []  # old slopes may be to blame
            return
        little = state.left < LEFT * ENOUGH * _unit(problem, state.cost)
        state.damping = MOST_DAMPING if little else HARDER * state.damping
    else:
        taken = state.trials[best]
        # What shorter trials showed is true here as well; the one that is taken has the last word.
        shown = [*(k for k, t in enumerate(state.trials) if t.damping > taken.damping and np.isfinite(costs[k])), best]
        foretold = _foretold(problem, state)
        for k in shown:
            foretold = _updated(foretold, np.array(state.trials[k].u), np.concatenate(responses[k].values))
        slopes = _by_datum(foretold.slopes_at(np.array(taken.u)), state)
        state.u, state.damping = taken.u, max(taken.damping, LEAST_DAMPING)
        state.beside = state.beside and gained < ROUGHLY * _unit(problem, state.cost)
        _hold(problem, state, responses[best].values, slopes, state.age + 1)
        poor_or_old = gained < POOR * taken.promised or state.age >= (0 if _few(problem) else OLD)
        if np.isfinite(gained) and poor_or_old and not _is_close(state):
            state.trials = []
            return
    _plan(problem, state)


def _chosen(state: Start, costs: Sequence[float]) -> int:
    """The trial to take."""
    least = min(costs)
    if not least < state.cost < np.inf:
        return int(np.argmin(costs))
    enough = state.cost - NEARLY * (state.cost - least)
    return min((k for k, cost in enumerate(costs) if cost <= enough), key=lambda k: state.trials[k].damping)


def _hold(problem: Problem, state: Start, values: Sequence[Any], slopes: Sequence[Any], age: int) -> None:
    state.values, state.slopes, state.age = [v.tolist() for v in values], [s.tolist() for s in slopes], age
    found = problem.judge(values, (), state.left_out)
    state.cost = problem.cost(found.residuals, np.array(state.u))
    state.worst = problem.data[found.datum[np.argmax(np.abs(found.residuals))]].name if found.datum.size else ""
    if np.isfinite(state.cost):
        state.left = problem.step(normal_of(problem, state), LEAST_DAMPING, state.pinned)[1]


def _plan(problem: Problem, state: Start, creeps: bool = False) -> None:
    """The next trials; or slopes first, or the end."""
    if _is_close(state):
        state.trials, state.status = [], "far enough"
        return
    foretold, unit = _foretold(problem, state), _unit(problem, state.cost)
    state.trials = _trials(problem, state, foretold)
    if state.trials[0].promised < state.enough * unit <= state.left and state.age <= 0:
        # Noise may bend what is foretold: exact slopes alone have the last word.
        foretold = replace(foretold, bend=0 * foretold.bend)
        state.trials = _trials(problem, state, foretold)
    if not creeps and state.trials[0].promised >= state.enough * unit and state.damping <= MOST_DAMPING:
        return
    state.trials = []
    if state.age > 0 and state.exact_end:
        return
    ends = (("converged", ENOUGH), ("far enough", state.enough), ("no descent", np.inf))
    state.status = next(word for word, enough in ends if not state.left >= LEFT * unit * enough)
    if state.status != "converged" and state.age <= 0 and not state.beside and state.left < NOISY * unit:
        # The noise of time steps hides it.
        state.status, state.beside, state.damping, state.told = "running", True, FIRST_DAMPING, np.inf
        state.trials = _trials(problem, state, foretold)


def _trials(problem: Problem, state: Start, foretold: Emulator) -> list[Trial]:
    """Steps of several dampings; beside where a start is, no longer than that in any coordinate."""
    u, trials = np.array(state.u), []
    for damping in (state.damping * share for share in TRIED):
        end, promised = _least(problem, state, foretold, damping)
        share = min(1.0, NEXT_TO / max(float(np.max(np.abs(end - u))), 1e-300)) if state.beside else 1.0
        trials.append(Trial((u + share * (end - u)).tolist(), damping, share * (2 - share) * promised))
    return trials


def _foretold(problem: Problem, state: Start) -> Emulator:
    """What comes around where a start is; far from a minimum by slopes alone, as too little was seen there."""
    here, near = Seen(np.array(state.u), *stacked_at(state)), state.left < HALF * _unit(problem, state.cost)
    seen = problem.seen if near else []
    away = np.array([point.u - here.u for point in seen]).reshape(-1, here.u.size)
    rise = 0.5 * np.einsum("np,pq,nq->n", away, normal_of(problem, state).matrix, away)
    return emulator_about(here, seen, weights_of(rise), problem.shape[0])


def _least(problem: Problem, state: Start, foretold: Emulator, damping: float) -> tuple[np.ndarray, float]:
    """Where the least cost is foretold, steps damped, and how much lower it is."""
    here = np.array(state.u)
    near = np.maximum(problem.bounds[0], here - LONGEST), np.minimum(problem.bounds[1], here + LONGEST)

    def at(u: np.ndarray) -> tuple[Normal, float]:
        values, slopes = _by_datum(foretold.at(u), state), _by_datum(foretold.slopes_at(u), state)
        found = problem.judge(values, slopes, state.left_out)
        return problem.normal(found, u), problem.cost(found.residuals, u)

    normal, cost = at(here)
    if not foretold.bend.any():
        return problem.step(normal, damping, state.pinned)
    held_back = damping * damped_by(normal.matrix)
    first, u, least, harder = cost, here, cost, 0.0
    for _ in range(INNER):
        pulled = Normal(normal.matrix + np.diag(held_back), normal.gradient + held_back * (u - here), u)
        end = np.clip(problem.step(pulled, harder, state.pinned)[0], *near)
        if np.max(np.abs(end - u)) < SHORT * (1.0 if u is not here else 0.0):
            break
        there, cost_there = at(end)
        total = cost_there + 0.5 * np.sum(held_back * (end - here) ** 2)
        if total < least:
            u, normal, cost, least, harder = end, there, cost_there, total, harder / 3
        else:
            harder = 8 * max(harder, 1e-3)
    return u, first - cost


def _few(problem: Problem) -> bool:
    shared, cells, spread = problem.shape
    return max(cells, 1) * (1 + shared + spread) <= FEW


def _unit(problem: Problem, cost: float) -> float:
    """The mean square of the residuals, if above 1."""
    residuals = sum(datum.judge.target.size for datum in problem.data if datum.judge)
    return max(1.0, 2 * cost / max(residuals, 1))


def _updated(foretold: Emulator, u: np.ndarray, values: np.ndarray) -> Emulator:
    """With slopes that foretell the values at a point, each moved only in what it depends on."""
    change = u - foretold.u0
    moved = change * (foretold.slopes != 0)
    length = np.sum(moved**2, axis=1)
    missed = np.nan_to_num(values - foretold.at(u))
    turned = np.where(length > 0, missed / np.where(length > 0, length, 1.0), 0.0)[:, None] * moved
    return replace(foretold, slopes=foretold.slopes + turned)


def _by_datum(stacked: np.ndarray, state: Start) -> list[np.ndarray]:
    return np.split(stacked, np.cumsum([len(v) for v in state.values])[:-1])
