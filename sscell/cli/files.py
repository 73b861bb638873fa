"""Measured files as the commands take them: each read on its own, so that a refused one does not stop the rest."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from sscell.errors import InputError, require

T = TypeVar("T")
Area = Annotated[float | None, typer.Option("--area", help="Area of the cell in cm2: values per area as well.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else.")]


def area_m2(area_cm2: float | None) -> float | None:
    """The area in m²; raises InputError unless it is positive."""
    require(
        area_cm2 is None or 0 < area_cm2 < float("inf"),
        f"--area must be a positive number of square centimetres, got {area_cm2}.",
    )
    return area_cm2 * 1e-4 if area_cm2 is not None else None


def names_of(files: Sequence[Path]) -> list[str]:
    """File names; where two are the same, as much of their paths as tells them apart."""
    absolute = [Path(os.path.abspath(f)) for f in files]
    names = []
    for path in absolute:
        parts = 1
        while parts < len(path.parts) and any(
            other != path and other.parts[-parts:] == path.parts[-parts:] for other in absolute
        ):
            parts += 1
        names.append("/".join(path.parts[-parts:]))
    return names


def read_each(
    files: Sequence[Path], read: Callable[[Path], T], step: Callable[[int], Any] = lambda done: None
) -> tuple[list[tuple[int, T]], list[str]]:
    """(number of the file, what was read) and the sentences on files that were refused; InputError if all were."""
    found: list[tuple[int, T]] = []
    refused: list[str] = []
    for k, (file, name) in enumerate(zip(files, names_of(files), strict=True)):
        step(k)
        try:
            found.append((k, read(file)))
        except InputError as error:
            text = str(error)
            refused.append(text if name in text else f"{name}: {text}")
    if not found:
        raise InputError(
            refused[0]
            if len(refused) == 1
            else f"none of the {len(refused)} files could be read; the first: {refused[0]}"
        )
    return found, refused
