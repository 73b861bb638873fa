"""How fast the Kramers-Kronig tests are in one run; nothing is asserted about time."""

from __future__ import annotations

import statistics
import time
import warnings
from collections.abc import Callable

import numpy as np
import pytest

from sscell.records import Spectrum
from sscell.validation import kramers_kronig, z_hit
from sscell.validation.least_squares import ElementChoice
from sscell.validation.mu_scan import branch_numbers_from_spectra

FREQUENCY_HZ = np.geomspace(7e6, 0.1, 71)
SPECTRA = 200


def drawn_impedances(seed: int) -> np.ndarray:
    """(200, 71) of R0-p(R1,CPE1)-p(R2,CPE2)-Wo1 with 0.5 % noise."""
    rng = np.random.default_rng(seed)
    w = 2 * np.pi * FREQUENCY_HZ
    z = np.empty((SPECTRA, w.size), complex)
    for row in z:
        r0, r1, r2, zw = np.exp(rng.uniform(np.log([10, 20, 20, 20]), np.log([100, 500, 500, 200])))
        tau1, tau2, tau_w = np.exp(rng.uniform(np.log([1e-6, 1e-3, 1]), np.log([1e-4, 0.1, 100])))
        n1, n2 = rng.uniform(0.7, 1, 2)
        s = np.sqrt(1j * w * tau_w)
        row[:] = r0 + r1 / (1 + (1j * w * tau1) ** n1) + r2 / (1 + (1j * w * tau2) ** n2)
        row += zw * (1 + np.exp(-2 * s)) / (s * -np.expm1(-2 * s))
        row *= 1 + 0.005 * (rng.normal(size=w.size) + 1j * rng.normal(size=w.size))
    return z


def medians_ms(action: Callable[[], object], runs: int) -> str:
    wall, cpu = [], []
    for _ in range(runs):
        start, start_cpu = time.perf_counter(), time.process_time()
        action()
        wall.append(time.perf_counter() - start)
        cpu.append(time.process_time() - start_cpu)
    return f"{1e3 * statistics.median(wall):8.2f} {1e3 * min(wall):8.2f} {1e3 * statistics.median(cpu):8.2f}"


@pytest.mark.benchmark
def test_kramers_kronig_speed() -> None:
    z = drawn_impedances(0)
    spectra = [Spectrum(frequency_Hz=FREQUENCY_HZ, impedance_ohm=each) for each in z]
    batch = iter([drawn_impedances(seed) for seed in range(1, 30)])  # drawn before the clock runs
    choice = ElementChoice()

    def scan(rows: np.ndarray) -> object:
        return branch_numbers_from_spectra(choice, FREQUENCY_HZ, rows, 0.85, 50)

    start = time.perf_counter()
    scan(next(batch))
    print(f"\nfirst batch of {SPECTRA}, grid prepared: {1e3 * (time.perf_counter() - start):.0f} ms")
    print(f"{f'ms for {SPECTRA} spectra':44} {'wall':>8} {'least':>8} {'CPU':>8}")
    # The work differs from spectrum to spectrum, so "one by one" goes through those of the batch: compare the sums.
    table: dict[str, Callable[[], object]] = {
        "μ-scan, one by one": lambda: [scan(z[[i]]) for i in range(SPECTRA)],
        "μ-scan, one batch on one grid": lambda: scan(next(batch)),
        "verdict c=0.85, one by one": lambda: [kramers_kronig(each, c=0.85) for each in spectra],
        "verdict c=0.85, one batch": lambda: kramers_kronig(spectra, c=0.85),
        "verdict of the smooth fit, one by one": lambda: [kramers_kronig(each) for each in spectra],
        "verdict of the smooth fit, one batch": lambda: kramers_kronig(spectra),
        "Z-HIT, one by one": lambda: [z_hit(each) for each in spectra],
    }
    for name, action in table.items():
        print(f"{name:44} {medians_ms(action, 15 if name == 'μ-scan, one batch on one grid' else 3)}")


@pytest.mark.benchmark
def test_scan_against_impedance_py() -> None:
    """Its own fit step in its own loop (linKK as a whole fails on NumPy 2), complex fit with added capacitance."""
    from impedance import validation as peer

    z = drawn_impedances(0)

    def peer_scan(each: np.ndarray) -> int:
        branches, mu = 0, 1.0
        while mu > 0.85 and branches < 50:
            branches += 1
            taus = peer.get_tc_distribution(FREQUENCY_HZ, branches)
            mu = peer.fit_linKK(FREQUENCY_HZ, taus, branches, each, "complex", True)[1]
        return branches

    rows = iter(z)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        print(f"\nimpedance.py's scan, one spectrum: {medians_ms(lambda: peer_scan(next(rows)), 15)}")
        theirs = [peer_scan(each) for each in z[:20]]
    numbers = branch_numbers_from_spectra(ElementChoice(), FREQUENCY_HZ, z[:20], 0.85, 50)
    assert numbers.branches.tolist() == theirs
