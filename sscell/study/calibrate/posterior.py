"""The posterior by NUTS, on an emulator of the simulated values that is made, and then checked, by exact runs.

An exact gradient takes all cells through all their cycles, and NUTS takes thousands of gradients. Near the best point
the values are smooth: their exact slopes there, and second-order terms in all unknowns, fitted to runs on the rough
mesh, at points drawn around it at first, then from the posterior by what was found so far. What the emulator misses is
told, and the draws are weighed by exact runs at some of them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sscell.errors import require
from sscell.folder import write_whole
from sscell.jax_setup import load_jax
from sscell.study.calibrate.emulator import Emulator, Seen, emulator_about, weights_of
from sscell.study.calibrate.evidence import Judge, stacked
from sscell.study.calibrate.problem import Problem
from sscell.study.calibrate.search import Progress, Start, spread_of, stacked_at

# The first half of the emulator's points is drawn this much wider than the linear posterior; the others from the
# posterior by those before, in so many turns.
WIDER, TURNS = 1.3, 2
# Steps of each chain to warm up, and draws; of the turns before the last.
CHAINS, LENGTH, SHORT = 4, (500, 500), (300, 100)
BATCH, LEAST_POINTS = 16, 8


@dataclass(frozen=True, eq=False)
class Posterior:
    """Draws (N, P) of all coordinates by NUTS on the emulator.

    r_hat: (P,) of four chains; divergences; weights: exact over emulated posterior at the draws `weighed` (M,), scaled
    to sum to 1; effective: how many equal draws these weights are worth; missed: RMS difference of exact and emulated
    cost there.
    """

    draws: np.ndarray
    r_hat: np.ndarray
    divergences: int
    weighed: np.ndarray
    weights: np.ndarray
    effective: float
    missed: float
    emulator: Emulator

    def equal_draws(self, count: int) -> np.ndarray:
        """Some of the draws (count, P), evenly spread over the chains."""
        return self.draws[np.linspace(0, len(self.draws) - 1, count).astype(int)]


def points_around(problem: Problem, best: Start, count: int, seed: int, wider: float = 1.0) -> np.ndarray:
    """Coordinates (count, P) drawn from the linear posterior, so many times wider, inside the bounds."""
    values, vectors = np.linalg.eigh(spread_of(problem, best))
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    rng = np.random.default_rng(seed)
    drawn = np.array(best.u) + wider * rng.standard_normal((count, root.shape[1])) @ root.T
    return np.asarray(np.clip(drawn, *problem.bounds))


def sample(
    problem: Problem, judge: Judge, emulator: Emulator, seed: int, length: tuple[int, int] = LENGTH
) -> tuple[np.ndarray, np.ndarray, int]:
    """Draws (N, P), r_hat (P,) and how many diverged; length: of each chain, to warm up and then."""
    jax = load_jax()
    import numpyro
    from numpyro import distributions as dist
    from numpyro.diagnostics import split_gelman_rubin
    from numpyro.infer import MCMC, NUTS, init_to_value

    jnp = jax.numpy
    low, high = problem.bounds
    limit = np.inf if problem.robust is None else problem.robust

    def prior(k: int) -> Any:
        bounds = {"low": float(low[k]), "high": float(high[k])}
        if problem.prior[k] == 0:
            return dist.Uniform(**bounds)
        finite = {name: value for name, value in bounds.items() if np.isfinite(value)}
        return dist.TruncatedNormal(0.0, 1.0, **finite) if finite else dist.Normal(0.0, 1.0)

    def model() -> None:
        u = jnp.stack([numpyro.sample(f"u{k}", prior(k)) for k in range(low.size)])
        raw = judge.matrix @ jnp.nan_to_num(emulator.at(u, jnp)) - judge.target
        r = jnp.abs(jnp.clip(raw, judge.low, judge.high))
        square = jnp.where(r <= limit, r**2, limit * (2 * r - limit)) if np.isfinite(limit) else r**2
        numpyro.factor("data", -0.5 * jnp.sum(square))

    begin = init_to_value(values={f"u{k}": x for k, x in enumerate(_inside(emulator.u0, low, high).tolist())})
    kernel = NUTS(model, dense_mass=True, target_accept_prob=0.9, init_strategy=begin)
    run = MCMC(
        kernel,
        num_warmup=length[0],
        num_samples=length[1],
        num_chains=CHAINS,
        chain_method="vectorized",
        progress_bar=False,
    )
    run.run(jax.random.PRNGKey(seed))
    found = run.get_samples(group_by_chain=True)
    chains = np.stack([np.asarray(found[f"u{k}"]) for k in range(low.size)], axis=-1)
    r_hat = np.array([float(split_gelman_rubin(chains[..., k])) for k in range(low.size)])
    diverged = int(np.sum(np.asarray(run.get_extra_fields()["diverging"])))
    return chains.reshape(-1, low.size), r_hat, diverged


def posterior(
    problem: Problem,
    best: Start,
    rough: Problem,
    near: Start,
    *,
    made_of: int,
    weighed: int,
    seed: int,
    kept: Path | None = None,
    progress: Progress | None = None,
) -> Posterior:
    """Draws by NUTS.

    best, near: the best point and the rough mesh's; made_of: rough runs behind the emulator's second order; weighed:
    exact runs that weigh its draws.
    """
    values, slopes = stacked_at(best)
    there = np.isfinite(values) & np.isfinite(stacked_at(near)[0])
    judge = stacked(problem.data, [len(v) for v in best.values]).without(~there)
    shared, rng = problem.shape[0], np.random.default_rng(seed + 1)

    def emulator() -> Emulator:
        """By all that was simulated on the rough mesh."""
        seen = [point._replace(values=np.where(there, point.values, np.nan)) for point in rough.seen]
        seen = [point for point in seen if np.isfinite(point.values[there]).all()]
        require(
            len(seen) >= LEAST_POINTS,
            f"posterior: only {len(seen)} points around the best could be simulated; fix or bound the parameters that "
            "lead beyond what a cell can be, or leave [method.posterior] out.",
        )
        costs = np.array([rough.cost(judge(np.nan_to_num(point.values))[0], point.u) for point in seen])
        base = Seen(np.array(near.u), *stacked_at(near))
        bend = emulator_about(base, seen, weights_of(costs - near.cost), shared).bend
        return Emulator(np.array(best.u), np.where(there, values, np.nan), np.nan_to_num(slopes), bend, shared)

    total, later = made_of + weighed, made_of // 2 // TURNS
    first = points_around(rough, near, made_of - later * TURNS, seed, WIDER)
    _exact(rough, first, kept, "points", progress, 0, total)
    for turn in range(TURNS):
        draws, _, _ = sample(problem, judge, emulator(), seed + turn, SHORT)
        more = draws[rng.choice(len(draws), later, replace=False)]
        _exact(rough, more, kept, f"points-{turn}", progress, made_of - later * (TURNS - turn), total)
    emulated = emulator()
    draws, r_hat, diverged = sample(problem, judge, emulated, seed + TURNS)
    numbers = rng.choice(len(draws), weighed, replace=False)
    exact = _exact(problem, draws[numbers], kept, "draws", progress, made_of, total)
    emulated_cost, exact_cost = (
        np.array([_cost(problem, judge, value, u) for value, u in zip(of_draws, draws[numbers], strict=True)])
        for of_draws in (np.array([emulated.at(u) for u in draws[numbers]]), exact)
    )
    log = emulated_cost - exact_cost
    weights = np.exp(log - np.max(log))
    weights /= weights.sum()
    known = np.isfinite(log)
    missed = float(np.std(log[known])) if known.any() else np.inf
    return Posterior(draws, r_hat, diverged, numbers, weights, float(1 / np.sum(weights**2)), missed, emulated)


def _exact(
    problem: Problem, points: np.ndarray, kept: Path | None, name: str, progress: Progress | None, done: int, total: int
) -> np.ndarray:
    """Exact values (N, V) at points (N, P), NaN where a cell fails; kept on disk batch by batch."""
    place = None if kept is None else kept.with_name(f"{kept.name}-{name}.json")
    rows: list[list[float]] = json.loads(place.read_text()) if place is not None and place.is_file() else []
    problem.seen += [Seen(u, np.array(row)) for u, row in zip(points, rows, strict=False) if row]  # as by `answers`
    while len(rows) < len(points):
        batch = points[len(rows) : len(rows) + BATCH]
        for response in problem.answers(list(batch), False):
            rows.append([] if response.problem else np.concatenate(response.values).tolist())
        if place is not None:
            write_whole(place, json.dumps(rows).encode())
        if progress:
            progress(done + len(rows), total, "exact runs for the posterior")
    size = max((len(row) for row in rows), default=0)
    return np.array([row if row else [np.nan] * size for row in rows])


def _cost(problem: Problem, judge: Judge, values: np.ndarray, u: np.ndarray) -> float:
    """Infinite where nothing could be simulated."""
    return np.inf if np.isnan(values).all() else problem.cost(judge(values)[0], u)


def _inside(u: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """A little inside the bounds, where chains can begin."""
    least = np.where(np.isfinite(low), low + 1e-3, low)
    most = np.where(np.isfinite(high), high - 1e-3, high)
    return np.clip(u, least, most)
