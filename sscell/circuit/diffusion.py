"""Diffusion: semi-infinite, in a layer with a closed or an open end, and in a sphere."""

from __future__ import annotations

from typing import Any

from sscell.circuit.complexes import Parts
from sscell.circuit.element import Element, amplitude, time_constant
from sscell.circuit.hyperbolic import diffusion_coth_excess, diffusion_tanh_ratio


def semi_infinite(omega: Any, coefficient: Any, *, xp: Any) -> Any:
    """Z = A (1 - j)/sqrt(ω)."""
    part = coefficient / xp.sqrt(omega)
    return Parts(part, -part).to_complex(xp)


def closed_layer(omega: Any, scale_ohm: Any, tau_s: Any, *, xp: Any) -> Any:
    """Z = Z0 coth(s)/s, s = sqrt(jωτ): no flux through the far end."""
    theta = omega * tau_s
    return (scale_ohm * (diffusion_coth_excess(theta, xp) + Parts(0.0, -1 / theta))).to_complex(xp)


def open_layer(omega: Any, scale_ohm: Any, tau_s: Any, *, xp: Any) -> Any:
    """Z = Z0 tanh(s)/s, s = sqrt(jωτ): fixed concentration at the far end."""
    return (scale_ohm * diffusion_tanh_ratio(omega * tau_s, xp)).to_complex(xp)


def sphere(omega: Any, scale_ohm: Any, tau_s: Any, *, xp: Any) -> Any:
    """Z = Z0/(s coth s - 1), s = sqrt(jωτ), τ = r²/D."""
    theta = omega * tau_s
    return (scale_ohm * (Parts(0.0, theta) * diffusion_coth_excess(theta, xp)).reciprocal()).to_complex(xp)


LAYER_TIME = time_constant("diffusion time L²/D")
DIFFUSION = (
    Element(
        symbol="W",
        name="semi-infinite diffusion (Warburg)",
        parameters=(amplitude("Warburg coefficient", "ohm s^-1/2"),),
        equation="Z = A (1 - j)/sqrt(ω)",
        source="Warburg, Ann. Phys. 303 (1899) 493",
        law=semi_infinite,
    ),
    Element(
        symbol="Wo",
        name="diffusion in a layer, no flux at its end (open circuit)",
        parameters=(amplitude("diffusion resistance Z0"), LAYER_TIME),
        equation="Z = Z0 coth(s)/s, s = sqrt(jω τ)",
        source="Ho, Raistrick, Huggins, J. Electrochem. Soc. 127 (1980) 343",
        law=closed_layer,
    ),
    Element(
        symbol="Ws",
        name="diffusion in a layer, fixed concentration at its end (short circuit)",
        parameters=(amplitude("diffusion resistance Z0"), LAYER_TIME),
        equation="Z = Z0 tanh(s)/s, s = sqrt(jω τ)",
        source="Boukamp, Electrochim. Acta 252 (2017) 154",
        law=open_layer,
    ),
    Element(
        symbol="Sd",
        name="diffusion in a sphere, no flux at its centre",
        parameters=(amplitude("diffusion resistance Z0"), time_constant("diffusion time r²/D")),
        equation="Z = Z0/(s coth s - 1), s = sqrt(jω τ)",
        source="Jacobsen, West, Electrochim. Acta 40 (1995) 255",
        law=sphere,
    ),
)
