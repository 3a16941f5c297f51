"""Dataset: Ratings and Catalog, stored in one folder that is memory-mapped when opened."""

import hashlib
import io
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from konomi.data.catalog import COLUMNS, Catalog
from konomi.data.ids import IdIndex, narrowed
from konomi.data.ratings import Ratings
from konomi.errors import DatasetError
from konomi.storage.arrays import INDEX, Spec, check_arrays, check_indices, check_offsets
from konomi.storage.folder import whole_folder
from konomi.storage.kind import DATASET
from konomi.storage.reading import OpenFolder

_ARRAYS = {
    "offsets": Spec(("int64",), ("n_users + 1",)),
    "item_index": Spec(INDEX, ("n_rows",)),
    "rating_code": Spec(("uint8", "uint16"), ("n_rows",)),
    "levels": Spec(("float32",), (None,)),
    "status": Spec(("uint8",), ("n_rows",)),
    "user_ids": Spec(("int64", "U"), (None,)),
    "item_ids": Spec(("int64", "U"), (None,)),
}


@dataclass(frozen=True, eq=False)
class Dataset:
    """The ratings of all users and the catalog of the items.

    ratings       : the rows, grouped by user.
    catalog       : one row for each item of `ratings`.
    report        : the source of the data and what was left out, as plain JSON values.
    stored_digest : the result of `digest` when the folder was written; empty for a dataset that was never stored.
    """

    ratings: Ratings
    catalog: Catalog
    report: dict[str, Any] = field(default_factory=dict)
    stored_digest: str = ""

    def __post_init__(self) -> None:
        if self.catalog.items is not self.ratings.items:
            raise ValueError("the catalog and the ratings share one IdIndex of items")

    def digest(self) -> str:
        """A digest of all rows and ids, 16 hexadecimal digits. Equal data has equal digests."""
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
        """Only users with at least `min_ratings` rows (rated or not).

        rated_items_only : also leave out the items without a remaining row.
        The items are in the order of `canonical`. Raises DatasetError if no user is left.
        """
        ratings = self.ratings
        lengths = ratings.lengths()
        kept = np.flatnonzero(lengths >= min_ratings)
        if len(kept) == 0:
            raise DatasetError(
                f"no user has {min_ratings} ratings or more (the longest list has {lengths.max(initial=0)}): "
                "ask for fewer"
            )
        if len(kept) == ratings.n_users and not rated_items_only:
            return self
        if len(kept) < ratings.n_users:
            ratings = ratings.without_users(np.flatnonzero(lengths < min_ratings))
        return Dataset(ratings, self.catalog, self.report).canonical(rated_items_only=rated_items_only)

    def with_min_item_ratings(self, min_ratings: int) -> "Dataset":
        """Only items with at least `min_ratings` rows (rated or not). All users stay, some with fewer rows.

        Raises DatasetError if no item is left.
        """
        if min_ratings <= 0:
            return self
        counts = self.ratings.row_counts()
        kept = np.flatnonzero(counts >= min_ratings)
        if len(kept) == 0:
            raise DatasetError(
                f"no item has {min_ratings:,} ratings or more (the maximum is {counts.max(initial=0):,}): "
                "ask for fewer"
            )
        ratings = self.ratings.keep_items(kept).without_unused_levels()
        return Dataset(ratings, self.catalog.rows(kept, ratings.items), self.report)

    def without_users(self, users: NDArray[Any]) -> "Dataset":
        """The dataset without these users (indices). Every array equals that of an `ingest` without their lines.

        Their rows are removed, and with them the rating levels and the items that no other user has. An item stays,
        without rows, if the catalog has more than its id. The report keeps only what does not depend on users.
        Raises DatasetError if no user is left.
        """
        ratings = self.ratings.without_users(users)
        return Dataset(ratings, self.catalog, report_without_counts(self.report)).canonical()

    def canonical(self, *, rated_items_only: bool = False) -> "Dataset":
        """The same rows in the canonical form, which depends only on the rows and the catalog.

        Items with rows come first, in the order of their first rows. Items without rows of which the catalog has
        more than the id follow, in the order of their ids; with `rated_items_only` they are left out. Levels that
        no row has are removed, and text ids are as wide as the longest. So the arrays show nothing of rows and
        users that were removed. Raises DatasetError if there is no user.
        """
        if self.ratings.n_users == 0:
            raise DatasetError("no user would be left: remove the folder instead")
        users = IdIndex(narrowed(self.ratings.users.ids), self.ratings.users.kind)
        ratings = replace(self.ratings, users=users).without_unused_levels()
        rated = ratings.items_by_first_row()
        is_other = np.full(ratings.n_items, not rated_items_only)
        is_other[rated] = False
        others = np.flatnonzero(is_other & ~self.catalog.is_unknown())
        order = np.concatenate([rated, others[np.argsort(ratings.items.ids[others], kind="stable")]])
        ratings = ratings.keep_items(order)
        return Dataset(ratings, self.catalog.rows(order, ratings.items), self.report)

    def save(self, folder: Path) -> None:
        """Write the dataset into `folder`, completely or not at all. A dataset that is there is replaced.

        Raises StorageError.
        """
        with whole_folder(Path(folder), kind=DATASET) as new:
            self.write_into(new)

    def write_into(self, folder: Path) -> None:
        """Write the files into an existing folder, which the caller then puts in place; see `whole_folder`."""
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
        frame = self.catalog.frame
        if frame["follows"].null_count() == frame.height:
            frame = frame.drop("follows")  # as before there were relations, so that every konomi can read it
        with (folder / "catalog.arrow").open("wb") as file:
            frame.write_ipc(file)
        about = {
            "n_users": ratings.n_users,
            "n_items": ratings.n_items,
            "n_rows": ratings.n_rows,
            "digest": self.digest(),
            "report": self.report,
        }
        DATASET.write(folder, about)

    @classmethod
    def open(cls, folder: Path) -> "Dataset":
        """The dataset in `folder`. Its arrays are memory-mapped.

        Raises DatasetError if the folder is missing, damaged, no dataset, or from a newer konomi.
        """
        return DATASET.load(Path(folder), cls.read_from)

    @classmethod
    def read_from(cls, opened: OpenFolder) -> "Dataset":
        """The dataset in a folder that is held open. Every array that compiled code uses as an index is checked.

        Raises OSError, ValueError, KeyError or TypeError.
        """
        arrays = {name: opened.array(name) for name in _ARRAYS}
        check_arrays(arrays, _ARRAYS)
        n_rows = len(arrays["item_index"])
        check_offsets("offsets", arrays["offsets"], total=n_rows)
        check_indices("item_index", arrays["item_index"], below=len(arrays["item_ids"]))
        check_indices("rating_code", arrays["rating_code"], below=len(arrays["levels"]))
        _check_text(arrays["user_ids"])
        _check_text(arrays["item_ids"])
        items = IdIndex(arrays["item_ids"], "item")
        ratings = Ratings(
            offsets=arrays["offsets"],
            item_index=arrays["item_index"],
            rating_code=arrays["rating_code"],
            levels=arrays["levels"],
            status=arrays["status"],
            users=IdIndex(arrays["user_ids"], "user"),
            items=items,
        )
        about = opened.marker(DATASET.marker)
        if ratings.n_rows != about["n_rows"] or not isinstance(about["report"], dict):
            raise ValueError("the counts do not match the arrays")
        return cls(ratings, Catalog(items, _catalog_in(opened)), about["report"], str(about["digest"]))


