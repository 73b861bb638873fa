"""A twin: data simulated at known parameters, with noise, in a study file that knows nothing of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

import sscell as ss
from sscell.engines.jax.simulate import simulate
from sscell.engines.mesh import FAST_IMPEDANCE_MESH, FAST_MESH, Mesh
from sscell.engines.result import CycleSummary
from sscell.protocol import protocol_from

STEPS = ["Charge at 1C until 2.75 V", "Discharge at 1C until 1.35 V"]
CYCLES, RATE_CYCLES = 3, 9
FREQUENCY_HZ = np.geomspace(1e6, 1e-2, 33)
SPECTRUM_PERCENT, CAPACITY, EFFICIENCY, VOLTAGE_MV, CHARGE_PERCENT = 0.5, 0.5, 0.2, 3.0, 0.3
# Name -> centre and spread (a factor) of its prior.
UNKNOWN = {
    "design.positive.material.exchange_current_density_A_per_m2": (0.3, 2.0),
    "design.positive.material.diffusivity_m2_per_s": (1.5e-14, 2.0),
    "decomposition_conductivity_S_per_m": (2e-7, 2.0),
    "design.electrolyte.oxidation_A_per_m2": (2.0, 2.0),
    "coating.conductivity_S_per_m": (2e-8, 2.0),
    "design.electrolyte.conductivity_S_per_m": (0.2, 1.5),
    "design.positive.material.double_layer_F_per_m2": (0.2, 2.0),
    "design.contact_resistance_ohm_m2": (1e-3, 2.0),
    "design.positive.electronic_conductivity_S_per_m": (0.06, 2.0),
    "design.electrolyte.isolation_m2_per_C": (8e-4, 2.0),
    "design.electrolyte.relative_permittivity": (40.0, 1.5),
    "design.negative.material.exchange_current_density_A_per_m2": (1.0, 2.0),
}
RECIPE = ss.Recipe(ald_cycles=15, anneal_temperature_C=400)


def truth(rng: np.random.Generator, names: list[str]) -> dict[str, float]:
    """Parameters drawn from their priors."""
    return {name: UNKNOWN[name][0] * UNKNOWN[name][1] ** rng.standard_normal() for name in names}


def write_twin(
    folder: Path,
    values: dict[str, float],
    rng: np.random.Generator,
    *,
    mesh: Mesh = FAST_MESH,
    impedance_mesh: Mesh = FAST_IMPEDANCE_MESH,
    method: str = "",
    more: str = "",
    rate_test: bool = False,
) -> Path:
    """Simulate, add noise, write data files and the study file beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    # numbers that are not looked for are the centres of their priors
    centres = {name: centre for name, (centre, _) in UNKNOWN.items()}
    cell = ss.with_inputs(ss.Cell.from_recipe(RECIPE), {**centres, **values})
    plan = ss.protocols.rate_test(RATE_CYCLES) if rate_test else protocol_from(STEPS, CYCLES)
    run = simulate(cell, plan, mesh=mesh)
    for name, state in (("fresh", None), ("aged", run.final_state)):
        rest_h = 1.0 if state is not None else 0.0
        z = ss.impedance(
            cell, FREQUENCY_HZ, state=state, rest_h=rest_h, engine="jax", mesh=impedance_mesh
        ).impedance_ohm
        noise = rng.standard_normal((2, z.size)) * SPECTRUM_PERCENT / 100 * np.abs(z)
        noisy = ss.Spectrum(frequency_Hz=FREQUENCY_HZ, impedance_ohm=z + noise[0] + 1j * noise[1])
        noisy.to_pandas().to_csv(folder / f"{name}.csv", index=False)
    trace = run.trace.to_pandas()
    trace["Voltage / V"] += VOLTAGE_MV / 1e3 * rng.standard_normal(len(trace))
    trace["Current / A"] *= _current_errors(trace, run.summaries, rng)
    trace.to_csv(folder / "cycling.csv", index=False)
    path = folder / "twin.toml"
    steps = f'protocol = "rate_test"\ncycles = {RATE_CYCLES}' if rate_test else f"steps = {STEPS!r}\ncycles = {CYCLES}"
    path.write_text(_study(cell.design.active_mass_kg * 1e6, values, steps, len(plan), method, more), encoding="utf-8")
    return path


def _current_errors(trace: pd.DataFrame, summaries: Sequence[CycleSummary], rng: np.random.Generator) -> np.ndarray:
    """A factor a half-cycle, so that discharge capacities and efficiencies have independent errors of the stated size.

    The charge of the first discharge belongs to the voltage curve.
    """
    of_discharge = np.array([CAPACITY / summary.discharge_capacity_mAh_per_g for summary in summaries])
    of_discharge[0] = CHARGE_PERCENT / 100
    discharge = 1 + of_discharge * rng.standard_normal(len(summaries))
    charge = discharge * (1 + EFFICIENCY / 100 * rng.standard_normal(len(summaries)))
    cycle = trace["Cycle Count / 1"].to_numpy() - 1
    return np.where(trace["Current / A"] > 0, charge[cycle], discharge[cycle])


def _study(active_mass_mg: float, values: dict[str, float], steps: str, cycles: int, method: str, more: str) -> str:
    text = f"""
title = "twin"
engine = "jax"

[samples.coated]
ald_cycles = 15
anneal_temperature_C = 400

[runs.cycling]
{steps}

[[spectra]]
file = "fresh.csv"
sample = "coated"
run = "cycling"
error_percent = {SPECTRUM_PERCENT}

[[spectra]]
file = "aged.csv"
sample = "coated"
run = "cycling"
state = "aged"
error_percent = {SPECTRUM_PERCENT}

[[curves]]
file = "cycling.csv"
sample = "coated"
run = "cycling"
points = 20
error_mV = {VOLTAGE_MV}
error_percent = {CHARGE_PERCENT}
active_mass_mg = {active_mass_mg}

[[cycles]]
file = "cycling.csv"
sample = "coated"
run = "cycling"
quantity = "coulomb_efficiency"
error = {EFFICIENCY}
active_mass_mg = {active_mass_mg}

[[cycles]]
file = "cycling.csv"
sample = "coated"
run = "cycling"
quantity = "discharge_capacity"
cycles = {list(range(2, cycles + 1))}
error = {CAPACITY}
active_mass_mg = {active_mass_mg}

[method]
{method or "starts = 2"}
{more}
"""
    for name, (centre, spread) in UNKNOWN.items():
        text += f'\n[parameters."{name}"]\nvalue = {centre}\nsource = "twin"\n'
        text += f"spread = {spread}\n" if name in values else "fixed = true\n"
    return text
