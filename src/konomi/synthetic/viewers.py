"""Simulated viewers of the demo's catalog. Their tastes are planted, so that a model can be checked."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray


@dataclass(frozen=True)
class Kind:
    """A kind of viewer. A viewer is a mixture of kinds, usually of one to three.

    share  : how common the kind is, relative to the others.
    genres : genre -> how much it matters.
    """

    share: float
    genres: dict[str, float]


KINDS = {
    "battles": Kind(15, {"Shounen": 3, "Super Power": 3, "Martial Arts": 3, "Action": 2, "Adventure": 1}),
    "thrillers": Kind(12, {"Thriller": 4, "Psychological": 4, "Mystery": 3, "Police": 1.5, "Horror": 0.5}),
    "horror": Kind(6, {"Horror": 4, "Vampire": 2, "Supernatural": 2, "Demons": 1.5, "Dementia": 1, "Mystery": 1}),
    "machines and war": Kind(8, {"Mecha": 4, "Space": 3, "Sci-Fi": 2.5, "Military": 2.5}),
    "romance at school": Kind(8, {"Romance": 4, "School": 2.5, "Drama": 1.5, "Comedy": 1}),
    "tears": Kind(6, {"Drama": 4, "Romance": 2.5, "Slice of Life": 1, "Supernatural": 0.7, "Music": 0.7}),
    "everyday life": Kind(8, {"Slice of Life": 4, "School": 2, "Comedy": 2, "Music": 1.5}),
    "other worlds": Kind(10, {"Fantasy": 4, "Magic": 2.5, "Adventure": 2.5, "Game": 2}),
    "shoujo": Kind(7, {"Shoujo": 4, "Josei": 2.5, "Romance": 2.5, "Drama": 1, "Magic": 0.5}),
    "magical girls": Kind(4, {"Magic": 4, "Shoujo": 3, "Kids": 0.7, "Comedy": 0.5}),
    "sports": Kind(7, {"Sports": 5, "Shounen": 1, "School": 1, "Cars": 0.7, "Drama": 0.5}),
    "racing": Kind(1.5, {"Cars": 5, "Sports": 1.5, "Seinen": 1, "Action": 0.7}),
    "adventures in space": Kind(5, {"Space": 3, "Sci-Fi": 2.5, "Adventure": 2.5, "Action": 2.5, "Comedy": 1}),
    "folk tales": Kind(
        7, {"Supernatural": 3, "Slice of Life": 2.5, "Historical": 2, "Mystery": 1.7, "Seinen": 1.5, "Fantasy": 1.5}
    ),
    "swords": Kind(5, {"Historical": 4, "Samurai": 3.5, "Seinen": 2, "Action": 1}),
    "jokes": Kind(6, {"Comedy": 4, "Parody": 3.5, "Ecchi": 1, "Harem": 1, "School": 1}),
    "childhood": Kind(4, {"Kids": 4, "Adventure": 2, "Game": 1.5, "Comedy": 1, "Fantasy": 1}),
    "cyborgs": Kind(5, {"Sci-Fi": 4, "Seinen": 2.5, "Police": 2.5, "Psychological": 2, "Dementia": 1}),
    "films": Kind(5, {}),  # no genre but a format, see FORMAT_WEIGHT
}
# Bodies of work without an order. Viewers start any other franchise with its first part.
COLLECTIONS = ("Works of ", "Studio Ghibli", "World Masterpiece Theater", "Leijiverse")

TASTE_WEIGHT = 7.0
FAME_WEIGHT = 0.75
FORMAT_WEIGHT = 4.0
ERA_WEIGHT = 1.3
FAVORITE_WEIGHT = 1.5
LATER_PART_PENALTY = 1.5
COLLECTION_ATTACHMENT = 0.5  # 1 for the parts of one story
MEDIAN_LENGTH, SHORTEST_LENGTH, LONGEST_LENGTH = 45, 5, 300


@dataclass(frozen=True, eq=False)
class PlantedTastes:
    """The planted tastes of the simulated viewers; row v belongs to user_id v + 1.

    genres               : the names of the m genres, in the order of the columns of genre_weights.
    genre_weights        : float64 (n_viewers, m), >= 0, each row of unit length.
    film_love            : float64 (n_viewers,), 0 ... 1, the preference for films of any genre.
    favorite_year        : float64 (n_viewers,), the middle of the years that the viewer prefers.
    era_width            : float64 (n_viewers,), the scale, in years, of the preference around that year.
    fame_pull            : float64 (n_viewers,), the effect of fame on what is watched; 1 is the average.
    franchise_attachment : float64 (n_viewers,), the preference for the other parts of a franchise that was started.
    franchises           : the names of the franchises, in the order of the values of favorite_franchise.
    favorite_franchise   : int64 (n_viewers,), the index of the viewer's favorite franchise.
    """

    genres: tuple[str, ...]
    genre_weights: NDArray[np.float64]
    film_love: NDArray[np.float64]
    favorite_year: NDArray[np.float64]
    era_width: NDArray[np.float64]
    fame_pull: NDArray[np.float64]
    franchise_attachment: NDArray[np.float64]
    franchises: tuple[str, ...]
    favorite_franchise: NDArray[np.int64]

    def __post_init__(self) -> None:
        n_viewers = len(self.genre_weights)
        if self.genre_weights.shape != (n_viewers, len(self.genres)):
            raise ValueError("genre_weights has one row for each viewer and one column for each genre")
        for values in (
            self.film_love,
            self.favorite_year,
            self.era_width,
            self.fame_pull,
            self.franchise_attachment,
            self.favorite_franchise,
        ):
            if values.shape != (n_viewers,):
                raise ValueError(f"every taste has one value for each of the {n_viewers} viewers")

    def genre_match(self, catalog: pl.DataFrame) -> NDArray[np.float64]:
        """float64 (n_viewers, n_titles): the cosine, in [0, 1], of each viewer's and each title's genres."""
        return self.genre_weights @ _genre_profiles(catalog, self.genres).T


def planted_tastes(catalog: pl.DataFrame, *, n_viewers: int = 5000, seed: int = 7) -> PlantedTastes:
    """The tastes that `simulate_viewers` plants for the same catalog, number and seed."""
    rng, _, _ = _generators(seed)
    genres = _genre_names(catalog)
    kinds = np.array([[kind.genres.get(genre, 0.0) for genre in genres] for kind in KINDS.values()])
    share_of_kind = np.array([kind.share for kind in KINDS.values()])
    share_of_kind /= share_of_kind.sum()
    # A total of 1.6 over 19 kinds: one or two kinds have most of a viewer's weight.
    mixture = rng.dirichlet(1.6 * share_of_kind, size=n_viewers)
    whims = rng.dirichlet(np.full(len(genres), 0.3), size=n_viewers)
    genre_weights = _unit_rows(mixture @ _unit_rows(kinds) + 0.25 * whims)

    likes_classics = rng.random(n_viewers) < 0.15
    favorite_year = np.where(likes_classics, rng.normal(1984, 7, n_viewers), rng.normal(2010, 6, n_viewers)).clip(
        1965, 2023
    )
    era_width = rng.uniform(6, 14, n_viewers)
    fame_pull = rng.uniform(0.4, 1.6, n_viewers)
    attachment = rng.uniform(0.5, 4.5, n_viewers)

    franchises, franchise_of_item = _franchises(catalog)
    fame = catalog["fame"].to_numpy().astype(np.float64)
    appeal = TASTE_WEIGHT * genre_weights @ _genre_profiles(catalog, genres).T + FAME_WEIGHT * fame
    best_part = np.empty((n_viewers, len(franchises)))
    for franchise in range(len(franchises)):
        best_part[:, franchise] = appeal[:, franchise_of_item == franchise].max(axis=1)
    favorite = (best_part + rng.gumbel(size=best_part.shape)).argmax(axis=1)

    return PlantedTastes(
        genres=genres,
        genre_weights=genre_weights,
        film_love=mixture[:, list(KINDS).index("films")],
        favorite_year=favorite_year,
        era_width=era_width,
        fame_pull=fame_pull,
        franchise_attachment=attachment,
        franchises=franchises,
        favorite_franchise=favorite.astype(np.int64),
    )


def simulate_viewers(catalog: pl.DataFrame, *, n_viewers: int = 5000, seed: int = 7) -> pl.DataFrame:
    """The lists of simulated viewers, rows grouped by viewer.

    catalog : the frame of `konomi.synthetic.demo.catalog()`, or one with its columns.
    Returns the columns user_id (1 ... n_viewers), item_id, rating (1 ... 10, 0 = not rated) and watching_status
    (1 watching, 2 completed, 3 on hold, 4 dropped, 6 plan to watch), all int64.
    The titles of a viewer are drawn without replacement by the Gumbel-top-k method. Their log-weight rises with
    taste, era, fame and franchise. The same arguments give the same frame.
    Source: Kool, van Hoof and Welling 2019.
    """
    tastes = planted_tastes(catalog, n_viewers=n_viewers, seed=seed)
    _, watching_rng, scoring_rng = _generators(seed)
    pull = _pull(catalog, tastes)
    viewer, item = _draw_lists(catalog, tastes, pull, watching_rng)
    enjoyment = _enjoyment(catalog, tastes, viewer, item, scoring_rng)
    never_ends = catalog["episodes"].is_null().to_numpy()
    status = _statuses(enjoyment, never_ends[item], scoring_rng)
    return pl.DataFrame(
        {
            "user_id": viewer + 1,
            "item_id": catalog["item_id"].to_numpy().astype(np.int64)[item],
            "rating": _ratings(enjoyment, status, viewer, n_viewers, scoring_rng),
            "watching_status": status,
        }
    )


def _pull(catalog: pl.DataFrame, tastes: PlantedTastes) -> NDArray[np.float64]:
    """float64 (n_viewers, n_titles): the log-weights of watching each title before any franchise was started."""
    fame = catalog["fame"].to_numpy().astype(np.float64)
    year = catalog["year"].to_numpy().astype(np.float64)
    is_film = (catalog["type"] == "Movie").to_numpy()
    years_away = (year[None, :] - tastes.favorite_year[:, None]) / tastes.era_width[:, None]
    franchise_of_item = _franchises(catalog)[1]
    pull = TASTE_WEIGHT * tastes.genre_match(catalog)
    pull += FAME_WEIGHT * tastes.fame_pull[:, None] * fame[None, :]
    # Bounded, so that a famous title of another era keeps some watchers.
    pull -= ERA_WEIGHT * np.minimum(years_away**2 / 2, 2.5)
    pull += FORMAT_WEIGHT * tastes.film_love[:, None] * is_film[None, :]
    pull += FAVORITE_WEIGHT * (franchise_of_item[None, :] == tastes.favorite_franchise[:, None])
    return pull


def _draw_lists(
    catalog: pl.DataFrame, tastes: PlantedTastes, pull: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The viewer and the title of every entry of all lists, sorted by viewer and then by title."""
    n_viewers, n_items = pull.shape
    longest = min(LONGEST_LENGTH, n_items)
    length = np.rint(rng.lognormal(np.log(MEDIAN_LENGTH), 0.8, n_viewers)).astype(np.int64)
    length = length.clip(min(SHORTEST_LENGTH, longest), longest)

    franchises, franchise_of_item = _franchises(catalog)
    later_part = _later_parts(catalog)
    noisy = pull + rng.gumbel(size=pull.shape)
    first_titles = _top_of_rows(noisy - LATER_PART_PENALTY * later_part, np.maximum(length // 2, 2))

    started_franchises = np.zeros((n_viewers, len(franchises) + 1), dtype=bool)
    viewer, item = np.nonzero(first_titles)
    started_franchises[viewer, franchise_of_item[item]] = True
    started_franchises[:, -1] = False  # the column of titles without a franchise
    started = started_franchises[:, franchise_of_item]

    holds_together = np.where(_in_collections(catalog), COLLECTION_ATTACHMENT, 1.0)
    attachment = tastes.franchise_attachment[:, None] * holds_together[None, :]
    noisy += np.where(started, attachment, -LATER_PART_PENALTY * later_part)
    # All titles that were drawn first stay on the list.
    noisy[first_titles] += 1000.0
    viewer, item = np.nonzero(_top_of_rows(noisy, length))
    return viewer.astype(np.int64), item.astype(np.int64)


def _enjoyment(
    catalog: pl.DataFrame,
    tastes: PlantedTastes,
    viewer: NDArray[np.int64],
    item: NDArray[np.int64],
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """float64 (n_rows,): how much the viewer liked the title; zero mean and unit standard deviation."""
    match = tastes.genre_match(catalog)[viewer, item]
    fame = catalog["fame"].to_numpy().astype(np.float64)
    quality = 0.35 * (fame - fame.mean()) + rng.normal(0, 0.35, len(fame))
    is_favorite = _franchises(catalog)[1][item] == tastes.favorite_franchise[viewer]
    enjoyment = 3.0 * (match - match.mean()) + quality[item] + 0.6 * is_favorite
    enjoyment += rng.normal(0, 0.6, len(item))
    return (enjoyment - enjoyment.mean()) / enjoyment.std()


def _statuses(
    enjoyment: NDArray[np.float64], never_ends: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.int64]:
    """int64 (n_rows,): the watching status. Titles that are enjoyed less are dropped more often."""
    chance = rng.random(len(enjoyment))
    drop_weight = np.exp(-1.2 * enjoyment)
    drop_limit = np.minimum(0.042 * drop_weight / drop_weight.mean(), 0.6)
    status = np.full(len(enjoyment), 2, dtype=np.int64)
    status[chance > 0.85] = 3
    status[chance > 0.89] = 1
    status[chance > 0.94] = 6
    status[chance < drop_limit] = 4
    # No viewer has completed a series that is still running.
    status[never_ends & (status == 2)] = 1
    return status


def _ratings(
    enjoyment: NDArray[np.float64],
    status: NDArray[np.int64],
    viewer: NDArray[np.int64],
    n_viewers: int,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """int64 (n_rows,): the rating from 1 to 10; 0 = not rated."""
    mean = rng.normal(7.4, 0.7, n_viewers)
    spread = rng.lognormal(np.log(1.3), 0.25, n_viewers)
    habit = rng.random(n_viewers)
    scoring_share = np.where(habit < 0.10, 0.0, np.where(habit > 0.75, 1.0, rng.beta(6, 2.5, n_viewers)))
    dropped = status == 4
    raw = mean[viewer] + spread[viewer] * enjoyment - 1.5 * dropped
    rating: NDArray[np.int64] = np.rint(raw).clip(1, 10).astype(np.int64)
    scored = rng.random(len(rating)) < scoring_share[viewer] * np.where(dropped, 0.6, 1.0)
    rating[~scored | (status == 6)] = 0
    return rating


def _generators(seed: int) -> tuple[np.random.Generator, np.random.Generator, np.random.Generator]:
    """Independent generators for tastes, lists and ratings, so that tastes can be planted without the rest."""
    taste, watching, scoring = np.random.default_rng(seed).spawn(3)
    return taste, watching, scoring


def _genre_names(catalog: pl.DataFrame) -> tuple[str, ...]:
    """The genres of a catalog, sorted."""
    return tuple(sorted(set(catalog["genres"].str.split(", ").explode().drop_nulls().to_list())))


def _genre_profiles(catalog: pl.DataFrame, genres: tuple[str, ...]) -> NDArray[np.float64]:
    """float64 (n_titles, n_genres), rows of unit length. Rare genres weigh more: sqrt(log(n / n_with) + 0.1)."""
    has = np.array(
        [[genre in names for genre in genres] for names in catalog["genres"].str.split(", ").to_list()],
        dtype=np.float64,
    )
    return _unit_rows(has * np.sqrt(np.log(len(has) / np.maximum(has.sum(axis=0), 1)) + 0.1))


def _franchises(catalog: pl.DataFrame) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """The franchise names, and the index of each title's franchise; -1 for a title without one."""
    names = tuple(sorted(set(catalog["franchise"].drop_nulls().to_list())))
    index = {name: number for number, name in enumerate(names)}
    return names, np.array([index.get(name, -1) for name in catalog["franchise"].to_list()], dtype=np.int64)


def _in_collections(catalog: pl.DataFrame) -> NDArray[np.bool_]:
    """bool (n_titles,): whether a title belongs to a body of works without an order."""
    starts = [pl.col("franchise").str.starts_with(name) for name in COLLECTIONS]
    return catalog.select(pl.any_horizontal(starts).fill_null(False)).to_series().to_numpy()


def _later_parts(catalog: pl.DataFrame) -> NDArray[np.bool_]:
    """bool (n_titles,): whether a title continues an older one of its story."""
    is_later = pl.col("year") > pl.col("year").min().over("franchise")
    has_older = catalog.select((is_later & pl.col("franchise").is_not_null()).fill_null(False))
    return has_older.to_series().to_numpy() & ~_in_collections(catalog)


def _top_of_rows(values: NDArray[np.float64], k: NDArray[np.int64]) -> NDArray[np.bool_]:
    """bool, like `values`: the k[r] largest values of each row r; all of them if k[r] is larger than the width."""
    width = values.shape[1]
    threshold = np.take_along_axis(np.sort(values, axis=1), np.maximum(width - k, 0)[:, None], axis=1)
    return values >= threshold


def _unit_rows(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rows, scaled to unit length. A zero row stays zero."""
    length = np.linalg.norm(values, axis=1, keepdims=True)
    return values / np.where(length > 0, length, 1.0)
