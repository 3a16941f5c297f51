"""Recommendations for every user of a model at once, in blocks, as one Parquet file."""

import os
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from konomi.answers.recommender import Recommender
from konomi.data.blocks import in_blocks
from konomi.data.filters import Filters, FiltersLike
from konomi.errors import ConfigError
from konomi.kernels.topk import top_k_of_rows
from konomi.progress import SILENT, Progress
from konomi.storage.parquet import growing_parquet

# The scores of one block of users: small enough for any machine, large enough for fast matrix products.
_BLOCK_BYTES = 64 << 20
_MAX_USERS_PER_BLOCK = 4096


def recommend_all(
    recommender: Recommender,
    out: Path,
    *,
    k: int = 10,
    where: FiltersLike = None,
    progress: Progress = SILENT,
) -> int:
    """The number of rows written to `out`, which holds the answer of `Recommender.recommend` for every user.

    out   : a .parquet file, written whole or not at all. Columns user_id, rank (1 = best), item_id, score;
            users in index order, ranks ascending. A user for whom fewer than k items are left has fewer rows.
    k     : the number of items for each user.
    where : Filters, or a mapping of their names to values.
    Memory: one block of scores and the unwritten rows of the file, a few million.
    Raises ConfigError, StorageError.
    """
    out = Path(out)
    n_items, n_users = len(recommender.catalog), recommender.ratings.n_users
    if out.suffix != ".parquet":
        raise ConfigError(f'"{out.name}" does not end in .parquet: give a name that does')
    if isinstance(k, bool) or not 1 <= k <= n_items:
        raise ConfigError(f"k={k} is out of range: there are {n_items:,} items, so ask for 1 ... {n_items:,}")
    allowed = Filters.of(where).allowed(recommender.catalog)
    user_ids, item_ids = recommender.ratings.users.ids, np.asarray(recommender.catalog.items.ids)
    users_per_block = max(1, min(_MAX_USERS_PER_BLOCK, _BLOCK_BYTES // (4 * n_items)))
    progress.start("recommend for all users", n_users)
    n_rows = 0
    with growing_parquet(out) as append:
        for first in range(0, n_users, users_per_block):
            users = np.arange(first, min(first + users_per_block, n_users))
            best, score = _best_of_block(recommender, users, allowed, k)
            user, position = np.nonzero(best >= 0)
            append(
                pl.DataFrame(
                    {
                        "user_id": np.asarray(user_ids[users])[user],
                        "rank": (position + 1).astype(np.int32),
                        "item_id": item_ids[best[user, position]],
                        "score": score[user, position],
                    }
                )
            )
            n_rows += len(user)
            progress.advance(len(users))
    return n_rows


def _best_of_block(
    recommender: Recommender,
    users: NDArray[np.int64],
    allowed: NDArray[np.bool_],
    k: int,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The best items of each of these users, int32 (m, k), best first, and their scores, float32 (m, k).

    users   : int64 (m,), their indices.
    allowed : bool (n_items,), the items that may appear.
    An item of -1 means that no more items are left for the user.
    """
    histories = recommender.ratings.histories(users)
    scores = recommender.model.scores(histories.watched(), users)
    scores = np.require(scores, dtype=np.float32, requirements=["C", "W"])
    scores[:, ~allowed] = np.nan
    listed = histories.ascending().item_index
    best = np.empty((len(users), k), dtype=np.int32)
    score = np.empty((len(users), k), dtype=np.float32)

    def answer(rows: slice) -> None:
        offsets = histories.offsets[rows.start : rows.stop + 1]
        top_k_of_rows(scores[rows], offsets, listed, np.float32(1), best[rows], score[rows])

    in_blocks(answer, len(users), -(-len(users) // (os.cpu_count() or 1)))
    return best, score
