"""The folder of a fit: a page that needs nothing else, warnings first, whole or not there."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fit_samples import NASTY, comparison, fits, poor_fits, series, spectra
from page import Page

import sscell as ss
from sscell.errors import InputError
from sscell.report.fitted.contents import report_from_fits
from sscell.report.fitted.write import OUR_FILES, write_fit_report, write_report


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A series with its comparison, drawn in full."""
    return write_fit_report(series(), tmp_path_factory.mktemp("fit") / "out", comparisons=[comparison()], title="<T>")


@pytest.fixture(scope="module")
def page(folder: Path) -> Page:
    return Page((folder / "report.html").read_text(encoding="utf-8"))


def test_every_file_is_there(folder: Path) -> None:
    assert {p.name for p in folder.iterdir()} == OUR_FILES | {"figures"}
    assert {p.stem for p in (folder / "figures").iterdir()} == {"trends", "overview", "spectrum-1", "spectrum-2"}
    assert all(p.read_bytes().startswith(b"<?xml") for p in (folder / "figures").iterdir())


def test_page_needs_nothing_else(page: Page) -> None:
    """Links are anchors of the page, images are in it, and each says in words what it shows."""
    assert all(link.startswith(("#", "data:image/svg+xml;base64,")) for link in page.links)
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert all(image["alt"] for image in page.images.values())
    assert "script" not in page.tags


def test_text_from_files_is_text(page: Page) -> None:
    assert NASTY in page.text and "<T>" in page.text
    assert "<b>|50" not in page.html


def test_warnings_come_before_values(folder: Path) -> None:
    warned = fits()[1].__class__(**{**vars(fits()[1]), "warnings": ("R1 is odd.",)})
    report = report_from_fits([warned], title="one", drt=False, problems=["x.csv: not read."])
    out = folder.parent / "warned"
    write_report(report, out)
    text = Page((out / "report.html").read_text(encoding="utf-8")).text
    assert 0 < text.index("x.csv: not read.") < text.index("R1 is odd.") < text.index("95 % interval")


def test_values_in_the_page(page: Page) -> None:
    """The table shows value ± error of the fit, the series its means, the comparison its interval."""
    row = page.row(NASTY)
    assert row[1] == "400"
    assert row[3].startswith(f"{fits()[0].values['R1']:.3f} ± 0.")
    assert page.row("cell to cell")[2:] == ["–", "± 4.1 %"]
    assert any("× 2.00 (1.80 to 2.20)" in cell for r in page.rows for cell in r)


def test_circuits_beside_each_other(tmp_path: Path) -> None:
    out = write_fit_report([*fits()[:1], *poor_fits()[:1]], tmp_path / "out", drt=False)
    page = Page((out / "report.html").read_text(encoding="utf-8"))
    assert page.row("R0-p(R1,C1)")[1:4:2] == ["3", "0.0"]
    assert "best by AICc (Akaike weight 1.000), which says nothing if none of them is right" in page.text


def test_no_page_speaks_of_infinities(tmp_path: Path) -> None:
    """Three points for five free parameters: no AICc, no scatter, no errors."""
    few = replace(spectra()[0], frequency_Hz=[1e5, 300.0, 1.0], impedance_ohm=spectra()[0].impedance_ohm[[0, 15, 30]])
    fits = [ss.fit_circuit(circuit, few, starts=2, band="all") for circuit in ("R0-p(R1,C1)-C2-L2-W3", "R0")]
    text = (write_fit_report(fits, tmp_path / "out", drt=False) / "report.html").read_text(encoding="utf-8")
    assert "– (too few points)" in text
    assert not re.search(r"\b(inf|nan)\b", text)


def test_same_fits_same_page(folder: Path, tmp_path: Path) -> None:
    again = write_fit_report(series(), tmp_path / "out", comparisons=[comparison()], title="<T>")
    assert (again / "report.html").read_bytes() == (folder / "report.html").read_bytes()


def test_a_ranking_is_written_as_its_fits(tmp_path: Path) -> None:
    ranking = ss.rank_circuits(["R0", "R0-p(R1,C1)"], fits()[0].spectrum, starts=2)
    record = json.loads((write_fit_report(ranking, tmp_path / "out", drt=False) / "fits.json").read_text("utf-8"))
    assert [fit["circuit"] for fit in record["spectra"][0]["fits"]] == list(ranking.circuits)


@pytest.mark.parametrize("given", [None, "a.csv", 3])
def test_anything_but_fits_is_refused(tmp_path: Path, given: Any) -> None:
    with pytest.raises(InputError, match=r"write_fit_report: fits are needed, got .*; give what ss\.fit_circuit, ss\."):
        write_fit_report(given, tmp_path / "out")


def test_folder_of_something_else(tmp_path: Path) -> None:
    """Also a stranger among the figures is kept."""
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "mine.png").write_bytes(b"")
    with pytest.raises(InputError, match="holds files that are not results of sscell"):
        write_fit_report(list(fits()), tmp_path)
    assert (tmp_path / "figures" / "mine.png").exists()
