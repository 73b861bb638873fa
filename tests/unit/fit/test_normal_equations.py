"""Cost against its definition in NumPy; gradient and matrix against finite differences."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from fitted_samples import FREQUENCY_HZ, batch_of, impedance_of, noisy, problem_of, spectrum

import sscell as ss
from sscell.circuit import Circuit
from sscell.fit.cholesky import full_matrix
from sscell.fit.constraints import space_from_constraints
from sscell.fit.normal_equations import normal_equations
from sscell.fit.problem import Problem, SpectrumBatch, unstacked
from sscell.fit.weights import Weighting
from sscell.jax_setup import load_jax

VALUES = {
    "R0-p(R1,CPE1)-p(R2,CPE2)": (10.0, 30.0, 1e-5, 0.9, 50.0, 1e-3, 0.8),
    "R0-p(C1,R1-p(R2-Wo1,C2))": (10.0, 30.0, 1e-6, 50.0, 20.0, 0.3, 1e-4),
    "L0-Zarc1-G1": (1e-6, 40.0, 1e-3, 0.8, 30.0, 0.02),
    "R0-tl(R1,R2,p(R3,CPE3))": (5.0, 30.0, 10.0, 40.0, 1e-4, 0.8),
}


def setting(circuit: str, **options: object) -> tuple[Problem, SpectrumBatch, np.ndarray]:
    """Three spectra of a circuit, and coordinates some 20 % off their optimum."""
    problem = problem_of(circuit, **options)
    values = np.array(VALUES[circuit])
    z = impedance_of(circuit, dict(zip(Circuit(circuit).parameter_names, values, strict=True)))
    batch = batch_of([spectrum(noisy(z, 0.01, seed)) for seed in range(3)], Weighting.PROPORTIONAL)
    u = problem.space.coordinates_from_values(np.repeat(values[:, None], 3, 1))
    off = np.random.default_rng(5).normal(size=u.shape)
    step = np.where(problem.space.logarithmic, 0.2, 0.03)[:, None]
    return problem, batch, np.clip(u + step * off, problem.space.lower[:, None], problem.space.upper[:, None] - 1e-3)


@functools.cache
def compiled(problem: Problem) -> Any:
    return load_jax().jit(lambda u, columns: normal_equations(problem, u, columns))


def equations(problem: Problem, batch: SpectrumBatch, u: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    found = compiled(problem)(u, (batch.omega, *unstacked(batch.stacked())))
    cost, gradient, matrix = (np.asarray(a) for a in found)
    return cost, gradient, full_matrix(matrix, u.shape[0], np)


def differences(problem: Problem, batch: SpectrumBatch, u: np.ndarray) -> np.ndarray:
    """Half the derivative of the cost, which is Jᵀr; central, so its error is of the order of step²."""
    out = np.empty_like(u)
    for q in range(u.shape[0]):
        up, down = u.copy(), u.copy()
        up[q] += 1e-5
        down[q] -= 1e-5
        out[q] = (equations(problem, batch, up)[0] - equations(problem, batch, down)[0]) / 4e-5
    return out


def residuals(problem: Problem, batch: SpectrumBatch, u: np.ndarray, k: int) -> np.ndarray:
    values = dict(zip(problem.model.parameter_names, problem.space.values(u, np), strict=True))
    z = np.asarray(problem.model.impedance(values, FREQUENCY_HZ)) - batch.z[:, k]  # type: ignore[attr-defined]
    return np.concatenate([z.real * batch.real_weight[:, k], z.imag * batch.imaginary_weight[:, k]])


@pytest.mark.parametrize("circuit", VALUES)
def test_cost_gradient_and_matrix_of_least_squares(circuit: str) -> None:
    problem, batch, u = setting(circuit)
    cost, gradient, matrix = equations(problem, batch, u)
    np.testing.assert_allclose(cost, [(residuals(problem, batch, u[:, k], k) ** 2).sum() for k in range(3)], rtol=1e-10)
    np.testing.assert_allclose(gradient, differences(problem, batch, u), rtol=1e-5, atol=1e-6 * cost.max())
    steps = 1e-6 * np.eye(len(u))
    jacobian = (
        np.array([residuals(problem, batch, u[:, 0] + h, 0) - residuals(problem, batch, u[:, 0] - h, 0) for h in steps])
        / 2e-6
    )
    np.testing.assert_allclose(matrix[0], jacobian @ jacobian.T, rtol=1e-6, atol=1e-8 * np.abs(matrix[0]).max())


def test_gradient_under_the_robust_loss() -> None:
    """The cost lies between a tenth and the whole of the plain one, so the loss is at work."""
    problem, batch, u = setting("R0-p(R1,CPE1)-p(R2,CPE2)")
    plain = equations(problem, batch, u)[0]
    robust, scaled = replace(problem, robust=True), replace(batch, loss_scale=np.full(3, 0.05))
    cost, gradient, _ = equations(robust, scaled, u)
    assert (cost < 0.9 * plain).all()
    assert (cost > 0.1 * plain).all()
    np.testing.assert_allclose(gradient, differences(robust, scaled, u), rtol=1e-5, atol=1e-6 * cost.max())


def test_robust_loss_is_the_plain_one_near_zero_and_linear_far_out() -> None:
    problem, batch, u = setting("R0-p(R1,CPE1)-p(R2,CPE2)")
    robust, plain = replace(problem, robust=True), equations(problem, batch, u)[0]
    wide = equations(robust, replace(batch, loss_scale=np.full(3, 1e6)), u)[0]
    np.testing.assert_allclose(wide, plain, rtol=1e-10)
    narrow, half = (equations(robust, replace(batch, loss_scale=np.full(3, c)), u)[0] for c in (1e-8, 5e-9))
    np.testing.assert_allclose(half, narrow / 2, rtol=1e-3)  # 2c·|r|


def test_arcs_out_of_order_cost_and_the_gradient_knows() -> None:
    problem, batch, u = setting("R0-p(R1,CPE1)-p(R2,CPE2)", order=("R1", "R2"))
    free = replace(problem, order=None)
    np.testing.assert_allclose(equations(problem, batch, u)[0], equations(free, batch, u)[0])
    swapped = u[[0, 4, 5, 6, 1, 2, 3]]
    cost, gradient, _ = equations(problem, batch, swapped)
    assert (cost > 1.01 * equations(free, batch, swapped)[0]).all()
    np.testing.assert_allclose(gradient, differences(problem, batch, swapped), rtol=1e-5, atol=1e-6 * cost.max())


def test_points_of_weight_zero_do_not_count() -> None:
    problem, batch, u = setting("R0-p(R1,CPE1)-p(R2,CPE2)")
    z, real, imaginary = batch.z.copy(), batch.real_weight.copy(), batch.imaginary_weight.copy()
    real[40:], imaginary[40:] = 0.0, 0.0
    spoilt = z.copy()
    spoilt[40:] *= 17
    for one, other in zip(
        equations(problem, SpectrumBatch(batch.omega, z, real, imaginary), u),
        equations(problem, SpectrumBatch(batch.omega, spoilt, real, imaginary), u),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)


def cell_setting(free: int) -> tuple[Problem, SpectrumBatch, np.ndarray]:
    """Three noisy spectra of a coated cell, all but its first `free` parameters held; coordinates some 20 % off."""
    circuit = ss.circuit_from_cell(ss.Cell.from_recipe(ss.Recipe(ald_cycles=15, anneal_temperature_C=700)))
    held = dict(list(circuit.values.items())[free:])
    problem = Problem(circuit, space_from_constraints(circuit, fixed=held))
    z = np.asarray(circuit.impedance(circuit.values, FREQUENCY_HZ))
    batch = batch_of([spectrum(noisy(z, 0.01, seed)) for seed in range(3)])
    values = np.array(list(circuit.values.values()))
    u = problem.space.coordinates_from_values(np.repeat(values[:, None], 3, 1))
    off = np.random.default_rng(5).uniform(0, 0.3, size=u.shape)
    return problem, batch, np.where(problem.space.logarithmic[:, None], u + off, 0.5 * u + 1e-8)


@pytest.mark.parametrize("free", [2, 32])
def test_equations_of_a_cell_are_those_of_its_jacobian(free: int) -> None:
    """JᵀJ and Jᵀr from derivatives through the whole response, which knows nothing of columns: rounding apart."""
    problem, batch, u = cell_setting(free)
    assert problem.space.size == free
    jax = load_jax()
    omega, weight = batch.omega, batch.real_weight  # modulus weights: those of both parts are the same

    def response(u: Any) -> Any:
        return problem.model.response(problem.space.values(u, jax.numpy), omega)

    along = jax.jit(lambda direction: jax.jvp(response, (u,), (direction,))[1])
    slopes = [np.asarray(along(np.repeat(row[:, None], 3, 1))) * weight for row in np.eye(free)]
    jacobian = np.array([np.concatenate([s.real, s.imag]) for s in slopes])
    cost, gradient, matrix = equations(problem, batch, u)
    for k in range(3):
        r, j = residuals(problem, batch, u[:, k], k), jacobian[:, :, k]
        size = np.linalg.norm(j, axis=1)
        assert abs(cost[k] / (r @ r) - 1) < 1e-10
        assert np.max(np.abs(gradient[:, k] - j @ r) / size) < 1e-10 * np.sqrt(cost[k])
        np.testing.assert_allclose(matrix[k] / np.outer(size, size), j @ j.T / np.outer(size, size), atol=1e-10)
