"""Damage as disks, transfers and hands do it: one to three changes of a file's bytes, from a seed."""

from __future__ import annotations

import zipfile
from io import BytesIO

import numpy as np

HUGE = (b"1e999", b"-9999999999999999999999", b"nan", b"2147483648", b"\xff\xff\xff\xff", b"\x7f\xef" + b"\xff" * 6)
MARKS = (b"\t", b",", b";", b"\n", b'"', b"\0", b"#", b"-", b"/", b"\r\n\r\n", b"\x1b[31m", b"<", b"&")


def mutated(content: bytes, seed: int) -> bytes:
    """The content after one to three changes; of a zip archive, half the time a part inside is changed."""
    rng = np.random.default_rng(seed)
    if content.startswith(b"PK") and rng.random() < 0.5:
        return _with_damaged_part(content, rng)
    for _ in range(rng.integers(1, 4)):
        content = _changed(content, rng)
    return content


def _changed(content: bytes, rng: np.random.Generator) -> bytes:
    if not content:
        return b"\0"
    at = int(rng.integers(len(content)))
    end = min(len(content), at + int(rng.choice([1, 4, 30, 300])))
    change = rng.integers(8)
    if change == 0:  # one bit
        return content[:at] + bytes([content[at] ^ (1 << int(rng.integers(8)))]) + content[at + 1 :]
    if change == 1:  # lost
        return content[:at] + content[end:]
    if change == 2:  # cut
        return content[:at]
    if change == 3:  # strange bytes between
        return content[:at] + rng.bytes(end - at) + content[at:]
    if change == 4:  # overwritten
        return content[:at] + rng.bytes(end - at) + content[end:]
    if change == 5:  # twice, or many times
        return content[:end] + content[at:end] * int(rng.choice([1, 3, 50])) + content[end:]
    extra = HUGE if change == 6 else MARKS
    mark = extra[int(rng.integers(len(extra)))]
    over = len(mark) if rng.random() < 0.5 else 0
    return content[:at] + mark + content[at + over :]


def _with_damaged_part(content: bytes, rng: np.random.Generator) -> bytes:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = list(parts)[int(rng.integers(len(parts)))]
    for _ in range(rng.integers(1, 4)):
        parts[name] = _changed(parts[name], rng)
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, text in parts.items():
            archive.writestr(zipfile.ZipInfo(part), text)
    return stream.getvalue()
