"""coth, tanh and 1/sinh as diffusion and transmission lines need them: exact where small, without overflow where large.

Everything is a function of w = ν² (jωτ for diffusion), of which ν coth ν, tanh(ν)/ν and ν/sinh ν are single-valued.
Small w goes by series, since c - 1 = ν coth ν - 1 cancels there; large w by exp(-2 Re ν), which only underflows.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sscell.circuit.complexes import Parts, choose, cosine_and_sine, polynomial, square_root, with_slopes

# Coefficients of w^0, w^1, ...: 2^2n B_2n / (2n)! and its relatives.
COTH_EXCESS = (1 / 3, -1 / 45, 2 / 945, -1 / 4725, 2 / 93555, -1382 / 638512875, 4 / 18243225)
SINH_EXCESS = (
    1 / 6, -7 / 360, 31 / 15120, -127 / 604800, 73 / 3421440, -1414477 / 653837184000, 8191 / 37362124800,
)  # fmt: skip
TANH_RATIO = (
    1.0, -1 / 3, 2 / 15, -17 / 315, 62 / 2835, -1382 / 155925, 21844 / 6081075, -929569 / 638512875,
)  # fmt: skip
# Below these |w| a series is used: its last term and the cancellation above it are both under 1e-14.
SMALL = 0.1
SMALL_TANH = 0.03
# Above this θ, 1/sinh² ν and 1/cosh² ν are below 1e-17, and differences that ought to be these are rounding.
FAR = 800.0


class LineFunctions(NamedTuple):
    """At w = ν²: coth_excess = (ν coth ν - 1)/w, sinh_excess = (1 - ν/sinh ν)/w and inverse_sinh = ν/sinh ν."""

    coth_excess: Parts
    sinh_excess: Parts
    inverse_sinh: Parts


def line_functions(w: Parts, xp: Any) -> LineFunctions:
    """The three functions at any complex w but their poles, -(kπ)²."""
    small = w.modulus_squared < SMALL**2
    low = choose(small, w, 0.0, xp)
    low_sinh = polynomial(SINH_EXCESS, low)
    high = choose(small, 1.0, w, xp)
    coth, sinh = _coth_and_inverse_sinh(square_root(high, xp), xp)
    inverse = high.reciprocal()
    return LineFunctions(
        coth_excess=choose(small, polynomial(COTH_EXCESS, low), (coth - 1) * inverse, xp),
        sinh_excess=choose(small, low_sinh, (1 - sinh) * inverse, xp),
        inverse_sinh=choose(small, 1 - low * low_sinh, sinh, xp),
    )


def _coth_and_inverse_sinh(root: Parts, xp: Any) -> tuple[Parts, Parts]:
    """ν coth ν and ν/sinh ν for Re ν >= 0, by exp(-ν)."""
    decay, backwards = xp.exp(-root.real), root.imag < 0
    cosine, sine = cosine_and_sine(xp.where(backwards, -root.imag, root.imag), xp)
    wave = Parts(decay * cosine, decay * xp.where(backwards, sine, -sine))
    square = wave * wave
    over = root * (1 - square).reciprocal()
    return over * (1 + square), 2 * over * wave


def diffusion_coth_excess(theta: Any, xp: Any) -> Parts:
    """f = (ν coth ν - 1)/ν² at ν² = w = jθ, θ > 0."""
    return Parts(*(_coth_excess(theta, np) if xp is np else with_slopes(_coth_excess, _coth_excess_slope)(theta)))


def diffusion_tanh_ratio(theta: Any, xp: Any) -> Parts:
    """t = tanh(ν)/ν at ν² = w = jθ, θ > 0."""
    return Parts(*(_tanh_ratio(theta, np) if xp is np else with_slopes(_tanh_ratio, _tanh_ratio_slope)(theta)))


def _coth_excess(theta: Any, xp: Any) -> tuple[Any, Any]:
    small = theta < SMALL
    safe = xp.where(small, 1.0, theta)
    half, decay, sine, cosine = _diagonal(safe, xp)
    # coth(h(1+j)) = (sinh 2h - j sin 2h)/(cosh 2h - cos 2h), all times 2 exp(-2h).
    p, q = 1 - decay * decay, 4 * decay * sine * cosine
    scale = half / (((1 - decay) ** 2 + 4 * decay * sine * sine) * safe)
    low = _diagonal_series(COTH_EXCESS, xp.where(small, theta, 0.0))
    return choose(small, low, Parts((p - q) * scale, 1 / safe - (p + q) * scale), xp).both


def _coth_excess_slope(theta: Any, real: Any, imag: Any, xp: Any) -> tuple[Any, Any]:
    """df/dθ = j df/dw, where df/dw = (2 - c - s)/2w² with c = ν coth ν = 1 + wf and s = (ν/sinh ν)² = c² - w."""
    safe, far = xp.where(theta < SMALL, 1.0, theta), theta > FAR
    c = Parts(1 - safe * imag, safe * real)
    square = c * c
    top = 2 - c - choose(far, 0.0, Parts(square.real, square.imag - safe), xp)
    scale = 0.5 / (safe * safe)
    return _or_series(COTH_EXCESS, SMALL, theta, Parts(top.imag * scale, -top.real * scale), xp)


def _tanh_ratio(theta: Any, xp: Any) -> tuple[Any, Any]:
    small = theta < SMALL_TANH
    safe = xp.where(small, 1.0, theta)
    half, decay, sine, cosine = _diagonal(safe, xp)
    p, q = 1 - decay * decay, 4 * decay * sine * cosine
    scale = half / (((1 - decay) ** 2 + 4 * decay * cosine * cosine) * safe)
    low = _diagonal_series(TANH_RATIO, xp.where(small, theta, 0.0))
    return choose(small, low, Parts((p + q) * scale, (q - p) * scale), xp).both


def _tanh_ratio_slope(theta: Any, real: Any, imag: Any, xp: Any) -> tuple[Any, Any]:
    """dt/dθ = j dt/dw, where dt/dw = (s - t)/2w with s = 1/cosh² ν = 1 - w t²."""
    safe, far = xp.where(theta < SMALL_TANH, 1.0, theta), theta > FAR
    t = Parts(real, imag)
    square = t * t
    top = choose(far, 0.0, Parts(1 + safe * square.imag, -safe * square.real), xp) - t
    return _or_series(TANH_RATIO, SMALL_TANH, theta, top * (0.5 / safe), xp)


def _or_series(coefficients: tuple[float, ...], limit: float, theta: Any, slope: Parts, xp: Any) -> tuple[Any, Any]:
    """The slope, or below the limit, where it cancels, the one of the series at w = jθ."""
    small = theta < limit
    slopes = tuple(k * c for k, c in enumerate(coefficients))[1:]
    low = _diagonal_series(slopes, xp.where(small, theta, 0.0))
    return choose(small, Parts(-low.imag, low.real), slope, xp).both


def _diagonal(theta: Any, xp: Any) -> tuple[Any, Any, Any, Any]:
    """ν = h(1+j): h = sqrt(θ/2), exp(-2h), sin h, cos h."""
    half = xp.sqrt(theta / 2)
    cosine, sine = cosine_and_sine(half, xp)
    return half, xp.exp(-2 * half), sine, cosine


def _diagonal_series(coefficients: tuple[float, ...], theta: Any) -> Parts:
    """The series at w = jθ: even powers are real, odd ones imaginary."""
    minus = -theta * theta
    return Parts(polynomial(coefficients[::2], minus), theta * polynomial(coefficients[1::2], minus))
