"""coth, tanh and 1/sinh against 40 digits, over all sizes and across the change from series to exponentials."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from sscell.circuit.complexes import Parts, cosine_and_sine, square_root
from sscell.circuit.hyperbolic import (
    SMALL,
    SMALL_TANH,
    diffusion_coth_excess,
    diffusion_tanh_ratio,
    line_functions,
)

MODULI = np.concatenate([np.geomspace(1e-30, 1e12, 127), SMALL * np.array([0.999, 1.001]), [SMALL_TANH * 0.999]])
# -π is the axis of the poles; 3 rad is the phase of a lossy inductor rail over a capacitive rung.
PHASES = (0.0, 0.3, np.pi / 2, 2.5, 3.0)


def exact(function: str, w: complex) -> complex:
    with mpmath.workdps(60):
        nu = mpmath.sqrt(mpmath.mpmathify(w))
        value = {
            "coth excess": lambda: (nu * mpmath.coth(nu) - 1) / nu**2,
            "sinh excess": lambda: (1 - nu / mpmath.sinh(nu)) / nu**2,
            "inverse sinh": lambda: nu / mpmath.sinh(nu),
            "tanh ratio": lambda: mpmath.tanh(nu) / nu,
        }[function]()
        return complex(value)


@pytest.mark.parametrize("phase", [*PHASES, *(-p for p in PHASES if p)])
def test_line_functions(phase: float) -> None:
    """1e-12: the closed forms lose 1e-16/0.1 by cancellation just above the change, the series ends at 1e-14."""
    moduli = MODULI if abs(phase) < 3 else MODULI[MODULI < 1e3]
    w = moduli * np.exp(1j * phase)
    found = line_functions(Parts(w.real, w.imag), np)
    for name, values in zip(("coth excess", "sinh excess"), found, strict=False):
        np.testing.assert_allclose(values.to_complex(np), [exact(name, z) for z in w], rtol=1e-12)
    inverse_sinh = np.array([exact("inverse sinh", z) for z in w])
    np.testing.assert_allclose(found.inverse_sinh.to_complex(np), inverse_sinh, rtol=1e-12, atol=1e-300)


def test_diffusion_functions_in_both_parts() -> None:
    """Real and imaginary part each to 1e-12: at low frequency the small one carries the resistance."""
    theta = MODULI[MODULI > 1e-20]
    for function, name in ((diffusion_coth_excess, "coth excess"), (diffusion_tanh_ratio, "tanh ratio")):
        found = function(theta, np)
        expected = np.array([exact(name, 1j * t) for t in theta])
        np.testing.assert_allclose(found.real, expected.real, rtol=1e-12)
        np.testing.assert_allclose(found.imag, expected.imag, rtol=1e-12)


def test_cosine_and_sine() -> None:
    """To a few units of the last place up to 1e6 rad, finite beyond."""
    angle = np.concatenate([np.linspace(0, 20, 4001), np.geomspace(20, 1e6, 1001)])
    cosine, sine = cosine_and_sine(angle, np)
    np.testing.assert_allclose(cosine, np.cos(angle), atol=1e-14)
    np.testing.assert_allclose(sine, np.sin(angle), atol=1e-14)
    np.testing.assert_array_less(np.abs(cosine_and_sine(np.array([1e9, 1e300]), np)), 1 + 1e-12)


def test_square_root_on_every_side() -> None:
    z = np.array([1, 1e-20 + 1j, 1j, -1 + 1e-9j, -1 - 1e-9j, -1j, 3 - 4j, 1e100 - 1e90j, -2.0])
    root = square_root(Parts(z.real, z.imag), np).to_complex(np)
    np.testing.assert_allclose(root, np.sqrt(z), rtol=1e-15)
    assert np.all(root.real >= 0)
