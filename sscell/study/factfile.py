"""The facts file of a paper, read and checked before anything runs."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sscell.errors import InputError, nearest_key
from sscell.study.measures import PROCESS_MEASURES, RUN_MEASURES

KINDS = ("eq", "approx", "lower_bound", "upper_bound", "range", "order", "words")
USES = ("input", "fit", "check")
_RELATION = re.compile(r"\s*(\S+)\s*>\s*(\S+)\s*")


class Fact(NamedTuple):
    """A fact as its file gives it."""

    entry: Mapping[str, Any]
    tolerance: float | None  # half-width in the fact's unit
    relative: float | None  # half-width relative to the value

    @property
    def samples(self) -> Sequence[str]:
        """Names of the samples it speaks of."""
        return self.entry["samples"]


def read_facts(path: str | Path) -> list[Fact]:
    """Read a facts file; InputError for a file that is not TOML or names an unknown measure."""
    path = Path(path)
    if not path.is_file():
        raise InputError(f"Facts file '{path}' does not exist; correct the scenario's key 'facts'.")
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"Facts file '{path}' is not valid TOML: {error}.") from None
    entries, widths = raw.get("fact", []), raw.get("tolerance", {})
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InputError(f"Facts file '{path}': each fact is a table of its own, headed [[fact]].")
    for unit, width in widths.items():
        if not isinstance(width, dict) or set(width) not in ({"absolute"}, {"relative"}):
            raise InputError(
                f"Facts file '{path}': tolerance '{unit}' must read {{ absolute = ... }} or {{ relative = ... }}, "
                f"got {width!r}."
            )
    facts = []
    for entry in entries:
        missing = {"id", "samples", "protocol", "quantity", "value", "kind", "use"} - set(entry)
        if missing:
            names = ", ".join(sorted(missing))
            raise InputError(f"Facts file '{path}', fact '{entry.get('id', '?')}': {names} missing.")
        if problem := _problem(entry):
            raise InputError(f"Facts file '{path}', fact '{entry['id']}': {problem}.")
        width = _width(entry, widths)
        compared = entry["use"] == "fit" and _is_compared(entry)
        if compared and not width:
            raise InputError(
                f"Facts file '{path}', fact '{entry['id']}': no tolerance is given for its unit "
                f"'{entry.get('unit', '')}'; add it to [tolerance]."
            )
        facts.append(Fact(entry, width.get("absolute"), width.get("relative")))
    return facts


def _problem(entry: Mapping[str, Any]) -> str:
    """What keeps an entry from being compared, found before anything runs; '' if nothing does."""
    for key, known in (("kind", KINDS), ("use", USES)):
        if entry[key] not in known:
            return f"unknown {key} '{entry[key]}'{nearest_key(entry[key], known)}"
    value, measure, relations = entry["value"], entry.get("measure"), entry.get("relations", [])
    if isinstance(value, list) and (len(value) != 2 or not all(isinstance(v, (int, float)) for v in value)):
        return f"a range must be two numbers, got {value}"
    if not isinstance(entry["samples"], list):
        return f"samples must be a list of names, got {entry['samples']!r}"
    for relation in relations:
        if _RELATION.fullmatch(relation) is None:
            return f"relation '{relation}' must read 'A > B'"
    if measure is None:
        return ""
    process = entry["protocol"] == "process"
    known_measures = PROCESS_MEASURES if process else RUN_MEASURES
    if measure not in known_measures:
        return (
            f"unknown measure '{measure}' of {'a recipe' if process else 'a run'}{nearest_key(measure, known_measures)}"
        )
    if measure == "discharge_gain" and ("reference" not in entry or relations):
        return "measure 'discharge_gain' needs the key 'reference', a sample, and takes no relations"
    if measure == "interface_resistance_ratio" and (len(entry["samples"]) != 2 or relations):
        return "measure 'interface_resistance_ratio' needs two samples and takes no relations"
    return ""


def _is_compared(entry: Mapping[str, Any]) -> bool:
    """Whether an entry sets a measured number against a simulated one, so that it needs a tolerance."""
    number = isinstance(entry["value"], (int, float)) and entry["kind"] in ("eq", "approx")
    return number and "measure" in entry and "relations" not in entry


def _width(entry: Mapping[str, Any], table: Mapping[str, Any]) -> Mapping[str, float]:
    if entry.get("measure") == "coulomb_efficiency":
        return table.get("Coulomb efficiency", {})
    if "resolution" in entry:
        return {"absolute": entry["resolution"]}
    return table.get(entry.get("unit", ""), {})


def sides(relation: str) -> tuple[str, str]:
    """'A > B' as (A, B)."""
    match = _RELATION.fullmatch(relation)
    assert match is not None  # read_facts has checked it
    return match.group(1), match.group(2)
