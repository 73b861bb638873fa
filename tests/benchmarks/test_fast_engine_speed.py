"""How fast the fast engine is beside PyBaMM at its best: ratios and medians of one run, compilation apart.

Results are held to agree; nothing is asserted about time. Each part runs alone with -k.
"""

from __future__ import annotations

import functools
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pybamm
import pytest

import sscell as ss
from sscell.cell import CellStructure, fresh_state
from sscell.engines.limits import PATIENCE, theoretical_charge_C
from sscell.engines.mesh import FAST_MESH
from sscell.engines.pybamm.compiled import Control, compiled_cell
from sscell.protocol import Protocol, Step
from sscell.threads import cores

sys.path.insert(0, str(Path(__file__).parents[1] / "agreement"))

pytestmark = pytest.mark.benchmark

RUNS = 5
BATCH = 64
FREQUENCY_HZ = np.geomspace(7e6, 1e-3, 60)
COATED = ss.Cell.from_recipe(ss.Recipe(ald_cycles=15, anneal_temperature_C=400))
# IDAKLU's tolerances, loosest first; the reference for both is the last.
TOLERANCES, REFERENCE = (1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 3e-6, 1e-6), 1e-8
JUDGED = 3
TEN = (
    "anneal_temperature_C",
    "temperature_K",
    "contact_resistance_ohm_m2",
    "design.positive.mass_kg",
    "design.positive.material.diffusivity_m2_per_s",
    "design.positive.material.exchange_current_density_A_per_m2",
    "design.positive.tortuosity_factor",
    "oxidation_A_per_m2",
    "rocksalt_conductivity_S_per_m",
    "decomposition_conductivity_S_per_m",
)
FIVE = (
    "diffusivity_m2_per_s",
    "exchange_current_density_A_per_m2",
    "contact_resistance_ohm_m2",
    "oxidation_A_per_m2",
    "NiO_resistance_ohm_m2",
)


def median_s(action: Callable[[], object], runs: int = RUNS) -> float:
    return statistics.median(timed(action) for _ in range(runs))


