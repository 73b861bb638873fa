"""The arc width that a circuit fit reads off a spectrum, as experimenters report interfacial resistance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sscell.fit import fit_circuit
from sscell.records import Spectrum

# The two arcs hold the interface's layers and its charge transfer, the last element the rise of diffusion.
CIRCUIT = "L0-R0-p(R1,CPE1)-p(R2,CPE2)-CPE3"
LOWEST_HZ = 0.1  # where the study's spectra end
FEWEST_POINTS = 12
BOUNDS = {f"CPE{k}_1": (0.4, 1.0) for k in (1, 2, 3)}


def arc_widths_ohm_cm2(spectra: Sequence[Spectrum]) -> list[float]:
    """R1 + R2 of each spectrum above 0.1 Hz, in ohm cm²; NaN for too few points and where the fit does not end."""
    able = [s for s in spectra if (s.frequency_Hz >= LOWEST_HZ).sum() >= FEWEST_POINTS]
    fits = fit_circuit(CIRCUIT, able, band=(LOWEST_HZ, np.inf), bounds=BOUNDS) if able else []
    widths = {
        id(s): 1e4 * (s.area_m2 or np.nan) * (fit.values["R1"] + fit.values["R2"]) if fit.converged else float("nan")
        for s, fit in zip(able, fits, strict=True)
    }
    return [float(widths.get(id(s), float("nan"))) for s in spectra]
