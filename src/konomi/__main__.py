"""`python -m konomi` is the `konomi` command."""

from konomi.cli import main

main()
