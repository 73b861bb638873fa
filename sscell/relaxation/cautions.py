"""What a distribution cannot say about a spectrum, in plain words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sscell.records import Spectrum
from sscell.relaxation.estimate import Estimate

# −Im Z of the fit at an end, as a share of |Z|, from which the arc there counts as cut off.
_CUT_SHARE = 0.05
# Residuals of the non-negative fit over those of one that may be negative, and their least size, to be worth a word.
_EXCESS = 2.0
_LEAST_NOISE = 3e-3
_DOUBT = "do not trust the peaks"


def cautions_from_fit(spectrum: Spectrum, estimate: Estimate, row: int) -> tuple[str, ...]:
    """Sentences for the spectrum in `row` of the batch; none where there is nothing to say."""
    frequency_Hz = spectrum.frequency_Hz
    low, high = int(np.argmin(frequency_Hz)), int(np.argmax(frequency_Hz))
    share = -estimate.impedance_ohm[row].imag / np.abs(spectrum.impedance_ohm)
    found = (
        _low_end(frequency_Hz[low], share[low], estimate.blocked),
        _high_end(frequency_Hz[high], share[high]),
        _not_a_distribution(estimate.noise[row], estimate.plain_noise[row]),
    )
    return tuple(sentence for sentence in found if sentence)


def peaks_are_doubtful(cautions: Sequence[str]) -> bool:
    """Whether one of the sentences tells not to trust the peaks."""
    return any(_DOUBT in sentence for sentence in cautions)


def _low_end(frequency_Hz: float, share: float, blocked: bool) -> str:
    if blocked:
        return (
            f"The low-frequency end is open (−Im Z is {100 * share:.0f} % of |Z| at {frequency_Hz:.3g} Hz): a series "
            "capacitor takes what lies beyond, and polarisation_ohm counts only τ up to "
            f"{1 / (2 * np.pi * frequency_Hz):.3g} s."
        )
    if share > _CUT_SHARE:
        return (
            f"The spectrum ends before its arc closes (−Im Z is {100 * share:.0f} % of |Z| at {frequency_Hz:.3g} Hz): "
            "polarisation_ohm is partly extrapolated."
        )
    return ""


def _high_end(frequency_Hz: float, share: float) -> str:
    if share <= _CUT_SHARE:
        return ""
    return (
        f"The spectrum begins within an arc (−Im Z is {100 * share:.0f} % of |Z| at {frequency_Hz:.3g} Hz): series "
        "resistance and the fastest part of γ are partly extrapolated and trade with each other."
    )


def _not_a_distribution(noise: float, plain_noise: float) -> str:
    if noise < _LEAST_NOISE or noise < _EXCESS * plain_noise:
        return ""
    return (
        f"A non-negative distribution leaves residuals of {100 * noise:.2g} %, one of either sign "
        f"{100 * plain_noise:.2g} %: the spectrum has an inductive loop or drifts, or an arc sharper than a smooth "
        f"distribution can follow, such as that of a single resistor beside a capacitor; {_DOUBT}."
    )
