"""Derivatives of runs and spectra: against differences of the engine, forward against reverse, and laws they obey."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pytest
import xarray as xr
from scipy.interpolate import CubicSpline

import sscell as ss
from sscell.engines.jax import sensitivity
from sscell.engines.jax.cycler import cycler_at
from sscell.engines.jax.equations import Equations
from sscell.engines.jax.impedance import spectra_of
from sscell.engines.jax.lanes import lanes_from_states, numbers_of
from sscell.engines.jax.program import program_from
from sscell.engines.jax.rosenbrock import step
from sscell.engines.jax.simulate import simulate
from sscell.engines.jax.tangent_step import tangent_step
from sscell.engines.mesh import Mesh
from sscell.jax_setup import load_jax
from sscell.protocol import Protocol, protocol_from

# What is tested here holds on any mesh; small ones compile and run quicker.
MESH = Mesh(cathode=4, particle=8, anode=6, electrode_ratio=1.1)
SPECTRUM_MESH = Mesh(cathode=6, particle=10, anode=8, electrode_ratio=1.1)
CELL = ss.Cell.from_recipe(ss.Recipe(ald_cycles=15, anneal_temperature_C=400))
# A limit, a hold with its cut-off, a rest, a limit; then the spectrum of the used cell after a rest.
STEPS = [
    "Charge at C/2 until 2.75 V",
    "Hold at 2.75 V until C/10",
    "Rest for 10 minutes",
    "Discharge at C/2 until 1.35 V",
]
PROTOCOL = protocol_from(STEPS)
FREQUENCY_HZ, REST_H = np.array([1e4, 1.0, 1e-2]), 0.5
# Inputs, and the step of their differences over their size: laws of Arrhenius turn within a hundredth.
INPUTS = {
    "recipe.anneal_temperature_C": 2e-3,
    "design.temperature_K": 1e-3,
    "design.layer_materials.rocksalt_conductivity_S_per_m": 1e-2,
    "design.electrolyte.oxidation_A_per_m2": 1e-2,
    "design.positive.material.diffusivity_m2_per_s": 1e-2,
    "design.positive.material.exchange_current_density_A_per_m2": 1e-2,
    "design.contact_resistance_ohm_m2": 1e-2,
    "design.positive.mass_kg": 1e-2,
}
# With these three and `positive.mass_kg`, a pellet of another size: masses go as its area, inductance against it.
SIZE = {
    "design.positive.mass_kg": 1.0,
    "design.negative.mass_kg": 1.0,
    "design.separator.mass_kg": 1.0,
    "design.diameter_m": 0.5,
    "design.lead_inductance_H": -1.0,
}
NAMES = list(dict.fromkeys([*INPUTS, *SIZE]))
TIGHT = 1e-8
# The step's own time, and what the sums need: enough for a tight run, one size for a loose one.
STEPS_PADDED = 2048
FIELDS = (
    "charge_capacity_mAh_per_g",
    "discharge_capacity_mAh_per_g",
    "coulomb_efficiency_percent",
    "charge_mean_voltage_V",
    "discharge_mean_voltage_V",
    "duration_h",
    "oxidation_charge_mAh_per_g",
    "decomposition_thickness_nm",
    "active_fraction",
    "interface_resistance_ohm_cm2",
)
# At these shares of the charge and the discharge their voltages are compared.
SHARES = np.linspace(0.05, 0.9, 12)
OPTIONS: dict[str, Any] = {
    "frequency_Hz": FREQUENCY_HZ,
    "rest_h": REST_H,
    "mesh": MESH,
    "impedance_mesh": SPECTRUM_MESH,
}


@pytest.fixture(autouse=True, scope="module")
def one_compilation() -> Iterator[None]:
    """All schedules are filled up to one length, so that every test here shares what is compiled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sensitivity, "STEPS", STEPS_PADDED)
        yield


