"""Constitutive laws: their limits, and the same number from numpy, jax.numpy and pybamm."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sscell as ss
from sscell.cell import laws
from sscell.cell.materials import LTO_OPEN_CIRCUIT, NCM_OPEN_CIRCUIT
from sscell.errors import InputError

CAM = ss.CathodeMaterial()
X = np.linspace(0.02, 0.98, 25)
ETA = np.linspace(-0.3, 0.3, 25)
T = 318.15

# Law of one array -> the array it is tried on.
LAWS: dict[str, tuple[Callable[[Any, Any], Any], np.ndarray]] = {
    "NCM85 open circuit": (lambda x, xp: NCM_OPEN_CIRCUIT(x, 0.22, xp), X),
    "LTO open circuit": (lambda x, xp: LTO_OPEN_CIRCUIT(x, 0.0, xp), X),
    "exchange current": (lambda x, xp: laws.exchange_current_density(x, 0.3, xp), X),
    "diffusivity": (lambda x, xp: laws.diffusivity(x, 2e-14, 2.25, 0.77, 0.03, xp), X),
    "Butler-Volmer": (lambda v, xp: laws.butler_volmer(0.3, v, T, xp), ETA),
    "oxidation": (
        lambda v, xp: laws.oxidation_current_density(v + 4.2, 5e-9, 2.5, 0.45, 4.3, 1.45e-8, 3.9, T, xp),
        ETA,
    ),
    "self-limitation": (
        lambda x, xp: laws.oxidation_current_density(4.3, x * 1e-7, 2.5, 0.45, 4.3, 1.45e-8, 3.9, T, xp),
        X,
    ),
    "arrhenius": (lambda x, xp: laws.arrhenius(3.0, 4e4, 250 + 100 * x, xp=xp), X),
    "decomposition growth": (lambda x, xp: laws.decomposition_growth_m_per_s(x, 2.5e-10), X),
    "isolation": (lambda x, xp: laws.isolation_per_s(x, 0.1, 8e-4), X),
    "layer resistance": (lambda x, xp: laws.layer_resistance_ohm_m2(x * 1e-8, 2e-8), X),
    "thermal voltage": (lambda x, xp: laws.thermal_voltage_V(250 + 100 * x), X),
    "layer time constant": (lambda x, xp: laws.layer_time_constant_s(x * 1e-8, 12.0), X),
}


def test_every_law_is_tried() -> None:
    """A new law must be added to the table above (arrhenius and the open circuits go by other names)."""
    tried = {name for law, _ in LAWS.values() for name in law.__code__.co_names}
    constants = {"NCM_OPEN_CIRCUIT", "LTO_OPEN_CIRCUIT"}
    assert (set(laws.__all__) - {"OpenCircuitVoltage"}) | constants <= tried


@pytest.mark.parametrize("name", LAWS)
def test_same_number_in_jax(name: str) -> None:
    """One law, every array library, to 1e-12."""
    import jax
    import jax.numpy as jnp

    law, values = LAWS[name]
    with jax.enable_x64(True):
        theirs = np.asarray(law(jnp.asarray(values), jnp))
    assert theirs.dtype == np.float64
    assert theirs == pytest.approx(law(values, np), rel=1e-12)


@pytest.mark.parametrize("name", LAWS)
def test_same_number_in_pybamm(name: str) -> None:
    import pybamm

    law, values = LAWS[name]
    theirs = law(pybamm.StateVector(slice(0, values.size)), pybamm).evaluate(y=values)
    assert theirs.ravel() == pytest.approx(law(values, np), rel=1e-12)


@pytest.mark.parametrize(
    ("law", "origin"), [(NCM_OPEN_CIRCUIT, 0.0), (NCM_OPEN_CIRCUIT, 0.25), (LTO_OPEN_CIRCUIT, 0.0)]
)
def test_open_circuit_voltage_falls(law: laws.OpenCircuitVoltage, origin: float) -> None:
    """Lithium enters at ever lower potential, on all of 0..1 and a little beyond, where solvers may step."""
    x = np.linspace(-0.02, 1.01, 2001)
    assert np.all(np.diff(law(x, origin, np)) < 0)


@pytest.mark.parametrize("origin", [0.20, CAM.stoichiometry_at_4V3, 0.26])
def test_open_circuit_voltage_at_the_charge_limit(origin: float) -> None:
    """4.3 V against Li at `stoichiometry_at_4V3`, whatever its value, within 10 mV."""
    assert CAM.open_circuit(origin, origin, np) == pytest.approx(4.3, abs=10e-3)


def test_full_host_has_one_potential() -> None:
    """`stoichiometry_at_4V3` stretches the curve between 4.3 V and the full host, which it leaves in place."""
    full = CAM.open_circuit(1.0, 0.0, np)
    assert CAM.open_circuit(1.0, 0.26, np) == pytest.approx(full, rel=1e-12)
    assert CAM.open_circuit((1 + 0.26) / 2, 0.26, np) == pytest.approx(CAM.open_circuit(0.5, 0.0, np), rel=1e-12)


def test_lto_plateau() -> None:
    """1.55-1.57 V against Li over the middle of the range, so that 2.75 V against it is 4.3 V."""
    middle = LTO_OPEN_CIRCUIT(np.linspace(0.1, 0.85, 50), 0.0, np)
    assert middle.min() > 1.55
    assert middle.max() < 1.57


def test_exchange_current() -> None:
    """j0 is its reference at half filling, symmetric, and sqrt(x(1-x)) elsewhere, to the 1e-4 of its rounded ends."""
    j0 = laws.exchange_current_density(X, 0.3, np)
    assert laws.exchange_current_density(0.5, 0.3, np) == pytest.approx(0.3, rel=1e-4)
    assert j0 == pytest.approx(j0[::-1], rel=1e-12)
    inner = (X > 0.1) & (X < 0.9)
    assert j0[inner] == pytest.approx(0.6 * np.sqrt(X * (1 - X))[inner], rel=1e-4)
    assert np.all(laws.exchange_current_density(np.array([-0.01, 0.0, 1.0, 1.01]), 0.3, np) > 0)


def test_butler_volmer() -> None:
    """Odd in the overpotential; at small ones the charge-transfer resistance is RT/(F j0)."""
    assert laws.butler_volmer(0.3, 0.1, T, np) == -laws.butler_volmer(0.3, -0.1, T, np)
    slope = laws.butler_volmer(0.3, 1e-6, T, np) / 1e-6
    assert 1 / slope == pytest.approx(8.314462618 * T / 96485.33212 / 0.3, rel=1e-9)


def test_diffusivity() -> None:
    """`high` when empty, `drop_decades` lower when full, half of the decades at the midpoint."""
    empty, middle, full = laws.diffusivity(np.array([0.0, 0.7, 1.4]), 2e-14, 2.0, 0.7, 0.02, np)
    assert (empty, middle, full) == pytest.approx((2e-14, 2e-15, 2e-16), rel=1e-9)


def test_oxidation() -> None:
    """i_ox at its reference potential, a factor e every RT/αF, (1 + δ/δ_ref)^-m under its own products."""

    def rate(volts: float, decomposition_m: float) -> float:
        return laws.oxidation_current_density(volts, decomposition_m, 2.5, 0.45, 4.3, 1.5e-8, 3.0, T, np)

    thermal_V = 8.314462618 * T / 96485.33212
    assert rate(4.3, 0.0) == 2.5
    assert rate(4.3 + thermal_V / 0.45, 0.0) == pytest.approx(2.5 * np.e)
    assert rate(4.3, 1.5e-8) == pytest.approx(2.5 / 8)


def test_growth_and_isolation_follow_the_oxidation() -> None:
    assert laws.decomposition_growth_m_per_s(0.4, 2.5e-10) == pytest.approx(1e-10)
    assert laws.isolation_per_s(0.5, 0.4, 1e-3) == pytest.approx(2e-4)


def test_open_circuit_from_a_table() -> None:
    """The stated error is the fit's RMS error, a few mV for a table with two waves; the law falls everywhere."""
    x = np.linspace(0, 1, 101)
    table = 3.9 - 0.25 * np.tanh((x - 0.3) / 0.2) - 0.2 * np.tanh((x - 0.7) / 0.15) - 0.4 * np.exp((x - 1) / 0.02)
    law = ss.open_circuit_from_table(x[::-1], table[::-1], source="our half cell")
    rms_V = float(np.sqrt(np.mean((law(x, 0.0, np) - table) ** 2)))
    assert law.error_V == pytest.approx(rms_V, rel=1e-9)
    assert rms_V < 5e-3
    assert law.source == "our half cell"
    assert np.all(np.diff(law(np.linspace(0, 1, 2001), 0.0, np)) < 0)


