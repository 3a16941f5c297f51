"""Three ways to score every item for one person: by the model, by similar users, by similar items."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from konomi.answers.choices import By
from konomi.data.ratings import Histories, Ratings
from konomi.errors import ConfigError, UnsupportedError
from konomi.models.model import Ability, Model
from konomi.models.nearest import k_best

# The number of similar users that `by="users"` counts. With the 10 of the notebook most items tie.
N_SIMILAR_USERS = 50


def score_all(by: By, model: Model, ratings: Ratings, evidence: Histories, user: int | None) -> NDArray[np.float32]:
    """float32 (n_items,): the score of each item for the person of `evidence`; NaN if there is no evidence for it.

    user : the person's index among the training users; None for a new person.
    "model" is the model's prediction. "users" is the share of those who liked an item among the 50 most similar
    users, weighted by similarity; a user likes an item that they rated at or above their own 75th percentile.
    "items" is the sum of an item's positive similarities to the items that the person liked.
    Raises ConfigError for another value of `by`, UnsupportedError if the model has no such measure.
    """
    if by == "model":
        return np.asarray(model.scores(evidence, None if user is None else np.array([user]))[0], dtype=np.float32)
    if by == "users":
        return _by_similar_users(model, ratings, evidence, user)
    if by == "items":
        total = np.zeros(ratings.n_items, dtype=np.float32)
        for item in evidence.item_index[evidence.liked_or_all()].tolist():
            total += np.maximum(model.item_similarities(item), 0)
        return total
    raise ConfigError(f'by="{by}" is not among the choices: "model", "users", "items"')


def shares_of(by: By, model: Model, evidence: Histories, items: NDArray[np.int32]) -> NDArray[np.float32]:
    """float32 (n_rows, len(items)): the contribution of each row of the history to each item's score.

    Raises UnsupportedError where a score is not such a sum.
    """
    if by == "users":
        raise UnsupportedError(
            'the score by similar users is not a sum over titles, so it has no exact reasons; ask with by="items"'
        )
    if by == "model":
        return model.contributions(evidence, items)
    shares = np.zeros((len(evidence.item_index), len(items)), dtype=np.float32)
    for row in np.flatnonzero(evidence.liked_or_all()).tolist():
        similarity = model.item_similarities(int(evidence.item_index[row]))
        shares[row] = np.maximum(similarity[items], 0)
    return shares


def _by_similar_users(model: Model, ratings: Ratings, evidence: Histories, user: int | None) -> NDArray[np.float32]:
    similarity = model.user_similarities(evidence, user)
    allowed = similarity > 0
    if user is not None:
        allowed[user] = False
    people = k_best(similarity, N_SIMILAR_USERS, allowed)
    weight = similarity[people].astype(np.float64)
    theirs = ratings.histories(people).watched()
    liked = theirs.liked_or_all()
    person = theirs.person_index()
    liked_by = np.bincount(theirs.item_index[liked], weights=weight[person[liked]], minlength=ratings.n_items)
    support = liked_by / max(float(weight.sum()), 1e-12)
    return np.where(support > 0, support, np.nan).astype(np.float32)


def similarities_within(model: Model, pool: NDArray[np.int32]) -> Callable[[int], NDArray[np.float32]]:
    """A function: an item's similarity to each item of the pool, by vectors where the model has them.

    An item without a vector, because no user has watched it, has similarity 1 to every item: whether it differs
    from them is not known.
    """
    if Ability.MAP not in model.abilities:
        return lambda item: model.item_similarities(item)[pool]
    vectors = model.map_vectors()
    near = np.asarray(vectors[pool], dtype=np.float32)
    unknown = ~near.any(axis=1)

    def similarities(item: int) -> NDArray[np.float32]:
        found = np.asarray(near @ vectors[item], dtype=np.float32)
        found[unknown] = 1
        return found

    return similarities
