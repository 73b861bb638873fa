"""Folders and files of results: written beside their place and renamed when whole."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sscell.errors import InputError


@contextmanager
def whole_folder(folder: Path, ours: Callable[[Path], bool]) -> Iterator[Path]:
    """An empty folder to write into, which takes the place of `folder` at the end, or vanishes if anything fails.

    ours: whether an entry of an earlier folder is a result that may be replaced. Raises InputError as `check_folder`.
    """
    check_folder(folder, ours)
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield temporary
        os.chmod(temporary, 0o755)
        _put(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader, or whoever comes after a crash, finds the old content or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    beside.write_bytes(content)
    os.replace(beside, path)


def check_folder(folder: Path, ours: Callable[[Path], bool]) -> None:
    """Refuse a results folder that cannot be made, or that holds something else than results of ours."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"The results folder '{folder}' is a file; name a folder.")
    ground = next((p for p in folder.resolve().parents if p.exists()), folder)
    if not ground.is_dir() or not os.access(ground, os.W_OK):
        raise InputError(
            f"The results folder '{folder}' cannot be made: '{ground}' is not a folder that can be written to."
        )
    foreign = sorted(p.name for p in folder.iterdir() if not ours(p)) if folder.is_dir() else []
    if foreign:
        raise InputError(
            f"The results folder '{folder}' holds files that are not results of sscell ({', '.join(foreign[:3])}); "
            "name a new folder or an earlier results folder, as its content is replaced."
        )


def _put(temporary: Path, folder: Path) -> None:
    """Rename into place; an earlier result is moved away first and removed after, or put back on failure."""
    old = None
    if folder.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
        os.rename(folder, old / "was")
    try:
        os.rename(temporary, folder)
    except OSError:
        if old is not None:
            os.rename(old / "was", folder)
            old.rmdir()
        raise
    if old is not None:
        shutil.rmtree(old, ignore_errors=True)
