"""Spectra from text tables: names, units, separators, decimals, sweeps, and the sign of Im Z."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from reader_samples import cell_impedance_ohm, table_text

from sscell.data import read_spectra
from sscell.errors import InputError

Write = Callable[..., Path]
# Text carries all digits of a double; a unit factor may cost the last one.
EXACT = 1e-14


def assert_is_the_cell(path: Path, frequency_Hz: np.ndarray) -> None:
    (spectrum,) = read_spectra(path)
    np.testing.assert_allclose(spectrum.frequency_Hz, frequency_Hz, rtol=EXACT)
    np.testing.assert_allclose(spectrum.impedance_ohm, cell_impedance_ohm(frequency_Hz), rtol=1e-13)
    assert spectrum.impedance_ohm.imag.max() < 0
    assert spectrum.impedance_ohm.real[-1] == pytest.approx(110, rel=1e-4)


@pytest.mark.parametrize(
    ("names", "scale"),
    [
        (("freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm"), (1, 1, -1)),
        (("freq/Hz", "Re(Z)/Ohm", "Im(Z)/Ohm"), (1, 1, 1)),
        (("Frequency (kHz)", "Z' (mOhm)", "-Z'' (mOhm)"), (1e-3, 1e3, -1e3)),
        (("f [MHz]", "Zreal [kΩ]", "Zimag [kΩ]"), (1e-6, 1e-3, 1e-3)),
        (("frequency_Hz", "impedance_real_ohm", "impedance_imag_ohm"), (1, 1, 1)),
        (("Frequency / Hz", "Real Impedance / ohm", "Imaginary Impedance / ohm"), (1, 1, 1)),
        (("freq", "Z_real", "Z_imag"), (1, 1, 1)),
    ],
)
@pytest.mark.parametrize(("separator", "extension"), [(",", "csv"), (";", "csv"), ("\t", "tsv")])
def test_named_columns(
    write: Write,
    frequency_Hz: np.ndarray,
    names: tuple[str, ...],
    scale: tuple[float, ...],
    separator: str,
    extension: str,
) -> None:
    z = cell_impedance_ohm(frequency_Hz)
    columns = [x * s for x, s in zip((frequency_Hz, z.real, z.imag), scale, strict=True)]
    assert_is_the_cell(write(f"a.{extension}", table_text(names, columns, separator)), frequency_Hz)


def test_modulus_and_phase(write: Write, frequency_Hz: np.ndarray) -> None:
    z = cell_impedance_ohm(frequency_Hz)
    for unit, phase in (("deg", np.angle(z, deg=True)), ("rad", np.angle(z))):
        names = ("freq/Hz", "|Z|/Ohm", f"Phase(Z)/{unit}")
        assert_is_the_cell(write(f"{unit}.csv", table_text(names, (frequency_Hz, abs(z), phase))), frequency_Hz)
    bad = table_text(("f/Hz", "|Z|/Ohm", "Phase(Z)/deg"), (frequency_Hz, -abs(z), np.angle(z, deg=True)))
    with pytest.raises(InputError, match=r"a modulus must not be negative, but column '\|Z\|/Ohm' has -110 ohm"):
        read_spectra(write("negative.csv", bad))
    with pytest.raises(InputError, match=r"'phase' does not say whether it is in degrees or radians; rename"):
        read_spectra(write("no.csv", table_text(("f/Hz", "|Z|/Ohm", "phase"), (frequency_Hz, abs(z), phase))))


def test_decimal_commas(write: Write, frequency_Hz: np.ndarray) -> None:
    z = cell_impedance_ohm(frequency_Hz)
    text = table_text(("freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm"), (frequency_Hz, z.real, -z.imag), ";")
    path = write("comma.csv", text.replace(".", ","))
    assert_is_the_cell(path, frequency_Hz)
    assert "Commas inside numbers were read as decimal points." in read_spectra(path)[0].provenance["assumptions"]
    mixed = write("mixed.csv", "freq/Hz;Re(Z)/Ohm;-Im(Z)/Ohm\n1.000;1,5;2\n100;2,5;3\n")
    with pytest.raises(InputError, match=r"mixed\.csv has numbers with commas \(line 2\) and with points \(line 2\)"):
        read_spectra(mixed)


def test_preamble_units_line_comments_bom_and_blank_lines(write: Write, frequency_Hz: np.ndarray) -> None:
    z = cell_impedance_ohm(frequency_Hz)
    body = table_text((), (frequency_Hz / 1e3, z.real, -z.imag))
    text = "\ufeffMeasured by me, at 25 C\n\n# a remark\nfreq,Zre,-Zim\nkHz,Ohm,Ohm\n# more\n" + body + "\n\n"
    path = write("a.csv", text)
    assert_is_the_cell(path, frequency_Hz)
    assert "Line 5 was read as the units of the columns." in read_spectra(path)[0].provenance["assumptions"]


def test_remark_below_the_names_is_skipped_and_noted(write: Write, frequency_Hz: np.ndarray) -> None:
    """As RelaxIS writes it: a line with fewer cells than names, none a number."""
    z = cell_impedance_ohm(frequency_Hz)
    names = ("Data: Frequency", "Data: Z'", "Data: Z''")
    lines = table_text(names, (frequency_Hz, z.real, z.imag), "\t").split("\n")
    path = write("a.txt", "\n".join(["Spectrum export", lines[0], "DC=-0.08\tModel\t", *lines[1:]]))
    assert_is_the_cell(path, frequency_Hz)
    assert any(n.startswith("Line 3, 'DC=-0.08") for n in read_spectra(path)[0].provenance["assumptions"])


def test_utf16_and_savetxt_header(write: Write, frequency_Hz: np.ndarray) -> None:
    z = cell_impedance_ohm(frequency_Hz)
    text = table_text(("# freq/Hz", "Re(Z)/Ohm", "Im(Z)/Ohm"), (frequency_Hz, z.real, z.imag), "\t")
    assert_is_the_cell(write("a.txt", text.encode("utf-16")), frequency_Hz)


@pytest.mark.parametrize("separator", [",", ";", "\t", "  "])
def test_unnamed_columns_are_read_with_a_stated_assumption(
    write: Write, frequency_Hz: np.ndarray, separator: str
) -> None:
    z = cell_impedance_ohm(frequency_Hz)
    path = write("a.csv", table_text((), (frequency_Hz, z.real, z.imag), separator))
    assert_is_the_cell(path, frequency_Hz)
    assert read_spectra(path)[0].provenance["assumptions"] == (
        "The columns have no names: they were read as frequency/Hz, Re Z/ohm and Im Z/ohm.",
        "Column 3 is the imaginary part with its true sign, as the numbers show.",
    )


def test_unnamed_mirrored_column_is_turned_round_and_noted(write: Write, frequency_Hz: np.ndarray) -> None:
    z = cell_impedance_ohm(frequency_Hz)
    path = write("a.csv", table_text((), (frequency_Hz, z.real, -z.imag)))
    assert_is_the_cell(path, frequency_Hz)
    assert "was turned round" in read_spectra(path)[0].provenance["assumptions"][1]


def test_unnamed_column_of_unclear_sign_is_refused(write: Write) -> None:
    path = write("coil.csv", "1000,5,3\n100,5,2\n10,5,1\n")
    with pytest.raises(InputError, match=r"coil\.csv: the sign of the imaginary part .* cannot be told"):
        read_spectra(path)
    named = write("named.csv", "f,Zre,Zim\n1000,5,3\n100,5,2\n10,5,1\n")
    np.testing.assert_array_equal(read_spectra(named)[0].impedance_ohm, [5 + 3j, 5 + 2j, 5 + 1j])


@pytest.mark.parametrize("inductance_H", [0.0, 1e-5])
def test_mirrored_column_is_refused_with_the_remedy(
    write: Write, frequency_Hz: np.ndarray, inductance_H: float
) -> None:
    z = cell_impedance_ohm(frequency_Hz) + 2j * np.pi * frequency_Hz * inductance_H
    columns = (frequency_Hz, z.real, -z.imag)
    path = write("a.csv", table_text(("freq", "Zreal", "Zimag"), columns))
    with pytest.raises(InputError, match=r"a\.csv: column 'Zimag' makes \d+% .*rename it to '-Im\(Z\)/Ohm'"):
        read_spectra(path)
    (mended,) = read_spectra(write("b.csv", table_text(("freq", "Zreal", "-Im(Z)/Ohm"), columns)))
    np.testing.assert_allclose(mended.impedance_ohm, z, rtol=1e-13)


def test_minus_in_the_name_of_a_true_column_is_refused(write: Write, frequency_Hz: np.ndarray) -> None:
    z = cell_impedance_ohm(frequency_Hz)
    path = write("a.csv", table_text(("freq", "Zreal", "-Zimag"), (frequency_Hz, z.real, z.imag)))
    with pytest.raises(InputError, match=r"column '-Zimag' makes 100% .*rename it to 'Im\(Z\)/Ohm'\."):
        read_spectra(path)


def test_mirrored_phase_is_refused(write: Write, frequency_Hz: np.ndarray) -> None:
    z = cell_impedance_ohm(frequency_Hz)
    columns = (frequency_Hz, abs(z), -np.angle(z, deg=True))
    path = write("a.csv", table_text(("freq/Hz", "|Z|/Ohm", "Phase(Z)/deg"), columns))
    with pytest.raises(InputError, match=r"column 'Phase\(Z\)/deg' .*rename it to '-Phase\(Z\)/deg'"):
        read_spectra(path)


@pytest.mark.parametrize("noise", [0.0, 1e-3])
def test_coil_is_read_where_its_columns_name_the_sign(write: Write, frequency_Hz: np.ndarray, noise: float) -> None:
    """A shorted lead: Im Z > 0 everywhere, which Re Z neither confirms nor refutes."""
    draw = np.random.default_rng(1)
    z = (1 + noise * draw.normal(size=frequency_Hz.size)) * (5 + 2j * np.pi * frequency_Hz * 1e-6)
    modulus, phase_deg = abs(z), np.angle(z, deg=True)
    tables = {
        ("freq", "Zreal", "Zimag"): (z.real, z.imag),
        ("freq/Hz", "Z'/Ohm", "Z''/Ohm"): (z.real, z.imag),
        ("freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm"): (z.real, -z.imag),
        ("freq/Hz", "|Z|/Ohm", "Phase(Z)/deg"): (modulus, phase_deg),
        ("freq/Hz", "|Z|/Ohm", "-Phase(Z)/deg"): (modulus, -phase_deg),
    }
    for names, columns in tables.items():
        (coil,) = read_spectra(write("a.csv", table_text(names, (frequency_Hz, *columns))))
        np.testing.assert_allclose(coil.impedance_ohm, z, rtol=EXACT)
        notes = " ".join(coil.provenance["assumptions"])
        sign = "minus the imaginary part" if names[2].startswith("-") else "inductive throughout, as a coil"
        assert sign in notes


def test_mirrored_blocking_electrode_is_refused(write: Write, frequency_Hz: np.ndarray) -> None:
    """Inductive throughout like a coil, but Im Z falls with frequency, which no coil does."""
    z = 5 + 1 / (2j * np.pi * frequency_Hz * 1e-6)
    path = write("a.csv", table_text(("freq", "Zreal", "Zimag"), (frequency_Hz, z.real, -z.imag)))
    with pytest.raises(InputError, match=r"if the cell really is a coil, store minus these values as '-Im\(Z\)/Ohm'"):
        read_spectra(path)


def test_sweeps_zero_rows_state_and_provenance(write: Write, frequency_Hz: np.ndarray) -> None:
    """Three sweeps with a row of frequency 0 after each, the impedance empty there."""
    z = cell_impedance_ohm(frequency_Hz)
    lines = ["freq/Hz,Re(Z)/Ohm,-Im(Z)/Ohm,time/s,<Ewe>/V,T/°C,note"]
    for sweep in range(3):
        lines += [
            f"{f!r},{x.real!r},{-x.imag!r},{sweep * 100 + i},{3 + sweep / 10},45,a"
            for i, (f, x) in enumerate(zip(frequency_Hz.tolist(), ((sweep + 1) * z).tolist(), strict=True))
        ]
        lines.append(f"0,,,{sweep * 100 + 50},0,45,b")
    path = write("a.csv", "\n".join(lines))
    spectra = read_spectra(path)
    assert [len(s) for s in spectra] == [31, 31, 31]
    for number, spectrum in enumerate(spectra, start=1):
        np.testing.assert_allclose(spectrum.impedance_ohm, number * z, rtol=1e-13)
        assert spectrum.state == {
            "start_time_s": (number - 1) * 100,
            "voltage_V": pytest.approx(2.9 + number / 10),
        }
        assert spectrum.temperature_K == pytest.approx(318.15)
        p = spectrum.provenance
        assert (p["sweep"], p["sweeps"], p["dropped_zero_frequency_rows"]) == (number, 3, 3)
        assert (p["file"], p["format"]) == ("a.csv", "delimited text")
        assert p["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert p["columns"][:2] == ("freq/Hz", "Re(Z)/Ohm")
        assert p["impedance_columns"] == ("Re(Z)/Ohm", "-Im(Z)/Ohm")


def test_single_point_of_an_aborted_sweep_is_left_out_and_noted(write: Write) -> None:
    path = write("a.csv", "freq/Hz,Re(Z)/Ohm,-Im(Z)/Ohm\n100,1,1\n10,2,1\n100,1,1\n")
    (spectrum,) = read_spectra(path)
    assert len(spectrum) == 2
    assert "Sweeps of a single point were left out: 1." in spectrum.provenance["assumptions"]


def test_text_in_a_column_that_is_not_needed_does_not_matter(write: Write) -> None:
    path = write("a.csv", "freq/Hz,Re(Z)/Ohm,-Im(Z)/Ohm,time/s,Ewe/V\n100,1,1,n.a.,x\n10,2,1,n.a.,3\n")
    (spectrum,) = read_spectra(path)
    assert spectrum.state == {}
    np.testing.assert_array_equal(spectrum.impedance_ohm, [1 - 1j, 2 - 1j])


def test_own_export_comes_back(write: Write, tmp_path: Path, frequency_Hz: np.ndarray) -> None:
    from sscell.records import Spectrum

    made = Spectrum(frequency_Hz=frequency_Hz, impedance_ohm=cell_impedance_ohm(frequency_Hz))
    made.to_pandas().to_csv(tmp_path / "own.csv", index=False)
    assert_is_the_cell(tmp_path / "own.csv", frequency_Hz)
