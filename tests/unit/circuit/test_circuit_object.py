"""`Circuit`: what it shows, what it takes, what it refuses."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from sscell.circuit import Circuit, Scale
from sscell.circuit.model import ImpedanceModel
from sscell.errors import InputError
from sscell.jax_setup import load_jax

TEXT = "R0-p(R1,CPE1)-Wo1"
VALUES = {"R0": 1.0, "R1": 20.0, "CPE1_0": 1e-4, "CPE1_1": 0.8, "Wo1_0": 30.0, "Wo1_1": 2.0}
FREQUENCY_HZ = np.geomspace(1e5, 1e-2, 8)


def expected(values: dict[str, float]) -> np.ndarray:
    s = 2j * np.pi * FREQUENCY_HZ
    root = np.sqrt(s * values["Wo1_1"])
    arc = 1 / (1 / values["R1"] + values["CPE1_0"] * s ** values["CPE1_1"])
    return values["R0"] + arc + values["Wo1_0"] / (root * np.tanh(root))


def test_what_a_circuit_shows() -> None:
    circuit = Circuit(" R0 - p(R1, CPE1) - Wo1 ")
    assert circuit.text == str(circuit) == TEXT
    assert circuit.parameter_names == tuple(VALUES)
    assert circuit.units == ("ohm", "ohm", "ohm^-1 s^α", "1", "ohm", "s")
    assert list(circuit.elements) == ["R0", "R1", "CPE1", "Wo1"]
    assert circuit.elements["Wo1"].symbol == "Wo"
    alpha = circuit.parameters[3]
    assert (alpha.name, alpha.lower, alpha.upper, alpha.scale) == ("CPE1_1", 0.0, 1.0, Scale.LINEAR)
    assert repr(circuit).splitlines()[:2] == ["Circuit('R0-p(R1,CPE1)-Wo1')", "  R0      resistance, ohm"]


def test_circuits_are_equal_by_their_text() -> None:
    assert Circuit(TEXT) == Circuit("R0 -p(R1,CPE1)-Wo1")
    assert hash(Circuit(TEXT)) == hash(Circuit("R0 -p(R1,CPE1)-Wo1"))
    assert Circuit(TEXT) != Circuit("R0-p(CPE1,R1)-Wo1")


def test_mapping_and_array_give_the_same() -> None:
    circuit = Circuit(TEXT)
    shuffled = dict(reversed(VALUES.items()))
    np.testing.assert_allclose(circuit.impedance(shuffled, FREQUENCY_HZ), expected(VALUES), rtol=1e-13)
    np.testing.assert_array_equal(
        circuit.impedance(shuffled, FREQUENCY_HZ), circuit.impedance(list(VALUES.values()), FREQUENCY_HZ)
    )


def test_batches() -> None:
    """Mapping values broadcast together; an array has the parameters last; frequencies come last in the result."""
    circuit = Circuit(TEXT)
    many = VALUES | {"R1": np.array([[10.0], [20.0]]), "Wo1_1": np.array([1.0, 2.0, 3.0])}
    z = circuit.impedance(many, FREQUENCY_HZ)
    assert z.shape == (2, 3, 8)
    np.testing.assert_allclose(z[1, 1], expected(VALUES), rtol=1e-13)
    array = np.tile(list(VALUES.values()), (4, 1))
    assert circuit.impedance(array, FREQUENCY_HZ).shape == (4, 8)


def test_differentiable_through_the_door() -> None:
    """jax.grad of a mapping's value: d|Z|²/dR0 = 2 Re Z."""
    jax, circuit = load_jax(), Circuit(TEXT)

    def power(r0: float) -> float:
        z = circuit.impedance(VALUES | {"R0": r0}, [10.0])
        return (z.real**2 + z.imag**2)[0]

    slope = jax.grad(power)(1.0)
    assert slope == pytest.approx(2 * float(circuit.impedance(VALUES, [10.0]).real[0]), rel=1e-12)


def test_inside_a_jit_of_the_user_s_own_from_the_start() -> None:
    """The first thing a fresh process does with a circuit may be to trace it; it must be in 64 bit by then."""
    code = "import jax; from sscell.circuit import Circuit; c = Circuit('p(R1,C1)')\n"
    code += "print(jax.jit(lambda r: c.response([r, 1e-3], 1.0))(1.0).dtype)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "complex128"


def test_spectrum() -> None:
    spectrum = Circuit(TEXT).spectrum(VALUES, FREQUENCY_HZ)
    np.testing.assert_allclose(spectrum.impedance_ohm, expected(VALUES), rtol=1e-13)
    np.testing.assert_array_equal(spectrum.frequency_Hz, FREQUENCY_HZ)
    assert spectrum.provenance == {"source": "circuit", "circuit": TEXT, "parameters": VALUES}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"R2": 1.0}, r"unknown parameter 'R2' \(did you mean 'R1'\?\); its parameters are R0, R1, CPE1_0"),
        ({"R1": -3.0}, r"R1 \(resistance, ohm\) must be at least 0, got -3"),
        ({"CPE1_0": 0.0}, r"CPE1_0 \(admittance Q, ohm\^-1 s\^α\) must be positive, got 0"),
        ({"CPE1_1": 1.2}, r"CPE1_1 \(exponent α, 1\) must be at least 0 and at most 1, got 1.2"),
        ({"Wo1_1": float("nan")}, r"Wo1_1 \(diffusion time L²/D, s\) must be positive, got nan"),
        ({"R0": "one"}, r"Circuit: R0 must be numbers, got 'one'"),
        ({"R0": [1.0, 2.0], "R1": [1.0, 2.0, 3.0]}, r"the values do not broadcast together: R0 \(2,\), R1 \(3,\)"),
    ],
)
def test_impossible_values(change: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Circuit(TEXT).impedance(VALUES | change, FREQUENCY_HZ)


def test_missing_and_too_few_values() -> None:
    with pytest.raises(InputError, match="no value for R1, Wo1_1; give one for every parameter"):
        Circuit(TEXT).impedance({k: v for k, v in VALUES.items() if k not in ("R1", "Wo1_1")}, FREQUENCY_HZ)
    with pytest.raises(InputError, match=r"6 values are needed, in the order R0, R1, .* got an array of shape \(2,\)"):
        Circuit(TEXT).impedance([1.0, 2.0], FREQUENCY_HZ)
    with pytest.raises(InputError, match=r"a spectrum takes one value a parameter, got \(2, 6\)"):
        Circuit(TEXT).spectrum(np.ones((2, 6)), FREQUENCY_HZ)


def test_bad_frequencies() -> None:
    with pytest.raises(InputError, match=r"frequency_Hz must be positive and finite, got 0.0 Hz"):
        Circuit(TEXT).impedance(VALUES, [1.0, 0.0])


def test_circuit_has_the_face_that_a_fit_needs() -> None:
    model: ImpedanceModel = Circuit("R0-p(R1,C1)")
    omega = 2 * np.pi * FREQUENCY_HZ[:, None]
    z, partials = model.impedance_and_partials([1.0, np.array([2.0, 3.0]), 1e-3], omega)
    assert z.shape == (8, 2) and [p.shape for p in partials] == [(8, 2)] * 3
    np.testing.assert_allclose(model.response([1.0, np.array([2.0, 3.0]), 1e-3], omega), z, rtol=1e-15)
