"""Where numbers come from: every parameter carries its unit and source from its definition into the report."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple


class ParameterRecord(NamedTuple):
    """One number that entered a run."""

    name: str
    value: float
    unit: str
    source: str


def parameter(default: float, unit: str, source: str) -> Any:
    """A dataclass field with default, unit and source."""
    return dataclasses.field(default=default, metadata={"unit": unit, "source": source})


def parameter_records(group: Any, prefix: str = "") -> list[ParameterRecord]:
    """All parameters of a dataclass and of the dataclasses inside it; a part may list its own (`parameter_records`).

    A value that differs from the default has the source given in the group's `sources` mapping,
    or "user" when none was given.
    """
    records: list[ParameterRecord] = []
    given = dict(getattr(group, "sources", {}) or {})
    for field in dataclasses.fields(group):
        value, name = getattr(group, field.name), f"{prefix}{field.name}"
        if hasattr(value, "parameter_records"):
            records += value.parameter_records(f"{name}.")
        elif dataclasses.is_dataclass(value):
            records += parameter_records(value, prefix=f"{name}.")
        elif "unit" in field.metadata:
            changed = value != field.default
            source = given.get(field.name, "user, no source stated" if changed else field.metadata["source"])
            records.append(ParameterRecord(name, value, field.metadata["unit"], source))
    return records
