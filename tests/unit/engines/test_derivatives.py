"""Derivatives of runs and spectra: against differences of the engine, forward against reverse, and laws they obey."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pytest
import xarray as xr
from scipy.interpolate import CubicSpline

import sscell as ss
from sscell.engines.jax import sensitivity, walk
from sscell.engines.jax.compiled import equations_of
from sscell.engines.jax.cycler import cycler_at
from sscell.engines.jax.impedance import spectra_of
from sscell.engines.jax.lanes import numbers_of
from sscell.engines.jax.program import Control
from sscell.engines.jax.replay import Moment, Schedule, ended
from sscell.engines.jax.results import fields, spectrum
from sscell.engines.jax.simulate import simulate
from sscell.engines.jax.stages import stages
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
    "recipe.anneal_temperature_C": 4e-3,
    "design.temperature_K": 4e-3,
    "design.layer_materials.rocksalt_conductivity_S_per_m": 3e-2,
    "design.electrolyte.oxidation_A_per_m2": 3e-2,
    "design.positive.material.diffusivity_m2_per_s": 3e-2,
    "design.positive.material.exchange_current_density_A_per_m2": 3e-2,
    "design.contact_resistance_ohm_m2": 3e-2,
    "design.positive.mass_kg": 1.5e-2,
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
# Tolerance of runs that are the solution itself.
TIGHT = 1e-8
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
SHARES = np.linspace(0.05, 0.8, 11)
OPTIONS: dict[str, Any] = {
    "frequency_Hz": FREQUENCY_HZ,
    "rest_h": REST_H,
    "mesh": MESH,
    "impedance_mesh": SPECTRUM_MESH,
}


@pytest.fixture(scope="module")
def dataset() -> xr.Dataset:
    """All derivatives, at the tolerance that everyone gets."""
    return ss.sensitivities(CELL, PROTOCOL, NAMES, **OPTIONS)


# --- of the discrete run


@pytest.fixture(scope="module")
def discrete() -> Discrete:
    return Discrete()


class Discrete:
    """The run on its own time steps, as a function of inputs; limits are met anew by changing the last steps."""

    def __init__(self) -> None:
        jax = load_jax()
        numbers = numbers_of(CELL)
        self.names = tuple(numbers)
        self.run = sensitivity.DifferentiableRun(
            CELL, numbers, PROTOCOL, None, FREQUENCY_HZ, REST_H, MESH, SPECTRUM_MESH
        )
        equations, program = equations_of(CELL.structure, MESH), self.run.program

        def replayed(packed: Any, start: Any, schedule: Schedule) -> Any:
            cells = equations.cells(walk.numbers_in(self.run.kind, packed))

            def again(y: Any, now: Schedule) -> Any:
                cycler = cycler_at(equations, cells, program, now.step, True)
                now_ended = ended(cycler, now, y, stages(cycler, y, now.h).increments, now.h)
                return now_ended.y, now_ended.moment

            return jax.lax.scan(again, start, schedule)

        self.replayed = jax.jit(replayed)
        self.schedule = self.run.taken.schedule
        self.met = self.schedule.met[:, 0]
        self.limits = np.asarray(
            self.replayed(self.run.packed, walk.fresh(self.run.kind)(self.run.packed), self.schedule)[1].seen
        )[self.met, -1, 0]
        self.held = Control(*program).hold[self.schedule.step[self.met, 0]] > 0

    def results(self, cell: ss.Cell) -> dict[str, np.ndarray]:
        """Everything that a run gives, on the time steps of CELL's."""
        numbers = numbers_of(cell)
        packed = np.array([[numbers[name]] for name in self.names])
        # A cut-off in C-rates moves with the cell, a voltage does not.
        limits = self.limits * np.where(self.held, numbers["one_C_A"] / numbers_of(CELL)["one_C_A"], 1.0)
        schedule = self.schedule
        for _ in range(40):
            end, moments = self.replayed(packed, walk.fresh(self.run.kind)(packed), schedule)
            seen, h = np.asarray(moments.seen)[self.met, :, 0], schedule.h.copy()
            # The slope of a path is nearly that by the length of the step, so this is nearly Newton's method.
            slope = seen @ np.array([3, -16, 36, -48, 25]) / 3
            change = (seen[:, -1] - limits) / slope * h[self.met, 0]
            h[self.met, 0] -= change
            schedule = schedule._replace(h=h)
            if np.max(np.abs(change)) < 1e-11 * np.max(h):
                break
        else:
            raise AssertionError("the limits were not met again")
        filled = self.run.given.step.size - self.run.points
        moments = Moment(*(sensitivity._filled(np.asarray(q), filled) for q in moments))
        given = self.run.given._replace(before=walk.before(self.run.kind, walk.fresh(self.run.kind)(packed)))
        values = dict(fields(self.run.shape)(packed, moments, given))
        values["impedance_ohm"], _ = spectrum(self.run.kind, SPECTRUM_MESH)(packed, end, self.run.omega)
        return {name: np.asarray(value) for name, value in values.items()}


