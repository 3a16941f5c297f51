"""Synthetic ratings have the requested size, the planted tastes and the shape of the dump, reproducibly."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from konomi.errors import ConfigError, StorageError
from konomi.synthetic.ratings import HEADER, N_ITEMS, N_ROWS, N_USERS, Planted, planted, synthesize

SIZE = {"n_users": 3000, "n_items": 2000, "n_rows": 400_000, "seed": 5}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Planted, pl.DataFrame]:
    path = tmp_path_factory.mktemp("synthetic") / "ratings.csv"
    truth = synthesize(path, **SIZE)
    return truth, pl.read_csv(path)


def test_the_numbers_of_rows_and_users_are_the_requested_ones(made: tuple[Planted, pl.DataFrame]) -> None:
    truth, rows = made
    assert rows.columns == list(HEADER)
    assert rows.height == SIZE["n_rows"] == truth.n_rows
    assert rows["user_id"].n_unique() == SIZE["n_users"]


def test_users_are_ascending(made: tuple[Planted, pl.DataFrame]) -> None:
    assert made[1]["user_id"].is_sorted()


def test_each_user_has_the_planted_number_of_rows(made: tuple[Planted, pl.DataFrame]) -> None:
    truth, rows = made
    assert np.array_equal(np.bincount(rows["user_id"].to_numpy()), truth.users["length"])


def test_only_the_planted_repeats_name_an_item_twice(made: tuple[Planted, pl.DataFrame]) -> None:
    truth, rows = made
    distinct = rows.unique(["user_id", "anime_id"]).height
    assert 0 < rows.height - distinct <= truth.users["n_repeated"].sum()
    assert rows.height - distinct < 0.002 * rows.height


def test_every_value_is_allowed_in_the_dump(made: tuple[Planted, pl.DataFrame]) -> None:
    truth, rows = made
    assert set(rows["rating"].unique()) == set(range(11))
    assert set(rows["watching_status"].unique()) == {1, 2, 3, 4, 6}
    assert rows["watched_episodes"].min() == 0
    assert set(rows["anime_id"].unique()) <= set(truth.items["id"].tolist())


def test_about_two_fifths_of_the_rows_and_all_planned_rows_have_no_rating(
    made: tuple[Planted, pl.DataFrame],
) -> None:
    rows = made[1]
    assert 0.35 < (rows["rating"] == 0).mean() < 0.45
    assert rows.filter(pl.col("watching_status") == 6)["rating"].max() == 0


def test_popularity_and_lists_have_long_tails(made: tuple[Planted, pl.DataFrame]) -> None:
    truth, rows = made
    watchers = np.sort(np.bincount(rows["anime_id"].to_numpy()))[::-1][: truth.n_items]
    assert watchers[0] > 0.4 * truth.n_users
    assert watchers[truth.n_items // 2] < 0.03 * truth.n_users
    lengths = truth.users["length"]
    assert lengths.min() < 10
    assert lengths.max() > 5 * np.median(lengths)


def test_items_of_one_niche_are_watched_by_the_same_people(made: tuple[Planted, pl.DataFrame]) -> None:
    truth, rows = made
    X = np.zeros((truth.n_users, truth.n_items), dtype=np.float32)
    place = np.argsort(truth.items["id"])
    column = place[np.searchsorted(truth.items["id"][place], rows["anime_id"].to_numpy())]
    X[rows["user_id"].to_numpy(), column] = 1
    G = X.T @ X
    watchers = np.diag(G).copy()
    cosine = G / np.sqrt(np.maximum(np.outer(watchers, watchers), 1))
    np.fill_diagonal(cosine, -1)
    known = np.flatnonzero(watchers > 30)
    nearest = known[cosine[np.ix_(known, known)].argmax(axis=1)]
    assert np.mean(truth.items["taste"][nearest] == truth.items["taste"][known]) > 0.75


def test_users_rate_items_of_their_planted_niches_higher(made: tuple[Planted, pl.DataFrame]) -> None:
    truth, rows = made
    niche_of_id = dict(zip(truth.items["id"].tolist(), truth.items["niche"].tolist(), strict=True))
    scored = rows.filter((pl.col("rating") > 0) & (pl.col("watching_status") == 2))
    niche = np.array([niche_of_id[one] for one in scored["anime_id"].to_list()])
    own = (truth.niches[scored["user_id"].to_numpy()] == niche[:, None]).any(axis=1)
    rating = scored["rating"].to_numpy()
    assert rating[own].mean() > rating[~own].mean() + 0.5


def test_parquet_has_the_rows_of_the_csv(made: tuple[Planted, pl.DataFrame], tmp_path: Path) -> None:
    synthesize(tmp_path / "ratings.parquet", **SIZE)
    found = pl.read_parquet(tmp_path / "ratings.parquet").cast(pl.Int64)
    assert found.equals(made[1])


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_the_same_seed_gives_the_same_bytes_for_any_number_of_threads(tmp_path: Path, suffix: str) -> None:
    size = {"n_users": 9000, "n_items": 3000, "n_rows": 2_500_000, "seed": 1}
    for n_threads in (1, 3):
        synthesize(tmp_path / f"{n_threads}.{suffix}", n_threads=n_threads, **size)
    assert (tmp_path / f"1.{suffix}").read_bytes() == (tmp_path / f"3.{suffix}").read_bytes()


def test_another_seed_gives_another_file(tmp_path: Path) -> None:
    for seed in (1, 2):
        synthesize(tmp_path / f"{seed}.csv", n_users=50, n_items=100, n_rows=500, seed=seed)
    assert (tmp_path / "1.csv").read_bytes() != (tmp_path / "2.csv").read_bytes()


def test_the_reference_size_can_be_planted() -> None:
    truth = planted(n_users=N_USERS, n_items=N_ITEMS, n_rows=N_ROWS, seed=0)
    assert truth.n_rows == N_ROWS
    lengths = truth.users["length"]
    assert 0.2 < np.mean(lengths >= 400) < 0.32
    assert 0.6 < lengths[lengths >= 400].sum() / N_ROWS < 0.75
    bots = truth.users["bot"] > 0
    assert 0.001 < bots.mean() < 0.004


def test_planted_bots_behave_like_their_kind(tmp_path: Path) -> None:
    truth = synthesize(tmp_path / "bots.csv", n_users=4000, n_items=9000, n_rows=1_500_000, seed=3)
    by_user = pl.read_csv(tmp_path / "bots.csv").filter(pl.col("watching_status") != 6).group_by("user_id")
    scored = pl.col("rating").filter(pl.col("rating") > 0)
    found = by_user.agg(pl.len(), scored.len().alias("n"), scored.mean().alias("mean"), scored.std().alias("std"))
    bots = (
        found.sort("user_id")
        .filter(pl.Series(truth.users["bot"] > 0))
        .with_columns(kind=truth.users["bot"][truth.users["bot"] > 0])
    )
    assert bots.height >= 4
    assert bots.filter(pl.col("kind") == 1).select((pl.col("n") > 2000) & (pl.col("mean") > 9)).to_series().all()
    assert bots.filter(pl.col("kind") == 2).select((pl.col("n") >= 500) & (pl.col("std") == 0)).to_series().all()
    assert bots.filter(pl.col("kind") == 3).select(pl.col("len") > 5000).to_series().all()
    assert bots.filter(pl.col("kind") == 4).select((pl.col("len") > 1000) & (pl.col("n") == 0)).to_series().all()


def test_the_catalog_has_every_item_with_its_taste(tmp_path: Path) -> None:
    truth = synthesize(tmp_path / "r.csv", n_users=50, n_items=300, n_rows=900, items_path=tmp_path / "items.csv")
    catalog = pl.read_csv(tmp_path / "items.csv")
    assert catalog["MAL_ID"].to_list() == sorted(truth.items["id"].tolist())
    assert catalog["Name"].n_unique() == 300
    first = truth.items[truth.items["franchise_first"] == np.arange(300)]["id"][0]
    assert catalog.filter(pl.col("MAL_ID") == int(first))["Name"].item() == f"Title {first:05d}"


def test_the_default_number_of_users_follows_from_the_rows(tmp_path: Path) -> None:
    assert synthesize(tmp_path / "r.csv", n_rows=33_500).n_users == 100


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ({"n_users": 0, "n_items": 100, "n_rows": 10}, "users=0"),
        ({"n_users": 5, "n_items": 9, "n_rows": 10}, "items=9"),
        ({"n_users": 5, "n_items": 100, "n_rows": 4}, "rows=4"),
        ({"n_users": 5, "n_items": 100, "n_rows": 400}, "at most 300"),
        ({"n_users": 5, "n_items": 100, "n_rows": 40, "seed": -1}, "seed=-1"),
    ],
)
def test_impossible_sizes_are_refused(tmp_path: Path, size: dict[str, int], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        synthesize(tmp_path / "r.csv", **size)
    assert list(tmp_path.iterdir()) == []


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"does not end in \.csv or \.parquet"):
        synthesize(tmp_path / "r.xlsx")


def test_a_folder_at_the_path_is_refused(tmp_path: Path) -> None:
    (tmp_path / "r.csv").mkdir()
    with pytest.raises(StorageError, match="is a folder"):
        synthesize(tmp_path / "r.csv", n_users=50, n_items=100, n_rows=500)


def test_lists_can_hold_most_of_a_small_catalog(tmp_path: Path) -> None:
    truth = synthesize(tmp_path / "r.csv", n_users=20, n_items=50, n_rows=600)
    assert truth.users["length"].max() == 30


def test_an_interrupted_run_leaves_nothing(tmp_path: Path) -> None:
    script = (
        "from pathlib import Path; from konomi.synthetic.ratings import synthesize\n"
        "class Loud:\n"
        "    def start(self, *a): print('begun', flush=True)\n"
        "    def advance(self, *a): pass\n"
        "    def note(self, *a): pass\n"
        f"synthesize(Path({str(tmp_path / 'r.csv')!r}), n_rows=500_000_000, progress=Loud())"
    )
    run = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert run.stdout is not None
    run.stdout.readline()
    while not list(tmp_path.glob(".r.csv.konomi-new-*")):
        time.sleep(0.01)
    run.send_signal(signal.SIGINT)
    assert run.wait(timeout=60) != 0
    run.stdout.close()
    assert list(tmp_path.iterdir()) == []


def test_a_killed_run_leaves_the_last_complete_file_and_the_next_run_works(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    small = {"n_users": 50, "n_items": 100, "n_rows": 500}
    synthesize(path, **small)
    before = path.read_bytes()
    script = (
        "from pathlib import Path; from konomi.synthetic.ratings import synthesize\n"
        f"synthesize(Path({str(path)!r}), n_rows=500_000_000)"
    )
    run = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.DEVNULL)
    while not list(tmp_path.glob(".r.csv.konomi-new-*")):
        time.sleep(0.01)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    assert path.read_bytes() == before
    synthesize(path, **small)
    assert [one.name for one in tmp_path.iterdir()] == ["r.csv"]


def test_no_catalog_is_written_where_the_ratings_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(StorageError, match="is a folder"):
        synthesize(
            tmp_path / "folder.csv", items_path=tmp_path / "items.csv", n_users=20, n_items=50, n_rows=200, seed=1
        )
    assert [path.name for path in tmp_path.iterdir()] == ["folder.csv"]
