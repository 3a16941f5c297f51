"""Kinds of models: what each one is made of, and how datasets are prepared for them."""

import dataclasses

import polars as pl

from konomi.data.catalog import Catalog
from konomi.data.dataset import Dataset
from konomi.models import by_name


def test_a_dataset_without_franchises_gets_them_where_it_is_prepared(tiny_dataset: Dataset) -> None:
    frame = tiny_dataset.catalog.frame.with_columns(franchise=pl.lit(None, dtype=pl.String))
    unnamed = dataclasses.replace(tiny_dataset, catalog=Catalog(tiny_dataset.catalog.items, frame))
    kind = by_name("popularity")
    prepared = kind.prepare(unnamed, kind.config_type()).catalog
    assert prepared.frame["franchise"].to_list() == ["Star Kitchen", "Star Kitchen", None, None, None, None]