@pytest.mark.parametrize("name", INPUTS)
def test_derivatives_are_those_of_the_discrete_run(name: str, discrete: Discrete, dataset: xr.Dataset) -> None:
    """Against differences of fourth order of the replayed run, through its limits and its cut-off: 1e-5.

    Where an input does next to nothing, 1e-8 of the result: rounding over the step of the difference.
    """
    x, size = ss.continuous_inputs(CELL)[name], INPUTS[name] / 128
    a, b, c, d = (discrete.results(ss.with_inputs(CELL, {name: x * (1 + k * size)})) for k in (-2, -1, 1, 2))
    for what in (*FIELDS, "voltage_V", "impedance_ohm"):
        ours = dataset[f"d {what}"].sel(parameter=name).values * x
        count = ours.size
        theirs = ((a[what] - 8 * b[what] + 8 * c[what] - d[what]) / (12 * size))[:count]
        known = ~np.isnan(dataset[what].values)
        ours, theirs, value = ours[known], theirs[known], np.abs(dataset[what].values[known])
        miss = np.max(np.abs(ours - theirs)) / np.max(np.abs(theirs) + 1e-3 * value)
        print(f"{name} {what}: {miss:.1e}")
        assert miss < 1e-5, (what, ours, theirs)


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


def test_reverse_equals_forward(dataset: xr.Dataset) -> None:
    """The same numbers by the other way through the run: 1e-8 of the largest effect."""
    value, slopes = ss.gradient(CELL, PROTOCOL, loss, NAMES, **OPTIONS)
    z, dz = dataset["impedance_ohm"].values, dataset["d impedance_ohm"].values
    forward = (
        dataset["d discharge_capacity_mAh_per_g"].values[:, 0] / 200
        + dataset["d coulomb_efficiency_percent"].values[:, 0] / 100
        + np.nanmean(np.where(np.isnan(dataset["voltage_V"]), np.nan, dataset["d voltage_V"]), axis=1)
        + np.sum(np.real(dz / z), axis=1) / 10
    )
    assert list(slopes) == NAMES
    assert value == pytest.approx(float(loss({k: v.values for k, v in dataset.data_vars.items()})), rel=1e-12)
    effects = dataset["input"].values * np.array([list(slopes.values()), forward])
    np.testing.assert_allclose(effects[0], effects[1], rtol=0, atol=1e-8 * np.max(np.abs(effects)))


def test_gradient_by_all_inputs_holds_those_named(dataset: xr.Dataset) -> None:
    _, slopes = ss.gradient(CELL, PROTOCOL, lambda r: r["discharge_capacity_mAh_per_g"][0], **OPTIONS)
    assert slopes.keys() == ss.continuous_inputs(CELL).keys()
    assert np.isfinite(list(slopes.values())).all()
    forward = dict(zip(NAMES, dataset["d discharge_capacity_mAh_per_g"].values[:, 0], strict=True))
    for name in NAMES:
        assert slopes[name] == pytest.approx(forward[name], rel=1e-6, abs=1e-8 / ss.continuous_inputs(CELL)[name])
    # What is told only by the spectrum, or not at all, does nothing to a capacity.
    assert slopes["design.lead_inductance_H"] == 0
    assert slopes["coating.crystallite_growth_m2"] == 0


