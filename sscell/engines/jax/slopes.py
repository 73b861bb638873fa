"""Slopes of constitutive laws, by automatic differentiation of the laws themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sscell.jax_setup import load_jax


def value_and_slope(function: Callable[[Any], Any], x: Any) -> tuple[Any, Any]:
    """f(x) and df/dx for a function that acts on each element by itself."""
    jax = load_jax()
    return jax.jvp(function, (x,), (jax.numpy.ones_like(x),))


def value_and_slopes(function: Callable[..., Any], *points: Any) -> tuple[Any, list[Any]]:
    """f(x, y, ...) and its slope in each argument, element by element; f may give several arrays."""
    jax = load_jax()
    value, linear = jax.linearize(function, *points)
    ones, zeros = [jax.numpy.ones_like(x) for x in points], [jax.numpy.zeros_like(x) for x in points]
    return value, [linear(*zeros[:k], ones[k], *zeros[k + 1 :]) for k in range(len(points))]
