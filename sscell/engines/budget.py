"""An impedance split by the part of the cell it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sscell.records import Spectrum

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True, eq=False)
class ImpedanceBudget:
    """Parts of Z by origin: each is ∫ z_k (i_k/I)² dV, complex and not conjugated, so the parts sum to Z.

    spectrum: the whole; parts: origin -> (n,) complex, ohm.
    """

    spectrum: Spectrum
    parts: Mapping[str, np.ndarray]

    @property
    def frequency_Hz(self) -> np.ndarray:
        """(n,) frequencies."""
        return self.spectrum.frequency_Hz

    @property
    def impedance_ohm(self) -> np.ndarray:
        """(n,) the whole impedance."""
        return self.spectrum.impedance_ohm

    def to_pandas(self) -> pd.DataFrame:
        """Frequency, then real and imaginary part of each origin in ohm."""
        import pandas as pd

        columns = {"Frequency / Hz": self.frequency_Hz}
        for name, z in self.parts.items():
            columns[f"{name} real / ohm"] = z.real
            columns[f"{name} imaginary / ohm"] = z.imag
        return pd.DataFrame(columns)
