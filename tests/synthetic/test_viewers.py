"""The lists of the demo's simulated viewers have the intended shape and the planted tastes."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from konomi.errors import StorageError
from konomi.synthetic.demo import PlantedTastes, catalog, planted_tastes, simulate_viewers, write_demo_files

N_VIEWERS = 4000


@pytest.fixture(scope="module")
def titles() -> pl.DataFrame:
    return catalog()


@pytest.fixture(scope="module")
def lists(titles: pl.DataFrame) -> pl.DataFrame:
    return simulate_viewers(titles, n_viewers=N_VIEWERS)


@pytest.fixture(scope="module")
def tastes(titles: pl.DataFrame) -> PlantedTastes:
    return planted_tastes(titles, n_viewers=N_VIEWERS)


@pytest.fixture(scope="module")
def watched(titles: pl.DataFrame, lists: pl.DataFrame) -> NDArray[np.bool_]:
    """bool (n_viewers, n_titles): whether the title is on the viewer's list."""
    matrix = np.zeros((N_VIEWERS, titles.height), dtype=bool)
    matrix[lists["user_id"].to_numpy() - 1, lists["item_id"].to_numpy() - 1] = True
    return matrix


@pytest.fixture(scope="module")
def cosines(watched: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(n_titles, n_titles): the cosine of the columns of the watched matrix."""
    columns = watched.astype(np.float32)
    columns /= np.linalg.norm(columns, axis=0)
    return np.asarray(columns.T @ columns)


def neighbors(titles: pl.DataFrame, cosines: NDArray[np.float32], title: str, k: int) -> pl.DataFrame:
    """The k nearest titles, best first, without the title itself."""
    row = titles["title"].to_list().index(title)
    order = np.argsort(-cosines[row], kind="stable")
    return titles[order[order != row][:k]]


def test_the_same_seed_gives_identical_lists(titles: pl.DataFrame) -> None:
    first = simulate_viewers(titles, n_viewers=300, seed=3)
    assert first.equals(simulate_viewers(titles, n_viewers=300, seed=3))


def test_another_seed_gives_other_lists(titles: pl.DataFrame) -> None:
    first = simulate_viewers(titles, n_viewers=300, seed=3)
    assert not first.equals(simulate_viewers(titles, n_viewers=300, seed=4))


def test_every_viewer_has_a_list(lists: pl.DataFrame) -> None:
    assert lists["user_id"].unique().sort().to_list() == list(range(1, N_VIEWERS + 1))


def test_every_title_is_on_some_list(lists: pl.DataFrame, titles: pl.DataFrame) -> None:
    assert set(lists["item_id"].to_list()) == set(titles["item_id"].to_list())


def test_no_title_is_on_a_list_twice(lists: pl.DataFrame) -> None:
    assert lists.select("user_id", "item_id").is_duplicated().sum() == 0


def test_lists_have_5_to_300_titles_and_a_median_near_45(lists: pl.DataFrame) -> None:
    length = lists.group_by("user_id").len()["len"].to_numpy()
    assert length.min() >= 5
    assert length.max() <= 300
    assert 40 < np.median(length) < 50


def test_no_title_is_on_half_of_the_lists(watched: NDArray[np.bool_]) -> None:
    assert 0.2 < watched.mean(axis=0).max() < 0.5


def test_ratings_are_whole_numbers_from_0_to_10(lists: pl.DataFrame) -> None:
    assert sorted(lists["rating"].unique()) == list(range(11))


def test_statuses_are_the_five_of_the_reference_dump(lists: pl.DataFrame) -> None:
    assert sorted(lists["watching_status"].unique()) == [1, 2, 3, 4, 6]


def test_about_a_third_of_the_rows_have_no_rating(lists: pl.DataFrame) -> None:
    assert 0.28 < (lists["rating"] == 0).mean() < 0.40


@pytest.mark.parametrize(("status", "low", "high"), [(4, 0.03, 0.05), (6, 0.05, 0.07)])
def test_the_shares_of_dropped_and_planned_rows_are_in_their_bands(
    lists: pl.DataFrame, status: int, low: float, high: float
) -> None:
    assert low < lists.filter(pl.col("watching_status") == status).height / lists.height < high


def test_planned_rows_have_no_rating(lists: pl.DataFrame) -> None:
    assert lists.filter(pl.col("watching_status") == 6)["rating"].max() == 0


def test_dropped_titles_are_rated_at_least_two_points_lower(lists: pl.DataFrame) -> None:
    scored = lists.filter(pl.col("rating") > 0)
    dropped = scored.filter(pl.col("watching_status") == 4)["rating"].to_numpy()
    completed = scored.filter(pl.col("watching_status") == 2)["rating"].to_numpy()
    assert dropped.mean() < completed.mean() - 2


def test_no_viewer_has_completed_a_series_that_is_still_running(lists: pl.DataFrame, titles: pl.DataFrame) -> None:
    endless = titles.filter(pl.col("episodes").is_null())["item_id"].implode()
    rows = lists.filter(pl.col("item_id").is_in(endless))
    assert rows.height > 0
    assert 2 not in rows["watching_status"]


def test_some_viewers_rate_nothing_and_some_everything(lists: pl.DataFrame) -> None:
    seen = lists.filter(~pl.col("watching_status").is_in([4, 6]))
    share = seen.group_by("user_id").agg((pl.col("rating") > 0).mean())["rating"].to_numpy()
    assert 0.08 < (share == 0).mean() < 0.13
    assert 0.22 < (share == 1).mean() < 0.40


def test_viewers_watch_titles_of_their_planted_genres(
    titles: pl.DataFrame, tastes: PlantedTastes, watched: NDArray[np.bool_]
) -> None:
    match = tastes.genre_match(titles)
    assert match[watched].mean() > match[~watched].mean() + 0.15


def test_viewers_rate_titles_of_their_planted_genres_higher(
    titles: pl.DataFrame, tastes: PlantedTastes, lists: pl.DataFrame
) -> None:
    scored = lists.filter(pl.col("rating") > 0)
    match = tastes.genre_match(titles)[scored["user_id"].to_numpy() - 1, scored["item_id"].to_numpy() - 1]
    assert 0.2 < np.corrcoef(match, scored["rating"].to_numpy())[0, 1] < 0.6


def test_viewers_watch_the_years_of_their_planted_era(
    titles: pl.DataFrame, tastes: PlantedTastes, watched: NDArray[np.bool_]
) -> None:
    years_away = np.abs(titles["year"].to_numpy()[None, :] - tastes.favorite_year[:, None])
    assert years_away[watched].mean() < years_away[~watched].mean() - 4


def test_viewers_watch_most_of_their_favorite_franchise_more_often_than_others(
    titles: pl.DataFrame, tastes: PlantedTastes, watched: NDArray[np.bool_]
) -> None:
    franchise = titles["franchise"].to_list()
    place = np.array([tastes.franchises.index(name) if name else -1 for name in franchise])
    is_favorite = place[None, :] == tastes.favorite_franchise[:, None]
    assert watched[is_favorite].mean() > 5 * watched[~is_favorite].mean()


def test_the_first_part_of_a_story_is_watched_more_than_its_sequel(
    titles: pl.DataFrame, watched: NDArray[np.bool_]
) -> None:
    viewers = dict(zip(titles["title"], watched.sum(axis=0), strict=True))
    assert viewers["Sword Art Online"] > viewers["Sword Art Online II"]


def test_famous_titles_are_watched_more(titles: pl.DataFrame, watched: NDArray[np.bool_]) -> None:
    fame = titles["fame"].to_numpy()
    share = [watched[:, fame == tier].mean() for tier in range(1, 6)]
    assert share == sorted(share)


def test_the_ten_neighbors_of_dragon_ball_z_are_of_its_franchise_or_genre(
    titles: pl.DataFrame, cosines: NDArray[np.float32]
) -> None:
    near = neighbors(titles, cosines, "Dragon Ball Z", 10)
    own = (near["franchise"] == "Dragon Ball").fill_null(False)
    kin = near["genres"].str.contains("Action") & near["genres"].str.contains("Shounen")
    assert own.sum() >= 7
    assert (own | kin).sum() == 10


def test_the_neighbors_of_death_note_are_thrillers_or_psychological(
    titles: pl.DataFrame, cosines: NDArray[np.float32]
) -> None:
    near = neighbors(titles, cosines, "Death Note", 10)
    assert near["genres"].str.contains("Thriller|Psychological|Mystery").sum() >= 9


def test_the_neighbors_of_your_name_are_by_its_director_or_romances(
    titles: pl.DataFrame, cosines: NDArray[np.float32]
) -> None:
    near = neighbors(titles, cosines, "Kimi no Na wa.", 10)
    assert (near["franchise"] == "Works of Makoto Shinkai").fill_null(False).sum() >= 3
    assert near["genres"].str.contains("Romance").sum() >= 8


def test_the_neighbors_of_k_on_are_slice_of_life(titles: pl.DataFrame, cosines: NDArray[np.float32]) -> None:
    near = neighbors(titles, cosines, "K-On!", 10)
    assert near["genres"].str.contains("Slice of Life").sum() >= 8


def test_a_title_with_few_watchers_has_neighbors_of_its_genre(
    titles: pl.DataFrame, cosines: NDArray[np.float32], watched: NDArray[np.bool_]
) -> None:
    row = titles["title"].to_list().index("Wangan Midnight")
    near = neighbors(titles, cosines, "Wangan Midnight", 10)
    assert watched[:, row].sum() < 0.04 * N_VIEWERS
    assert near["genres"].str.contains("Cars|Sports").sum() >= 8


def test_the_files_of_the_demo_have_the_header_of_the_reference_dump(tmp_path: Path) -> None:
    files = write_demo_files(tmp_path, n_viewers=50)
    header = files.ratings.read_text(encoding="utf-8").splitlines()[0]
    assert files.ratings.name == "simulated_animelist.csv"
    assert header == "user_id,anime_id,rating,watching_status,watched_episodes"


def test_the_catalog_file_of_the_demo_is_the_catalog_without_fame(tmp_path: Path, titles: pl.DataFrame) -> None:
    files = write_demo_files(tmp_path, n_viewers=50)
    assert files.items.name == "demo_anime.csv"
    assert pl.read_csv(files.items).equals(titles.drop("fame"))


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    first = write_demo_files(tmp_path, n_viewers=50, seed=1).ratings.read_bytes()
    assert write_demo_files(tmp_path, n_viewers=50, seed=1).ratings.read_bytes() == first


def test_watched_episodes_follow_the_status(tmp_path: Path, titles: pl.DataFrame) -> None:
    rows = pl.read_csv(write_demo_files(tmp_path, n_viewers=200).ratings).join(
        titles.select(anime_id="item_id", episodes="episodes"), on="anime_id"
    )
    completed = rows.filter(pl.col("watching_status") == 2)
    planned = rows.filter(pl.col("watching_status") == 6)
    begun = rows.filter(pl.col("watching_status").is_in([1, 3, 4]) & pl.col("episodes").is_not_null())
    assert completed["watched_episodes"].equals(completed["episodes"], check_names=False)
    assert planned["watched_episodes"].max() == 0
    assert (begun["watched_episodes"] < begun["episodes"]).all()


def test_a_missing_folder_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="give a folder that exists"):
        write_demo_files(tmp_path / "missing", n_viewers=5)
