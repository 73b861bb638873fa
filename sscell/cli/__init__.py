"""The command line. Exit code 0: done; 1: done, but parts failed (named in the result); 2: bad input, one sentence."""

from sscell.cli.app import app, main

__all__ = ["app", "main"]