# --- laws


def test_a_pellet_of_another_size_is_the_same_cell(dataset: xr.Dataset) -> None:
    """Euler's rule for the area A, masses ~ A and L ~ 1/A: results by gram and volt stay, Z goes as 1/A; rounding."""
    inputs = ss.continuous_inputs(CELL)

    def by_area(name: str) -> np.ndarray:
        rows = dataset[f"d {name}"].sel(parameter=list(SIZE)).values
        return sum(power * inputs[own] * row for (own, power), row in zip(SIZE.items(), rows, strict=True))

    for name in FIELDS:
        assert abs(by_area(name)[0]) < 1e-8 * abs(float(dataset[name][0])), name
    free = ~np.isnan(dataset["voltage_V"].values)
    assert np.max(np.abs(by_area("voltage_V")[free])) < 1e-8
    z = dataset["impedance_ohm"].values
    np.testing.assert_allclose(by_area("impedance_ohm"), -z, rtol=1e-8)


def test_points_and_inputs_are_told(dataset: xr.Dataset) -> None:
    assert dataset["parameter"].values.tolist() == NAMES
    assert dataset["input"].values.tolist() == [ss.continuous_inputs(CELL)[name] for name in NAMES]
    assert set(dataset["protocol_step"].values) == {1, 2, 3, 4, 5}
    held = dataset["protocol_step"].values == 2
    np.testing.assert_array_equal(np.isnan(dataset["voltage_V"].values), held)
    assert np.all(np.diff(dataset["step_time_s"].values)[np.diff(dataset["protocol_step"].values) == 0] > 0)


# --- against differences of the engine


@pytest.fixture(scope="module")
def tight() -> xr.Dataset:
    """All derivatives at tight tolerance, where the discrete run is the solution itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sensitivity, "FAST_TOLERANCE", TIGHT)
        return ss.sensitivities(CELL, PROTOCOL, NAMES, **OPTIONS)


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
    constant = sign * trace.current_A > np.max(sign * trace.current_A) * (1 - 1e-6)
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


@pytest.mark.agreement
@pytest.mark.parametrize("name", INPUTS)
def test_derivatives_equal_central_differences(name: str, tight: xr.Dataset, scales: Seen) -> None:
    """Within 1e-4 of the derivative and of result over input: effects may cancel over charge and discharge.

    Voltages within 0.5 % of the curve's largest derivative, which is what splines through the points of traces are good
    for; the test above holds them to 1e-5.
    """
    times = times_of(tight)
    ours, theirs = derivatives(tight, name, times), differences(name, times)
    x = ss.continuous_inputs(CELL)[name]
    for what, a, b, size in zip(Seen._fields, ours, theirs, scales, strict=True):
        largest = np.max(np.abs(b)) if what == "voltage_V" else np.abs(b)
        allowed = 5e-3 * largest if what == "voltage_V" else 1e-4 * (largest + np.abs(size) / x)
        miss = np.abs(a - b) / allowed
        print(
            f"{name} {what}: {np.max(np.abs(a - b) / np.maximum(largest, 1e-300)):.1e}, {np.max(miss):.2f} of allowed"
        )
        assert np.max(miss) < 1, (what, a, b)


@pytest.mark.agreement
def test_derivatives_converge_with_the_tolerance(dataset: xr.Dataset, tight: xr.Dataset) -> None:
    """Of the largest effect that an input has on a result: 1 % at the tolerance that everyone gets, 0.3 % at 1e-6.

    The end of a hold is the hardest: its current falls slowly, so a small error of it is a large one of its time. So a
    tenth of the duration's is let pass.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sensitivity, "FAST_TOLERANCE", 1e-6)
        middle = ss.sensitivities(CELL, PROTOCOL, NAMES, **OPTIONS)
    inputs = tight["input"].values[:, None]
    for name in (*FIELDS, "impedance_ohm"):
        default, between, best = (d[f"d {name}"].values * inputs for d in (dataset, middle, tight))
        largest = np.max(np.abs(best), axis=0)
        miss = [np.max(np.abs(d - best) / largest) for d in (default, between)]
        print(f"{name}: default {100 * miss[0]:.2f} %, 1e-6 {100 * miss[1]:.2f} % of the largest effect")
        assert miss[0] < (0.1 if name == "duration_h" else 0.01) and miss[1] < 0.003, name


