"""`python -m sscell.cli`."""

from sscell.cli.app import main

main()