@pytest.fixture(scope="module")
def tight() -> xr.Dataset:
    """All derivatives of a run at tight tolerance, where the discrete run is the solution itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sensitivity, "TOLERANCE", TIGHT)
        return ss.sensitivities(CELL, PROTOCOL, NAMES, **OPTIONS)


@pytest.fixture(scope="module")
def loose() -> xr.Dataset:
    """The same at the tolerance that everyone gets."""
    return ss.sensitivities(CELL, PROTOCOL, NAMES, **OPTIONS)


# --- against differences of the engine


class Seen(NamedTuple):
    """What a run gives: fields of its cycle, voltages at fixed times in charge and discharge, and its spectrum."""

    fields: np.ndarray
    voltage_V: np.ndarray
    impedance_ohm: np.ndarray


def seen(cell: ss.Cell, times: tuple[np.ndarray, ...]) -> Seen:
    """A run by the engine's own door, adaptive in every run, at tight tolerance."""
    rest = protocol_from([f"Rest for {REST_H} hours"])
    run = simulate(cell, Protocol((*PROTOCOL.cycles, *rest.cycles)), mesh=MESH, tolerance=TIGHT)
    assert run.complete, run.message
    z = spectra_of([cell], FREQUENCY_HZ, [run.final_state], SPECTRUM_MESH)
    voltage = [curve(run, sign)(at) for sign, at in zip((-1, 1), times, strict=True)]
    return Seen(np.array([run.cycles[name][0] for name in FIELDS]), np.concatenate(voltage), z.impedance_ohm[0])


def curve(run: ss.SimulationResult, sign: int) -> CubicSpline:
    """Voltage over the time since the step at constant current of this sign began."""
    trace = run.trace
    constant = trace.current_A == sign * 0.5 * CELL.design.one_C_A
    if not constant.any():  # another cell's C/2
        largest = np.max(sign * trace.current_A)
        constant = sign * trace.current_A > largest * (1 - 1e-12)
    constant &= trace.cycle == 1
    time, first = np.unique(trace.time_s[constant], return_index=True)
    return CubicSpline(time - time[0], trace.voltage_V[constant][first])


def differences(name: str, times: tuple[np.ndarray, ...]) -> Seen:
    """Central differences of fourth order."""
    x, size = ss.continuous_inputs(CELL)[name], INPUTS[name]
    at = {k: seen(ss.with_inputs(CELL, {name: x * (1 + k * size)}), times) for k in (-2, -1, 1, 2)}
    return Seen(*((a - 8 * b + 8 * c - d) / (12 * size * x) for a, b, c, d in zip(*at.values(), strict=True)))


def times_of(dataset: xr.Dataset) -> tuple[np.ndarray, ...]:
    """Times within charge and discharge (protocol steps 1 and 4)."""
    ends = [dataset.step_time_s.values[dataset.protocol_step.values == k].max() for k in (1, 4)]
    return tuple(SHARES * end for end in ends)


def derivatives(dataset: xr.Dataset, name: str, times: tuple[np.ndarray, ...]) -> Seen:
    """The same of what `sensitivities` gave; voltages by splines over the points."""
    row = dataset.sel(parameter=name)
    fields = np.array([float(row[f"d {field}"][0]) for field in FIELDS])
    voltage = []
    for k, at in zip((1, 4), times, strict=True):
        of = dataset.protocol_step.values == k
        voltage.append(CubicSpline(dataset.step_time_s.values[of], row["d voltage_V"].values[of])(at))
    return Seen(fields, np.concatenate(voltage), row["d impedance_ohm"].values)


@pytest.fixture(scope="module")
def scales(tight: xr.Dataset) -> Seen:
    return seen(CELL, times_of(tight))


@pytest.mark.parametrize("name", INPUTS)
def test_derivatives_equal_central_differences(name: str, tight: xr.Dataset, scales: Seen) -> None:
    """Within 1e-4, and 1e-6 of the result for a change of the input by itself, which is what the runs are good for.

    Voltages within 1e-4 of the curve's largest derivative: near a limit they turn fast.
    """
    times = times_of(tight)
    ours, theirs = derivatives(tight, name, times), differences(name, times)
    x = ss.continuous_inputs(CELL)[name]
    for what, a, b, size in zip(Seen._fields, ours, theirs, scales, strict=True):
        largest = np.max(np.abs(b)) if what == "voltage_V" else np.abs(b)
        miss = np.abs(a - b) / (1e-4 * largest + 1e-6 * np.abs(size) / x)
        print(
            f"{name} {what}: {np.max(np.abs(a - b) / np.maximum(largest, 1e-300)):.1e}, {np.max(miss):.2f} of allowed"
        )
        assert np.max(miss) < 1, (what, a, b)


def test_derivatives_of_a_run_at_default_tolerance(loose: xr.Dataset, tight: xr.Dataset) -> None:
    """They are those of its few time steps: within 1 % of the largest effect that any of these inputs has."""
    assert loose.sizes["point"] < 0.2 * tight.sizes["point"]
    inputs = np.abs(tight["input"].values)
    for name in (*FIELDS, "impedance_ohm"):
        ours, theirs = (np.abs(d[f"d {name}"].values.reshape(len(NAMES), -1)) * inputs[:, None] for d in (loose, tight))
        miss = np.max(np.abs(ours - theirs), axis=0) / np.max(theirs, axis=0)
        print(f"{name}: {np.max(miss):.1e}")
        assert np.max(miss) < 0.01, name