def timed(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def first_and_median_s(action: Callable[[], object], runs: int = RUNS) -> tuple[float, float]:
    """The first call, which compiles or finds compiled code on disk, and the median of those after it."""
    return timed(action), median_s(action, runs)


def drawn(count: int, seed: int = 0) -> list[ss.Cell]:
    """Cells of one structure that differ in recipe, temperature and transport."""
    rng = np.random.default_rng(seed)
    material = COATED.design.positive.material
    values = {
        "anneal_temperature_C": rng.uniform(300, 600, count),
        "temperature_K": COATED.design.temperature_K + rng.uniform(-5, 5, count),
        "design.positive.material.diffusivity_m2_per_s": material.diffusivity_m2_per_s * 2 ** rng.uniform(-1, 1, count),
        "design.positive.tortuosity_factor": 4.3 * 1.2 ** rng.uniform(-1, 1, count),
    }
    return ss.cells_with(COATED, values)


# --- PyBaMM at its best: the same finite volumes, one solve a step for all cells at once, first and last values only


@functools.cache
def peer_solver(structure: CellStructure, tolerance: float, threads: int) -> pybamm.IDAKLUSolver:
    return pybamm.IDAKLUSolver(
        rtol=tolerance,
        atol=tolerance,
        store_first_last=True,
        options={"suppress_algebraic_error": True, "num_threads": threads},
    )


def peer_capacities(cells: Sequence[ss.Cell], protocol: Protocol, tolerance: float, threads: int) -> np.ndarray:
    """Discharge capacity, mAh/g, (cells, cycles)."""
    compiled = compiled_cell(cells[0].structure, FAST_MESH)
    solver = peer_solver(cells[0].structure, tolerance, threads)
    states = [compiled.initial(fresh_state(cell, compiled.edges)) for cell in cells]
    out = np.zeros((len(cells), len(protocol)))
    for cycle, steps in enumerate(protocol.cycles):
        for step in steps:
            controls = [control(cell, step) for cell in cells]
            inputs = [
                {**cell.numbers, **c.inputs, **state} for cell, c, state in zip(cells, controls, states, strict=True)
            ]
            longest = max(
                PATIENCE * theoretical_charge_C(cell.design) / abs(c.current_A)
                for cell, c in zip(cells, controls, strict=True)
            )
            solutions = solver.solve(compiled.model, np.array([0.0, longest]), inputs=inputs)
            solutions = solutions if isinstance(solutions, list) else [solutions]
            for k, (solution, c) in enumerate(zip(solutions, controls, strict=True)):
                assert solution.termination.startswith("event"), solution.termination
                y = solution.y[:, -1]
                states[k] = {
                    f"initial {name}": y[where] * scale if compiled.axes[name] else float(y[where.start] * scale)
                    for name, (where, scale, _) in compiled.slices.items()
                }
                if c.current_A > 0:
                    out[k, cycle] = c.current_A * solution.t[-1] / (3.6e3 * cells[k].design.active_mass_kg)
    return out


def control(cell: ss.Cell, step: Step) -> Control:
    assert step.current is not None and step.until_voltage_V is not None
    current = step.current.ampere(cell.design.one_C_A)
    limit = {"lowest_V" if current > 0 else "highest_V": step.until_voltage_V}
    return Control(current_A=current, **limit)


def our_capacities(cells: Sequence[ss.Cell], protocol: Protocol) -> np.ndarray:
    return ss.simulate_many(cells, protocol, quiet=True)["discharge_capacity_mAh_per_g"].values


@functools.cache
def equal_accuracy(cycles: int) -> tuple[float, float, float]:
    """The loosest tolerance at which IDAKLU's capacities are as good as ours; its error and ours, relative.

    Errors are those of the steps in time: both have the same finite volumes.
    """
    cells, plan = drawn(JUDGED), ss.protocols.rate_test(cycles)
    exact = peer_capacities(cells, plan, REFERENCE, 1)
    own = np.max(np.abs(our_capacities(cells, plan) / exact - 1))
    for tolerance in TOLERANCES:
        try:
            error = np.max(np.abs(peer_capacities(cells, plan, tolerance, 1) / exact - 1))
        except pybamm.SolverError:  # at loose tolerance a step may end in a state that is none
            continue
        if error <= own:
            return tolerance, float(error), float(own)
    raise AssertionError(f"IDAKLU is as good as ours ({own:.1e}) at no tolerance tried")


# --- cycling


@pytest.mark.parametrize("cycles", [9, pytest.param(50, marks=pytest.mark.study)])
def test_throughput_of_a_batch(cycles: int) -> None:
    """A 64-cell rate test, both on all cores of this process."""
    cells, plan, threads = drawn(BATCH, 1), ss.protocols.rate_test(cycles), cores()
    tolerance, error, own = equal_accuracy(9)
    first, ours = first_and_median_s(lambda: our_capacities(cells, plan), 3)
    peer_capacities(cells[:1], plan, tolerance, threads)  # builds its solver
    peer = timed(lambda: peer_capacities(cells, plan, tolerance, threads))  # a minute and more: one run will do
    per = 1e3 / (BATCH * cycles)
    print(
        f"\n{BATCH} cells, rate test of {cycles} cycles, {threads} cores: ours {ours:.2f} s ({per * ours:.2f} ms a "
        f"cell-cycle), IDAKLU {peer:.1f} s ({per * peer:.1f} ms), ratio {peer / ours:.1f}; errors of capacity "
        f"{100 * own:.3f} % and {100 * error:.3f} % (tolerance {tolerance:g}); first call {first:.1f} s"
    )
    few = slice(0, 4)
    theirs = peer_capacities(cells[few], plan, tolerance, threads)
    np.testing.assert_allclose(our_capacities(cells, plan)[few], theirs, rtol=2e-3)


def test_one_cell() -> None:
    """A rate test of nine cycles, one after the other so that a busy machine slows both."""
    plan = ss.protocols.rate_test(9)
    tolerance, error, own = equal_accuracy(9)
    cells = iter(drawn(100, 2))
    first = timed(lambda: ss.simulate(next(cells), plan, engine="jax"))
    ours, whole, peers, engines = [], [], [], []
    for _ in range(RUNS):
        cell = next(cells)
        ours.append(timed(lambda c=cell: our_capacities([c], plan)))
        whole.append(timed(lambda c=cell: ss.simulate(c, plan, engine="jax")))
        peers.append(timed(lambda c=cell: peer_capacities([c], plan, tolerance, 1)))
        engines.append(timed(lambda c=cell: ss.simulate(c, plan)))
    our, full, peer, engine = map(statistics.median, (ours[1:], whole, peers, engines))
    print(
        f"\none cell, 9 cycles: ours {1e3 * our:.0f} ms, with trace and states {1e3 * full:.0f} ms; IDAKLU at "
        f"{tolerance:g} {1e3 * peer:.0f} ms, ratio {peer / our:.1f} and {peer / full:.1f}; engine='pybamm' "
        f"{1e3 * engine:.0f} ms, ratio {engine / full:.1f}; errors {100 * own:.3f} % and {100 * error:.3f} %; first "
        f"call {first:.1f} s"
    )
    run = ss.simulate(cell, plan, engine="jax").cycles.discharge_capacity_mAh_per_g
    np.testing.assert_allclose(run, peer_capacities([cell], plan, tolerance, 1)[0], rtol=2e-3)


# --- spectra


def test_spectra_end_to_end() -> None:
    """From a Cell with new inputs each time; EISSimulation on the reference mesh, which is coarser than ours."""
    from eis_simulation import eis_impedance, eis_simulation

    cells = drawn(BATCH, 3)
    peer_first = timed(lambda: eis_impedance(eis_simulation(cells[0]), cells[0], FREQUENCY_HZ))
    simulation = eis_simulation(cells[0])
    eis_impedance(simulation, cells[0], FREQUENCY_HZ)
    first = timed(lambda: ss.impedance(cells[0], FREQUENCY_HZ, rest_h=0, engine="jax"))
    ours, peers = [], []
    for cell in cells[1:10]:
        ours.append(timed(lambda c=cell: ss.impedance(c, FREQUENCY_HZ, rest_h=0, engine="jax")))
        peers.append(timed(lambda c=cell: eis_impedance(simulation, c, FREQUENCY_HZ)))
    batch_first, batch = first_and_median_s(lambda: ss.impedance_many(cells, FREQUENCY_HZ, rest_h=0, quiet=True))
    our, peer = statistics.median(ours), statistics.median(peers)
    z = ss.impedance_many(cells[:2], FREQUENCY_HZ, rest_h=0, quiet=True)["impedance_ohm"].values
    leads = 2j * np.pi * FREQUENCY_HZ * COATED.design.lead_inductance_H
    difference = max(
        np.max(np.abs((row - leads) / eis_impedance(simulation, cell, FREQUENCY_HZ) - 1))
        for row, cell in zip(z, cells, strict=False)
    )
    print(
        f"\nspectrum, 60 frequencies, new inputs: EISSimulation {1e3 * peer:.0f} ms; ours one {1e3 * our:.1f} ms, "
        f"ratio {peer / our:.0f}; of {BATCH} {1e3 * batch / BATCH:.2f} ms each, ratio {peer * BATCH / batch:.0f} "
        f"(largest difference {difference:.0e}); first calls {first:.1f} s, {batch_first:.1f} s and {peer_first:.1f} s"
    )
    assert difference < 2e-3


# --- derivatives


def test_gradient_over_ten_parameters() -> None:
    """Over one forward run of the same cell; IDAKLU's own, of a charge, over the same without."""
    plan = ss.protocols.first_cycle("0.5C")

    def loss(results: Any) -> Any:
        return results["discharge_capacity_mAh_per_g"][0]

    forward_first, forward = first_and_median_s(lambda: ss.simulate(COATED, plan, engine="jax"), 9)
    reverse_first, reverse = first_and_median_s(lambda: ss.gradient(COATED, plan, loss, TEN))
    tangent_first, tangent = first_and_median_s(lambda: ss.sensitivities(COATED, plan, TEN))
    from sscell.cell import numbers_slopes
    from sscell.engines.jax.lanes import numbers_of

    slopes = median_s(lambda: numbers_slopes(COATED, TEN, numbers_of))
    print(
        f"\n10 parameters, one cycle at 0.5C: forward run {1e3 * forward:.0f} ms; gradient {1e3 * reverse:.0f} ms, "
        f"ratio {reverse / forward:.1f}; sensitivities {1e3 * tangent:.0f} ms, ratio {tangent / forward:.1f} (of both "
        f"{1e3 * slopes:.0f} ms go to the inputs' laws); first calls {forward_first:.1f} s, {reverse_first:.1f} s and "
        f"{tangent_first:.1f} s"
    )
    _, by_reverse = ss.gradient(COATED, plan, loss, TEN)
    by_forward = ss.sensitivities(COATED, plan, TEN)["d discharge_capacity_mAh_per_g"].values[:, 0]
    np.testing.assert_allclose(list(by_reverse.values()), by_forward, rtol=1e-5)


def test_idaklu_sensitivities_over_five_parameters() -> None:
    compiled = compiled_cell(COATED.structure, FAST_MESH)
    charge = Control(current_A=-0.5 * COATED.design.one_C_A, highest_V=2.75)
    start = fresh_state(COATED, compiled.edges)
    inputs = {**compiled.inputs(COATED.numbers, charge), **compiled.initial(start)}
    seconds: dict[bool, float] = {}
    ends = []
    for wanted in (False, True):
        options = {"suppress_algebraic_error": True}
        solver = pybamm.IDAKLUSolver(rtol=1e-4, atol=1e-4, output_variables=["Voltage [V]"], options=options)

        def solve(solver: pybamm.IDAKLUSolver = solver, wanted: bool = wanted) -> pybamm.Solution:
            names = list(FIVE) if wanted else False
            return solver.solve(compiled.model, np.array([0.0, 5400.0]), inputs=inputs, calculate_sensitivities=names)

        ends.append(solve()["Voltage [V]"].data[-1])
        seconds[wanted] = median_s(solve)
    print(
        f"\nIDAKLU, 1.5 h of charge: {1e3 * seconds[False]:.0f} ms, with 5 sensitivities {1e3 * seconds[True]:.0f} ms, "
        f"ratio {seconds[True] / seconds[False]:.1f}"
    )
    assert ends[1] == pytest.approx(ends[0], abs=2e-3)


# --- the first result, and many


def in_new_process(script: str, cache: Path) -> list[str]:
    """What a script prints, in a process that keeps its compiled code in this folder."""
    environment = {**os.environ, "SSCELL_CACHE_DIR": str(cache), "PYBAMM_DISABLE_TELEMETRY": "true"}
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    return run.stdout.split()


FIRST = {
    "a cycle": "print(len(ss.simulate(cell, cycle, engine='jax').cycles))",
    "a cycle of 64 cells": "print(ss.simulate_many([cell] * 64, cycle, quiet=True).sizes['cell'])",
    "a spectrum": "print(len(ss.impedance(cell, [1.0, 1e3], rest_h=0, engine='jax')))",
    "a spectrum after a rest": "print(len(ss.impedance(cell, [1.0, 1e3], engine='jax')))",
    "a gradient": "print(len(ss.gradient(cell, cycle, lambda r: r['duration_h'][0], ['temperature_K'])))",
    "sensitivities": "print(ss.sensitivities(cell, cycle, ['temperature_K']).sizes['parameter'])",
}


@pytest.mark.parametrize("what", FIRST)
def test_first_result_of_a_new_process(what: str, tmp_path: Path) -> None:
    """From starting Python to the result: nothing compiled yet, and with what the process before left."""
    script = (
        "import sscell as ss\n"
        "cell = ss.Cell.from_recipe(ss.Recipe(ald_cycles=15, anneal_temperature_C=400))\n"
        "cycle = ss.protocols.first_cycle('0.5C')\n" + FIRST[what]
    )
    outputs: list[list[str]] = []
    cold = timed(lambda: outputs.append(in_new_process(script, tmp_path)))
    warm = median_s(lambda: outputs.append(in_new_process(script, tmp_path)), 3)
    size = sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file()) / 2**20
    print(f"\n{what}: cold {cold:.1f} s, warm {warm:.1f} s; {size:.1f} MB of compiled code")
    assert outputs[0] == outputs[-1]


