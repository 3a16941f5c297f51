"""The settings of the linear model, and why their defaults fit small data and large."""

from dataclasses import dataclass

from konomi.errors import ConfigError
from konomi.models.config import check_range
from konomi.models.weighting import Weighting


@dataclass(frozen=True, kw_only=True)
class LinearConfig:
    """The settings of the linear model; the defaults were chosen on validation users of real data."""

    regularization: float = 25.0
    """The ridge, at least 0, in users: so many watchers must stand behind an item before it is much trusted. That
    does not depend on how many users there are, so neither does the default."""

    dropout: float = 0.5
    """The share of a history that the model learns to do without, 0 up to 1 (not included). It adds
    dropout / (1 - dropout) of each item's own watchers to the ridge, so this part grows with the data."""

    franchise_weight: float = 4.0
    """Each franchise counts as so many more users who watched all of it and nothing else; 0 leaves titles out."""

    sharpness: float = 1.3
    """Weights are raised to this power, 1 to 3, their signs kept: many weak hints count less than one strong."""

    rating_weight: float = 0.2
    """How much a rating one standard deviation above the person's own mean adds to its title's 1, and one below
    takes away, at least 0; titles without a rating count 1."""

    length_power: float = 0.0
    """A person with n titles counts n^-length_power, 0 to 2, while learning: above 0, long lists decide less, and
    training takes longer."""

    poor_weight: float = 1.0
    """What a title that was dropped, or rated a standard deviation under the person's mean, counts of another one
    while learning, 0 to 1 in quarters: under 1, training takes longer."""

    similarity_ridge: float = 0.8
    """The ridge of similarity, above 0, in users per training user: twice as many of the same people then give the
    same similarities. It is far stronger than the one above, since like is asked for, not next."""

    predictors: int = 512
    """The number of other titles among which each title's weights are learned: those that alone would explain most
    of it. 0: all others, by inverting the whole matrix, which takes more time and memory."""

    kept_weights: int = 1400
    """Where the whole matrix is inverted, so many of the strongest weights into each item are kept, at least 1:
    size against the last of accuracy."""

    kept_neighbors: int = 200
    """So many of each item's most similar items are kept, at least 1; all others are alike by their vectors."""

    embedding_dim: int = 64
    """Dimensions of the space in which users and items are compared, at least 1."""

    keep_update: bool = True
    """Whether to keep the counts that an update starts from, 2 bytes times n_items squared. Without them serving is
    the same, and an update counts all rows again."""

    min_item_ratings: int = 0
    """Items with fewer rows are left out, at least 0: memory grows with the square of how many are kept."""

    seed: int = 0
    """Where the search for the space's axes starts; another seed changes it by rounding only."""

    def __post_init__(self) -> None:
        check_range("regularization", self.regularization, low=0)
        check_range("dropout", self.dropout, low=0, high=0.999)
        check_range("franchise_weight", self.franchise_weight, low=0)
        check_range("sharpness", self.sharpness, low=1, high=3)
        check_range("rating_weight", self.rating_weight, low=0)
        check_range("length_power", self.length_power, low=0, high=2)
        check_range("poor_weight", self.poor_weight, low=0, high=1)
        if self.poor_weight * 4 % 1:
            raise ConfigError(f"poor_weight={self.poor_weight:g} does not fit: give 0, 0.25, 0.5, 0.75 or 1")
        check_range("similarity_ridge", self.similarity_ridge, low=1e-6)
        check_range("predictors", self.predictors, low=0)
        check_range("kept_weights", self.kept_weights, low=1)
        check_range("kept_neighbors", self.kept_neighbors, low=1)
        check_range("embedding_dim", self.embedding_dim, low=1)
        check_range("min_item_ratings", self.min_item_ratings, low=0)
        check_range("seed", self.seed, low=0)

    def inverts(self, n_items: int) -> bool:
        """Whether the weights are those of the inverse: also where `predictors` would be all other items."""
        return self.predictors == 0 or self.predictors >= n_items - 1

    @property
    def weighting(self) -> Weighting:
        """How much each person and row counts while learning."""
        return Weighting(self.length_power, self.poor_weight)
