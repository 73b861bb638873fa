"""Distribution of relaxation times: an impedance spectrum as a continuum of RC elements, without a circuit.

`drt` is for people (records, intervals, peaks, warnings); `relaxation_from_impedances` and `arcs_from_distribution`
are for programs (arrays, many spectra on one grid).
"""

from sscell.relaxation.arcs import Arcs, arcs_from_distribution
from sscell.relaxation.batch import relaxation_from_impedances
from sscell.relaxation.ends import open_ends
from sscell.relaxation.estimate import Estimate
from sscell.relaxation.peaks import Peak
from sscell.relaxation.result import DistributionOfRelaxationTimes
from sscell.relaxation.spectra import drt
from sscell.relaxation.zarc import zarc_distribution

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
