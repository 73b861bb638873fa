"""A file as it lies on disk: its name, its bytes, its fingerprint."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sscell.errors import InputError, require

# Far above what an instrument writes of one cell, and what a table of text takes in memory stays below 4 GB.
LARGEST_BYTES = 200_000_000


@dataclass(frozen=True)
class SourceFile:
    """What a reader gets: `name` without its folder (folders are private), and the whole content."""

    name: str
    content: bytes

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def source_from_path(path: str | os.PathLike[str]) -> SourceFile:
    """Read a file once; raises InputError for what is missing, not a file, unreadable, empty or too large."""
    require(
        isinstance(path, str | os.PathLike),
        f"A file to read must be given as a path, got {type(path).__name__}; give a string or pathlib.Path.",
    )
    file = Path(path)
    try:
        require(not file.is_dir(), f"{path} is a folder; give one file inside it.")
        require(file.exists(), f"{path} does not exist; check the path (the working folder is {Path.cwd()}).")
        require(file.is_file(), f"{path} is not a regular file; give a data file.")
        with file.open("rb") as stream:
            content = stream.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check its name and permissions.") from error
    require(len(content) > 0, f"{file.name} is empty (0 bytes); export or copy it again.")
    require(
        len(content) <= LARGEST_BYTES,
        f"{file.name} is larger than {LARGEST_BYTES / 1e6:.0f} MB, more than is read at once; "
        "export the measurement in parts.",
    )
    return SourceFile(file.name, content)


def shown(text: str, longest: int = 40) -> str:
    """Text from a file as one short, printable, quoted piece of an error message."""
    return ascii(text if len(text) <= longest else text[:longest] + "...")
