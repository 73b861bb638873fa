"""Circuit fits against SciPy, impedance.py and, where installed, pyimpspec: R0-p(R1,CPE1)-p(R2,CPE2)-Wo1, 71 points.

The honest rival is SciPy's Levenberg-Marquardt on logarithms with an analytic Jacobian: the same method, one spectrum
at a time. Times are medians a spectrum, compiling apart; CPU time counts all cores, so its ratio is on equal cores.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from statistics import median

import numpy as np
import pytest
from drawn_circuits import CIRCUIT, EXPONENTS, FREQUENCY_HZ, Drawn, drawn_resolved

import sscell as ss
from sscell.fit.assembly import joined
from sscell.fit.search import best_fits, fits_from

pytestmark = pytest.mark.benchmark

COUNT, SLOW_COUNT = 200, 10
OMEGA = 2 * np.pi * FREQUENCY_HZ
ROUNDS = 5


def timed(run: Callable[[], object], count: int, rounds: int = ROUNDS) -> tuple[float, float, object]:
    """(wall, CPU) milliseconds a spectrum, medians of several runs, and what the last one gave."""
    wall, cpu, result = [], [], None
    for _ in range(rounds):
        t, c = time.perf_counter(), time.process_time()
        result = run()
        wall.append(1e3 * (time.perf_counter() - t) / count)
        cpu.append(1e3 * (time.process_time() - c) / count)
    return median(wall), median(cpu), result


def scipy_fit(z: np.ndarray, start: np.ndarray) -> float:
    """χ² of the rival's fit, modulus weights; start in the search coordinates."""
    from scipy.optimize import least_squares

    weight, log_omega = 1 / np.abs(z), np.log(OMEGA)

    def arc(r: float, q: float, n: float) -> tuple[np.ndarray, list[np.ndarray]]:
        y = q * np.exp(n * (log_omega + 0.5j * np.pi))
        z = 1 / (1 / r + y)
        return z, [z * z / r, -z * z * y, -z * z * y * (log_omega + 0.5j * np.pi)]

    def parts(u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        r0, r1, q1, n1, r2, q2, n2, z0, tau = np.where(EXPONENTS, u, np.exp(u))
        (za, ja), (zb, jb) = arc(r1, q1, n1), arc(r2, q2, n2)
        s = np.sqrt(1j * OMEGA * tau)
        coth = 1 / np.tanh(s)
        w = z0 * coth / s
        slope = 0.5 * (z0 * (1 - coth**2) - w)
        return r0 + za + zb + w, np.array([r0 * np.ones_like(s), *ja, *jb, w, slope])

    def residual(u: np.ndarray) -> np.ndarray:
        r = (parts(u)[0] - z) * weight
        return np.concatenate([r.real, r.imag])

    def jacobian(u: np.ndarray) -> np.ndarray:
        j = parts(u)[1] * weight
        return np.concatenate([j.real, j.imag], axis=1).T

    with np.errstate(all="ignore"):
        return 2 * float(least_squares(residual, start, jac=jacobian, method="lm").cost)


def impedance_py_fit(z: np.ndarray, start: np.ndarray) -> float:
    from impedance.models.circuits import CustomCircuit

    circuit = CustomCircuit(CIRCUIT.text, initial_guess=list(np.where(EXPONENTS, start, np.exp(start))))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            circuit.fit(FREQUENCY_HZ, z, weight_by_modulus=True)
        except RuntimeError:
            return np.inf
    return float((np.abs(circuit.predict(FREQUENCY_HZ) - z) ** 2 / np.abs(z) ** 2).sum())


def around_the_truth(data: Drawn, decades: float, seed: int) -> np.ndarray:
    """(N, 9) search coordinates: true values times 10^±decades, exponents ±0.1 of that."""
    rng = np.random.default_rng(seed)
    u = np.where(EXPONENTS, data.values, np.log(np.where(EXPONENTS, 1.0, data.values)))
    away = rng.uniform(-decades, decades, u.shape) * np.where(EXPONENTS, 0.1, np.log(10))
    return np.where(EXPONENTS, np.clip(u + away, 0.35, 0.99), u + away)


@pytest.fixture(scope="module")
def data() -> Drawn:
    return drawn_resolved(COUNT, seed=3)


@pytest.fixture(scope="module")
def ours(data: Drawn) -> tuple:
    fits = ss.fit_circuit(CIRCUIT, data.spectra(), band="all")
    problem, batch = fits[0].task.problem, joined([fit.task.data for fit in fits])
    truth = fits_from(problem, batch, problem.space.coordinates_from_values(data.values.T), tolerance=1e-9).cost
    return problem, batch, truth


def line(what: str, wall: float, cpu: float, success: float, rival: tuple[float, float], slowest: float) -> None:
    print(
        f"{what:52s} {wall:9.3f} {cpu:9.3f}   {100 * success:5.1f} %   {rival[0] / wall:8.1f} {rival[1] / cpu:8.1f}"
        f"   {slowest / wall:9.0f}"
    )


def test_batch_of_200(data: Drawn, ours: tuple) -> None:
    problem, batch, truth = ours
    good, far = around_the_truth(data, 0.1, 1), around_the_truth(data, 1.0, 2)

    def reached(cost: np.ndarray) -> float:
        return float(np.mean(np.asarray(cost) <= 1.02 * truth[: len(cost)]))

    few = range(SLOW_COUNT)
    scipy_good = timed(lambda: [scipy_fit(z, u) for z, u in zip(data.impedance_ohm, good, strict=True)], COUNT, 3)
    scipy_far = timed(lambda: [scipy_fit(z, u) for z, u in zip(data.impedance_ohm, far, strict=True)], COUNT, 1)
    theirs_good = timed(lambda: [impedance_py_fit(data.impedance_ohm[k], good[k]) for k in few], SLOW_COUNT, 1)
    theirs_far = timed(lambda: [impedance_py_fit(data.impedance_ohm[k], far[k]) for k in few], SLOW_COUNT, 1)
    ours_good = timed(lambda: fits_from(problem, batch, good.T).cost, COUNT)
    best_fits(problem, CIRCUIT, batch, 16, 0)
    sixteen = timed(lambda: best_fits(problem, CIRCUIT, batch, 16, 0).optima.cost, COUNT)
    ss.fit_circuit(CIRCUIT, data.spectra(), band="all")
    whole = timed(lambda: [f.chi_square for f in ss.fit_circuit(CIRCUIT, data.spectra(), band="all")], COUNT, 3)
    tested = timed(lambda: [f.chi_square for f in ss.fit_circuit(CIRCUIT, data.spectra())], COUNT, 1)
    rival = scipy_good[:2]
    print(
        f"\n{'ms a spectrum':52s} {'wall':>9s} {'CPU':>9s}   reached    against SciPy: wall, CPU   impedance.py: wall"
    )
    for what, (wall, cpu, cost) in {
        "SciPy LM, analytic Jacobian, starts within 1.26 x": scipy_good,
        "SciPy LM, analytic Jacobian, starts within 10 x": scipy_far,
        "impedance.py, starts within 1.26 x": theirs_good,
        "impedance.py, starts within 10 x": theirs_far,
        "ours, starts within 1.26 x": ours_good,
        "ours, 16 starts from the data": sixteen,
        "ours, fit_circuit: 16 starts, intervals, warnings": whole,
        "ours, fit_circuit with the Kramers-Kronig test": tested,
    }.items():
        line(what, wall, cpu, reached(cost), rival, theirs_good[0])
    assert reached(sixteen[2]) >= 0.98


def test_pyimpspec(data: Drawn, ours: tuple) -> None:
    """From good starts, with the same weights; its own choice among all methods and weights takes 200 times as long."""
    pyimpspec = pytest.importorskip("pyimpspec")
    _, _, truth = ours
    starts = around_the_truth(data, 0.1, 1)[:SLOW_COUNT]

    def code(values: np.ndarray) -> str:
        r0, r1, q1, n1, r2, q2, n2, z0, tau = values
        arcs = "".join(f"(R{{R={r}}}Q{{Y={q},n={n}}})" for r, q, n in ((r1, q1, n1), (r2, q2, n2)))
        return f"R{{R={r0}}}{arcs}Wo{{Y={np.sqrt(tau) / z0},B={np.sqrt(tau)}}}"

    def run(method: str) -> list[float]:
        costs = []
        for z, u in zip(data.impedance_ohm, starts, strict=False):
            circuit = pyimpspec.parse_cdc(code(np.where(EXPONENTS, u, np.exp(u))))
            found = pyimpspec.fit_circuit(
                circuit, pyimpspec.DataSet(FREQUENCY_HZ, z), method=method, weight="modulus", num_procs=1
            )
            costs.append(float((np.abs(found.get_impedances() - z) ** 2 / np.abs(z) ** 2).sum()))
        return costs

    for method in ("leastsq", "least_squares"):
        wall, cpu, cost = timed(lambda method=method: run(method), SLOW_COUNT, 1)
        near = np.asarray(cost) / truth[:SLOW_COUNT]
        print(
            f"\npyimpspec, {method}: {wall:.1f} ms wall, {cpu:.1f} ms CPU; "
            f"reached {100 * np.mean(near <= 1.02):.0f} %, median misfit {np.median(near):.2g} times the best"
        )


def test_one_spectrum(data: Drawn) -> None:
    spectra = data.spectra()
    ss.fit_circuit(CIRCUIT, spectra[0], band="all")
    wall = [timed(lambda s=s: ss.fit_circuit(CIRCUIT, s, band="all"), 1, 1)[0] for s in spectra[:60]]
    print(f"\none spectrum, 16 starts: median {median(wall):.1f} ms, 90 % below {np.quantile(wall, 0.9):.1f} ms")


def compare_on_one_core() -> None:
    data = drawn_resolved(COUNT, seed=3)
    fits = ss.fit_circuit(CIRCUIT, data.spectra(), band="all")
    problem, batch = fits[0].task.problem, joined([fit.task.data for fit in fits])
    good = around_the_truth(data, 0.1, 1)
    fits_from(problem, batch, good.T)
    rival = timed(lambda: [scipy_fit(z, u) for z, u in zip(data.impedance_ohm, good, strict=True)], COUNT, 3)[0]
    ours = timed(lambda: fits_from(problem, batch, good.T), COUNT, 25)[0]
    print(f"\non one core, good starts: SciPy {rival:.3f} ms, ours {ours:.4f} ms: {rival / ours:.1f} times")


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system does not hold a process to a core")
def test_good_starts_on_one_core() -> None:
    """In a process that has one core only from its start: neither compiled code nor BLAS can use another."""
    code = (
        "import os, sys; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))});"
        "sys.path[:0] = ['tests', 'tests/benchmarks']; import test_fit_speed; test_fit_speed.compare_on_one_core()"
    )
    print(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def test_first_fit_of_a_process(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    """Start to first result, with nothing compiled and with what the process before left on disk."""
    monkeypatch.setenv("SSCELL_CACHE_DIR", str(tmp_path))
    code = (
        "import sys, time; t = time.perf_counter(); sys.path.insert(0, 'tests');"
        "from drawn_circuits import CIRCUIT, drawn; import sscell as ss;"
        "ss.fit_circuit(CIRCUIT, drawn(1, 0).spectra()); print(time.perf_counter() - t)"
    )
    seconds = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
        for _ in range(3)
    ]
    print(f"\nfirst fit of a process: {seconds[0]:.1f} s cold, {median(seconds[1:]):.1f} s with the cache on disk")
