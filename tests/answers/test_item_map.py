"""The map: like items near each other, the same places on every run, regions called by their genres."""

import re
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from konomi.answers.item_map import ItemMap, position_of, regions
from konomi.answers.results import ItemColumns
from konomi.data.history import one_person
from konomi.errors import ConfigError
from konomi.models.map_layout import layout, places_of


def planted(n: int = 400, n_kinds: int = 4, dim: int = 16) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Unit vectors around `n_kinds` directions, and each one's kind; the last row is zero."""
    rng = np.random.default_rng(3)
    kind = np.arange(n) % n_kinds
    vectors = np.eye(dim)[kind] + rng.normal(0, 0.15, (n, dim))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[-1] = 0
    return vectors.astype(np.float32), kind


@pytest.fixture(scope="module")
def places() -> NDArray[np.float32]:
    return layout(planted()[0], seed=5)


def test_items_of_the_same_planted_taste_are_neighbors_on_the_map(places: NDArray[np.float32]) -> None:
    kind = planted()[1][:-1]
    points = places[:-1]
    distance = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    np.fill_diagonal(distance, np.inf)
    nearest = np.argsort(distance, axis=1)[:, :5]
    assert float(np.mean(kind[nearest] == kind[:, None])) > 0.98


def test_the_same_seed_gives_the_same_bits(places: NDArray[np.float32]) -> None:
    assert layout(planted()[0], seed=5).tobytes() == places.tobytes()
    assert layout(planted()[0], seed=6).tobytes() != places.tobytes()


def test_places_lie_around_the_origin_at_a_root_mean_square_of_one(places: NDArray[np.float32]) -> None:
    assert places.dtype == np.float32
    np.testing.assert_allclose(places[:-1].mean(axis=0), 0, atol=1e-4)
    assert float((places[:-1] ** 2).sum(axis=1).mean()) == pytest.approx(1, rel=1e-4)


def test_a_row_that_is_like_nothing_has_no_place(places: NDArray[np.float32]) -> None:
    assert np.isnan(places[-1]).all()
    assert np.isfinite(places[:-1]).all()


@pytest.mark.parametrize("n", [0, 1, 2, 5, 10, 11, 12])
def test_few_items_have_places_too(n: int) -> None:
    vectors = planted()[0][:n]
    found = layout(vectors)
    assert found.shape == (n, 2)
    assert np.isfinite(found).all()


def test_items_with_the_same_vector_are_no_problem() -> None:
    assert np.isfinite(layout(np.tile(planted()[0][:1], (50, 1)))).all()


def test_regions_are_called_by_the_genres_that_stand_out(places: NDArray[np.float32]) -> None:
    names = np.array(["Space", "Sport", "Ghosts", "School"])
    genres: list[list[str] | None] = [["Comedy", str(names[kind])] for kind in planted()[1]]
    genres[7] = None
    found = regions(places, genres, n_regions=4)
    assert sorted(region.name for region in found) == ["Ghosts", "School", "Space", "Sport"]
    assert sum(region.n_items for region in found) == 399


def test_regions_are_the_same_on_every_run(places: NDArray[np.float32]) -> None:
    genres: list[list[str] | None] = [[f"Kind {kind}"] for kind in planted()[1]]
    assert regions(places, genres) == regions(places, genres)


@pytest.mark.filterwarnings("error")
def test_items_at_few_distinct_points_are_as_many_regions() -> None:
    positions = np.repeat(np.array([[0, 0], [1, 1]], dtype=np.float32), 30, axis=0)
    genres: list[list[str] | None] = [["Space"]] * 30 + [["Sport"]] * 30
    found = regions(positions, genres)
    assert [(region.name, region.n_items) for region in found] == [("Space", 30), ("Sport", 30)]


def test_a_map_without_genres_or_items_has_no_named_regions(places: NDArray[np.float32]) -> None:
    assert {region.name for region in regions(places, [None] * 400)} == {""}
    assert regions(np.empty((0, 2), dtype=np.float32), []) == []
    with pytest.raises(ConfigError, match="at least 1"):
        regions(places, [None] * 400, n_regions=0)


