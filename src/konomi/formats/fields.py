"""Converts the text of a catalog's field to a number, a year, a list or a boolean."""

from typing import Any

import polars as pl


def numbers(text: pl.Expr, dtype: Any) -> pl.Expr:
    """Numbers, also from `28.0`; null where the text is not a number or does not fit `dtype`."""
    number = text.str.strip_chars().cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number).cast(dtype, strict=False)


def years(text: pl.Expr) -> pl.Expr:
    """The first four digits that are a year, Int32: from "Spring 1998", "Apr 3, 1998 to ?", "1998-04-03"."""
    return text.str.extract(r"(?:^|\D)((?:18|19|20)\d\d)(?:\.0)?(?:\D|$)").cast(pl.Int32, strict=False)


def lists(text: pl.Expr, separator: str) -> pl.Expr:
    """Lists of text, without empty entries; null where the text is null."""
    parts = text.str.split(separator).list.eval(pl.element().str.strip_chars())
    return parts.list.eval(pl.element().filter(pl.element() != ""))


def truths(text: pl.Expr) -> pl.Expr:
    """True for 1, true, yes, t, y in any case, null for null, else false."""
    return text.str.strip_chars().str.to_lowercase().str.strip_suffix(".0").is_in(["1", "true", "yes", "t", "y"])
