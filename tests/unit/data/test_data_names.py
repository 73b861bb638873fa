"""Column names and units: what is understood, with which factor, and what is left alone."""

from __future__ import annotations

import math

import pytest

from sscell.data.columns import columns_from_names, recognised_column
from sscell.data.units import name_and_unit
from sscell.errors import InputError


@pytest.mark.parametrize(
    ("column", "name", "dimension", "factor"),
    [
        ("freq/Hz", "freq", "frequency", 1.0),
        ("Frequency (kHz)", "Frequency", "frequency", 1e3),
        ("f [MHz]", "f", "frequency", 1e6),
        ("f [mHz]", "f", "frequency", 1e-3),
        ("Re(Z)/Ohm", "Re(Z)", "impedance", 1.0),
        ("Re(Z) / mOhm", "Re(Z)", "impedance", 1e-3),
        ("Zre (kΩ)", "Zre", "impedance", 1e3),
        ("Re(Z)/MOhm", "Re(Z)", "impedance", 1e6),
        ("impedance_real_ohm", "impedance_real", "impedance", 1.0),
        ("<I>/mA", "<I>", "current", 1e-3),
        ("I/µA", "I", "current", 1e-6),
        ("time/h", "time", "time", 3600.0),
        ("Phase(Z)/deg", "Phase(Z)", "angle", math.pi / 180),
    ],
)
def test_unit_is_split_from_name(column: str, name: str, dimension: str, factor: float) -> None:
    split, unit = name_and_unit(column)
    assert split == name
    assert unit is not None
    assert (unit.dimension, unit.factor) == (dimension, pytest.approx(factor))


@pytest.mark.parametrize("column", ["Re(Z)", "Zreal [ohm cm2]", "f/mhz", "Q charge/discharge", "time", "Z_re"])
def test_unknown_unit_is_not_guessed(column: str) -> None:
    assert name_and_unit(column) == (column, None)


@pytest.mark.parametrize(
    ("column", "quantity", "sign"),
    [
        ("freq/Hz", "frequency_Hz", 1),
        ("Data: Frequency", "frequency_Hz", 1),
        ("Z'", "real_ohm", 1),
        ("Z''", "imaginary_ohm", 1),
        ('Z"/ohm', "imaginary_ohm", 1),
        ("-Z'' (Ohm)", "imaginary_ohm", -1),
        ("−Im(Z)/Ohm", "imaginary_ohm", -1),
        ("- Im(Z) / Ohm", "imaginary_ohm", -1),
        ("-Im(Zwe-ce)/Ohm", "cell_imaginary_ohm", -1),
        ("-Phase(Z)/deg", "phase_rad", -1),
        ("Imaginary Impedance / ohm", "imaginary_ohm", 1),
        ("Test Time / s", "time_s", 1),
        ("t/s", "time_s", 1),
        ("T/°C", "temperature_K", 1),
        ("Temperature/\ufffdC", "temperature_K", 1),
        ("Current / A", "current_A", 1),
        ("Cycle Count / 1", "cycle", 1),
    ],
)
def test_name_gives_quantity_and_sign(column: str, quantity: str, sign: float) -> None:
    found = recognised_column(0, column)
    assert found is not None
    assert (found.quantity, found.sign) == (quantity, sign)


@pytest.mark.parametrize(
    "column",
    [
        "|I|/A",
        "I Range",
        "control/mA",
        "step time/s",
        "Re(Zce)/Ohm",
        "z cycle",
        "Re(Y)/Ohm-1",
        "freq/Ohm",
        "-freq",
    ],
)
def test_other_columns_are_left_alone(column: str) -> None:
    assert recognised_column(0, column) is None


def test_averaged_column_is_preferred() -> None:
    columns = columns_from_names(["Ewe/V", "freq/Hz", "<Ewe>/V"], "a.mpt")
    assert columns["voltage_V"].name == "<Ewe>/V"
    assert columns["voltage_V"].position == 2


def test_two_spectra_side_by_side_are_refused() -> None:
    with pytest.raises(InputError, match=r"a\.csv has two columns for frequency_Hz, 'f' and 'f' \(columns 1 and 3"):
        columns_from_names(["f", "Zre", "f", "Zim"], "a.csv")