ROWS = np.linspace(0, 1, 30)


@pytest.mark.parametrize(
    ("x", "v", "message"),
    [
        (ROWS[:10], 4 - ROWS[:10], r"needs two columns of equal length >= 20, got \(10,\) and \(10,\)"),
        (ROWS, ROWS[:-1], r"equal length >= 20, got \(30,\) and \(29,\)"),
        (ROWS, np.r_[np.nan, 4 - ROWS[1:]], "must hold finite numbers"),
        (274 * ROWS, 4 - ROWS, r"must lie in 0..1, got 0..274; divide by the full capacity first"),
        (ROWS, 3 + ROWS, r"\(lab\) cannot be described by a smooth falling law: RMS error \d+ mV is above 20 mV"),
        (ROWS, 3.5 + 0.3 * (-1.0) ** np.arange(30), "cannot be described by a smooth falling law"),
    ],
)
def test_refused_table(x: np.ndarray, v: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        ss.open_circuit_from_table(x, v, source="lab")


@pytest.mark.measured
def test_open_circuit_law_gives_back_its_curves(measured: Path) -> None:
    """The mean of charge and discharge of the C/50 half cell, y = 0.995 (1 - charged share), as its source says."""
    from scipy.io import loadmat

    share, mean = np.linspace(0, 1, 801), 0.0
    for way in ("Delithiation", "Lithiation"):
        name = f"LGM36_PE_coin_Cathode_{way}_0C02"
        record = loadmat(measured / "OCP" / f"{name}.mat")[f"MRe_M36_PE_coin_Cathode_{way}_0C02"][0, 0]
        charged, voltage_V = (record[key].ravel().astype(float) for key in ("normalizedCapacity", "voltage"))
        order = np.argsort(charged)
        mean = mean + np.interp(share, charged[order], voltage_V[order]) / 2
    error_V = NCM_OPEN_CIRCUIT(0.995 * (1 - share), 0.0, np) - mean
    inner = (share > 0.02) & (share < 0.98)
    assert np.sqrt(np.mean(error_V[inner] ** 2)) == pytest.approx(NCM_OPEN_CIRCUIT.error_V, rel=0.2)


def test_a_table_keeps_its_own_scale_in_a_cell() -> None:
    """A user's curve is used on the stoichiometry it was given on, whatever the cell's other parameters say."""
    x = np.linspace(0.05, 1.0, 60)
    table_V = 4.4 - 0.9 * x - 0.05 * np.tanh((x - 0.5) / 0.1)
    law = ss.open_circuit_from_table(x, table_V, source="made up")
    material = ss.CathodeMaterial(open_circuit=law, fresh_stoichiometry=0.9)
    cell = ss.Cell.from_recipe(ss.Recipe(), design=ss.CellDesign(positive=ss.CompositeCathode(material=material)))
    rested = ss.simulate(cell, ["Rest for 1 minute"])
    expected_V = float(np.interp(0.9, x, table_V)) - ss.AnodeMaterial().open_circuit(0.05, 0, np)
    assert rested.trace.voltage_V[-1] == pytest.approx(expected_V, abs=3 * law.error_V + 2e-3)
