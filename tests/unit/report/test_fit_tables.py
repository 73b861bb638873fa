"""Tables of fits: CSV, Markdown, LaTeX and JSON hold the numbers of the fits, and text stays text."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fit_samples import NASTY, TEXT, at_bound, comparison, fits, poor_fits, series, spectra

import sscell as ss
from sscell.errors import InputError
from sscell.fit.determination import Determination, determinations
from sscell.report.fitted.contents import report_from_fits
from sscell.report.fitted.lines import circuit_lines, note_of, parameter_lines
from sscell.report.fitted.record import record_from_report
from sscell.report.fitted.tables import comparisons_frame, fits_frame, peaks_frame, points_frame
from sscell.report.fitted.text_tables import latex_from_report, markdown_from_report
from sscell.report.fitted.words import outcome, summed_warnings


def report(**options):
    return report_from_fits(fits(), title="two", drt=False, **options)


def test_csv_row_is_the_fit() -> None:
    """One row a spectrum; values to the last digit, per area by the stated area of 0.5 cm²."""
    frame = fits_frame(report())
    assert list(frame["file"]) == [NASTY, "b.csv"]
    for row, fit in zip(frame.to_dict(orient="records"), fits(), strict=True):
        assert row["R1 / ohm"] == fit.values["R1"]
        assert row["R1 standard error / ohm"] == fit.standard_errors["R1"]
        assert (row["R1 lower 95 / ohm"], row["R1 upper 95 / ohm"]) == fit.intervals["R1"]
        assert row["R1 / ohm cm^2"] == pytest.approx(0.5 * fit.values["R1"], rel=1e-12)
        assert row["C1 / F cm^-2"] == pytest.approx(fit.values["C1"] / 0.5, rel=1e-12)
        assert (row["AICc"], row["status"], row["circuit"]) == (fit.aicc, "converged", TEXT)


def test_csv_reads_back(tmp_path: Path) -> None:
    """File names with separators and quotes survive."""
    fits_frame(report()).to_csv(tmp_path / "fits.csv", index=False)
    back = pd.read_csv(tmp_path / "fits.csv")
    assert back["file"][0] == NASTY
    assert back["R1 / ohm"][0] == fits()[0].values["R1"]


def test_points_hold_data_fit_and_what_was_used() -> None:
    frame = points_frame(report())
    own = frame[frame["file"] == "b.csv"]
    fit = fits()[1]
    assert np.array_equal(own["Frequency / Hz"], spectra()[1].frequency_Hz)
    assert np.array_equal(own["Fitted Real Impedance / ohm"], fit.impedance_ohm.real)
    assert np.array_equal(own["Used"], fit.used)
    assert not own["Used"].all()
    residual = own["Imaginary Impedance / ohm"] - own["Fitted Imaginary Impedance / ohm"]
    assert np.allclose(own["Residual Imaginary / %"], 100 * residual / np.abs(spectra()[1].impedance_ohm), rtol=1e-9)


def test_peaks_table() -> None:
    """One arc: the largest peak lies at its RC of 10 ms to 20 ms within its interval."""
    frame = peaks_frame(report_from_fits(fits(), title="two"))
    first = frame[frame["file"] == NASTY]
    largest = first.loc[first["resistance_ohm"].idxmax()]
    assert largest["tau_s"] == pytest.approx(1e-2, rel=0.05)


def test_markdown_is_one_table() -> None:
    """Every row has as many cells as the heading, although the name holds a bar."""
    text = markdown_from_report(report())
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 4
    assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1
    assert r"<b>" not in text and r"\<b\>\|50%\#" in rows[2]


def test_latex_escapes_and_balances() -> None:
    r"""Rows of equal columns; nothing left that LaTeX would take for a command, a comment or mathematics."""
    text = latex_from_report(report(series=series()))
    body = text[text.index(r"\toprule") : text.index(r"\bottomrule")]
    rows = [line for line in body.splitlines() if line.endswith(r"\\")]
    assert len(rows) == 4
    assert len({len(re.findall(r"(?<!\\)&", row)) for row in rows}) == 1
    assert r"a\_1 \& \textless{}b\textgreater{}|50\%\#\{\$\}\textasciitilde{}\textasciicircum{}.csv" in text
    assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") == 1
    assert r"anneal\_temperature\_C" in text


def test_json_is_the_fit() -> None:
    """By the letter of the standard: what is not known is null."""
    bad = at_bound(fits()[0], "C1")
    record = record_from_report(report_from_fits([bad], title="one", drt=False), None)
    back = json.loads(json.dumps(record, allow_nan=False))
    (found,) = back["spectra"][0]["fits"]
    assert found["values"] == dict(bad.values)
    assert found["standard_errors"]["C1"] is None
    assert found["correlation"] == bad.correlation.tolist()
    assert back["spectra"][0]["area_cm2"] == pytest.approx(0.5)
    assert back["spectra"][0]["kramers_kronig"]["valid"] == 31


def test_series_and_comparison_in_json() -> None:
    record = record_from_report(report(series=series(), comparisons=[comparison()]), Path("out"))
    assert record["series"]["trends"]["R1"]["spread"] == 0.041
    assert record["spectra"][1]["condition"] == {"anneal_temperature_C": 700}
    assert record["comparisons"][0]["differences"]["R1"]["ratio_interval"] == [1.8, 2.2]
    frame = comparisons_frame(report(series=series(), comparisons=[comparison()]))
    assert list(frame["ratio_upper_95"]) == [2.2]


def test_akaike_weights() -> None:
    """exp(-Δ/2) over their sum (Burnham and Anderson); fits on other points do not compare."""
    both = report_from_fits([*poor_fits(), *fits()], title="two", drt=False)
    for entry, good, poor in zip(both.entries, fits(), poor_fits(), strict=True):
        assert [r.fit.circuit for r in entry.fits] == [TEXT, "R0"]
        assert entry.fits[1].difference == pytest.approx(poor.aicc - good.aicc)
        assert entry.fits[0].weight == pytest.approx(1 / (1 + np.exp(-(poor.aicc - good.aicc) / 2)))
    assert [line.best_of for line in circuit_lines(both)] == ["2 of 2", "0 of 2"]
    other = ss.fit_circuit("R0", spectra()[1], starts=2, band="all")
    mixed = report_from_fits([other, fits()[1]], title="one", drt=False)
    assert [r.weight for r in mixed.entries[0].fits] == [None, None]
    assert circuit_lines(mixed) == []


def test_notes_on_parameters() -> None:
    """Fixed, at its bound, not determined: each said, and without an error that means nothing."""
    fixed = ss.fit_circuit(TEXT, spectra()[0], starts=4, fixed={"R0": 10.0})
    assert [line.note for line in parameter_lines(fixed)] == ["fixed", "", ""]
    bound = at_bound(fits()[0], "C1")
    line = parameter_lines(bound)[2]
    assert (line.note, line.number.error, line.interval, line.loose) == ("at its bound", "", "", True)
    open_ = dict.fromkeys(("R0", "R1", "C1"), Determination.NOT)
    loose = parameter_lines(replace(fits()[0], determination=open_))
    assert [each.note for each in loose] == ["not determined"] * 3
    assert note_of(fits()[0], fits()[0].model.parameters[1]) == ""


def with_error(share: float, further: float = 0.0):
    """The fit as it would be if R1 had that relative error, and the misfit stayed low so far beyond."""
    fit = fits()[0]
    space, error = fit.task.problem.space, np.where([n == "R1" for n in fit.free], share, 0.01)
    beyond = np.zeros((2, len(fit.free)))
    beyond[1, fit.free.index("R1")] = further
    words = determinations(space, fit.task.coordinates, error, 2 * error, beyond)
    errors = {**fit.standard_errors, "R1": share * fit.values["R1"]}
    return replace(fit, standard_errors=errors, determination=dict(zip(fit.free, words, strict=True)))


@pytest.mark.parametrize(
    ("share", "note", "mark"), [(0.14, "", ""), (0.2, "poorly determined", " (?)"), (0.6, "not determined", " (??)")]
)
def test_poorly_and_not_determined_are_two_words(share: float, note: str, mark: str) -> None:
    """Poorly: from 15 %, with its error; not: from 50 %, without."""
    fit = with_error(share)
    line = parameter_lines(fit)[1]
    assert (line.note, bool(line.number.error)) == (note, note != "not determined")
    assert f"| {line.number.text}{mark} |" in markdown_from_report(report_from_fits([fit], title="one", drt=False))


@pytest.mark.parametrize(("further", "note"), [(0.0, ""), (0.3, "poorly determined"), (np.inf, "not determined")])
def test_a_flat_misfit_decides_the_note(further: float, note: str) -> None:
    """Error and interval may look well where the misfit lies flat beyond them."""
    assert [line.note for line in parameter_lines(with_error(0.02, further))] == ["", note, ""]


def test_warnings_are_summed_up() -> None:
    """Warnings that differ in numbers alone become one sentence with the spectra they concern."""
    said = ["R1 is not determined by these data: its 95 % interval is 1 to 2e+03.", "Odd (correlation 0.9): mind it."]
    first, second = fits()
    several = [
        first.__class__(**{**vars(first), "warnings": tuple(said)}),
        second.__class__(**{**vars(second), "warnings": (said[0].replace("2e+03", "7.5"), "Alone.")}),
    ]
    found = summed_warnings(report_from_fits(several, title="two", drt=False))
    assert found[0] == "R1 is not determined by these data (all 2 spectra)."
    assert found[1] == f"{NASTY}: Odd (correlation 0.9): mind it."
    assert found[2] == "b.csv: Alone."


def test_forms_of_one_sentence_are_summed_up_once() -> None:
    """Said with an interval of several and without one of others, it is still one sentence."""
    forms = [f"R1 is odd (0.{k}): from {k} to 9{', or so' if k > 2 else ''}." for k in (1, 2, 3, 4)]
    z = spectra()[0].impedance_ohm
    several = [
        replace(fits()[0], warnings=(form,), spectrum=replace(spectra()[0], impedance_ohm=k * z))
        for k, form in enumerate(forms, 1)
    ]
    found = summed_warnings(report_from_fits(several, title="four", drt=False))
    assert found == ["R1 is odd (all 4 spectra)."]


def test_numbers_before_a_comma_do_not_part_warnings() -> None:
    """The brackets go with their numbers; '23, but' is as much a number as '22.9, but'."""
    said = [
        f"R1 is poorly determined ({s} %): its 95 % interval is 6 to {end}, but ..." for s, end in ((8, 23), (9, 22.9))
    ]
    several = [replace(fit, warnings=(text,)) for fit, text in zip(fits(), said, strict=True)]
    assert summed_warnings(report_from_fits(several, title="two", drt=False)) == [
        "R1 is poorly determined (all 2 spectra)."
    ]


def test_outcome_counts() -> None:
    words = outcome(report())
    assert words.startswith("2 spectra of 2 files. 2 of 2 fits converged")
    left_out = int((~fits()[1].used).sum())
    assert f"{left_out} of 62 points were not used" in words


def test_what_is_no_fit() -> None:
    with pytest.raises(InputError, match="item 0 is a str, not a FitResult"):
        report_from_fits(["R0"], title="", drt=False)
    with pytest.raises(InputError, match="no fits were given"):
        report_from_fits([], title="", drt=False)


def test_circuits_for_which_the_points_are_too_few() -> None:
    """Three points, six numbers: AICc of one free parameter is known, of three or more (N = k + 1) it is infinite."""
    few = replace(spectra()[0], frequency_Hz=[1e5, 300.0, 1.0], impedance_ohm=spectra()[0].impedance_ohm[[0, 15, 30]])
    circuits = ("R0-p(R1,C1)-C2", "R0", "R0-p(R1,C1)-C2-L2-W3")
    fits = [ss.fit_circuit(circuit, few, starts=2, band="all") for circuit in circuits]
    found = report_from_fits(fits, title="few", drt=False)
    lines = {line.circuit: line for line in circuit_lines(found)}
    assert next(iter(lines)) == "R0"
    assert (lines["R0"].difference, lines["R0"].weight) == ("0.0", "1.000")
    for circuit in circuits[::2]:
        assert lines[circuit].aicc == "– (too few points)"
        assert (lines[circuit].difference, lines[circuit].weight) == ("–", "–")
    assert lines[circuits[2]].bic == "– (too few points)"
    assert not re.search(r"\b(inf|nan)\b", markdown_from_report(found) + outcome(found))
    assert "AICc – (too few points)" in repr(fits[0])
    assert circuit_lines(report_from_fits(fits[::2], title="none compares", drt=False)) == []
