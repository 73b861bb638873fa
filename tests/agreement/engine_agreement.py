"""How far two runs of one protocol are apart, and the reference runs that the fast engine is held against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from drawn_cells import drawn_cells
from scipy.interpolate import PchipInterpolator

import sscell as ss
from sscell.engines.jax.simulate import simulate as fast
from sscell.engines.mesh import Mesh
from sscell.engines.pybamm.impedance import impedance as reference_impedance
from sscell.engines.pybamm.simulate import simulate as reference
from sscell.protocol import Protocol, protocol_from
from sscell.records import CellState

# A capacity may be off by so many percent, or by so many mAh/g where that is more: half of what docs/theory/numerics.md
# gives a meaning to. Below 20 mAh/g the cell runs against its limit, where 1 mV is worth 0.1 mAh/g, or is over within
# seconds, so no rule holds for voltage and efficiency.
CAPACITY_PERCENT, CAPACITY_MAH_PER_G, SMALL_MAH_PER_G = 0.2, 0.1, 20.0
VOLTAGE_MV, EFFICIENCY_POINTS = 1.0, 0.05
TIMES = 400

REFERENCE_TOLERANCE = 1e-8
REFERENCE_MESH = Mesh(cathode=16, particle=48, anode=40, electrode_ratio=1.1, particle_ratio=0.92)
FINER_MESH = Mesh(cathode=20, particle=80, anode=48, electrode_ratio=1.1, particle_ratio=0.955)
REFERENCE_IMPEDANCE_MESH = Mesh(cathode=48, particle=90, anode=60, electrode_ratio=1.15, particle_ratio=0.93)
IMPEDANCE_LIMIT, FREQUENCY_HZ = 1e-3, np.geomspace(7e6, 1e-3, 60)
REST = "Rest for 1 hour"
RATES = ("0.05C", "0.2C", "0.5C", "1C", "2C")


def one_cycle(rate: str) -> Protocol:
    """A charge and a discharge."""
    return ss.protocols.first_cycle(rate)


# The rates start from a fresh cell each.
PROTOCOLS = {
    **{rate: one_cycle(rate) for rate in RATES},
    "rate test": ss.protocols.rate_test(),
    "50 cycles": ss.protocols.stability_test(50),
}


class Halves(NamedTuple):
    """A run by its half-cycles: capacities (cycles, 2) in mAh/g, charge first, the (time, voltage) of each, its end."""

    capacity_mAh_per_g: np.ndarray
    curves: list[tuple[np.ndarray, np.ndarray]]
    final_state: CellState


class Difference(NamedTuple):
    """The largest differences over the half-cycles: capacity in %, efficiency in percentage points, and the RMS of the

    voltage in mV, over equal times without the last 1 %. Small half-cycles: see above, 0.1 mAh/g counts as 0.2 %.
    """

    capacity_percent: float
    efficiency_points: float
    voltage_mV: float


def halves(result: ss.SimulationResult) -> Halves:
    """The half-cycles of a run of charges and discharges."""
    assert result.complete, result.message
    table, trace = result.cycles, result.trace
    capacity = np.stack([table.charge_capacity_mAh_per_g, table.discharge_capacity_mAh_per_g], axis=1)
    curves = []
    for cycle in table.cycle:
        for sign in (-1, 1):
            part = (trace.cycle == cycle) & (np.sign(trace.current_A) == sign)
            time, first = np.unique(trace.time_s[part], return_index=True)
            curves.append((time - time[0], trace.voltage_V[part][first]))
    return Halves(capacity, curves, result.final_state)


def difference(ours: Halves, theirs: Halves) -> Difference:
    """Ours against theirs."""
    capacity, expected = ours.capacity_mAh_per_g, theirs.capacity_mAh_per_g
    large = expected >= SMALL_MAH_PER_G
    allowed = np.maximum(CAPACITY_PERCENT / 100 * expected, CAPACITY_MAH_PER_G)
    percent = CAPACITY_PERCENT * np.abs(capacity - expected) / allowed
    efficiency = np.abs(capacity[:, 1] / capacity[:, 0] - expected[:, 1] / expected[:, 0])
    pairs = zip(large.ravel(), ours.curves, theirs.curves, strict=True)
    voltage = [_rms_V(a, b) for judged, a, b in pairs if judged]
    points = 100 * np.max(efficiency[large.all(axis=1)], initial=0.0)
    return Difference(float(np.max(percent)), float(points), 1e3 * float(np.max(voltage, initial=0.0)))


def _rms_V(ours: tuple[np.ndarray, np.ndarray], theirs: tuple[np.ndarray, np.ndarray]) -> float:
    longest = min(ours[0][-1], theirs[0][-1])
    if longest == 0:
        return 0.0
    times = np.linspace(0, 0.99 * longest, TIMES + 1)[1:]
    return float(np.sqrt(np.mean((PchipInterpolator(*ours)(times) - PchipInterpolator(*theirs)(times)) ** 2)))


def reference_run(cell: ss.Cell, protocol: Protocol, mesh: Mesh = REFERENCE_MESH) -> Halves:
    """The PyBaMM engine at tight tolerance."""
    return halves(reference(cell, protocol, mesh=mesh, rtol=REFERENCE_TOLERANCE, atol=REFERENCE_TOLERANCE))


class Agreement(NamedTuple):
    """Of one cell: its runs by protocol, and the largest relative difference of its spectrum, by state.

    'fresh' and 'aged': the same state given to both engines. 'aged by itself': the state that each has come to.
    """

    runs: dict[str, Difference]
    spectra: dict[str, float]


def agreement_of_cell(task: tuple[int, int, tuple[str, ...]]) -> Agreement:
    """The fast engine with its defaults against the reference, for one drawn cell; task: (cell, of, protocols)."""
    which, count, names = task
    cell = drawn_cells(count)[which]
    runs, spectra = {}, {"fresh": spectrum_difference(cell, None, None)}
    for name in names:
        ours, theirs = halves(fast(cell, PROTOCOLS[name])), reference_run(cell, PROTOCOLS[name])
        runs[name] = difference(ours, theirs)
        if name == "50 cycles":
            spectra["aged"] = spectrum_difference(cell, theirs.final_state, theirs.final_state)
            spectra["aged by itself"] = spectrum_difference(cell, ours.final_state, theirs.final_state)
    return Agreement(runs, spectra)


def spectrum_difference(cell: ss.Cell, ours: CellState | None, theirs: CellState | None) -> float:
    """After an hour of rest, which the reference does for a state that both are given."""
    rested = (
        theirs
        and reference(cell, protocol_from([REST]), state=theirs, mesh=REFERENCE_MESH, rtol=1e-8, atol=1e-8).final_state
    )
    expected = reference_impedance(cell, FREQUENCY_HZ, rested, 0.0, REFERENCE_IMPEDANCE_MESH).impedance_ohm
    rest_h, state = (0.0, rested) if ours is theirs else (1.0, ours)
    z = ss.impedance(cell, FREQUENCY_HZ, state=state, rest_h=rest_h, engine="jax").impedance_ohm
    return float(np.max(np.abs(z / expected - 1)))


def worst(differences: Sequence[Difference]) -> Difference:
    """The largest of each kind."""
    return Difference(*np.max(differences, axis=0))