# --- other runs

AT_ONCE = [["Charge at C/10 until 1.5 V"], ["Charge at C/2 for 5 minutes", "Hold at 2.75 V for 1 second"]]
PARAMETERS = ["temperature_K", "contact_resistance_ohm_m2"]


def test_cycles_of_a_used_cell_forwards_and_back() -> None:
    """More time steps than one compiled loop takes, from a state: fade of the last cycle, 1e-8."""
    state = simulate(CELL, protocol_from(STEPS), mesh=MESH).final_state

    def faded(results: Mapping[str, Any]) -> Any:
        return results["discharge_capacity_mAh_per_g"][-1] - results["discharge_capacity_mAh_per_g"][0]

    forward = ss.sensitivities(CELL, STEPS, PARAMETERS, cycles=3, state=state, mesh=MESH)
    assert forward.sizes["point"] > walk.CHUNK
    _, slopes = ss.gradient(CELL, STEPS, faded, PARAMETERS, cycles=3, state=state, mesh=MESH)
    by_cycle = forward["d discharge_capacity_mAh_per_g"].values
    np.testing.assert_allclose(list(slopes.values()), by_cycle[:, -1] - by_cycle[:, 0], rtol=1e-8)
    run = simulate(CELL, protocol_from(STEPS, 3), state=state, mesh=MESH).cycles
    np.testing.assert_allclose(forward["active_fraction"].values, run.active_fraction, rtol=1e-12)


def test_another_counter_electrode() -> None:
    cell = ss.Cell(interface=CELL.interface, design=ss.CellDesign(negative=ss.INDIUM_LITHIUM))
    steps = ["Charge at C/2 until 3.68 V"]
    ours = ss.sensitivities(cell, steps, ["temperature_K"], mesh=MESH)["d charge_capacity_mAh_per_g"].values[0, 0]
    kelvin = 0.25
    warm, cold = (
        simulate(
            ss.with_inputs(cell, {"temperature_K": cell.design.temperature_K + d}),
            protocol_from(steps),
            mesh=MESH,
            tolerance=1e-7,
        )
        for d in (kelvin, -kelvin)
    )
    theirs = (warm.cycles.charge_capacity_mAh_per_g[0] - cold.cycles.charge_capacity_mAh_per_g[0]) / (2 * kelvin)
    assert ours == pytest.approx(theirs, rel=0.01)


def test_cycles_that_end_at_once_keep_what_was() -> None:
    forward = ss.sensitivities(CELL, AT_ONCE, PARAMETERS, mesh=MESH)
    run = simulate(CELL, protocol_from(AT_ONCE), mesh=MESH).cycles
    for name in ("active_fraction", "interface_resistance_ohm_cm2", "decomposition_thickness_nm"):
        np.testing.assert_allclose(forward[name].values, run[name], rtol=1e-10)
    assert np.isfinite(forward["d interface_resistance_ohm_cm2"].values).all()
    _, slopes = ss.gradient(CELL, AT_ONCE, lambda r: r["charge_capacity_mAh_per_g"][1], PARAMETERS, mesh=MESH)
    assert np.isfinite(list(slopes.values())).all()


