"""The command line: one question in, one answer or one error message out."""

from konomi.cli.main import main

__all__ = ["main"]