@pytest.mark.parametrize(
    ("count", "cycles"), [(128, 200), pytest.param(1000, 200, marks=pytest.mark.study)], ids=["slice", "whole"]
)
def test_a_thousand_cells_for_200_cycles(count: int, cycles: int, tmp_path: Path) -> None:
    """In a process of its own, so that the peak is this run's; a slice of it tells the whole."""
    script = (
        "import sys, time, resource\n"
        f"sys.path[:0] = {[str(Path(__file__).parent), str(Path(__file__).parents[1])]!r}\n"
        "import sscell as ss\n"
        "from test_fast_engine_speed import drawn\n"
        f"cells = drawn({count})\n"
        "ss.simulate_many(cells, ss.protocols.stability_test(1), quiet=True)\n"
        "before = resource.getrusage(resource.RUSAGE_SELF)\n"
        "start = time.perf_counter()\n"
        f"d = ss.simulate_many(cells, ss.protocols.stability_test({cycles}), quiet=True)\n"
        "wall = time.perf_counter() - start\n"
        "after = resource.getrusage(resource.RUSAGE_SELF)\n"
        "cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime\n"
        "print(int((d.problem == '').sum()), wall, cpu, before.ru_maxrss / 1024, after.ru_maxrss / 1024)\n"
    )
    out = [float(word) for word in in_new_process(script, tmp_path)]
    whole = 1000 * 200 / (count * cycles)
    print(
        f"\n{count} cells for {cycles} cycles: {out[1]:.0f} s ({out[2]:.0f} s of processor, {cores()} cores), "
        f"{1e3 * out[1] / (count * cycles):.2f} ms a cell-cycle, peak {out[4]:.0f} MB ({out[3]:.0f} MB after one "
        f"cycle); 1000 cells for 200 cycles: {whole * out[1] / 60:.1f} min"
    )
    assert out[0] == count
