"""The page: needs nothing else, shows everything the study has, says what is missing."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import matplotlib
import numpy as np
import pytest
from page import Page
from report_samples import TITLE

from sscell.records import CyclingTrace, Spectrum
from sscell.report.html import report_html
from sscell.study.result import MeasuredRecord, StudyResult

FIGURES = [
    "interfaces",
    "voltage-profiles",
    "differential-capacity",
    "fade",
    "coulomb-efficiency",
    "ageing",
    "nyquist-once",
    "budget-once",
]


@pytest.fixture(scope="module")
def page(study: StudyResult) -> Page:
    return Page(report_html(study))


def test_needs_nothing_from_elsewhere(page: Page) -> None:
    assert "://" not in page.html
    assert not {"script", "link", "iframe", "object", "base"} & set(page.tags)
    assert "@import" not in page.html
    assert "url(" not in page.html
    outside = [link[:40] for link in page.links if not link.startswith(("#", "data:image/svg+xml;base64,"))]
    assert outside == []


def test_links_lead_somewhere(page: Page) -> None:
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)


def test_title_is_escaped(page: Page) -> None:
    assert "<script" not in page.html
    assert "<h1>Coated &lt;script&gt;" in page.html
    assert TITLE in page.text
    assert "doi 10.1000/182" in page.text


def test_every_figure_in_order(page: Page) -> None:
    assert list(page.images) == FIGURES


@pytest.mark.parametrize("figure", FIGURES)
def test_figure_is_an_image_with_words(page: Page, figure: str) -> None:
    svg = page.svg(figure)
    root = ElementTree.fromstring(svg)
    assert root.tag.endswith("svg")
    assert len(root.findall(".//{*}path")) > 20
    references = [value for e in root.iter() for key, value in e.attrib.items() if key.endswith("href")]
    assert all(value.startswith("#") for value in references)
    assert "bare" in page.images[figure]["alt"]


def test_both_samples_are_drawn_in_their_colours(page: Page) -> None:
    for figure in ("voltage-profiles", "differential-capacity", "nyquist-once"):
        for colour in ("#0072b2", "#d55e00"):
            assert colour in page.svg(figure), figure


def test_captions_name_protocol_temperature_and_rest(page: Page) -> None:
    captions = page.text.replace("\u00a0", " ")
    assert "charge at C/10 until 2.75 V; discharge at C/10 until 1.35 V" in captions
    assert "3 × 1C (first cycle: charge at 1C until 2.75 V" in captions
    assert "linearised at open circuit after 1 h of rest, LTO | LPSCl | NCM85, 45 °C" in captions


def test_summary_has_the_numbers_and_no_empty_column(page: Page, study: StudyResult) -> None:
    head = next(row for row in page.rows if "First discharge, 0.1CmAh/g" in row)
    first = study.summary.set_index("sample")["first_discharge_mAh_per_g"]
    for sample in ("bare", "thick film"):
        assert page.row(sample)[head.index("First discharge, 0.1CmAh/g")] == f"{first[sample]:.1f}"
    assert "Retention, 200 cycles" not in page.text


def test_outcome_is_computed(page: Page, study: StudyResult) -> None:
    first = study.summary.set_index("sample")["first_discharge_mAh_per_g"]
    text = page.text.replace("\u00a0", " ")
    best, least = first.idxmax(), first.idxmin()
    assert (
        f"In the first cycle (LTO | LPSCl | NCM85, 0.1C) {best} discharges most, {first[best]:.1f} mAh/g; "
        f"{least} least, {first[least]:.1f} mAh/g."
    ) in text
    kept = study.job("bare", "faster").cycling.cycles["discharge_capacity_mAh_per_g"]  # type: ignore[union-attr]
    assert f"After 3 cycles at 1C bare keeps {100 * kept[2] / kept[0]:.1f} % of its first discharge." in text
    assert "Set beside the paper's facts, 1 of 1 figures and 0 of 1 bounds are met." in text


def test_facts_have_verdicts_in_words(page: Page) -> None:
    met, missed, open_ = (page.row(name) for name in ("first discharge capacity", "first charge capacity", "colour"))
    assert met[2].replace("\u00a0", " ") == "about 190 mAh/g"
    assert float(met[3]) == pytest.approx(float(page.row("bare")[2]), abs=0.1)
    assert (met[5], met[6]) == ("✓ met", "scored")
    assert (missed[5], missed[6]) == ("✗ not met", "scored")
    assert missed[2].replace("\u00a0", " ") == "at least 2000 mAh/g"
    assert missed[4].startswith("−")
    assert open_[2:] == ["black", "–", "–", "not compared", "not scored"]


def test_every_parameter_with_unit_and_source(page: Page, study: StudyResult) -> None:
    records = study.jobs[0].cell.parameters
    assert len(records) > 50
    for record in records:
        assert page.row(record.name)[1:] == [f"{record.value:.4g}", record.unit, record.source]


def test_scenario_versions_and_warnings(page: Page, study: StudyResult) -> None:
    assert study.path.read_text(encoding="utf-8") in page.text
    assert "sscell run tiny.toml --out results" in page.text
    assert page.row("numpy")[1] == np.__version__
    assert "thick film: Recipe: 20 ALD cycles extrapolate" in page.text


def test_same_study_same_text_and_small(page: Page, study: StudyResult) -> None:
    assert report_html(study) == page.html
    assert len(page.html) < 2e6


def test_leaves_matplotlib_as_it_was(study: StudyResult) -> None:
    before = dict(matplotlib.rcParams)
    report_html(replace(study, jobs=study.jobs[:1]))
    assert dict(matplotlib.rcParams) == before


def test_import_does_not_load_matplotlib() -> None:
    code = "import sscell.report.html, sys; print('matplotlib' in sys.modules, 'jinja2' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "False"]


def test_failed_job_is_named_and_the_rest_shown(study: StudyResult) -> None:
    """'thick film' never ran and 'faster' stopped after its first cycle."""
    once, film, faster = study.jobs
    assert faster.cycling is not None
    stopped = replace(
        faster.cycling, summaries=faster.cycling.summaries[:1], states=faster.cycling.states[:1], complete=False
    )
    jobs = (
        once,
        replace(film, cycling=None, spectra=(), problem="The solver <failed> at once."),
        replace(faster, cycling=stopped, problem="Cycle 2 failed."),
    )
    page = Page(report_html(replace(study, jobs=jobs)))
    assert "once, thick film: The solver <failed> at once." in page.text
    assert "faster, bare: Cycle 2 failed." in page.text
    assert "nyquist-once" in page.images
    assert "thick film" not in page.images["voltage-profiles"]["alt"]
    assert "thick film" in page.images["interfaces"]["alt"]
    assert "After 3 cycles" not in page.text


def test_nothing_ran(study: StudyResult) -> None:
    jobs = tuple(replace(job, cycling=None, spectra=(), problem="no solver") for job in study.jobs)
    page = Page(report_html(replace(study, jobs=jobs, facts=())))
    assert "No cycle was finished." in page.text
    assert "Left out, as this study has no data for it: cycling, impedance." in page.text
    assert list(page.images) == ["interfaces"]
    assert "facts" not in page.ids


def test_study_without_spectra_and_facts(study: StudyResult) -> None:
    jobs = tuple(replace(job, spectra=()) for job in study.jobs)
    page = Page(report_html(replace(study, jobs=jobs, facts=())))
    assert "Left out, as this study has no data for it: impedance." in page.text
    assert list(page.images) == FIGURES[:-2]
    assert "Facts" not in page.text


def test_quick_run_says_so(study: StudyResult, page: Page) -> None:
    assert "Quick run" not in page.text
    assert "Quick run" in Page(report_html(replace(study, quick=True, jobs=study.jobs[:2]))).text


def test_measured_records_are_drawn_and_named(study: StudyResult) -> None:
    f = np.geomspace(1e5, 0.1, 30)
    spectrum = Spectrum(frequency_Hz=f, impedance_ohm=20 + 30 / (1 + 1j * f), area_m2=7.85e-5)
    trace = CyclingTrace(
        time_s=np.arange(50.0),
        current_A=np.where(np.arange(50) < 25, -1e-3, 1e-3),
        cycle=np.ones(50),
        voltage_V=np.full(50, 2.0),
        active_mass_kg=1e-7,
    )
    measured = (
        MeasuredRecord(label="pellet 7", spectra=(spectrum, spectrum)),
        MeasuredRecord(label="cell 8", trace=trace),
        MeasuredRecord(label="cell 9", trace=replace(trace, active_mass_kg=None)),
    )
    plain, page = Page(report_html(study)), Page(report_html(replace(study, measured=measured)))
    text = page.text.replace("\u00a0", " ")
    assert "Measured: pellet 7, 2 sweeps, as recorded." in text
    assert "measured (cell 8), as recorded." in text
    assert "Measured but not drawn for want of active_mass_mg: cell 9." in text
    for figure in ("nyquist-once", "voltage-profiles"):
        assert "#111111" in page.svg(figure)
        assert "#111111" not in plain.svg(figure)
    alone = Page(
        report_html(replace(study, measured=measured, jobs=tuple(replace(job, spectra=()) for job in study.jobs)))
    )
    assert "#111111" in alone.svg("nyquist")
