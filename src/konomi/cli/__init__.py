"""The command line: words in, one answer or one message out."""

from konomi.cli.main import main

__all__ = ["main"]
