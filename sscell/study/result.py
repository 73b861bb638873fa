"""A finished study: its scenario, its jobs, its facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sscell.interface import InterfaceState
from sscell.records import CyclingTrace, Spectrum
from sscell.study.facts import FactRow
from sscell.study.jobs import JobResult
from sscell.study.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True, eq=False)
class MeasuredRecord:
    """A measured file of the scenario, read: spectra or a cycling trace."""

    label: str
    spectra: Sequence[Spectrum] = ()
    trace: CyclingTrace | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class StudyResult:
    """Everything a study gave.

    jobs: one a sample and run; facts: one row a fact of the scenario's facts file; inputs: every file it was made
    from, by name, as it was when the study began.
    """

    path: Path
    scenario: Scenario
    quick: bool
    jobs: Sequence[JobResult]
    facts: Sequence[FactRow]
    measured: Sequence[MeasuredRecord]
    summary: pd.DataFrame
    inputs: Mapping[str, bytes]
    folder: Path | None = None

    def job(self, sample: str, run: str) -> JobResult | None:
        """The job of a sample in a run, if the scenario has it."""
        return next((j for j in self.jobs if j.sample == sample and j.run == run), None)

    def interface(self, sample: str) -> InterfaceState:
        """The interface of a sample."""
        interface = next(j.cell.interface for j in self.jobs if j.sample == sample)
        assert interface is not None
        return interface

    @property
    def problems(self) -> list[str]:
        """What failed, each named by run and sample."""
        return [f"{j.run}, {j.sample}: {j.problem}" for j in self.jobs if j.problem]

    @property
    def warnings(self) -> list[str]:
        """What the laws warned of, each named by sample, none twice."""
        return list(dict.fromkeys(f"{j.sample}: {w}" for j in self.jobs for w in j.warnings))
