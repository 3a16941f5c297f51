"""Rows that cannot be read: counted by reason, and shown with their first line numbers."""

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from konomi.data.ratings import Status
from konomi.formats.layout import RatingsLayout

STATUSES = tuple(int(one) for one in Status if one != Status.UNKNOWN)
LONGEST_ID = 255
_SHOWN = 3


@dataclass
class Dropped:
    """The rows that were left out while reading.

    reasons  : reason -> {"count", "first_lines", "first_files"}: the first three lines (1-based) and their files.
    examples : the first three rows as text for messages.
    """

    reasons: dict[str, dict[str, Any]] = field(default_factory=dict)
    examples: list[str] = field(default_factory=list)

    def add(self, reason: str, *, file: str, count: int, lines: list[int], texts: list[str]) -> None:
        """Count rows of one file. `lines` and `texts` are the line numbers and the text of the first few."""
        known = self.reasons.setdefault(reason, {"count": 0, "first_lines": [], "first_files": []})
        known["count"] += count
        for line, text in zip(lines, texts, strict=False):
            if len(known["first_lines"]) < _SHOWN:
                known["first_lines"].append(line)
                known["first_files"].append(file)
            if len(self.examples) < _SHOWN:
                self.examples.append(f"line {line} of {file}: {reason} ({text[:80]!r})")

    @property
    def count(self) -> int:
        """The number of rows that were left out."""
        return sum(one["count"] for one in self.reasons.values())


def reason_of(layout: RatingsLayout) -> pl.Expr:
    """The reason why a row cannot be read, from its fields as text: the columns user, item, rating and status."""
    needed = ["user", "item"] + [one for one in ("rating", "status") if getattr(layout, one) is not None]
    reason = pl.when(
        pl.any_horizontal((pl.col(one).is_null() | (pl.col(one).str.strip_chars() == "")) for one in needed)
    )
    chain: Any = reason.then(pl.lit("a field is missing"))
    for one, integers in (("user", layout.integer_users), ("item", layout.integer_items)):
        column = pl.col(one)
        if integers:
            chain = chain.when(~column.str.contains(r"^\s*[+-]?[0-9]+(\.0+)?\s*$")).then(
                pl.lit(f"the {one} id is not an integer")
            )
            number = column.str.strip_chars().str.replace(r"\.0+$", "").cast(pl.Int64, strict=False)
            chain = chain.when(number.is_null()).then(pl.lit(f"the {one} id is beyond 64 bits"))
        else:
            chain = chain.when(column.str.contains("\0", literal=True)).then(
                pl.lit(f"the {one} id holds a NUL byte")
            )
            chain = chain.when(column.str.len_bytes() > LONGEST_ID).then(
                pl.lit(f"the {one} id is longer than {LONGEST_ID} bytes")
            )
    if layout.rating is not None:
        number = pl.col("rating").str.strip_chars().cast(pl.Float32, strict=False)
        chain = chain.when(number.is_null()).then(pl.lit("the rating is not a number"))
        chain = chain.when(~number.is_finite()).then(pl.lit("the rating is NaN or infinite"))
        if layout.scale is not None:
            low, high = layout.scale
            inside = number.is_between(low, high) | number.is_in(list(layout.not_rated))
            chain = chain.when(~inside).then(pl.lit(f"the rating is outside {low:g} to {high:g}"))
    if layout.status is not None:
        status = pl.col("status").str.strip_chars().cast(pl.Int64, strict=False)
        known = ", ".join(str(one) for one in STATUSES)
        chain = chain.when(~status.is_in(STATUSES).fill_null(value=False)).then(
            pl.lit(f"the status is none of {known}")
        )
    return chain.otherwise(pl.lit("the line is malformed"))
