"""Splits: what models may learn from, which titles of each measured person are given, and which are hidden."""

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from konomi.data.catalog import Catalog
from konomi.data.dataset import Dataset
from konomi.data.ids import IdIndex
from konomi.data.ratings import Histories, Ratings, Status
from konomi.errors import ConfigError, EvaluationError
from konomi.models.config import check_range

Targets = Literal["watched", "liked"]
Role = Literal["test", "validation"]

MIN_TITLES = 10
HIDDEN_SHARE = 0.2
TEST_SHARE = 0.2
VALIDATION_SHARE = 0.1
MAX_PEOPLE = 5_000
NEWEST_SHARE = 0.05


@dataclass(frozen=True, eq=False)
class Split:
    """Training data, and m measured people, each with a given and a hidden part.

    training       : what models learn from; it shares the catalog, so its columns are the dataset's.
    given          : the rows of each measured person that models are given; none is planned.
    hidden_offsets : int64 (m + 1,); person p's titles to find are hidden_items[hidden_offsets[p] : ...[p + 1]],
    hidden_items   : int32, ascending within a person, at least one each.
    users          : the ids of the measured people.
    user_index     : int64 (m,), each person's row in the dataset that was split.
    training_user_index : int64 (m,), each person's row in `training`, -1 for a person held out whole.
    kind           : "strong" (people held out whole) or "weak" (within each person).
    role           : "test", or "validation": the people on whom settings are chosen.
    targets        : "watched" or "liked", what is hidden.
    seed           : what the split was drawn with.
    """

    training: Dataset
    given: Histories
    hidden_offsets: NDArray[np.int64]
    hidden_items: NDArray[np.int32]
    users: IdIndex
    user_index: NDArray[np.int64]
    training_user_index: NDArray[np.int64]
    kind: Literal["strong", "weak"]
    role: Role
    targets: Targets
    seed: int

    def __post_init__(self) -> None:
        m = len(self.given)
        if len(self.hidden_offsets) != m + 1 or self.hidden_offsets[-1] != len(self.hidden_items):
            raise ValueError("hidden_offsets do not fit the people and the hidden items")
        if len(self.users) != m or len(self.user_index) != m or len(self.training_user_index) != m:
            raise ValueError("given, users, user_index and training_user_index disagree about the number of people")

    def __len__(self) -> int:
        return len(self.given)

    @property
    def n_items(self) -> int:
        return self.given.n_items

    def n_hidden(self) -> NDArray[np.int64]:
        """int64 (m,): how many titles each person has to find, at least 1."""
        return np.diff(self.hidden_offsets)


def strong_split(
    dataset: Dataset,
    *,
    targets: Targets = "watched",
    role: Role = "test",
    seed: int = 0,
    min_titles: int = MIN_TITLES,
    max_people: int = MAX_PEOPLE,
) -> Split:
    """People held out whole: no row of theirs is in the training data (strong generalization).

    Users with under `min_titles` titles are left out of everything. Of the others, in an order drawn by
    `seed`, the first fifth (at most `max_people`) are the test users and the next tenth (at most as many) the
    validation users. For "test", all users but the test users train; for "validation", all but both.
    Of each measured person a fifth of the titles (at least one; of "liked": of the liked ones) is hidden.
    Raises EvaluationError where no user is left to measure or to train on, ConfigError for a negative seed.
    Source: Marlin 2004, section 3.3.3; Liang et al. 2018, section 4.2.
    """
    ratings = dataset.ratings
    people, trainers = _drawn(ratings, role, seed, min_titles, max_people)
    training = Dataset(ratings.keep_users(trainers), dataset.catalog, dataset.report)
    histories = ratings.histories(people)
    hidden = draw_hidden(histories, targets, seed)
    return split_of(dataset, training, histories, hidden, people, "strong", role, targets, seed)


