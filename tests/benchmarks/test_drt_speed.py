"""How long distributions of relaxation times take: alone, and a spectrum of a batch. Nothing is asserted about time."""

import statistics
import time
from collections.abc import Callable

import numpy as np
import pytest

from sscell.records import Spectrum
from sscell.relaxation import arcs_from_distribution, drt, relaxation_from_impedances

RUNS = 7
BATCH = 200
FREQUENCY_HZ = np.geomspace(7e6, 0.1, 71)


def impedances(count: int) -> np.ndarray:
    """Two or three arcs each, 0.5 % noise in proportion to |Z|."""
    rng = np.random.default_rng(0)
    omega = 2j * np.pi * FREQUENCY_HZ
    z = np.full((count, FREQUENCY_HZ.size), 10.0, dtype=complex)
    for row in z:
        for tau in 10 ** rng.uniform(-6.8, -1.0, rng.integers(2, 4)):
            row += 10 ** rng.uniform(0.5, 2) / (1 + (omega * tau) ** rng.uniform(0.7, 0.95))
    noise = rng.normal(size=(2, *z.shape))
    return z + 0.005 * np.abs(z) * (noise[0] + 1j * noise[1])


def median_ms(action: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor time, medians after one call to warm up."""
    action()
    walls, processors = [], []
    for _ in range(RUNS):
        wall, processor = time.perf_counter(), time.process_time()
        action()
        walls.append(1e3 * (time.perf_counter() - wall))
        processors.append(1e3 * (time.process_time() - processor))
    return statistics.median(walls), statistics.median(processors)


@pytest.mark.benchmark
def test_time_of_a_distribution() -> None:
    z = impedances(BATCH)
    spectra = [Spectrum(frequency_Hz=FREQUENCY_HZ, impedance_ohm=row) for row in z]
    estimate = relaxation_from_impedances(FREQUENCY_HZ, z, blocked=False)
    jobs: dict[str, tuple[int, Callable[[], object]]] = {
        "one, with intervals and peaks": (1, lambda: drt(spectra[0])),
        f"{BATCH}, with intervals and peaks": (BATCH, lambda: drt(spectra)),
        f"{BATCH}, distribution alone": (
            BATCH,
            lambda: relaxation_from_impedances(FREQUENCY_HZ, z, blocked=False),
        ),
        f"{BATCH}, three arcs from it": (
            BATCH,
            lambda: arcs_from_distribution(estimate.tau_s, estimate.gamma_ohm, 3),
        ),
    }
    print(f"\n{'71 points, ms a spectrum':34s} {'wall':>8s} {'processor':>10s}")
    for name, (count, action) in jobs.items():
        wall, processor = median_ms(action)
        print(f"{name:34s} {wall / count:8.2f} {processor / count:10.2f}")
    assert all(d.noise == pytest.approx(0.005, rel=0.5) for d in drt(spectra))
