"""How fast the PyBaMM engine is, as ratios and medians of one run; nothing is asserted about time."""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import sscell as ss

sys.path.insert(0, str(Path(__file__).parents[1] / "agreement"))

RUNS = 9
FREQUENCY_HZ = np.geomspace(7e6, 1e-3, 60)


def median_s(action: Callable[[], object], runs: int = RUNS) -> float:
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def cell(thickness_nm: float) -> ss.Cell:
    return ss.Cell.from_recipe(ss.Recipe(coating_thickness_nm=thickness_nm))


@pytest.mark.benchmark
def test_spectrum_against_eis_simulation() -> None:
    from eis_simulation import eis_impedance, eis_simulation

    from sscell.engines.pybamm.impedance import lead_impedance

    thickness = iter(np.linspace(1.0, 4.5, 1000))
    start = time.perf_counter()
    simulation = eis_simulation(cell(2.0))
    eis_impedance(simulation, cell(2.0), FREQUENCY_HZ)
    peer_first = time.perf_counter() - start
    start = time.perf_counter()
    ss.impedance(cell(2.0), FREQUENCY_HZ, rest_h=0)
    our_first = time.perf_counter() - start

    # New inputs at every call, alternating so that a busy machine slows both.
    ours, peers = [], []
    for _ in range(RUNS):
        which = cell(next(thickness))
        ours.append(median_s(lambda c=which: ss.impedance(c, FREQUENCY_HZ, rest_h=0), 1))
        peers.append(median_s(lambda c=which: eis_impedance(simulation, c, FREQUENCY_HZ), 1))
    z = ss.impedance(which, FREQUENCY_HZ, rest_h=0).impedance_ohm - lead_impedance(which, FREQUENCY_HZ)
    difference = np.max(np.abs(z / eis_impedance(simulation, which, FREQUENCY_HZ) - 1))
    our, peer = statistics.median(ours), statistics.median(peers)
    print(
        f"\nspectrum, 60 frequencies, new inputs: ours {1e3 * our:.1f} ms, EISSimulation {1e3 * peer:.1f} ms, "
        f"ratio {peer / our:.1f} (largest difference {difference:.0e}); "
        f"first call with compilation {our_first:.2f} s and {peer_first:.2f} s"
    )
    assert difference < 1e-5


@pytest.mark.benchmark
def test_time_per_cycle() -> None:
    which = cell(3.0)
    start = time.perf_counter()
    ss.simulate(which, ss.protocols.first_cycle())
    first = time.perf_counter() - start
    for rate in ("0.1C", "0.5C", "1C"):
        plan = ss.protocols.stability_test(10, rate=rate)
        seconds = median_s(lambda p=plan: ss.simulate(which, p), 5) / 10
        print(f"\n{rate}: {1e3 * seconds:.0f} ms a cycle", end="")
    print(f"; first cycle with compilation {first:.2f} s")


@pytest.mark.benchmark
def test_memory_of_200_cycles() -> None:
    """In a process of its own, by what Linux says of it: the peak that getrusage tells begins at its parent's."""
    import subprocess

    script = (
        "import sscell as ss;"
        "r = ss.simulate(ss.Cell.from_recipe(ss.Recipe()), ss.protocols.stability_test(200));"
        "peak = open('/proc/self/status').read().split('VmHWM:')[1].split()[0];"
        "print(len(r.cycles), float(peak) / 1024)"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    print(f"\n200 cycles: {float(out[1]):.0f} MB at the peak")
    assert int(out[0]) == 200
    assert float(out[1]) < 1024
