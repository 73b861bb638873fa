"""Every parameter of a study with value, unit and source, a table for each kind of cell."""

from __future__ import annotations

from typing import NamedTuple

from sscell.provenance import ParameterRecord
from sscell.report.runs import cell_words
from sscell.study.result import StudyResult


class ParameterTable(NamedTuple):
    """The parameters of one kind of cell and coating; after the first table, only those that differ from it."""

    title: str
    differs: bool
    records: list[ParameterRecord]


def parameter_tables(study: StudyResult) -> list[ParameterTable]:
    """One table a kind of cell and coating."""
    kinds: dict[str, list[ParameterRecord]] = {}
    for job in study.jobs:
        interface = job.cell.interface
        coating = f", coating {interface.coating.name}" if interface is not None else ""
        kinds.setdefault(cell_words(job.cell) + coating, job.cell.parameters)
    tables: list[ParameterTable] = []
    for title, records in kinds.items():
        first = set(tables[0].records) if tables else set()
        tables.append(ParameterTable(title, bool(tables), [r for r in records if r not in first]))
    return tables
