"""An impedance spectrum, measured or simulated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from sscell.errors import InputError, require
from sscell.records.arrays import owned

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


@dataclass(frozen=True, kw_only=True, eq=False)
class Spectrum:
    """Impedance over frequency, in the order given.

    frequency_Hz: (n,) positive; impedance_ohm: (n,) complex, true sign; area_m2, temperature_K: optional;
    state: what is known of the cell's state (rest_h, voltage_V, drift_V_per_h, ...); provenance: where it is from.
    Raises InputError for unequal lengths, frequencies <= 0 and values that are not finite.
    """

    frequency_Hz: np.ndarray
    impedance_ohm: np.ndarray
    area_m2: float | None = None
    temperature_K: float | None = None
    state: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "frequency_Hz", owned(checked_frequencies(self.frequency_Hz), float))
        z = owned(self.impedance_ohm, complex)
        object.__setattr__(self, "impedance_ohm", z)
        require(
            z.shape == self.frequency_Hz.shape,
            f"Spectrum: impedance_ohm has shape {z.shape} but frequency_Hz has {self.frequency_Hz.shape}; "
            "give one impedance a frequency.",
        )
        bad = np.flatnonzero(~np.isfinite(z))
        require(
            bad.size == 0,
            f"Spectrum: impedance_ohm must be finite, but {bad.size} points are not (the first is point "
            f"{bad[0] if bad.size else 0}); remove them first.",
        )
        require(
            self.area_m2 is None or self.area_m2 > 0,
            f"Spectrum: area_m2 must be positive, got {self.area_m2}; leave it out if it is unknown.",
        )

    def __len__(self) -> int:
        return self.frequency_Hz.size

    @property
    def name(self) -> str:
        """Where it is from, for tables: the file, and which of its sweeps."""
        file, sweep = self.provenance.get("file"), self.provenance.get("sweep")
        many = self.provenance.get("sweeps", 1) != 1
        return f"{file} #{sweep}" if file and sweep and many else str(file or "spectrum")

    @property
    def impedance_ohm_cm2(self) -> np.ndarray:
        """Impedance times the cell's area; raises InputError when the area is unknown."""
        if self.area_m2 is None:
            raise InputError(
                "Spectrum: the area is unknown, so ohm cm2 cannot be given; make the record with area_m2=..."
            )
        return self.impedance_ohm * self.area_m2 * 1e4

    def __repr__(self) -> str:
        size = np.abs(self.impedance_ohm)
        of = f" of {self.name}" if "file" in self.provenance else ""
        about = [f"{points_text(self.frequency_Hz)}, |Z| {size.min():.3g} to {size.max():.3g} ohm"]
        about += [f"{self.area_m2 * 1e4:.4g} cm2"] if self.area_m2 is not None else []
        about += [f"{self.temperature_K:.5g} K"] if self.temperature_K is not None else []
        about += [f"{key} {_short(value)}" for key, value in self.state.items()]
        return f"Spectrum{of}: {', '.join(about)}"

    def to_pandas(self) -> pd.DataFrame:
        """Columns in Battery Data Format names: frequency, real and imaginary impedance."""
        import pandas as pd

        return pd.DataFrame(
            {
                "Frequency / Hz": self.frequency_Hz,
                "Real Impedance / ohm": self.impedance_ohm.real,
                "Imaginary Impedance / ohm": self.impedance_ohm.imag,
            }
        )

    def to_xarray(self) -> xr.Dataset:
        """Dataset over frequency_Hz; real and imaginary parts apart, as netCDF has no complex numbers."""
        import xarray as xr

        return xr.Dataset(
            {
                "impedance_real_ohm": ("frequency_Hz", self.impedance_ohm.real),
                "impedance_imag_ohm": ("frequency_Hz", self.impedance_ohm.imag),
            },
            coords={"frequency_Hz": self.frequency_Hz},
        )


def points_text(frequency_Hz: np.ndarray) -> str:
    """'60 points, 0.01 to 1e+06 Hz'."""
    return f"{frequency_Hz.size} points, {frequency_Hz.min():.4g} to {frequency_Hz.max():.4g} Hz"


def several_spectra(given: Any, where: str) -> list[Spectrum]:
    """One Spectrum or several as a list; raises InputError for anything else, in the name of the function `where`."""
    advice = (
        "make one with ss.Spectrum(frequency_Hz=..., impedance_ohm=...), or read those of a file with "
        "ss.read_spectra(path)."
    )
    if isinstance(given, Spectrum):
        return [given]
    if isinstance(given, str | np.ndarray) or not isinstance(given, Iterable):
        raise InputError(f"{where}: a Spectrum or a list of them is needed, got {_kind(given)}; {advice}")
    several = list(given)
    for k, item in enumerate(several):
        require(
            isinstance(item, Spectrum),
            f"{where}: a Spectrum or a list of them is needed, but item {k} is {_kind(item)}; {advice}",
        )
    return several


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return f"the text {value!r}"
    return "None" if value is None else f"an object of type {type(value).__name__}"


def _short(value: Any) -> str:
    return f"{value:.5g}" if isinstance(value, Real) else str(value)


def checked_frequencies(frequency_Hz: Any) -> np.ndarray:
    """Frequencies as a one-dimensional float array, all finite and positive, else InputError."""
    try:
        f = np.atleast_1d(np.array(frequency_Hz, dtype=float))
    except (TypeError, ValueError):
        raise InputError(f"frequency_Hz must be numbers, got {frequency_Hz!r}.") from None
    require(f.ndim == 1 and f.size > 0, f"frequency_Hz must be a non-empty list of numbers, got shape {f.shape}.")
    bad = f[~(np.isfinite(f) & (f > 0))]
    require(
        bad.size == 0,
        f"frequency_Hz must be positive and finite, got {bad[0] if bad.size else 0} Hz; "
        "leave that point out (zero frequency is a resistance, not a spectrum point).",
    )
    return f