# --- of the discrete run itself


def test_a_long_step_has_its_own_derivative() -> None:
    """At a step far too long every term counts; differences of fourth order of `step`, over numbers, state and h."""
    jax = load_jax()
    equations = Equations(CELL.structure, MESH.edges)
    numbers = {name: np.array([value]) for name, value in numbers_of(CELL).items()}
    start = simulate(CELL, protocol_from(STEPS[:2]), mesh=MESH, tolerance=TIGHT).final_state
    y0 = lanes_from_states(equations, [start], numbers)
    program = program_from(protocol_from(["Discharge at 1C for 1 hour", "Hold at 2 V for 1 hour"]))
    moving = ("diffusivity_m2_per_s", "temperature_K", "one_C_A", "NiO_resistance_ohm_m2")

    def taken(how: Any, x: Any) -> Any:
        """x: changes (numbers, state, h) in units of their size -> the step's results."""
        p = {n: numbers[n] * (1 + x[moving.index(n)] if n in moving else 1.0) for n in numbers}
        y = jax.tree_util.tree_map(lambda q: q * (1 + x[-2] * np.cos(np.arange(q.size).reshape(q.shape))), y0)
        cells = equations.cells(p)
        return [
            how(cycler_at(equations, cells, program, np.array([k]), True), y, np.array([300.0]) * (1 + x[-1]))
            for k in (0, 1)
        ]

    def flat(how: Any) -> Any:
        def run(x: Any) -> Any:
            parts = taken(how, x)
            return [[q for part in (p.y, p.bend, p.twist) for q in part] for p in parts]

        return run

    size = len(moving) + 2
    value, forward = jax.jit(flat(step)), jax.jit(lambda x, d: jax.jvp(flat(tangent_step), (x,), (d,)))
    for k in range(size):
        d = np.eye(size)[k]
        here, ours = forward(np.zeros(size), d)
        h = 1e-3 if k != 1 else 1e-4
        steps = [value(m * h * d) for m in (-2, -1, 1, 2)]
        leaves = [jax.tree_util.tree_leaves(q) for q in (value(np.zeros(size)), here, ours, *steps)]
        for same, at, mine, *four in zip(*leaves, strict=True):
            # Rows differ in size by nine orders; each is held to its own.
            row = tuple(range(1, same.ndim))
            scale = np.max(np.abs(same), axis=row, keepdims=True) if same.ndim > 1 else np.abs(same)
            np.testing.assert_allclose(at, same, rtol=0, atol=1e-9 * np.max(scale) + 1e-25)
            theirs = (four[0] - 8 * four[1] + 8 * four[2] - four[3]) / (12 * h)
            limit = 1e-6 * np.max(np.abs(theirs), axis=row, keepdims=True) if same.ndim > 1 else 1e-6 * np.abs(theirs)
            assert np.all(np.abs(mine - theirs) <= limit + 1e-11 / h * scale + 1e-25), k


# --- forward and reverse


def loss(results: Mapping[str, Any]) -> Any:
    """A bit of everything, of the size of one."""
    jnp = load_jax().numpy
    z = results["impedance_ohm"]
    return (
        results["discharge_capacity_mAh_per_g"][0] / 200
        + results["coulomb_efficiency_percent"][0] / 100
        + jnp.nanmean(results["voltage_V"])
        + jnp.sum(jnp.log(jnp.abs(z))) / 10
    )


def test_reverse_equals_forward(loose: xr.Dataset) -> None:
    """The same numbers by the other way through the run: 1e-8 of the largest effect."""
    value, slopes = ss.gradient(CELL, PROTOCOL, loss, NAMES, **OPTIONS)
    z, dz = loose["impedance_ohm"].values, loose["d impedance_ohm"].values
    forward = (
        loose["d discharge_capacity_mAh_per_g"].values[:, 0] / 200
        + loose["d coulomb_efficiency_percent"].values[:, 0] / 100
        + np.nanmean(np.where(np.isnan(loose["voltage_V"]), np.nan, loose["d voltage_V"]), axis=1)
        + np.sum(np.real(dz / z), axis=1) / 10
    )
    assert list(slopes) == NAMES
    assert value == pytest.approx(float(loss({k: v.values for k, v in loose.data_vars.items()})), rel=1e-12)
    effects = loose["input"].values * np.array([list(slopes.values()), forward])
    np.testing.assert_allclose(effects[0], effects[1], rtol=0, atol=1e-8 * np.max(np.abs(effects)))


