"""Reading what others write: one file per family of files, told apart by their headers."""

from konomi.formats.ingest import ingest
from konomi.formats.report import report_lines

__all__ = ["ingest", "report_lines"]
