"""The door: spectra in, distributions of relaxation times out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np

from sscell.records import Spectrum
from sscell.records.spectrum import several_spectra
from sscell.relaxation.basis import spacing_from_times
from sscell.relaxation.batch import check_impedances, relaxation_from_impedances
from sscell.relaxation.cautions import cautions_from_fit
from sscell.relaxation.ends import open_ends
from sscell.relaxation.estimate import Estimate
from sscell.relaxation.peaks import NORMAL_95, peaks_from_distribution
from sscell.relaxation.result import DistributionOfRelaxationTimes


@overload
def drt(spectra: Spectrum, *, weights: str = ..., blocked: bool | None = ...) -> DistributionOfRelaxationTimes: ...
@overload
def drt(
    spectra: Sequence[Spectrum], *, weights: str = ..., blocked: bool | None = ...
) -> list[DistributionOfRelaxationTimes]: ...
def drt(
    spectra: Spectrum | Sequence[Spectrum], *, weights: str = "modulus", blocked: bool | None = None
) -> DistributionOfRelaxationTimes | list[DistributionOfRelaxationTimes]:
    """Distribution of relaxation times of a spectrum, or a list of them for a list; theory: docs/theory/drt.md.

    weights: "modulus" (noise in proportion to |Z|) or "unit" (the same noise everywhere). blocked: whether a series
    capacitor belongs to the cell (None: where −Im Z still rises at the lowest frequencies). Spectra on the same
    frequencies are done together. Raises InputError for anything but spectra, fewer than 8 points, less than a decade,
    or Z = 0.
    """
    given = several_spectra(spectra, "drt")
    results: dict[int, DistributionOfRelaxationTimes] = {}
    for members, capacitor in _alike(given, blocked):
        impedance = np.stack([given[i].impedance_ohm for i in members])
        estimate = relaxation_from_impedances(
            given[members[0]].frequency_Hz, impedance, blocked=capacitor, weights=weights, covariance=True
        )
        results |= {i: _result(given[i], estimate, row, weights) for row, i in enumerate(members)}
    return results[0] if isinstance(spectra, Spectrum) else [results[i] for i in range(len(given))]


def _alike(spectra: Sequence[Spectrum], blocked: bool | None) -> Iterator[tuple[list[int], bool]]:
    """Numbers of the spectra that share their frequencies and the kind of their low end, group by group."""
    groups: dict[bytes, list[int]] = {}
    for i, spectrum in enumerate(spectra):
        groups.setdefault(spectrum.frequency_Hz.tobytes(), []).append(i)
    for members in groups.values():
        frequency, impedance = spectra[members[0]].frequency_Hz, np.stack([spectra[i].impedance_ohm for i in members])
        check_impedances(frequency, impedance)
        open_ = open_ends(frequency, impedance) if blocked is None else np.full(len(members), blocked)
        for capacitor in (False, True):
            if (open_ == capacitor).any():
                yield [i for i, flag in zip(members, open_, strict=True) if flag == capacitor], capacitor


def _result(spectrum: Spectrum, estimate: Estimate, row: int, weights: str) -> DistributionOfRelaxationTimes:
    """The record of one row of a batch."""
    tau, gamma, covariance = estimate.tau_s, estimate.gamma_ohm[row], estimate.covariance[row]  # type: ignore[index]
    resistance, spacing = float(estimate.resistance_ohm[row]), spacing_from_times(tau)
    reach = _reach(np.diag(covariance))
    omega = 2 * np.pi * spectrum.frequency_Hz
    # Beyond an open end the resistance is whatever it takes to look like a capacitor.
    counted = (tau <= 1 / omega.min()) | (not estimate.blocked)
    polarisation = float(spacing * counted @ gamma)
    polarisation_reach = float(spacing * _reach(counted @ covariance[1:, 1:] @ counted))
    fitted = estimate.impedance_ohm[row]
    residuals = (spectrum.impedance_ohm - fitted) / np.abs(spectrum.impedance_ohm)
    return DistributionOfRelaxationTimes(
        tau_s=tau,
        gamma_ohm=gamma,
        lower_ohm=np.maximum(gamma - reach[1:], 0.0),
        upper_ohm=gamma + reach[1:],
        resistance_ohm=resistance,
        resistance_interval_ohm=(max(resistance - float(reach[0]), 0.0), resistance + float(reach[0])),
        inductance_H=float(estimate.inductance_H[row]),
        elastance_per_F=float(estimate.elastance_per_F[row]) if estimate.blocked else None,
        polarisation_ohm=polarisation,
        polarisation_interval_ohm=(max(polarisation - polarisation_reach, 0.0), polarisation + polarisation_reach),
        peaks=peaks_from_distribution(
            tau, gamma, covariance[1:, 1:], counted=counted, measured_s=(1 / omega.max(), 1 / omega.min())
        ),
        regularisation_lambda=float(estimate.strength[row]),
        frequency_Hz=spectrum.frequency_Hz,
        impedance_ohm=fitted,
        residuals=residuals,
        chi_square=float(np.sum(np.abs(residuals) ** 2)),
        noise=float(estimate.noise[row]),
        warnings=cautions_from_fit(spectrum, estimate, row),
        provenance={**spectrum.provenance, "drt_weights": weights},
    )


def _reach(variance: np.ndarray) -> np.ndarray:
    """Half of the 95 % interval; rounding may leave a variance below zero."""
    return np.asarray(NORMAL_95 * np.sqrt(np.maximum(variance, 0.0)))
