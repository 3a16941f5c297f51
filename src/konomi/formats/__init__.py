"""Reads files of ratings, catalogs and lists; one module for each family of files, detected by the header."""

from konomi.formats.ingest import ingest
from konomi.formats.report import report_lines

__all__ = ["ingest", "report_lines"]