def _catalog_in(opened: OpenFolder) -> pl.DataFrame:
    try:
        frame = pl.read_ipc(io.BytesIO(opened.content("catalog.arrow")))
        has_nulls = frame["title"].null_count() or any(
            frame[name].list.eval(pl.element().is_null()).list.any().any() for name in ("genres", "studios")
        )
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise ValueError(f"catalog.arrow is not a catalog ({error})") from error
    if "follows" not in frame.columns:
        frame = frame.with_columns(pl.lit(None, dtype=pl.String).alias("follows"))
    if dict(frame.schema) != COLUMNS or has_nulls:
        raise ValueError("catalog.arrow has other columns, or null values in them")
    return frame


def _check_text(ids: NDArray[Any]) -> None:
    """Raise ValueError for strings with invalid characters: NumPy accepts any 32 bits."""
    if ids.dtype.kind == "U" and ids.size:
        points = ids.view(np.uint32)
        if bool(((points > sys.maxunicode) | ((points >= 0xD800) & (points < 0xE000))).any()):
            raise ValueError("the ids contain invalid characters")


def report_without_counts(report: dict[str, Any]) -> dict[str, Any]:
    """The part of a report that does not depend on the rows of any user.

    The names of files are left out too: a file with one person's ratings may have that person's name.
    """
    return {key: value for key, value in report.items() if key in ("format", "min_ratings", "bots_kept")}
