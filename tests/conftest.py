"""Datasets for many tests, and the path of the real ones."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from konomi.data.catalog import Catalog
from konomi.data.dataset import Dataset
from konomi.data.ids import IdIndex
from konomi.data.ratings import Ratings, Status

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets next to the repository."""
    folder = REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real data sets of ../shared/data are not here")
    return folder


@pytest.fixture(scope="session")
def tiny_dataset() -> Dataset:
    """Five users, six items, written by hand.

    User 10 has high and low ratings, 20 a single rating, 30 only ratings of 8, 40 no rating and a planned row, 50
    rated, unrated, dropped and planned rows. No user rated item 106, and the catalog lacks it.
    """
    rows = [  # user, item, rating (None = not rated), status
        (10, 101, 9, Status.COMPLETED),
        (10, 102, 7, Status.COMPLETED),
        (10, 103, 3, Status.DROPPED),
        (20, 104, 10, Status.COMPLETED),
        (30, 101, 8, Status.COMPLETED),
        (30, 102, 8, Status.COMPLETED),
        (30, 104, 8, Status.WATCHING),
        (30, 105, 8, Status.COMPLETED),
        (40, 101, None, Status.COMPLETED),
        (40, 105, None, Status.PLANNED),
        (50, 102, 6, Status.COMPLETED),
        (50, 101, None, Status.ON_HOLD),
        (50, 103, 2, Status.DROPPED),
        (50, 104, None, Status.PLANNED),
    ]
    known = pl.DataFrame(
        {
            "item_id": [101, 102, 103, 104, 105],
            "title": ["Star Kitchen", "Star Kitchen: The Movie", "Mountain Post", "Moon Baker", "Late Night Idols"],
            "title_english": [None, None, "The Mountain Post", None, None],
            "title_japanese": ["星の台所", None, None, "月のパン屋", None],
            "type": ["TV", "Movie", "TV", "OVA", "TV"],
            "year": [1998, 2001, 2010, None, 2015],
            "episodes": [26, 1, 12, 2, 12],
            "genres": [["Comedy", "Sci-Fi"], ["Comedy"], ["Drama"], [], ["Hentai"]],
            "studios": [["Studio One"], ["Studio One"], ["Studio Two"], [], None],
            "franchise": ["Star Kitchen", "Star Kitchen", None, None, None],
            "score": [8.5, 8.0, 6.5, None, 5.0],
            "members": [900, 500, 40, 30, 20],
            "synopsis": ["A cook among the stars.", None, "Letters climb a mountain.", None, None],
            "adult": [False, False, False, False, True],
        }
    )
    return _dataset(rows, IdIndex(np.array([101, 102, 103, 104, 105, 106]), "item"), known)


@pytest.fixture(scope="session")
def planted_dataset() -> Dataset:
    """400 users and 121 items with four planted tastes.

    Item i (id 1000 + i) has the taste i % 4, which is its genre. User u (id u + 1) has the taste u % 4, watches
    items of that taste ten times as often as others, and rates them about 8 and others about 5. A fifth of the rows
    have no rating. The first item of each taste is the most watched. Item 1120 has no row, user 1 has one rating,
    and all ratings of user 2 are equal.
    """
    rng = np.random.default_rng(7)
    n_users, n_items, n_tastes = 400, 120, 4
    fame = 1 / (1 + np.arange(n_items) // n_tastes) ** 0.5
    rows: list[tuple[int, int, int | None, Status]] = []
    for user in range(n_users):
        liked = np.arange(n_items) % n_tastes == user % n_tastes
        weight = fame * np.where(liked, 10.0, 1.0)
        n_rows = 1 if user == 0 else int(rng.integers(12, 28))
        for item in rng.choice(n_items, n_rows, replace=False, p=weight / weight.sum()).tolist():
            rating = int(np.clip(np.rint(rng.normal(8 if liked[item] else 5, 1)), 1, 10))
            scored = user < 2 or rng.random() < 0.8
            status = Status.COMPLETED if scored or rng.random() < 0.5 else Status.PLANNED
            rows.append((user + 1, 1000 + item, (7 if user == 1 else rating) if scored else None, status))
    items = np.arange(n_items + 1)
    tastes = np.array(["Space", "Sport", "Ghosts", "School"])
    known = pl.DataFrame(
        {
            "item_id": 1000 + items,
            "title": [f"{tastes[item % n_tastes]} story {item // n_tastes}" for item in items.tolist()],
            "type": [["TV", "Movie"][item % 3 == 0] for item in items.tolist()],
            "year": 1990 + items % 30,
            "genres": [[str(tastes[item % n_tastes])] for item in items.tolist()],
            "members": 1000 - items,
            "adult": [False] * len(items),
        }
    )
    return _dataset(rows, IdIndex(1000 + items, "item"), known)


def _dataset(rows: list[tuple[int, int, int | None, Status]], items: IdIndex, known: pl.DataFrame) -> Dataset:
    """The dataset of these rows, which are grouped by user."""
    user = np.array([row[0] for row in rows])
    users, first = np.unique(user, return_index=True)
    return Dataset(
        ratings=Ratings(
            offsets=np.append(first, len(rows)).astype(np.int64),
            item_index=items.indices_of([row[1] for row in rows]).astype(np.uint16),
            rating_code=np.array([row[2] or 0 for row in rows], dtype=np.uint8),
            levels=np.array([np.nan, *range(1, 11)], dtype=np.float32),
            status=np.array([row[3] for row in rows], dtype=np.uint8),
            users=IdIndex(users, "user"),
            items=items,
        ),
        catalog=Catalog.of(items, known),
        report={},
    )
