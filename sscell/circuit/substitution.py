"""A circuit in other parameters: thicknesses and conductivities instead of resistances and time constants."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sscell.circuit.circuit import Circuit
from sscell.circuit.model import CircuitParameter, model_impedance, model_spectrum
from sscell.errors import require
from sscell.jax_setup import load_jax
from sscell.records import Spectrum
from sscell.rounding import short


@dataclass(frozen=True)
class Formula:
    """One circuit parameter as a function of some of the new parameters: law(*values of `names`)."""

    names: tuple[str, ...]
    law: Callable[..., Any]


@dataclass(frozen=True, kw_only=True, eq=False)
class SubstitutedCircuit:
    """A circuit whose parameters follow from others, with the face of a `Circuit` (`ImpedanceModel`).

    parameters: the new ones; values: one each, as they are in the object the circuit was made from; formulas: circuit
    parameter -> Formula, for every one; area_m2, temperature_K: go into spectra.
    """

    circuit: Circuit
    parameters: tuple[CircuitParameter, ...]
    values: Mapping[str, float]
    formulas: Mapping[str, Formula]
    area_m2: float | None = None
    temperature_K: float | None = None

    def __post_init__(self) -> None:
        known = set(self.parameter_names)
        for name in self.circuit.parameter_names:
            require(name in self.formulas, f"SubstitutedCircuit {self.text}: no formula for {name}.")
            unknown = set(self.formulas[name].names) - known
            require(not unknown, f"SubstitutedCircuit {self.text}: {name} depends on unknown {sorted(unknown)}.")

    def __repr__(self) -> str:
        width = max(map(len, self.parameter_names))
        numbers = [short(self.values[name], 4) for name in self.parameter_names]
        wide = max(map(len, numbers))
        head = f"Circuit in {len(numbers)} physical parameters, {len(self.circuit.elements)} elements:"
        rows = zip(self.parameters, numbers, strict=True)
        return "\n".join([head, *(f"  {p.name:{width}s}  {number:{wide}s}  {p.unit}" for p, number in rows)])

    @property
    def text(self) -> str:
        """The circuit."""
        return self.circuit.text

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Names of the new parameters in their order."""
        return tuple(parameter.name for parameter in self.parameters)

    def circuit_values(self, values: Sequence[Any]) -> list[Any]:
        """The circuit's own parameters from the new ones."""
        given = dict(zip(self.parameter_names, values, strict=True))
        return [formula.law(*(given[name] for name in formula.names)) for formula in self._ordered]

    def response(self, values: Sequence[Any], omega: Any) -> Any:
        """Impedance in JAX from P arrays that broadcast with omega (1/s); nothing is checked."""
        return self.circuit.response(self.circuit_values(values), omega)

    def impedance_and_partials(self, values: Sequence[Any], omega: Any) -> tuple[Any, list[Any]]:
        """Impedance and its derivative by each of the P values, in JAX, for use inside jit; nothing is checked."""
        jax = load_jax()
        given = {n: jax.numpy.asarray(v, dtype=float) for n, v in zip(self.parameter_names, values, strict=True)}
        z, partials = self.circuit.impedance_and_partials(self.circuit_values(list(given.values())), omega)
        totals: dict[str, Any] = {name: jax.numpy.zeros_like(z) for name in given}
        for formula, partial in zip(self._ordered, partials, strict=True):
            for name in formula.names:
                totals[name] = totals[name] + partial * _slope(formula, name, given)
        return z, list(totals.values())

    def impedance(self, parameters: Any, frequency_Hz: Any) -> Any:
        """(..., F) complex impedance as a JAX array, from a mapping or an array (..., P); see `Circuit.impedance`."""
        return model_impedance(self, parameters, frequency_Hz)

    def spectrum(self, parameters: Any, frequency_Hz: Any) -> Spectrum:
        """The impedance for one set of parameters as a record."""
        return model_spectrum(self, parameters, frequency_Hz, area_m2=self.area_m2, temperature_K=self.temperature_K)

    @property
    def _ordered(self) -> list[Formula]:
        return [self.formulas[name] for name in self.circuit.parameter_names]


def _slope(formula: Formula, name: str, given: Mapping[str, Any]) -> Any:
    """d(circuit parameter)/d(new parameter)."""
    jax = load_jax()

    def along(value: Any) -> Any:
        return formula.law(*(value if other == name else given[other] for other in formula.names))

    return jax.jvp(along, (given[name],), (jax.numpy.ones_like(given[name]),))[1]
