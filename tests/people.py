"""The lines of a ratings file with and without some users, and the comparison of folders."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

import konomi
from konomi.artifact import Artifact

HEADER = "user_id,item_id,rating\n"
ALONE = "item-that-only-one-user-saw"
"""An item that only `SOLE` rated and that the catalog lacks."""
SOLE = "user-who-rated-what-no-other-user-rated"
TITLE = "Alone on the Hill"
"""The title of an item of the catalog that only `SOLE` rated."""
_TASTES = ("Space", "Sport", "Ghosts")


def lines(n_users: int = 60, n_items: int = 30, seed: int = 0) -> list[tuple[str, str, float]]:
    """(user, item, rating) in the order of a file. Users are mixed; each has 8 to 16 titles, most of one taste."""
    rng = np.random.default_rng(seed)
    rows = []
    for user in range(n_users):
        liked = np.arange(n_items) % 3 == user % 3
        weight = np.where(liked, 8.0, 1.0) / (1 + np.arange(n_items) // 3)
        seen = rng.choice(n_items, int(rng.integers(8, 17)), replace=False, p=weight / weight.sum())
        rating = np.where(liked[seen], rng.integers(6, 11, len(seen)), rng.integers(2, 7, len(seen)))
        rows += [(f"u{user}", f"i{item}", float(value)) for item, value in zip(seen, rating, strict=True)]
    theirs = [f"i{item}" for item in rng.choice(n_items, 7, replace=False)]
    rows += [(SOLE, item, 7.25) for item in (ALONE, "i-hill", *theirs)]
    return [rows[index] for index in rng.permutation(len(rows))]


def without(rows: Iterable[tuple[str, str, float]], *users: str) -> list[tuple[str, str, float]]:
    """The lines of the other users."""
    return [row for row in rows if row[0] not in users]


def write_ratings(path: Path, rows: Iterable[tuple[str, str, float]]) -> Path:
    """A file of these lines."""
    path.write_text(HEADER + "".join(f"{user},{item},{rating:g}\n" for user, item, rating in rows))
    return path


def write_catalog(path: Path, n_items: int = 32) -> Path:
    """A catalog of titles in some franchises. No user rated the last two ids."""
    titles = [
        (f"i{item}", f"{_TASTES[item % 3]} Story {'I' * (1 + item // 12)}", item % 3) for item in range(n_items)
    ]
    titles.append(("i-hill", TITLE, 0))
    rows = [f"{item},{title},{_TASTES[taste]}\n" for item, title, taste in reversed(titles)]
    path.write_text("item_id,title,genres\n" + "".join(rows))
    return path


def dataset_folder(folder: Path, rows: Sequence[tuple[str, str, float]], *later: Path) -> Path:
    """The dataset folder of these lines, followed by those of the files in `later`."""
    folder.mkdir(parents=True, exist_ok=True)
    ratings = write_ratings(folder / "ratings.csv", rows)
    konomi.ingest([ratings, *later], items=write_catalog(folder / "items.csv"), out=folder / "data")
    return folder / "data"


def miscounted(model: Path) -> None:
    """Add 1 to one count of the Gram matrix that a linear model keeps."""
    artifact = Artifact.open(model)
    gram = artifact.model.packed_gram.copy()
    gram[1] += 1
    replace(artifact, model=replace(artifact.model, packed_gram=gram)).save(model)


def differing_files(first: Path, second: Path) -> list[str]:
    """The files that differ between two folders, or are in one of them only.

    JSON files and the page of the learning curve are not compared: they contain times and file names.
    """
    names = {path.relative_to(folder).as_posix() for folder in (first, second) for path in folder.rglob("*.*")}
    compared = sorted(name for name in names if not name.endswith((".json", ".html")))
    assert compared
    return [name for name in compared if _bytes(first / name) != _bytes(second / name)]


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None
