"""What can go wrong, as one family: each message names the thing, the rule, the value and the next step."""

from __future__ import annotations

import difflib
import os
import sys
import warnings
from collections.abc import Iterable

# So many keys that begin alike are offered for one that was cut short.
MOST_OFFERED = 4


class SscellError(Exception):
    """Base of everything this package raises on purpose."""


class InputError(SscellError, ValueError):
    """A value, key or file the user gave cannot be used; the message says why and what to do."""


class ExtrapolationWarning(UserWarning):
    """A law is used outside the range it was taken from."""


def nearest_key(key: object, known: Iterable[str]) -> str:
    """The known keys that `key` is the beginning of (CPE1: CPE1_0, CPE1_1), or else the one most like it, as a clause
    for an error message ('' if none is like it)."""
    known, key = list(known), str(key)
    longer = [name for name in known if key and name.startswith(f"{key}_")]
    if 0 < len(longer) <= MOST_OFFERED:
        return f" (did you mean {' or '.join(repr(name) for name in longer)}?)"
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    return f" (did you mean '{near[0]}'?)" if near else ""


def require(condition: bool, message: str) -> None:
    """Raise `InputError(message)` unless `condition` holds."""
    if not condition:
        raise InputError(message)


def extrapolates(message: str) -> None:
    """Warn, at the user's own line, that a law is used outside its range; `message` says which law and what range."""
    here, level = os.path.dirname(__file__), 1
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(here):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, ExtrapolationWarning, stacklevel=level + 1)
