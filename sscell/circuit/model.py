"""What a fit needs of a model of an impedance, and how its parameters are read and checked."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from sscell.circuit.element import ElementParameter
from sscell.errors import InputError, nearest_key, require
from sscell.jax_setup import load_jax
from sscell.records import Spectrum
from sscell.records.spectrum import checked_frequencies


@dataclass(frozen=True, kw_only=True)
class CircuitParameter(ElementParameter):
    """A parameter under its name in a circuit."""

    name: str


class ImpedanceModel(Protocol):
    """Impedance as a function of named parameters: a `Circuit`, or a circuit in other parameters.

    Values are a sequence of P arrays that broadcast with omega (1/s); results are complex, in ohm.
    """

    def __hash__(self) -> int:
        """Compiled functions are kept by model."""

    @property
    def text(self) -> str:
        """The circuit."""

    @property
    def parameters(self) -> tuple[CircuitParameter, ...]:
        """What the P values mean, in their order."""

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Their names."""

    def response(self, values: Sequence[Any], omega: Any) -> Any:
        """Impedance, in JAX."""

    def impedance_and_partials(self, values: Sequence[Any], omega: Any) -> tuple[Any, list[Any]]:
        """Impedance and its derivative by each value, in JAX, for use inside jit."""


def model_impedance(model: ImpedanceModel, parameters: Any, frequency_Hz: Any) -> Any:
    """(..., F) complex JAX array from a mapping name -> value (arrays broadcast) or an array (..., P)."""
    values = checked_values(model, parameters)
    return _compiled(model)(values, 2 * np.pi * checked_frequencies(frequency_Hz))


def model_spectrum(model: ImpedanceModel, parameters: Any, frequency_Hz: Any, **about: Any) -> Spectrum:
    """The impedance for one set of parameters as a record; `about` (area_m2, temperature_K) goes into it."""
    values = np.asarray(checked_values(model, parameters))
    require(values.ndim == 1, f"Circuit {model.text}: a spectrum takes one value a parameter, got {values.shape}.")
    return Spectrum(
        frequency_Hz=frequency_Hz,
        impedance_ohm=np.asarray(model_impedance(model, values, frequency_Hz)),
        provenance={
            "source": "circuit",
            "circuit": model.text,
            "parameters": dict(zip(model.parameter_names, values.tolist(), strict=True)),
        },
        **about,
    )


@functools.lru_cache(maxsize=128)
def _compiled(model: ImpedanceModel) -> Any:
    """One compiled function a model."""
    count = len(model.parameters)

    def response(values: Any, omega: Any) -> Any:
        return model.response([values[..., k, None] for k in range(count)], omega)

    return load_jax().jit(response)


def checked_values(model: ImpedanceModel, parameters: Any) -> Any:
    """Values as a JAX array (..., P); raises InputError for missing, unknown and impossible ones.

    Values that are being traced (inside jit or grad) cannot be looked at and are taken as they are.
    """
    jax = load_jax()
    if isinstance(parameters, Mapping):
        _check_names(model, parameters)
        columns = [_array(name, parameters[name]) for name in model.parameter_names]
        try:
            values = jax.numpy.stack(jax.numpy.broadcast_arrays(*columns), axis=-1)
        except ValueError:
            shapes = ", ".join(f"{n} {c.shape}" for n, c in zip(model.parameter_names, columns, strict=True))
            raise InputError(f"Circuit {model.text}: the values do not broadcast together: {shapes}.") from None
    else:
        values = _array("the values", parameters)
    count = len(model.parameters)
    require(
        values.ndim > 0 and values.shape[-1] == count,
        f"Circuit {model.text}: {count} values are needed, in the order {', '.join(model.parameter_names)}, got an "
        f"array of shape {values.shape}.",
    )
    if not isinstance(values, jax.core.Tracer):
        _check_domain(model, np.asarray(values))
    return values


def _array(name: str, value: Any) -> Any:
    jnp = load_jax().numpy
    try:
        return jnp.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise InputError(f"Circuit: {name} must be numbers, got {value!r}.") from None


def _check_names(model: ImpedanceModel, parameters: Mapping[str, Any]) -> None:
    names = model.parameter_names
    for name in parameters:
        require(
            name in names,
            f"Circuit {model.text}: unknown parameter {name!r}{nearest_key(name, names)}; "
            f"its parameters are {', '.join(names)}.",
        )
    missing = [name for name in names if name not in parameters]
    require(not missing, f"Circuit {model.text}: no value for {', '.join(missing)}; give one for every parameter.")


def _check_domain(model: ImpedanceModel, values: np.ndarray) -> None:
    for k, parameter in enumerate(model.parameters):
        column = values[..., k]
        good = np.isfinite(column) & ((column >= 0) if parameter.zero_allowed else (column > 0))
        rules = "at least 0" if parameter.zero_allowed else "positive"
        if parameter.at_most is not None:
            good &= column <= parameter.at_most
            rules += f" and at most {parameter.at_most:g}"
        if not good.all():
            bad = float(column[~good].flat[0])
            raise InputError(
                f"Circuit {model.text}: {parameter.name} ({parameter.meaning}, {parameter.unit}) must be {rules}, "
                f"got {bad:g}."
            )
