"""Records: the same types whether measured or simulated.

Conventions, stated once: a positive current discharges the cell (as in PyBaMM); impedance has its true sign
(capacitive means a negative imaginary part); SI units, the unit at the end of each name.
"""

from sscell.records.spectrum import Spectrum
from sscell.records.state import CellState, Profile
from sscell.records.trace import CyclingTrace

__all__ = ["CellState", "CyclingTrace", "Profile", "Spectrum"]