def weak_split(
    dataset: Dataset,
    *,
    targets: Targets = "watched",
    seed: int = 0,
    min_titles: int = MIN_TITLES,
    max_people: int = MAX_PEOPLE,
) -> Split:
    """All users train, measured people without their hidden titles (weak generalization).

    All users with `min_titles` titles or more, at most `max_people` drawn by `seed`, are measured; users with
    fewer are left out of everything, as `strong_split` does. What is hidden is drawn as there.
    Raises EvaluationError where no user is left to measure, ConfigError for a negative seed.
    """
    check_range("seed", seed, low=0)
    eligible = users_with_titles(dataset.ratings, min_titles)
    drawn = np.random.default_rng((seed, 1)).permutation(len(eligible))[:max_people]
    if len(drawn) == 0:
        raise EvaluationError(
            f"no test user is left: none of {dataset.ratings.n_users:,} users has {min_titles} titles or more. "
            "Use more ratings, or a lower min_titles"
        )
    ratings = dataset.ratings.keep_users(eligible)
    people = np.sort(drawn)
    histories = ratings.histories(people)
    hidden = draw_hidden(histories, targets, seed)
    training = Dataset(without_rows(ratings, people, hidden), dataset.catalog, dataset.report)
    return split_of(dataset, training, histories, hidden, eligible[people], "weak", "test", targets, seed)


@dataclass(frozen=True, eq=False)
class NewestSplit:
    """A split whose hidden titles are the newest ones, which no training row names.

    split  : the people measured; its columns have another order than those of the dataset that was split.
    newest : bool (n_items,), the columns of the newest titles.
    """

    split: Split
    newest: NDArray[np.bool_]


def newest_split(
    dataset: Dataset,
    *,
    share: float = NEWEST_SHARE,
    role: Role = "test",
    seed: int = 0,
    min_titles: int = MIN_TITLES,
    max_people: int = MAX_PEOPLE,
) -> NewestSplit:
    """People who look for the newest titles, which only the catalog describes: no rows of them train.

    The newest are the `share` of the titles with the latest years, at least one, of those that a user watched and
    whose year the catalog knows; within a year a higher id is newer. People are drawn as by `strong_split`. Of
    each one the newest titles are hidden and the others given; who lacks the one or the other is not measured.
    The order of the columns is drawn by `seed`. Ties break by lower column, and in the order of the ratings
    well-known titles come first: a model that knows nothing of the newest ones would be taken for a good one.
    Raises EvaluationError where no user is left to measure or to train on, or no year is known; ConfigError for a
    negative seed or a share outside 0 ... 1.
    """
    check_range("share", share, low=0, high=1)
    people, trainers = _drawn(dataset.ratings, role, seed, min_titles, max_people)
    dataset = _in_column_order(dataset, np.random.default_rng((seed, 5)).permutation(dataset.ratings.n_items))
    newest = _newest(dataset, share)
    ratings = dataset.ratings.keep_users(trainers)
    known = without_rows(ratings, np.arange(ratings.n_users), newest[ratings.item_index])
    histories = dataset.ratings.histories(people)
    watched = histories.status != Status.PLANNED
    hidden = newest[histories.item_index] & watched
    some_given = np.diff(histories.keep_rows(watched & ~hidden).offsets) > 0
    hidden &= np.repeat(some_given, np.diff(histories.offsets))
    training = Dataset(known, dataset.catalog, dataset.report)
    return NewestSplit(
        split_of(dataset, training, histories, hidden, people, "strong", role, "watched", seed), newest
    )


