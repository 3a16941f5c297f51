"""A dataset without some users equals an ingest of the same files without their lines."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from konomi.data.dataset import Dataset
from konomi.errors import DatasetError
from konomi.formats import ingest

Line = tuple[int, int, float]

N_USERS, N_ITEMS = 6, 9
# The catalog has only the id of item 7, only a title made of the id of item 8, and not items 0 and 3.
CATALOG = {1: "One, by a title that is long", 2: "Two", 5: "Five", 6: "Six", 4: "Four", 7: "", 8: "#{}"}


def user_id(number: int, *, integers: bool) -> str:
    """An external id; text ids differ in length."""
    return str(10 + (number * 7) % 10) if integers else f"user-{chr(97 + number) * (1 + 3 * number)}"


def item_id(number: int, *, integers: bool) -> str:
    return str(50 + (number * 7) % 10) if integers else f"item-{chr(97 + number) * (1 + 3 * number)}"


def written(folder: Path, lines: list[Line], *, integers: bool, with_catalog: bool) -> dict[str, Any]:
    """The files of these lines, as arguments of `ingest`."""
    rows = [
        f"{user_id(user, integers=integers)},{item_id(item, integers=integers)},{rating}"
        for user, item, rating in lines
    ]
    (folder / "r.csv").write_text("\n".join(["user_id,item_id,rating", *rows, ""]))
    known = [(item_id(i, integers=integers), title) for i, title in CATALOG.items()]
    (folder / "i.csv").write_text(
        "\n".join(["item_id,title", *(f'{one},"{title.format(one)}"' for one, title in known), ""])
    )
    return {"ratings": folder / "r.csv", "items": folder / "i.csv" if with_catalog else None}


def arrays(dataset: Dataset) -> dict[str, tuple[str, tuple[int, ...], bytes]]:
    own = dataset.ratings
    every = {
        "offsets": own.offsets,
        "item_index": own.item_index,
        "rating_code": own.rating_code,
        "levels": own.levels,
        "status": own.status,
        "user_ids": own.users.ids,
        "item_ids": own.items.ids,
    }
    return {name: (str(array.dtype), array.shape, array.tobytes()) for name, array in every.items()}


line = st.tuples(
    st.integers(0, N_USERS - 1), st.integers(0, N_ITEMS - 1), st.sampled_from([1.0, 2.0, 3.5, 7.25, 0.1])
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(line, min_size=1, max_size=40),
    leaving=st.sets(st.integers(0, N_USERS - 1), min_size=1, max_size=3),
    min_ratings=st.integers(1, 3),
    grouped=st.booleans(),
    integers=st.booleans(),
    with_catalog=st.booleans(),
)
def test_forgetting_users_equals_ingesting_without_their_lines(
    tmp_path: Path,
    lines: list[Line],
    leaving: set[int],
    min_ratings: int,
    grouped: bool,
    integers: bool,
    with_catalog: bool,
) -> None:
    if grouped:
        lines = sorted(lines, key=lambda one: one[0])
    others = [one for one in lines if one[0] not in leaving]
    files = written(tmp_path, lines, integers=integers, with_catalog=with_catalog)
    try:
        whole = ingest(**files, min_ratings=min_ratings)
    except DatasetError:
        return  # no user has that many ratings
    index = whole.ratings.users.indices_of([user_id(user, integers=integers) for user in leaving])
    files = written(tmp_path, others, integers=integers, with_catalog=with_catalog) if others else {}
    if np.sum(index >= 0) == whole.ratings.n_users:
        with pytest.raises(DatasetError, match="no user would be left"):
            whole.without_users(index[index >= 0])
        return
    forgotten, fresh = whole.without_users(index[index >= 0]), ingest(**files, min_ratings=min_ratings)
    assert arrays(forgotten) == arrays(fresh)
    assert forgotten.catalog.frame.equals(fresh.catalog.frame)
    assert forgotten.digest() == fresh.digest()


@pytest.fixture
def lines() -> list[Line]:
    """Only user 1 has rows of item 3, which the catalog lacks, and of item 5, and a rating of 7.25."""
    return [(1, 3, 7.25), (0, 4, 1.0), (1, 4, 2.0), (2, 1, 1.0), (1, 5, 2.0), (0, 1, 3.5), (2, 2, 2.0)]


def test_items_of_only_these_users_are_removed_unless_the_catalog_has_them(
    tmp_path: Path, lines: list[Line]
) -> None:
    whole = ingest(**written(tmp_path, lines, integers=False, with_catalog=True))
    left = whole.without_users(np.array([0]))
    names = [item_id(number, integers=False) for number in (4, 1, 2, 5, 6)]
    assert left.ratings.items.ids.tolist() == names
    assert left.ratings.levels.tolist()[1:] == [1.0, 2.0, 3.5]
    assert left.ratings.row_counts().tolist() == [1, 2, 1, 0, 0]


def test_the_files_are_those_of_a_fresh_ingest(tmp_path: Path, lines: list[Line]) -> None:
    others = [one for one in lines if one[0] != 1]
    ingest(**written(tmp_path, lines, integers=False, with_catalog=True)).save(tmp_path / "data")
    # Opened from the folder: there the texts of all items are in buffers that rows of the catalog share.
    Dataset.open(tmp_path / "data").without_users(np.array([0])).save(tmp_path / "data")
    ingest(**written(tmp_path, others, integers=False, with_catalog=True)).save(tmp_path / "fresh")
    for path in (tmp_path / "fresh").iterdir():
        if path.name != "dataset.json":
            assert (tmp_path / "data" / path.name).read_bytes() == path.read_bytes(), path.name


def test_no_file_holds_the_id_of_a_removed_user_or_of_an_item_of_only_that_user(
    tmp_path: Path, lines: list[Line]
) -> None:
    ingest(**written(tmp_path, lines, integers=False, with_catalog=True)).save(tmp_path / "data")
    Dataset.open(tmp_path / "data").without_users(np.array([0])).save(tmp_path / "data")
    gone = (user_id(1, integers=False), item_id(3, integers=False))
    for path in (tmp_path / "data").iterdir():
        for text in gone:
            assert text.encode() not in path.read_bytes(), path.name
            assert text.encode("utf-32-le") not in path.read_bytes(), path.name


def test_the_report_keeps_nothing_that_depends_on_users(tmp_path: Path, lines: list[Line]) -> None:
    files = written(tmp_path, lines, integers=True, with_catalog=True)
    with files["ratings"].open("a") as file:
        file.write("not-a-number,52,5\n")
    report = ingest(**files).without_users(np.array([0])).report
    assert report == {"format": "table", "min_ratings": 1, "bots_kept": False}


def test_users_below_the_minimum_leave_nothing_in_the_dataset(tmp_path: Path) -> None:
    lines = [(0, 1, 1.0), (0, 2, 2.0), (5, 3, 7.25), (0, 4, 1.0)]
    dataset = ingest(**written(tmp_path, lines, integers=False, with_catalog=False), min_ratings=2)
    plain = ingest(**written(tmp_path, [one for one in lines if one[0] == 0], integers=False, with_catalog=False))
    assert arrays(dataset) == arrays(plain)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_preparing_after_forgetting_equals_forgetting_after_preparing(tmp_path: Path, k: int) -> None:
    rng = np.random.default_rng(5)
    lines = [(int(u), int(i), 1.0) for u, i in zip(rng.integers(0, 6, 60), rng.integers(0, 9, 60), strict=True)]
    whole = ingest(**written(tmp_path, lines, integers=False, with_catalog=True))
    leaving = np.array([0, 3])
    gone = whole.ratings.users.ids[leaving]
    for prepare in (
        lambda data: data.with_min_item_ratings(k),
        lambda data: data.with_min_ratings(3 + k, rated_items_only=True),
        lambda data: data.with_min_ratings(3 + k),
    ):
        before = prepare(whole)
        rows = before.ratings.users.indices_of(gone)
        after = prepare(before.without_users(rows[rows >= 0]))
        expected = prepare(whole.without_users(leaving))
        assert arrays(after) == arrays(expected)
        assert after.catalog.frame.equals(expected.catalog.frame)


def test_a_dataset_in_its_canonical_form_stays_as_it_is(tmp_path: Path, lines: list[Line]) -> None:
    dataset = ingest(**written(tmp_path, lines, integers=False, with_catalog=True))
    assert arrays(dataset.canonical()) == arrays(dataset)
