"""Dataset: Ratings and Catalog in one folder that is memory-mapped when opened."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from konomi.catalog import COLUMNS, Catalog
from konomi.errors import DatasetError
from konomi.folder import Kind, mapped, whole_folder
from konomi.ids import IdIndex
from konomi.ratings import Ratings

KIND = Kind("dataset.json", "konomi dataset", 1, DatasetError, "konomi ingest RATINGS -o {}")
_ARRAYS = ("offsets", "item_index", "rating_code", "levels", "status", "user_ids", "item_ids")


@dataclass(frozen=True, eq=False)
class Dataset:
    """Who rated what how, and what the items are.

    ratings : rows by user.
    catalog : one row for each item of `ratings`.
    report  : where the data came from and what was left out, as plain JSON values.
    stored_digest : what `digest` found when the folder was written; empty for a dataset that was never stored.
    """

    ratings: Ratings
    catalog: Catalog
    report: dict[str, Any] = field(default_factory=dict)
    stored_digest: str = ""

    def __post_init__(self) -> None:
        if self.catalog.items is not self.ratings.items:
            raise ValueError("the catalogue and the ratings share one IdIndex of items")

    def digest(self) -> str:
        """A fingerprint of every row and id, 16 hexadecimal digits: the same data gives the same one."""
        if self.stored_digest:
            return self.stored_digest
        sha = hashlib.sha256()
        ratings = self.ratings
        for array in (ratings.users.ids, ratings.items.ids, ratings.offsets, ratings.item_index):
            sha.update(np.ascontiguousarray(array).data)
        for array in (ratings.rating_code, ratings.levels, ratings.status):
            sha.update(np.ascontiguousarray(array).data)
        return sha.hexdigest()[:16]

    def with_min_ratings(self, min_ratings: int, *, rated_items_only: bool = False) -> "Dataset":
        """Only users with at least `min_ratings` rows (scored or not).

        rated_items_only : also leave out items that no remaining row names; items then stand in the order of
                           their first row.
        Raises DatasetError if nobody is left.
        """
        ratings = self.ratings
        lengths = ratings.lengths()
        kept = np.flatnonzero(lengths >= min_ratings)
        if len(kept) == 0:
            raise DatasetError(
                f"no user has {min_ratings} ratings or more (the longest list has {lengths.max(initial=0)}): "
                "ask for fewer"
            )
        if len(kept) < ratings.n_users:
            ratings = ratings.keep_users(kept)
        if not rated_items_only:
            return self if ratings is self.ratings else Dataset(ratings, self.catalog, self.report)
        order, item_index = _in_order_of_first_row(ratings.item_index, ratings.n_items)
        items = IdIndex(ratings.items.ids[order], ratings.items.kind)
        ratings = Ratings(
            ratings.offsets,
            item_index,
            ratings.rating_code,
            ratings.levels,
            ratings.status,
            ratings.users,
            items,
        )
        return Dataset(ratings, Catalog(items, self.catalog.frame[order]), self.report)

    def with_min_item_ratings(self, min_ratings: int) -> "Dataset":
        """Only items with at least `min_ratings` rows (scored or not); every user stays, with what is left.

        Raises DatasetError if no item is left.
        """
        if min_ratings <= 0:
            return self
        counts = self.ratings.item_counts()
        kept = np.flatnonzero(counts >= min_ratings)
        if len(kept) == 0:
            raise DatasetError(
                f"no item has {min_ratings:,} ratings or more (the most that one has is "
                f"{counts.max(initial=0):,}): ask for fewer"
            )
        ratings = self.ratings.keep_items(kept)
        return Dataset(ratings, Catalog(ratings.items, self.catalog.frame[kept]), self.report)

    def save(self, folder: Path) -> None:
        """Write everything into `folder`, whole or not at all; a dataset that stood there is replaced.

        Raises StorageError.
        """
        with whole_folder(Path(folder), marker=KIND.marker) as new:
            self.write_into(new)

    def write_into(self, folder: Path) -> None:
        """Write the files into an existing folder, for a caller that sees to its being whole."""
        ratings = self.ratings
        arrays = {
            "offsets": ratings.offsets,
            "item_index": ratings.item_index,
            "rating_code": ratings.rating_code,
            "levels": ratings.levels,
            "status": ratings.status,
            "user_ids": ratings.users.ids,
            "item_ids": ratings.items.ids,
        }
        for name in _ARRAYS:
            np.save(folder / f"{name}.npy", np.ascontiguousarray(arrays[name]), allow_pickle=False)
        self.catalog.frame.write_ipc(folder / "catalog.arrow")
        about = {
            "n_users": ratings.n_users,
            "n_items": ratings.n_items,
            "n_rows": ratings.n_rows,
            "digest": self.digest(),
            "report": self.report,
        }
        KIND.write(folder, about)

    @classmethod
    def open(cls, folder: Path) -> "Dataset":
        """The dataset in `folder`, its arrays mapped, not read.

        Raises DatasetError if it is missing, damaged, something else, or from a newer konomi.
        """
        folder = Path(folder)
        about = KIND.read(folder)
        arrays: dict[str, NDArray[Any]] = {}
        try:
            for name in _ARRAYS:
                arrays[name] = mapped(folder / f"{name}.npy")
            items = IdIndex(arrays["item_ids"], "item")
            users = IdIndex(arrays["user_ids"], "user")
            ratings = Ratings(
                offsets=arrays["offsets"],
                item_index=arrays["item_index"],
                rating_code=arrays["rating_code"],
                levels=arrays["levels"],
                status=arrays["status"],
                users=users,
                items=items,
            )
            frame = pl.read_ipc(folder / "catalog.arrow")
            if ratings.n_rows != about["n_rows"] or dict(frame.schema) != COLUMNS:
                raise ValueError("counts or columns do not fit")
            return cls(ratings, Catalog(items, frame), about["report"], str(about["digest"]))
        except (OSError, ValueError, EOFError, KeyError, TypeError, pl.exceptions.PolarsError) as error:
            raise DatasetError(f"the dataset in {folder} is damaged ({error}): ingest the ratings again") from error


def _in_order_of_first_row(item_index: NDArray[Any], n_items: int) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """The items that occur, ordered by their first row, and the rows renumbered by that order."""
    first = np.full(n_items, len(item_index), dtype=np.int64)
    backwards = np.arange(len(item_index) - 1, -1, -1)
    first[item_index[::-1]] = backwards  # the last write wins, so each item ends with its first row
    order = np.argsort(first, kind="stable")[: int(np.sum(first < len(item_index)))]
    new_number = np.full(n_items, -1, dtype=np.int64)
    new_number[order] = np.arange(len(order))
    return order, new_number[item_index].astype(item_index.dtype)