def check_no_leak(split: Split) -> None:
    """Raises EvaluationError if a hidden title of a measured person is given, or is in the training rows."""
    n_items = split.n_items
    hidden = _keys(np.arange(len(split)), split.n_hidden(), split.hidden_items, n_items)
    given = _keys(np.arange(len(split)), np.diff(split.given.offsets), split.given.item_index, n_items)
    n_leaks = int(np.isin(hidden, given, assume_unique=True).sum())
    where = "are given too"
    if n_leaks == 0:
        ratings = split.training.ratings
        # By id, not by training_user_index: a leak is just what that would not tell.
        rows = ratings.users.indices_of(split.users.ids)
        trains = np.flatnonzero(rows >= 0)
        own = ratings.histories(rows[trains])
        learned = _keys(trains, np.diff(own.offsets), own.item_index, n_items)
        n_leaks = int(np.isin(hidden, learned, assume_unique=True).sum())
        where = "are in the training ratings"
    if n_leaks:
        raise EvaluationError(
            f"{n_leaks:,} hidden titles of the measured people {where}: figures from this split would mean "
            "nothing. Split the ratings again"
        )


def users_with_titles(ratings: Ratings, min_titles: int) -> NDArray[np.int64]:
    """The row numbers of the users with at least `min_titles` titles, planned ones not counted, ascending.

    Raises ConfigError if min_titles is under 2: of every history a part is given and a part hidden.
    """
    if min_titles < 2:
        raise ConfigError(
            f"min_titles={min_titles} is out of range: a part is given and a part hidden, so at least 2"
        )
    planned = np.flatnonzero(np.asarray(ratings.status) == Status.PLANNED)
    owner = np.searchsorted(ratings.offsets, planned, side="right") - 1
    n_titles = ratings.lengths() - np.bincount(owner, minlength=ratings.n_users)
    return np.flatnonzero(n_titles >= min_titles)


def draw_rows(
    histories: Histories, candidate: NDArray[np.bool_], n_drawn: NDArray[Any], rng: np.random.Generator
) -> NDArray[np.bool_]:
    """bool (n_rows,): n_drawn[p] of the candidate rows of each person p, at random."""
    person = histories.person_index()
    draw = rng.random(len(person))
    draw[~candidate] = 2.0
    order = np.lexsort((draw, person))
    drawn = np.empty(len(person), dtype=np.bool_)
    drawn[order] = np.arange(len(person)) - histories.offsets[:-1][person] < n_drawn[person]
    return drawn


def without_rows(ratings: Ratings, users: NDArray[Any], dropped: NDArray[np.bool_]) -> Ratings:
    """The ratings without some rows of these users; every user and item stays.

    dropped : bool, one for each row of `ratings.histories(users)`.
    """
    lengths = ratings.lengths()[users]
    first = np.cumsum(lengths) - lengths
    rows = np.repeat(ratings.offsets[users] - first, lengths) + np.arange(len(dropped))
    kept = np.ones(ratings.n_rows, dtype=np.bool_)
    kept[rows[dropped]] = False
    return ratings.keep_rows(kept)


def draw_hidden(histories: Histories, targets: Targets, seed: int) -> NDArray[np.bool_]:
    """bool (n_rows,): which rows are hidden; no planned row, and no person's only title."""
    watched = histories.status != Status.PLANNED
    candidate = watched.copy()
    if targets == "liked":
        candidate[watched] = histories.watched().liked()
    elif targets != "watched":
        raise ConfigError(f'there are no targets "{targets}": they are watched or liked')
    n_titles, n_candidates = (np.diff(histories.keep_rows(rows).offsets) for rows in (watched, candidate))
    n_hidden = np.maximum(np.floor(HIDDEN_SHARE * n_candidates + 0.5), 1)
    n_hidden = np.minimum(n_hidden, np.minimum(n_candidates, n_titles - 1))
    return draw_rows(histories, candidate, n_hidden, np.random.default_rng((seed, 2)))


