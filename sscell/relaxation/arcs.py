"""Starting values for circuit fits: a distribution as a given number of arcs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sscell.relaxation.basis import spacing_from_times
from sscell.relaxation.peaks import exponent_from_peak, peak_spans, span_weights
from sscell.relaxation.zarc import zarc_distribution

# Exponents a start may have: regularisation widens a single RC, and flatter arcs are diffusion.
_EXPONENTS = (0.5, 0.98)
_ADDED_EXPONENT = 0.8
# An added arc takes what is left over within half a decade, and never less than this share of the whole.
_ADDED_REACH_DECADES = 0.5
_LEAST_SHARE = 1e-3


class Arcs(NamedTuple):
    """Arcs R/(1 + (jωτ)ⁿ) of each spectrum, all (B, count), in the order of τ."""

    resistance_ohm: np.ndarray
    tau_s: np.ndarray
    exponent: np.ndarray


def arcs_from_distribution(tau_s: np.ndarray, gamma_ohm: np.ndarray, count: int) -> Arcs:
    """`count` arcs for every distribution in gamma_ohm (B, m) over tau_s (m,).

    The peaks of largest area first; where there are fewer, arcs are added where γ exceeds the arcs found so far most.
    """
    arcs = np.array([_arcs(tau_s, gamma, count) for gamma in gamma_ohm])
    order = np.argsort(arcs[:, :, 1], axis=1)
    arcs = np.take_along_axis(arcs, order[:, :, None], axis=1)
    return Arcs(arcs[:, :, 0], arcs[:, :, 1], arcs[:, :, 2])


def _arcs(tau_s: np.ndarray, gamma_ohm: np.ndarray, count: int) -> np.ndarray:
    """Rows R, τ, n (count, 3) of one distribution, in no order."""
    spacing = spacing_from_times(tau_s)
    found = [_arc_from_span(tau_s, gamma_ohm, spacing, *span) for span in peak_spans(gamma_ohm)]
    arcs = sorted(found, reverse=True)[:count]
    least = max(_LEAST_SHARE * spacing * float(gamma_ohm.sum()), np.finfo(float).tiny)
    while len(arcs) < count:
        arcs.append(_added_arc(tau_s, gamma_ohm, spacing, arcs, least))
    return np.array(arcs)


def _arc_from_span(
    tau_s: np.ndarray, gamma_ohm: np.ndarray, spacing: float, top: int, first: int, last: int
) -> tuple[float, float, float]:
    area = spacing * float(span_weights(tau_s.size, first, last) @ gamma_ohm)
    return area, float(tau_s[top]), float(np.clip(exponent_from_peak(area, gamma_ohm[top]), *_EXPONENTS))


def _added_arc(
    tau_s: np.ndarray, gamma_ohm: np.ndarray, spacing: float, arcs: list[tuple[float, float, float]], least: float
) -> tuple[float, float, float]:
    rest = gamma_ohm - sum(zarc_distribution(tau_s, *arc) for arc in arcs)
    top = int(np.argmax(rest))
    reach = round(_ADDED_REACH_DECADES * np.log(10) / spacing)
    near = rest[max(top - reach, 0) : top + reach + 1]
    return max(spacing * float(np.maximum(near, 0).sum()), least), float(tau_s[top]), _ADDED_EXPONENT