def test_a_cell_without_active_material() -> None:
    """An electrolyte pellet: resistance goes as the inverse of its area."""
    pellet, steps = ss.Cell(design=ss.electrolyte_pellet()), ["Charge at 1 uA for 1 second"]
    options = {"frequency_Hz": [1e5], "mesh": MESH, "impedance_mesh": SPECTRUM_MESH}
    value, slopes = ss.gradient(pellet, steps, lambda r: r["impedance_ohm"][0].real, ["temperature_K"], **options)
    forward = ss.sensitivities(pellet, steps, ["temperature_K"], **options)["d impedance_ohm"].values[0, 0].real
    assert value > 0 and slopes["design.temperature_K"] < 0
    assert slopes["design.temperature_K"] == pytest.approx(forward, rel=1e-9)


# --- what is refused


def test_a_run_without_a_time_step_has_no_derivatives() -> None:
    with pytest.raises(ss.SscellError, match="run without a time step: every step's limit was passed"):
        ss.sensitivities(CELL, AT_ONCE[0], ["temperature_K"], mesh=MESH)


@pytest.mark.parametrize("rest_h", [-1.0, float("nan")])
def test_rests_that_are_none_are_refused(rest_h: float) -> None:
    with pytest.raises(ss.InputError, match="rest_h must be at least 0 hours"):
        ss.gradient(CELL, PROTOCOL, loss, ["temperature_K"], frequency_Hz=[1.0], rest_h=rest_h, mesh=MESH)
    with pytest.raises(ss.InputError, match="rest_h must be at least 0 hours"):
        ss.impedance_many([CELL], [1.0], rest_h=rest_h, quiet=True)


def test_a_run_that_stops_has_no_derivatives() -> None:
    steps = ["Discharge at C/10 for 5 hours", "Hold at 2 V for 1 minute"]
    with pytest.raises(ss.SscellError, match=r"no derivatives of a run that stopped: in cycle 1, step 1 .* emptied"):
        ss.sensitivities(CELL, steps, ["temperature_K"], mesh=MESH)


def test_losses_without_a_derivative_are_refused() -> None:
    """A hold has no voltage of its own, so a plain mean of voltages is no number."""
    with pytest.raises(ss.SscellError, match="the loss is nan, so it has no derivative"):
        ss.gradient(CELL, PROTOCOL, lambda r: r["voltage_V"].mean(), ["temperature_K"], mesh=MESH)
    with pytest.raises(ss.InputError, match=r"one real number, got float64 of shape \(1,\)"):
        ss.gradient(CELL, PROTOCOL, lambda r: r["duration_h"], ["temperature_K"], mesh=MESH)
    with pytest.raises(ss.InputError, match=r"no result 'voltage' \(did you mean 'voltage_V'\?\); it has "):
        ss.gradient(CELL, PROTOCOL, lambda r: r["voltage"].sum(), ["temperature_K"], mesh=MESH)


def test_bad_inputs_are_refused() -> None:
    with pytest.raises(ss.InputError, match="must be a list of at least one name"):
        ss.sensitivities(CELL, PROTOCOL, [], mesh=MESH)
    with pytest.raises(ss.InputError, match="must be a list of at least one name, got 'temperature_K'"):
        ss.gradient(CELL, PROTOCOL, loss, "temperature_K", mesh=MESH)
    with pytest.raises(ss.InputError, match="'anneal_temp' is no continuous input of this cell"):
        ss.sensitivities(CELL, PROTOCOL, ["anneal_temp"], mesh=MESH)
    with pytest.raises(ss.InputError, match="'conductivity_S_per_m' names several inputs"):
        ss.gradient(CELL, PROTOCOL, loss, ["conductivity_S_per_m"], mesh=MESH)
    with pytest.raises(ss.InputError, match="is given twice"):
        ss.gradient(CELL, PROTOCOL, loss, ["temperature_K", "design.temperature_K"], mesh=MESH)
    with pytest.raises(ss.InputError, match=r"A mesh is an ss.Mesh, .* got 'fine'"):
        ss.sensitivities(CELL, PROTOCOL, ["temperature_K"], impedance_mesh="fine")
    with pytest.raises(ss.InputError, match="must be positive and finite, got 0"):
        ss.sensitivities(CELL, PROTOCOL, ["temperature_K"], frequency_Hz=[0.0], mesh=MESH)
