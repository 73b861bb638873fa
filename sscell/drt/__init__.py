"""Distribution of relaxation times: an impedance spectrum as a continuum of RC elements, without a circuit.

`drt` is for people (records, intervals, peaks, warnings); `relaxation_from_impedances` and `arcs_from_distribution`
are for programs (arrays, many spectra on one grid).
"""

from sscell.drt.arcs import Arcs, arcs_from_distribution
from sscell.drt.batch import relaxation_from_impedances
from sscell.drt.ends import open_ends
from sscell.drt.estimate import Estimate
from sscell.drt.peaks import Peak
from sscell.drt.result import DistributionOfRelaxationTimes
from sscell.drt.spectra import drt
from sscell.drt.zarc import zarc_distribution

__all__ = [
    "Arcs",
    "DistributionOfRelaxationTimes",
    "Estimate",
    "Peak",
    "arcs_from_distribution",
    "drt",
    "open_ends",
    "relaxation_from_impedances",
    "zarc_distribution",
]