def split_of(
    dataset: Dataset,
    training: Dataset,
    histories: Histories,
    hidden: NDArray[np.bool_],
    user_index: NDArray[np.int64],
    kind: Literal["strong", "weak"],
    role: Role,
    targets: Targets,
    seed: int,
) -> Split:
    """The split that hides these rows of these people; who has none to find is not measured.

    dataset    : whose users `user_index` counts. histories : the rows of those users, in that order.
    hidden     : bool, one for each of these rows.
    Raises EvaluationError where no user is left to measure, or a hidden title is in the training rows.
    """
    to_find = histories.keep_rows(hidden)
    measured = np.flatnonzero(np.diff(to_find.offsets) > 0)
    if len(measured) == 0:
        raise EvaluationError(
            f"no {role} user is left: none of {len(histories):,} has a {targets} title that can be hidden. "
            + (
                "Without ratings nothing is liked: use targets=watched"
                if targets == "liked"
                else "Use more ratings"
            )
        )
    to_find = to_find.keep_people(measured).ascending()
    users = IdIndex(dataset.ratings.users.ids[user_index[measured]], "user")
    split = Split(
        training,
        histories.keep_rows(~hidden).watched().keep_people(measured),
        to_find.offsets,
        to_find.item_index,
        users,
        user_index[measured],
        training.ratings.users.indices_of(users.ids).astype(np.int64),
        kind,
        role,
        targets,
        seed,
    )
    check_no_leak(split)
    return split


def _drawn(
    ratings: Ratings, role: Role, seed: int, min_titles: int, max_people: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The row numbers of the measured people and of the training users, ascending, as `strong_split` says."""
    check_range("seed", seed, low=0)
    eligible = users_with_titles(ratings, min_titles)
    drawn = np.random.default_rng((seed, 1)).permutation(eligible)
    n_test = min(int(TEST_SHARE * len(drawn)), max_people)
    n_validation = min(int(VALIDATION_SHARE * len(drawn)), max_people)
    test, validation = drawn[:n_test], drawn[n_test : n_test + n_validation]
    people = np.sort(test if role == "test" else validation)
    trainers = np.sort(drawn[n_test:] if role == "test" else drawn[n_test + n_validation :])
    if len(people) == 0 or len(trainers) == 0:
        raise EvaluationError(
            f"no {role} user is left: {len(eligible):,} of {ratings.n_users:,} users have {min_titles} titles or "
            f"more, and a share of {TEST_SHARE if role == 'test' else VALIDATION_SHARE:g} of them is less than "
            "one. Use more ratings, or a lower min_titles"
        )
    return people, trainers


def _newest(dataset: Dataset, share: float) -> NDArray[np.bool_]:
    """bool (n_items,): the newest titles, as `newest_split` says."""
    ratings = dataset.ratings
    watched = np.bincount(ratings.item_index[ratings.status != Status.PLANNED], minlength=ratings.n_items) > 0
    year = dataset.catalog.frame["year"].fill_null(-1).to_numpy()
    candidates = np.flatnonzero(watched & (year >= 0))
    if len(candidates) == 0:
        raise EvaluationError(
            "no title is newest: the catalog knows no year of a title that a user watched. Ingest a catalog "
            "with years"
        )
    oldest_first = candidates[np.lexsort((ratings.items.ids[candidates], year[candidates]))]
    newest = np.zeros(ratings.n_items, dtype=np.bool_)
    newest[oldest_first[-max(1, int(share * len(candidates) + 0.5)) :]] = True
    return newest


def _in_column_order(dataset: Dataset, order: NDArray[np.int64]) -> Dataset:
    """The same dataset, its columns in this order."""
    ratings = dataset.ratings
    column = np.empty(len(order), dtype=ratings.item_index.dtype)
    column[order] = np.arange(len(order))
    items = IdIndex(ratings.items.ids[order], ratings.items.kind)
    moved = replace(ratings, item_index=column[ratings.item_index], items=items)
    return Dataset(moved, Catalog(items, dataset.catalog.frame[order]), dataset.report)


def _keys(people: NDArray[Any], lengths: NDArray[Any], items: NDArray[Any], n_items: int) -> NDArray[np.int64]:
    """One number for each pair of person and item."""
    return np.asarray(np.repeat(people, lengths) * np.int64(n_items) + items, dtype=np.int64)
