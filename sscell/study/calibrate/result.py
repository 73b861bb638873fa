"""What a calibration gives back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sscell.cell import Cell
from sscell.errors import nearest_key, require
from sscell.study.calibrate.conditions import Difference
from sscell.study.calibrate.evidence import Datum
from sscell.study.calibrate.known import Direction, Known
from sscell.study.calibrate.left_out import Predicted, Trade, Widened
from sscell.study.calibrate.posterior import Posterior
from sscell.study.calibrate.profile import ProfileLikelihood
from sscell.study.calibrate.schema import Study
from sscell.study.calibrate.search import Start
from sscell.study.calibrate.unknowns import Key, Point, Unknowns
from sscell.study.facts import FactRow

if TYPE_CHECKING:
    import pandas as pd


class Beside(NamedTuple):
    """A datum beside its calibrated values (n,) and their 95 % interval over the posterior (cell-to-cell spread too).

    off: its largest residual in standard deviations; shift: by how many a finer mesh and smaller time steps move it
    (NaN: the finer run failed).
    """

    datum: Datum
    values: np.ndarray
    low: np.ndarray
    high: np.ndarray
    off: float
    shift: float


class Band(NamedTuple):
    """A sample's run cycle by cycle, (cycles,) each, over draws of the posterior: 2.5 %, median, 97.5 %."""

    sample: str
    run: str
    discharge_mAh_per_g: tuple[np.ndarray, np.ndarray, np.ndarray]
    efficiency_percent: tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True, kw_only=True, eq=False)
class Calibration:
    """What a study's data say of its unknowns; `ss.calibrate` makes it.

    known: one row an unknown; together: sentences on what the data cannot tell apart; directions: combinations of
    unknowns from best to worst known; beside: every datum that was fitted; facts: all facts of the study at the best
    point; best: where the search ended; near: the same on the rough mesh, where profiles and what is left out begin;
    starts: as far as each went there, by cost; u, covariance: coordinates of all unknowns (P,) at the best point, and
    their covariance; apart: (sample, run) -> how far that cell is from the mean, in standard deviations of
    `cell_spread`; aside: facts to be fitted that the study does not simulate; held_out: whose data were not fitted. The
    rest is there if the study asks for it.
    """

    path: Path
    study: Study
    known: Sequence[Known]
    together: Sequence[str]
    directions: Sequence[Direction]
    beside: Sequence[Beside]
    facts: Sequence[FactRow]
    best: Start
    near: Start
    starts: Sequence[Start]
    u: np.ndarray
    covariance: np.ndarray
    apart: Mapping[Key, np.ndarray]
    bands: Sequence[Band] = ()
    held_out: Sequence[str] = ()
    predicted: Sequence[Predicted] = ()
    trades: Sequence[Trade] = ()
    widened: Sequence[Widened] = ()
    profiles: Sequence[ProfileLikelihood] = ()
    posterior: Posterior | None = None
    differences: Sequence[Difference] = ()
    aside: Sequence[str] = ()
    inputs: Mapping[str, bytes] = field(default_factory=dict)
    folder: Path | None = None

    @property
    def cost(self) -> float:
        """Half the sum of squares at the best point, priors included."""
        return self.best.cost

    @property
    def aicc(self) -> float:
        """Akaike's criterion for few data, to compare studies of the same data; lower by 10 is better without doubt."""
        free, numbers = self.counts
        return 2 * self.cost + 2 * free + 2 * free * (free + 1) / max(numbers - free - 1, 1)

    @property
    def values(self) -> dict[str, float]:
        """Parameter -> value, those that were fixed too; names as in the study file."""
        fixed = {name: spec.value for name, spec in self.study.parameters.items() if spec.fixed}
        return {row.name: row.value for row in self.known} | fixed

    def cell(self, sample: str, run: str) -> Cell:
        """The calibrated cell of a sample in a run, to simulate what was not measured."""
        for what, name, names in (("run", run, self.study.runs), ("sample", sample, self.study.samples)):
            require(name in names, f"Calibration.cell: '{name}' is no {what} of the study{nearest_key(name, names)}.")
        point = Point(self.u[: len(self.known)], np.array(list(self.apart.values())))
        return Unknowns(self.study, list(self.apart)).cell((sample, run), point)

    @property
    def parameters(self) -> pd.DataFrame:
        """A row a free parameter: name, value, low, high (95 %), unit, prior, what it is told by, source."""
        import pandas as pd

        return pd.DataFrame([row._asdict() for row in self.known])

    @property
    def counts(self) -> tuple[int, int]:
        """How many free parameters there are (what varies from cell to cell not counted), and how many numbers."""
        return len(self.known), sum(row.datum.counts for row in self.beside)

    def to_json(self) -> dict[str, Any]:
        """What `calibrated.json` holds."""
        return {
            "title": self.study.title,
            "citation": self.study.citation,
            "held_out": list(self.held_out),
            "parameters": {
                row.name: {
                    "value": row.value,
                    "low": row.low,
                    "high": row.high,
                    "unit": row.unit,
                    "told_by": row.word or "the data",
                    "prior": row.prior,
                    "source": row.source,
                }
                for row in self.known
            },
            "fixed": {
                name: {"value": spec.value, "source": spec.source}
                for name, spec in self.study.parameters.items()
                if spec.fixed
            },
        }