def test_gradient_by_all_inputs_holds_those_named(loose: xr.Dataset) -> None:
    _, slopes = ss.gradient(CELL, PROTOCOL, lambda r: r["discharge_capacity_mAh_per_g"][0], **OPTIONS)
    assert slopes.keys() == ss.continuous_inputs(CELL).keys()
    assert np.isfinite(list(slopes.values())).all()
    forward = dict(zip(NAMES, loose["d discharge_capacity_mAh_per_g"].values[:, 0], strict=True))
    for name in NAMES:
        assert slopes[name] == pytest.approx(forward[name], rel=1e-6, abs=1e-8 / loose["input"].sel(parameter=name))
    # What is told only by the spectrum, or not at all, does nothing to a capacity.
    assert slopes["design.lead_inductance_H"] == 0
    assert slopes["coating.crystallite_growth_m2"] == 0


# --- laws


def test_a_pellet_of_another_size_is_the_same_cell(loose: xr.Dataset) -> None:
    """Euler's rule for the area A, masses ~ A and L ~ 1/A: results by gram and volt stay, Z goes as 1/A; rounding."""
    inputs = ss.continuous_inputs(CELL)

    def by_area(name: str) -> np.ndarray:
        rows = loose[f"d {name}"].sel(parameter=list(SIZE)).values
        return sum(power * inputs[own] * row for (own, power), row in zip(SIZE.items(), rows, strict=True))

    for name in FIELDS:
        assert abs(by_area(name)[0]) < 1e-8 * abs(float(loose[name][0])), name
    free = ~np.isnan(loose["voltage_V"].values)
    assert np.max(np.abs(by_area("voltage_V")[free])) < 1e-8
    z = loose["impedance_ohm"].values
    np.testing.assert_allclose(by_area("impedance_ohm"), -z, rtol=1e-8)


def test_points_and_inputs_are_told(loose: xr.Dataset) -> None:
    assert loose["parameter"].values.tolist() == NAMES
    assert loose["input"].values.tolist() == [ss.continuous_inputs(CELL)[name] for name in NAMES]
    assert set(loose["protocol_step"].values) == {1, 2, 3, 4, 5}
    held = loose["protocol_step"].values == 2
    np.testing.assert_array_equal(np.isnan(loose["voltage_V"].values), held)
    assert np.all(np.diff(loose["step_time_s"].values)[np.diff(loose["protocol_step"].values) == 0] > 0)


def test_a_limit_stays_met_and_a_hold_ends_at_its_cut_off(tight: xr.Dataset) -> None:
    """The voltage at the limit does not move although its time does: d V + dV/dt d t = 0 there."""
    steps, voltage = tight["protocol_step"].values, tight["voltage_V"].values
    for step_number, limit in ((1, 2.75), (4, 1.35)):
        last = np.flatnonzero(steps == step_number)[-1]
        assert voltage[last] == pytest.approx(limit, abs=1e-9)
    assert np.all(tight["d end_voltage_V"].values == 0) or np.max(np.abs(tight["d end_voltage_V"])) < 1e-9


# --- what is refused


def test_a_run_that_stops_has_no_derivatives() -> None:
    steps = ["Discharge at C/10 for 5 hours", "Hold at 2 V for 1 minute"]
    with pytest.raises(ss.SscellError, match=r"no derivatives of a run that stopped: in cycle 1, step 1 .* emptied"):
        ss.sensitivities(CELL, steps, ["temperature_K"], mesh=MESH)


def test_bad_inputs_are_refused() -> None:
    with pytest.raises(ss.InputError, match="name at least one parameter"):
        ss.sensitivities(CELL, PROTOCOL, [], mesh=MESH)
    with pytest.raises(ss.InputError, match="'anneal_temp' is no continuous input of this cell"):
        ss.sensitivities(CELL, PROTOCOL, ["anneal_temp"], mesh=MESH)
    with pytest.raises(ss.InputError, match="'conductivity_S_per_m' names several inputs"):
        ss.gradient(CELL, PROTOCOL, loss, ["conductivity_S_per_m"], mesh=MESH)
    with pytest.raises(ss.InputError, match="is given twice"):
        ss.gradient(CELL, PROTOCOL, loss, ["temperature_K", "design.temperature_K"], mesh=MESH)
    with pytest.raises(ss.InputError, match="must be positive and finite, got 0"):
        ss.sensitivities(CELL, PROTOCOL, ["temperature_K"], frequency_Hz=[0.0], mesh=MESH)
