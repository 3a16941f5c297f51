"""The data of the demo: a hand-written catalog of well-known titles, and simulated viewers."""

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
import polars as pl

from konomi.errors import StorageError
from konomi.synthetic.viewers import PlantedTastes, planted_tastes, simulate_viewers

__all__ = [
    "DemoFiles",
    "PlantedTastes",
    "catalog",
    "planted_tastes",
    "simulate_viewers",
    "write_demo_files",
]

CATALOG_COLUMNS = {
    "item_id": pl.Int64,
    "title": pl.String,
    "english_title": pl.String,
    "japanese_title": pl.String,
    "type": pl.String,
    "year": pl.Int64,
    "episodes": pl.Int64,
    "genres": pl.String,
    "franchise": pl.String,
    "fame": pl.Int64,
    "synopsis": pl.String,
}
# The number of episodes of a series that is still running, for the number of watched episodes.
EPISODES_OF_AN_ENDLESS_SERIES = 500


@dataclass(frozen=True)
class DemoFiles:
    """The paths of the demo's two files: the simulated lists, and the catalog of their titles."""

    ratings: Path
    items: Path


def catalog() -> pl.DataFrame:
    """The hand-written catalog, one row for each title.

    Columns: item_id (1 ... n, konomi's own ids), title (usually romanized Japanese), english_title, japanese_title,
    type (TV, Movie, OVA, ONA, Special), year (of the first showing), episodes (null for a series that is still
    running), genres ("Action, Comedy", with the names of MyAnimeList), franchise (or the body of works; null for a
    title without related ones), fame (1 ... 5, set by hand, used only for the simulation), synopsis (null for a few
    titles, so that the demo also has missing values).
    """
    source = resources.files("konomi.synthetic").joinpath("catalog.csv")
    return pl.read_csv(source.read_bytes(), schema=CATALOG_COLUMNS)


def write_demo_files(folder: Path, *, n_viewers: int = 5000, seed: int = 7) -> DemoFiles:
    """Write `simulated_animelist.csv` and `demo_anime.csv` into a folder that exists. Older files are replaced.

    The first has the columns of animelist.csv of the 2020 dump (user_id, anime_id, rating, watching_status,
    watched_episodes), the second those of `catalog()` without fame. The same arguments give the same bytes.
    Raises StorageError if the folder is missing or cannot be written.
    """
    titles = catalog()
    lists = simulate_viewers(titles, n_viewers=n_viewers, seed=seed)
    files = DemoFiles(ratings=folder / "simulated_animelist.csv", items=folder / "demo_anime.csv")
    try:
        ratings = _with_watched_episodes(lists, titles, seed=seed).rename({"item_id": "anime_id"})
        for frame, path in ((ratings, files.ratings), (titles.drop("fame"), files.items)):
            with path.open("wb") as file:
                frame.write_csv(file)
    except OSError as error:
        reason = error.strerror or str(error)
        raise StorageError(
            f"cannot write the demo's files into {folder}: {reason}; give a folder that exists and is writable"
        ) from error
    return files


def _with_watched_episodes(lists: pl.DataFrame, titles: pl.DataFrame, *, seed: int) -> pl.DataFrame:
    """The lists with a column watched_episodes: all if completed, none if planned, otherwise a random part."""
    part = np.random.default_rng(seed).uniform(0.05, 0.95, lists.height)
    episodes = pl.col("episodes").fill_null(EPISODES_OF_AN_ENDLESS_SERIES)
    watched = (
        pl.when(pl.col("watching_status") == 2)
        .then(episodes)
        .when(pl.col("watching_status") == 6)
        .then(0)
        .otherwise((episodes * pl.col("part")).floor())
        .cast(pl.Int64)
    )
    return (
        lists.with_columns(part=pl.Series(part))
        .join(titles.select("item_id", "episodes"), on="item_id", how="left", maintain_order="left")
        .with_columns(watched_episodes=watched)
        .drop("part", "episodes")
    )
