"""The numbers behind a distribution: the non-negative solution and the choice of λ, against independent ones."""

from __future__ import annotations

import numpy as np
import pytest
from drt_samples import FREQUENCY_HZ, Arc, drawn_arcs, impedance_of, noisy
from scipy.optimize import minimize_scalar, nnls

from sscell.relaxation import relaxation_from_impedances
from sscell.relaxation.evidence import strength_from_evidence
from sscell.relaxation.nonnegative import nonnegative_solution
from sscell.relaxation.problem import Grid, NormalEquations, grid_from_frequencies, normal_equations

ASCENDING_HZ = FREQUENCY_HZ[::-1]


def problem(seed: int, blocked: bool) -> tuple[Grid, np.ndarray, NormalEquations]:
    rng = np.random.default_rng(seed)
    z = noisy(impedance_of(drawn_arcs(rng, 3, 0.5), ASCENDING_HZ), 0.005, rng)[None]
    grid = grid_from_frequencies(ASCENDING_HZ, blocked=blocked)
    return grid, z, normal_equations(grid, z, np.abs(z))


def weighted_rows(grid: Grid, z: np.ndarray, scale: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Design and data of one spectrum, each row divided by |Z|."""
    size = np.tile(np.abs(z[0]), 2)
    return grid.design * scale[0] / size[:, None], np.concatenate([z[0].real, z[0].imag]) / size


@pytest.mark.parametrize("blocked", [False, True])
@pytest.mark.parametrize("strength", [1e-5, 1e-3, 1e-1])
def test_solution_is_that_of_lawson_and_hanson(strength: float, blocked: bool) -> None:
    """SciPy's nnls on the rows themselves, √λ·penalty below them; normal equations cost digits: 1e-6 of the largest."""
    for seed in range(5):
        grid, z, equations = problem(seed, blocked)
        hessian = equations.gram + strength * grid.penalty
        ours = nonnegative_solution(hessian, equations.right, np.ones_like(equations.right))[0]
        rows, data = weighted_rows(grid, z, equations.scale)
        root = np.linalg.cholesky(grid.penalty[grid.first :, grid.first :]).T
        below = np.hstack([np.zeros((root.shape[0], grid.first)), np.sqrt(strength) * root])
        theirs, _ = nnls(np.vstack([rows, below]), np.concatenate([data, np.zeros(root.shape[0])]), maxiter=5000)
        assert np.max(np.abs(ours - theirs)) < 1e-6 * theirs.max()
        assert np.any(ours == 0)


def test_start_does_not_matter() -> None:
    grid, _, equations = problem(3, False)
    hessian = equations.gram + 1e-4 * grid.penalty
    starts = (np.ones_like(equations.right), -np.ones_like(equations.right))
    first, second = (nonnegative_solution(hessian, equations.right, start) for start in starts)
    assert np.max(np.abs(first - second)) < 1e-9 * first.max()


def test_hard_programmes_end_at_the_optimum() -> None:
    """Random dense programmes, where full exchanges alone may cycle: optimality conditions to rounding."""
    rng = np.random.default_rng(0)
    root = rng.normal(size=(200, 30, 31))
    hessian, right = root @ np.swapaxes(root, 1, 2), rng.normal(size=(200, 30))
    x = nonnegative_solution(hessian, right, right)
    force = np.einsum("bij,bj->bi", hessian, x) - right
    assert x.min() >= 0
    assert force.min() > -1e-8
    assert np.max(np.abs(force * x)) < 1e-8 * np.abs(x).max()


def test_strength_is_where_the_evidence_peaks() -> None:
    """Against the marginal likelihood written out and a bounded scalar search.

    The parabola and the flat top leave up to 0.3 decades; −2 ln p then differs by less than 1, a factor 1.6 in
    probability, where competing values differ by many orders.
    """
    for seed in range(4):
        grid, z, equations = problem(seed, False)
        rows, data = weighted_rows(grid, z, equations.scale)
        m, first, points = grid.tau_s.size, grid.first, grid.points

        def cost(decade: float, rows=rows, data=data, m=m, first=first, points=points, grid=grid) -> float:
            strength = 10**decade
            hessian = rows.T @ rows + strength * grid.penalty
            x = np.linalg.solve(hessian, rows.T @ data)
            misfit = np.sum((rows @ x - data) ** 2) + strength * x @ grid.penalty @ x
            return float(np.linalg.slogdet(hessian)[1] - m * np.log(strength) + (points - first) * np.log(misfit))

        best = minimize_scalar(cost, bounds=(-7, 1), method="bounded")
        coarse = strength_from_evidence(equations, grid)
        ours = float(np.log10(strength_from_evidence(equations, grid, around=coarse)[0]))
        assert ours == pytest.approx(best.x, abs=0.3)
        assert cost(ours) - best.fun < 1.0


def test_batch_is_the_same_as_one_by_one() -> None:
    """60 spectra are three chunks on several threads; rounding may differ with the chunk, so 1e-6 of the largest γ."""
    rng = np.random.default_rng(4)
    z = np.stack([noisy(impedance_of(drawn_arcs(rng, 2, 1.0), FREQUENCY_HZ), 0.005, rng) for _ in range(60)])
    together = relaxation_from_impedances(FREQUENCY_HZ, z, blocked=False)
    for i in (0, 24, 25, 59):
        alone = relaxation_from_impedances(FREQUENCY_HZ, z[i : i + 1], blocked=False)
        assert np.max(np.abs(alone.gamma_ohm[0] - together.gamma_ohm[i])) < 1e-6 * alone.gamma_ohm.max()
        assert alone.impedance_ohm[0] == pytest.approx(together.impedance_ohm[i], rel=1e-7)


def test_exact_data_of_single_elements_are_solved() -> None:
    """No noise and no width: the hardest case for rounding. Two RC give their resistances within 1 %."""
    z = impedance_of([Arc(20.0, 1e-5, 1.0), Arc(5.0, 1e-2, 1.0)], FREQUENCY_HZ)[None]
    estimate = relaxation_from_impedances(FREQUENCY_HZ, z, blocked=False)
    spacing = np.log(estimate.tau_s[1] / estimate.tau_s[0])
    fast = estimate.tau_s < 3e-4
    assert spacing * estimate.gamma_ohm[0, fast].sum() == pytest.approx(20, rel=0.01)
    assert spacing * estimate.gamma_ohm[0, ~fast].sum() == pytest.approx(5, rel=0.01)
