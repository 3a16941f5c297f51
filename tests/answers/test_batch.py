"""Recommendations for everybody: the answers of one at a time, in one file, whole or not at all."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from konomi.answers import batch
from konomi.answers.batch import recommend_all
from konomi.answers.recommender import Recommender
from konomi.artifact import Artifact
from konomi.data.dataset import Dataset
from konomi.errors import ConfigError, StorageError
from konomi.models import by_name
from konomi.storage.parquet import growing_parquet


@pytest.fixture(params=["popularity", "linear"])
def recommender(request: pytest.FixtureRequest, planted_dataset: Dataset) -> Recommender:
    kind = by_name(request.param)
    return Recommender(Artifact.of(kind.train(planted_dataset, kind.config_type()), planted_dataset))


def one_at_a_time(recommender: Recommender, k: int, **options: Any) -> pl.DataFrame:
    answers = []
    for user_id in recommender.ratings.users.ids.tolist():
        found = recommender.recommend(user_id, k=k, **options)
        answers += [(user_id, row.rank, row.item_id, row.score) for row in found]
    return pl.DataFrame(answers, schema=["user_id", "rank", "item_id", "score"], orient="row")


@pytest.mark.parametrize("block_bytes", [1, 50_000, 64 << 20])
def test_everybody_gets_the_answers_of_one_at_a_time(
    recommender: Recommender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block_bytes: int
) -> None:
    monkeypatch.setattr(batch, "_BLOCK_BYTES", block_bytes)
    n_rows = recommend_all(recommender, tmp_path / "all.parquet", k=7)
    found = pl.read_parquet(tmp_path / "all.parquet")
    expected = one_at_a_time(recommender, 7)
    assert n_rows == found.height == expected.height
    assert found["user_id"].to_list() == expected["user_id"].to_list()
    assert found["rank"].to_list() == expected["rank"].to_list()
    assert np.allclose(found["score"], expected["score"], rtol=1e-4, atol=1e-6)
    # A product of many rows may round the last bit otherwise than that of one, so near ties may change places.
    same = (found["item_id"] == expected["item_id"]).to_numpy()
    assert same.mean() > 0.995


def test_filters_hold_for_everybody(recommender: Recommender, tmp_path: Path) -> None:
    recommend_all(recommender, tmp_path / "all.parquet", k=3, where={"genre": "Space"})
    ids = set(pl.read_parquet(tmp_path / "all.parquet")["item_id"].to_list())
    genres = dict(
        zip(recommender.catalog.items.ids.tolist(), recommender.catalog.frame["genres"].to_list(), strict=True)
    )
    assert all("Space" in genres[one] for one in ids)


def test_a_user_who_has_all_but_two_gets_two(recommender: Recommender, tmp_path: Path) -> None:
    user = int(recommender.ratings.lengths().argmax())
    seen = recommender.ratings.history(user).item_index
    ids = recommender.catalog.items.ids
    left = np.setdiff1d(np.arange(120), seen)[:2]
    only = tuple(ids[np.append(seen, left)].tolist())
    recommend_all(recommender, tmp_path / "all.parquet", k=5, where={"only": only})
    theirs = pl.read_parquet(tmp_path / "all.parquet").filter(
        pl.col("user_id") == int(recommender.ratings.users.ids[user])
    )
    assert sorted(theirs["item_id"].to_list()) == sorted(ids[left].tolist())
    assert theirs["rank"].to_list() == [1, 2]


def test_an_adult_item_is_in_nobodys_answers(tiny_dataset: Dataset, tmp_path: Path) -> None:
    kind = by_name("popularity")
    recommender = Recommender(Artifact.of(kind.train(tiny_dataset, kind.config_type()), tiny_dataset))
    recommend_all(recommender, tmp_path / "all.parquet", k=6)
    found = pl.read_parquet(tmp_path / "all.parquet")
    assert 105 not in found["item_id"].to_list()
    listed = found.filter(pl.col("user_id") == 40)["item_id"].to_list()
    assert listed == [102, 103, 104, 106] or listed == [102, 104, 103, 106]


@pytest.mark.parametrize("k", [0, -1, 122, True])
def test_k_out_of_range_is_named(recommender: Recommender, tmp_path: Path, k: int) -> None:
    with pytest.raises(ConfigError, match="out of range"):
        recommend_all(recommender, tmp_path / "all.parquet", k=k)


def test_another_suffix_is_refused(recommender: Recommender, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\.parquet"):
        recommend_all(recommender, tmp_path / "all.csv")


def test_a_fault_on_the_way_leaves_what_stood_there(
    recommender: Recommender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "all.parquet"
    recommend_all(recommender, out, k=2)
    before = out.read_bytes()
    monkeypatch.setattr(batch, "_BLOCK_BYTES", 50_000)
    calls = iter(range(100))

    def fails(*arguments: Any) -> Any:
        if next(calls) == 2:
            raise OSError(28, "No space left on device")
        return best(*arguments)

    best = batch._best_of_block
    monkeypatch.setattr(batch, "_best_of_block", fails)
    with pytest.raises(StorageError, match="No space left"):
        recommend_all(recommender, out, k=3)
    assert out.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["all.parquet"]


def test_parts_join_in_order(tmp_path: Path) -> None:
    frames = [pl.DataFrame({"x": range(start, start + 7)}) for start in range(0, 70, 7)]
    with growing_parquet(tmp_path / "x.parquet", rows_per_part=20) as append:
        for frame in frames:
            append(frame)
    assert pl.read_parquet(tmp_path / "x.parquet").equals(pl.concat(frames))
    assert [one.name for one in tmp_path.iterdir()] == ["x.parquet"]
