"""Where numbers come from: every parameter carries its unit and source from its definition into the report."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
from importlib.resources import files
from typing import Any, NamedTuple

from sscell.errors import require

STUDY = "Kitsche et al. 2022"
ASSUMED = "assumed"


class ParameterRecord(NamedTuple):
    """One number that entered a run."""

    name: str
    value: float
    unit: str
    source: str


def parameter(
    default: float,
    unit: str,
    source: str,
    *,
    above: float | None = 0.0,
    at_least: float | None = None,
    at_most: float | None = None,
) -> Any:
    """A dataclass field with default, unit, source and the values it may take: positive unless `at_least` is given."""
    bounds = {"above": above if at_least is None else None, "at_least": at_least, "at_most": at_most}
    return dataclasses.field(default=default, metadata={"unit": unit, "source": source, **bounds})


def calibrated(name: str, unit: str, **limits: float) -> Any:
    """A dataclass field whose default and source are in `calibrated.json`, under the name it has in the study file.

    The file is what `sscell calibrate scenarios/kitsche2022.toml` writes.
    """
    found = _calibration()
    if name in found["fixed"]:
        return parameter(found["fixed"][name]["value"], unit, found["fixed"][name]["source"], **limits)
    row = found["parameters"][name]
    told = f"calibrated to {STUDY}" + (f", {row['told_by']}" if row["told_by"] != "the data" else "")
    return parameter(row["value"], unit, f"{told}; 95 %: {row['low']:.3g} to {row['high']:.3g}", **limits)


@functools.cache
def _calibration() -> dict[str, Any]:
    return dict(json.loads(files("sscell").joinpath("calibrated.json").read_text(encoding="utf-8")))


def check_parameters(group: Any) -> None:
    """Raise InputError for the first parameter of a dataclass that is no finite number within its bounds."""
    owner = f"{type(group).__name__} {getattr(group, 'name', '')}".strip()
    for field in dataclasses.fields(group):
        if "unit" not in field.metadata:
            continue
        value = getattr(group, field.name)
        number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        require(number, f"{owner}: {field.name} must be a finite number in {field.metadata['unit']}, got {value!r}.")
        above, least, most = (field.metadata[name] for name in ("above", "at_least", "at_most"))
        rules = [f"above {above:g}"] if above is not None else [f"at least {least:g}"] if least is not None else []
        rules += [f"at most {most:g}"] if most is not None else []
        met = (above is None or value > above) and (least is None or value >= least) and (most is None or value <= most)
        unit = field.metadata["unit"] if field.metadata["unit"] != "1" else "no unit"
        require(met, f"{owner}: {field.name} must be {' and '.join(rules)} ({unit}), got {value:g}.")


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
