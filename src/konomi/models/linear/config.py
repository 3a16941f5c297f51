"""The settings of the linear model."""

from dataclasses import dataclass

from konomi.models.config import Config, setting
from konomi.models.weighting import Weighting


@dataclass(frozen=True, kw_only=True)
class LinearConfig(Config):
    """The settings of the linear model. The defaults were chosen on validation users of real data."""

    regularization: float = setting(
        25.0,
        "The ridge, in users: an item needs about this many watchers before its weights are trusted. It does not "
        "depend on the number of users.",
        low=0,
    )
    dropout: float = setting(
        0.5,
        "The share of each history that is left out, on average, while learning. It adds dropout / (1 - dropout) "
        "times an item's watchers to its ridge.",
        low=0,
        high=0.999,
    )
    franchise_weight: float = setting(
        4.0,
        "The number of additional users that each franchise counts as: users who watched all of it and nothing "
        "else. 0: franchises are not used.",
        low=0,
    )
    sharpness: float = setting(
        1.3,
        "The power that weights are raised to, signs kept. Above 1, many weak hints count less than one strong "
        "hint.",
        low=1,
        high=3,
    )
    rating_weight: float = setting(
        0.2,
        "How much a rating changes the value of its title, which is 1 without a rating: this much for each "
        "standard deviation above (plus) or below (minus) the person's own mean.",
        low=0,
    )
    prior_weight: float = setting(
        1.0,
        "How much popularity, and what the watchers of single titles watched, count while little is known of a "
        "person: this much times n^-1.5 for a history of n titles. 0: the weights alone.",
        low=0,
    )
    length_power: float = setting(
        0.0,
        "While learning, a person with n titles counts n^-length_power. Above 0, long lists count less, and "
        "training takes longer.",
        low=0,
        high=2,
    )
    poor_weight: float = setting(
        1.0,
        "While learning, what a title counts that was dropped, or rated a standard deviation below the person's "
        "mean; other titles count 1. Below 1, training takes longer.",
        low=0,
        high=1,
        step=0.25,
    )
    similarity_ridge: float = setting(
        0.8,
        "The ridge of item similarity, in users per training user, so that twice as many of the same users give "
        "the same similarities. It is much stronger than `regularization`, because similarity is wanted, not the "
        "next title.",
        low=1e-6,
    )
    predictors: int = setting(
        512,
        "The number of other titles that each title's weights are learned for: those that alone explain most of "
        "it. 0: all other titles, by inverting the whole matrix, which takes more time and memory.",
        low=0,
    )
    kept_weights: int = setting(
        1400,
        "With predictors=0, the number of strongest weights that are kept for each item: fewer make a smaller, "
        "slightly less accurate model.",
        low=1,
    )
    kept_neighbors: int = setting(
        200,
        "The number of most similar items that are stored for each item. All others are compared by their vectors.",
        low=1,
    )
    embedding_dim: int = setting(64, "The dimensions of the vectors that users and items are compared by.", low=1)
    keep_update: bool = setting(
        True,
        "Whether to store the counts that an update starts from: 2 bytes times n_items squared. Answers are the "
        "same without them, and an update counts all rows again.",
    )
    min_item_ratings: int = setting(
        0,
        "Items with fewer rows are left out. Memory grows with the square of the number of items.",
        low=0,
    )
    min_watchers: int = setting(
        1,
        "A title with fewer watchers is not learned from: answers about it come from the catalog alone, so they do "
        "not show the lists of the few users who watched it. 1: every title is learned from.",
        low=1,
    )
    seed: int = setting(
        0, "Where the search for the vectors' axes starts. Another seed changes them by rounding only.", low=0
    )

    def inverts(self, n_items: int) -> bool:
        """Whether the weights come from the whole inverse: also where `predictors` would be all other items."""
        return self.predictors == 0 or self.predictors >= n_items - 1

    @property
    def weighting(self) -> Weighting:
        """How much each person and each row counts while learning."""
        return Weighting(self.length_power, self.poor_weight)
