"""Our elements and circuits against impedance.py's, on values drawn over all default bounds, 1e-6 to 1e9 Hz."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sscell.circuit import ELEMENTS, Circuit, Scale
from sscell.circuit.peer import values_from_custom_circuit
from sscell.errors import InputError

SHARED = ("R", "C", "L", "W", "Wo", "Ws", "CPE", "La", "G", "Gs", "K", "Zarc", "TLMQ", "T")
FREQUENCY_HZ = np.geomspace(1e-6, 1e9, 61)


def element_values(symbol: str) -> st.SearchStrategy[list[float]]:
    """Within the default bounds, even over their decades."""
    log = [p.scale is Scale.LOG for p in ELEMENTS[symbol].parameters]
    ends = [(p.lower, p.upper) for p in ELEMENTS[symbol].parameters]
    shares = st.tuples(
        *(st.floats(np.log10(a), np.log10(b)) if g else st.floats(a, b) for g, (a, b) in zip(log, ends, strict=True))
    )
    return shares.map(lambda drawn: [10.0**v if g else v for g, v in zip(log, drawn, strict=True)])


def peer(symbol: str) -> Callable[[list[float], list[float]], np.ndarray]:
    from impedance.models.circuits.elements import circuit_elements

    return circuit_elements[symbol]


def test_every_element_of_impedance_py_is_here() -> None:
    from impedance.models.circuits.elements import circuit_elements

    assert set(SHARED) == {name for name in circuit_elements if name not in ("s", "p", "__builtins__")}


@pytest.mark.parametrize("symbol", SHARED)
def test_same_number_of_parameters(symbol: str) -> None:
    assert len(ELEMENTS[symbol].parameters) == peer(symbol).num_params


@pytest.mark.parametrize("symbol", [s for s in SHARED if s != "T"])
@given(data=st.data())
@settings(max_examples=50)
def test_same_impedance(symbol: str, data: st.DataObject) -> None:
    values = data.draw(element_values(symbol))
    ours = ELEMENTS[symbol].law(2 * np.pi * FREQUENCY_HZ, *values, xp=np)
    np.testing.assert_allclose(ours, peer(symbol)(values, FREQUENCY_HZ.tolist()), rtol=1e-10)


@given(element_values("T"))
def test_same_impedance_of_the_porous_electrode(values: list[float]) -> None:
    """Up to Re β = 100; beyond, impedance.py sets sinh β to 1e10, which is up to 1e33 times too small."""
    beta = np.sqrt(values[2] + 2j * np.pi * FREQUENCY_HZ * values[3])
    clear = beta.real < 100
    ours = ELEMENTS["T"].law(2 * np.pi * FREQUENCY_HZ, *values, xp=np)
    theirs = np.array(peer("T")(values, FREQUENCY_HZ.tolist()))
    np.testing.assert_allclose(ours[clear], theirs[clear], rtol=1e-10)


def test_where_impedance_py_is_wrong() -> None:
    """T at β = 200: B/(β sinh β) has vanished, impedance.py still has B/(β 1e10)."""
    values, frequency_Hz = [1.0, 1e12, 4e4, 1e-9], [1.0]
    ours = ELEMENTS["T"].law(2 * np.pi * np.array(frequency_Hz), *values, xp=np)
    assert ours[0] == pytest.approx(1 / 200, rel=1e-9)
    assert peer("T")(values, frequency_Hz)[0].real == pytest.approx(1 / 200 + 1e12 / (200 * 1e10), rel=1e-9)


def test_fractional_inductor_is_as_impedance_py_computes_it_not_as_it_says() -> None:
    """(L jω)^α, while its documentation has L (jω)^α."""
    assert r"L \times (j 2 \pi f)^\alpha" in (peer("La").__doc__ or "")
    ours = ELEMENTS["La"].law(np.array([2 * np.pi]), 0.5, 0.6, xp=np)
    assert ours[0] == pytest.approx((0.5 * 2j * np.pi) ** 0.6, rel=1e-14)


CIRCUITS = (
    "R0-p(R1,CPE1)-Wo1",
    "L0-R0-p(R1,C1)-p(R2-Wo1,C2)",
    "p(R1,p(R2-C2,p(L3,R3)-Ws3),CPE_1)-La4",
    "p(p(R1,C1),p(R2,C2)-G3)-Zarc4-K5-TLMQ6-T7-Gs8-W9",
    "R10",
)


@pytest.mark.parametrize("text", CIRCUITS)
def test_circuits_predict_the_same_and_come_back(text: str) -> None:
    circuit = Circuit(text)
    values = np.random.default_rng(3).uniform(0.5, 1.0, len(circuit.parameters)).tolist()
    custom = circuit.to_impedance(dict(zip(circuit.parameter_names, values, strict=True)), name="ours")
    frequency_Hz = np.geomspace(1e-3, 1e4, 20)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # impedance.py warns that it has not been fitted
        predicted = custom.predict(frequency_Hz, use_initial=True)
    np.testing.assert_allclose(circuit.impedance(values, frequency_Hz), predicted, rtol=1e-10)
    assert custom.get_param_names()[0] == list(circuit.parameter_names)
    assert Circuit.from_impedance(custom) == circuit
    assert values_from_custom_circuit(custom) == dict(zip(circuit.parameter_names, values, strict=True))


def test_initial_values_are_one_unless_given() -> None:
    assert Circuit("R0-p(R1,CPE1)").to_impedance().initial_guess == [1.0, 1.0, 1.0, 1.0]


def test_values_of_a_fitted_circuit_with_constants() -> None:
    """Fitted values where it was fitted, constants in their places."""
    from impedance.models.circuits import CustomCircuit, Randles

    custom = CustomCircuit("R0-p(R1,C1)", initial_guess=[9.0, 9.0], constants={"R1": 50.0})
    frequency_Hz = np.geomspace(1e4, 1e-1, 40)
    custom.fit(frequency_Hz, np.asarray(Circuit("R0-p(R1,C1)").impedance([10.0, 50.0, 1e-3], frequency_Hz)))
    values = values_from_custom_circuit(custom)
    assert list(values) == ["R0", "R1", "C1"]
    assert values["R1"] == 50.0
    assert values["R0"] == pytest.approx(10.0, rel=1e-6)
    assert Circuit.from_impedance(Randles(initial_guess=[1, 1, 1, 1, 1])).text == "R0-p(R1-Wo1,C1)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("R0-tl(R1,R2,C3)", r"impedance.py has no transmission line of sub-circuits"),
        ("p(R0,pore(R1,C1))", r"impedance.py has no transmission line of sub-circuits"),
        ("R0-Sd1-RL2", r"impedance.py does not know the element Sd1, RL2"),
        ("R-p(R1,C)", r"impedance.py needs a number in every name, but R, C has none; write R1, say"),
    ],
)
def test_what_impedance_py_cannot_take(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Circuit(text).to_impedance()


def test_something_else_than_a_circuit_of_impedance_py() -> None:
    with pytest.raises(
        InputError, match=r"from_impedance needs a circuit of impedance.py, such as a CustomCircuit, got 3"
    ):
        Circuit.from_impedance(3)
