"""How much memory training the linear model takes, and what to do where it is not free."""

from konomi.data.ratings import Ratings
from konomi.memory import PROGRAM, Need, fewest_watchers, in_words, most_that_fits
from konomi.models.embedding import space_bytes
from konomi.models.linear.config import LinearConfig
from konomi.models.linear.prior import KEPT
from konomi.models.spectral import SpectralConfig
from konomi.models.spectral import need as need_of_spectral


def need(ratings: Ratings, config: LinearConfig) -> Need:
    """The memory that training on these ratings takes at its fullest moment."""
    return need_of_size(ratings.n_items, ratings.n_users, config)


def need_of_size(n_items: int, n_users: int, config: LinearConfig) -> Need:
    """G, and after it the inverse or what updating needs. The rows themselves are mapped."""
    square = 4 * n_items * n_items
    parts = {"who watched both": square}
    if config.inverts(n_items):
        parts["its inverse"] = square
    elif config.keep_update:
        parts["what updating needs"] = square // 2
    weights = config.kept_weights if config.inverts(n_items) else config.predictors
    return Need(
        f"training the linear model of {n_items:,} items",
        {
            **parts,
            # Values and columns of the kept weights, three times while they are turned into rows.
            "the kept weights": 3 * 8 * n_items * min(weights, n_items),
            **({"the likely titles": 2 * 8 * n_items * min(KEPT, n_items)} if config.prior_weight > 0 else {}),
            "users and items in one space": space_bytes(n_items, n_users, config.embedding_dim),
            "the program": PROGRAM,
        },
    )


def advice(ratings: Ratings, config: LinearConfig, free: int) -> str:
    """The two ways out: the spectral model, and the value of min_item_ratings that leaves as many items as fit."""
    spectral = need_of_spectral(ratings, SpectralConfig(embedding_dim=config.embedding_dim))
    instead = f"train the spectral model (--model spectral), which needs {in_words(spectral.n_bytes)}"
    most = most_that_fits(lambda n: need_of_size(n, ratings.n_users, config), ratings.n_items, free)
    if most == 0:
        return instead
    threshold = fewest_watchers(ratings.row_counts(), most)
    return f"{instead}, or give --set min_item_ratings={threshold}: {most:,} items fit"
