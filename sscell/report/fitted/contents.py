"""What a report on fits holds: every spectrum with its fits, its Kramers-Kronig verdict and its relaxation times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sscell.errors import InputError, require
from sscell.fit.result import FitResult
from sscell.fit.series_result import Comparison, SeriesResult
from sscell.records import Spectrum
from sscell.relaxation import DistributionOfRelaxationTimes
from sscell.report.fitted.ranking import Ranked, ranked
from sscell.validation import KramersKronigResult, kramers_kronig


@dataclass(frozen=True, kw_only=True, eq=False)
class Entry:
    """One spectrum: its fits, best first where there are several; verdict, distribution: None where not to be had."""

    key: str
    spectrum: Spectrum
    fits: tuple[Ranked, ...]
    verdict: KramersKronigResult | None
    distribution: DistributionOfRelaxationTimes | None

    @property
    def best(self) -> FitResult:
        """The fit that the AICc prefers, or the only one."""
        return self.fits[0].fit

    @property
    def name(self) -> str:
        return self.best.name


@dataclass(frozen=True, kw_only=True, eq=False)
class FitReport:
    """All that is written; problems: what failed, a sentence each."""

    title: str
    entries: tuple[Entry, ...]
    series: SeriesResult | None = None
    comparisons: tuple[Comparison, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def fits(self) -> tuple[FitResult, ...]:
        """Every fit, spectrum by spectrum."""
        return tuple(r.fit for entry in self.entries for r in entry.fits)

    @property
    def circuits(self) -> tuple[str, ...]:
        """The circuits in the order in which they come first."""
        return tuple(dict.fromkeys(fit.circuit for fit in self.fits))


@dataclass(frozen=True, eq=False)
class _Group:
    spectrum: Spectrum
    fits: list[FitResult] = field(default_factory=list)


def report_from_fits(
    fits: Sequence[FitResult],
    *,
    title: str,
    series: SeriesResult | None = None,
    comparisons: Sequence[Comparison] = (),
    drt: bool = True,
    problems: Sequence[str] = (),
) -> FitReport:
    """Fits grouped by spectrum, each tested and turned into relaxation times; fits of a series come from it."""
    several = list(series.fits) if series is not None and not fits else list(fits)
    for k, fit in enumerate(several):
        require(
            isinstance(fit, FitResult),
            f"write_fit_report: item {k} is a {type(fit).__name__}, not a FitResult; give what ss.fit_circuit returns.",
        )
    require(len(several) > 0, "write_fit_report: no fits were given; give what ss.fit_circuit returns.")
    groups: dict[int, _Group] = {}
    for fit in several:
        groups.setdefault(id(fit.spectrum), _Group(fit.spectrum)).fits.append(fit)
    spectra = [group.spectrum for group in groups.values()]
    best = [ranked(group.fits) for group in groups.values()]
    verdicts = verdicts_of(spectra)
    used = [_used_part(spectrum, r[0].fit.used) for spectrum, r in zip(spectra, best, strict=True)]
    distributions = _distributions(used) if drt else [None] * len(used)
    return FitReport(
        title=title,
        entries=tuple(
            Entry(key=f"spectrum-{k}", spectrum=spectrum, fits=r, verdict=verdict, distribution=distribution)
            for k, (spectrum, r, verdict, distribution) in enumerate(
                zip(spectra, best, verdicts, distributions, strict=True), start=1
            )
        ),
        series=series,
        comparisons=tuple(comparisons),
        problems=tuple(problems),
    )


def verdicts_of(spectra: Sequence[Spectrum]) -> list[KramersKronigResult | None]:
    """Kramers-Kronig tests; None for spectra that cannot be tested, such as those with too few points."""
    return _each(kramers_kronig, spectra)


def _distributions(spectra: Sequence[Spectrum]) -> list[DistributionOfRelaxationTimes | None]:
    from sscell.relaxation import drt

    return _each(drt, spectra)


def _each(method: Callable[[Sequence[Spectrum]], Any], spectra: Sequence[Spectrum]) -> list[Any]:
    """All in one call, which is fast; one by one where one of them is refused, None for that one."""
    try:
        return list(method(spectra))
    except InputError:
        return [None] if len(spectra) == 1 else [found for s in spectra for found in _each(method, [s])]


def _used_part(spectrum: Spectrum, used: np.ndarray) -> Spectrum:
    """The points that the fit used too."""
    if used.all():
        return spectrum
    return replace(spectrum, frequency_Hz=spectrum.frequency_Hz[used], impedance_ohm=spectrum.impedance_ohm[used])