UNRATED = np.full(5, np.nan, dtype=np.float32)


def test_an_unrated_history_is_at_the_title_nearest_to_all_its_others() -> None:
    positions = np.array([[0, 0], [0.1, 0], [0, 0.1], [-9, -9], [np.nan, np.nan]], dtype=np.float32)
    assert position_of(positions, UNRATED) == (0.0, 0.0)


def test_a_history_without_a_title_on_the_map_has_no_position() -> None:
    nowhere = np.full((1, 2), np.nan, dtype=np.float32)
    assert position_of(nowhere, UNRATED[:1]) is None
    assert position_of(nowhere[:0], UNRATED[:0]) is None


def test_the_better_rated_half_of_a_history_decides_its_position() -> None:
    positions = np.array([[0, 0], [0.1, 0], [0, 0.1], [5, 5], [5, 6]], dtype=np.float32)
    ratings = np.array([2, 1, 3, 9, 8], dtype=np.float32)
    # Three of five count: 9, 8 and 3.
    assert position_of(positions, ratings) == (5.0, 5.0)


def test_of_fewer_than_four_rated_titles_all_decide_the_position() -> None:
    positions = np.array([[0, 0], [0.1, 0], [0, 0.1], [5, 5], [5, 6]], dtype=np.float32)
    ratings = np.array([np.nan, np.nan, 1, 9, 8], dtype=np.float32)
    assert position_of(positions, ratings) == position_of(positions, UNRATED)


def test_a_map_marks_a_history_and_names_the_region_of_each_item(places: NDArray[np.float32]) -> None:
    names = np.array(["Space", "Sport", "Ghosts", "School"])
    kind = planted()[1][:-1]
    genres: list[list[str] | None] = [[str(names[one])] for one in kind]
    nothing: list[None] = [None] * len(kind)
    titles = [f"Title {row}" for row in range(len(kind))]
    rows = np.arange(len(kind), dtype=np.int32)
    items = ItemColumns(rows, rows + 10, titles, genres, nothing, nothing, nothing)
    found = ItemMap.of(places[:-1], items)
    named = [(place.region, names[one]) for place, one in zip(found, kind, strict=True) if place.region]
    assert all(region == name for region, name in named)
    assert len(named) == sum(region.n_items for region in found.regions) > 300
    assert (found.yours, found.you) == (None, None)
    assert "yours" not in str(found)
    ghosts = next(region.members for region in found.regions if region.name == "Ghosts")[:9]
    marked = found.marked(one_person(ghosts, np.full(9, np.nan), n_items=len(kind)))
    assert list(marked.you or ()) in places[ghosts].tolist()
    head, first = str(marked).splitlines()[:2]
    assert head.split()[:3] == ["region", "titles", "yours"]
    assert first.split()[0] == "Ghosts"
    assert first.split()[2] == "9"
    # Titles without the genre of their region are named last, however well known.
    mixed: list[list[str] | None] = [["Comedy"] if row < 40 else cell for row, cell in enumerate(genres)]
    table = str(ItemMap.of(places[:-1], replace(items, genres=mixed))).splitlines()
    line = next(line for line in table if line.startswith("Ghosts"))
    assert all(int(word) >= 40 and kind[int(word)] == 2 for word in re.findall(r"Title (\d+)", line))
    lost = found.marked(one_person(np.empty(0), np.empty(0), n_items=len(kind)))
    assert lost.you is None
    assert lost.notes == ("none of these titles is on the map",)


def test_of_a_wide_catalog_the_most_watched_items_are_placed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("konomi.models.map_layout._MOST_PLACED", 50)
    counts = np.random.default_rng(1).permutation(400)
    found = places_of(planted()[0], counts)
    # The last row is zero and has no place, however many watched it.
    expected = np.setdiff1d(np.argsort(-counts)[:50], [399])
    np.testing.assert_array_equal(np.flatnonzero(np.isfinite(found[:, 0])), expected)
