"""The array namespace that the constitutive laws get here: jax.numpy, quicker where its own takes long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sscell.engines.jax.kept import kept
from sscell.jax_setup import load_jax

# Compilers unroll loops over so few lanes and then no longer vectorise what they call.
UNROLLED = 31


def exp(x: Any) -> Any:
    """e^x."""
    return _in_one_loop(load_jax().numpy.exp, x)


def log(x: Any) -> Any:
    """The natural logarithm."""
    return _in_one_loop(load_jax().numpy.log, x)


def sqrt(x: Any) -> Any:
    """The root."""
    return load_jax().numpy.sqrt(x)


def tanh(x: Any) -> Any:
    """tanh, as a pass of its own over the array: merged into what follows both are slower."""
    return kept(_in_one_loop(load_jax().numpy.tanh, x))


def sinh(x: Any) -> Any:
    """From one exponential, twice as fast as jax.numpy's; its error near zero is absolute, 1e-16."""
    grown = kept(exp(x))
    return (grown - 1 / grown) / 2


def _in_one_loop(function: Callable[[Any], Any], x: Any) -> Any:
    """The function of an array as one long row, where its last axis, the lanes, is short."""
    if x.ndim < 2 or not 1 < x.shape[-1] <= UNROLLED:
        return function(x)
    return kept(function(kept(x).reshape(-1))).reshape(x.shape)
