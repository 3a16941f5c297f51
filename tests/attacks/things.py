"""Small files and folders that the attacked commands find: written here, or made by konomi when first asked for."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

N_USERS, N_ITEMS = 60, 40
# Users of the small data, who are forgotten in one scene or another.
LEAVING, ALSO_LEAVING = 107, 131
# Many merges of lanes, and steps that change the sums of squares by less than float32 holds.
NEURAL_SETTINGS = {"embedding_dim": 8, "epochs": 5, "patience": 9, "users_per_merge": 1, "initial_squares": 100}
_SET = tuple(word for key, value in NEURAL_SETTINGS.items() for word in ("--set", f"{key}={value}"))
NEURAL = ("--model", "neural", *_SET)


def write_ratings(path: Path, *, seed: int, first_user: int = 100, n_users: int = N_USERS) -> None:
    """Ratings in MyAnimeList's columns: users of two tastes, one of them with a single rating."""
    rng = np.random.default_rng(seed)
    lines = ["user_id,anime_id,rating,watching_status,watched_episodes"]
    for user in range(n_users):
        weights = np.where(np.arange(N_ITEMS) % 2 == user % 2, 5.0, 1.0)
        n_rows = 1 if user == 1 else int(rng.integers(8, 20))
        for item in rng.choice(N_ITEMS, n_rows, replace=False, p=weights / weights.sum()).tolist():
            rating = int(rng.integers(4, 11)) if rng.random() < 0.8 else 0
            lines.append(f"{first_user + user},{item + 1},{rating},{2 if rating else 6},1")
    path.write_text("\n".join(lines) + "\n")


def write_catalog(path: Path) -> None:
    """A catalog in MyAnimeList's columns, with one item that no user rated."""
    genres, types = ("Action", "Drama"), ("TV", "Movie")
    lines = [
        f'{item + 1},Title {item + 1},7.5,"{genres[item % 2]}, Comedy",{types[item % 3 == 0]},12,'
        f"{1990 + item % 30},Studio {item % 5},{1000 - item}"
        for item in range(N_ITEMS + 1)
    ]
    path.write_text("\n".join(["MAL_ID,Name,Score,Genres,Type,Episodes,Aired,Studios,Members", *lines]) + "\n")


WRITTEN: dict[str, Callable[[Path], Any]] = {
    "ratings.csv": lambda path: write_ratings(path, seed=1),
    "old-ratings.csv": lambda path: write_ratings(path, seed=2),
    "new-ratings.csv": lambda path: write_ratings(path, seed=3, first_user=150, n_users=20),
    "catalog.csv": write_catalog,
    "old-file": lambda path: path.write_text("an earlier result\n"),
}


def _train(data: str, thing: str, *settings: str) -> tuple[tuple[str, ...], str, Any]:
    return (data,), "konomi", ["train", data, "-o", thing, *settings]


def _checkpoint(data: str, thing: str) -> tuple[tuple[str, ...], str, Any]:
    return (data,), "attacks.answers:leave_checkpoint", {"data": data, "checkpoint": thing}


MADE: dict[str, tuple[tuple[str, ...], str, Any]] = {
    "data": (("ratings.csv", "catalog.csv"), "konomi",
             ["ingest", "ratings.csv", "--items", "catalog.csv", "-o", "data"]),
    "old-data": (("old-ratings.csv", "catalog.csv"), "konomi",
                 ["ingest", "old-ratings.csv", "--items", "catalog.csv", "-o", "old-data"]),
    "model": _train("data", "model", "--model", "linear"),
    "old-model": _train("old-data", "old-model", "--model", "linear", "--set", "regularization=20"),
    "popularity": _train("old-data", "popularity", "--model", "popularity"),
    "spectral": _train("data", "spectral", "--model", "spectral"),
    "old-spectral": _train("old-data", "old-spectral", "--model", "spectral"),
    "neural": _train("data", "neural", *NEURAL),
    "old-neural": _train("old-data", "old-neural", *NEURAL),
    "checkpoint": _checkpoint("data", "checkpoint"),
    "old-checkpoint": _checkpoint("old-data", "old-checkpoint"),
    "old-report": (("old-data",), "konomi", ["evaluate", "old-data", "-o", "old-report", "--models", "popularity"]),
}  # fmt: skip
"""For each thing: what it is made from, and the target and arguments for `Zygote.start`."""
