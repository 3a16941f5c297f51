"""Splits: who trains, who is measured, what is hidden."""

import dataclasses

import numpy as np
import pytest
from tests.evaluation.fakes import fake

from konomi.data.catalog import Catalog
from konomi.data.dataset import Dataset
from konomi.data.ids import IdIndex
from konomi.data.ratings import Histories, Status
from konomi.errors import ConfigError, EvaluationError
from konomi.evaluation import Split, check_no_leak, measure, newest_split, strong_split, weak_split


def hidden_of(split: Split, p: int) -> set[int]:
    return set(split.hidden_items[split.hidden_offsets[p] : split.hidden_offsets[p + 1]].tolist())


def given_of(split: Split, p: int) -> set[int]:
    return set(split.given.person(p).item_index.tolist())


def titles_of(dataset: Dataset, user: int) -> Histories:
    return dataset.ratings.history(user).watched()


def test_training_validation_and_test_users_are_disjoint_and_all_there_are(planted_dataset: Dataset) -> None:
    test = strong_split(planted_dataset, seed=4)
    validation = strong_split(planted_dataset, seed=4, role="validation")
    users = planted_dataset.ratings.users
    groups = [
        set(test.user_index.tolist()),
        set(validation.user_index.tolist()),
        set(users.indices_of(validation.training.ratings.users.ids).tolist()),
    ]
    assert sum(map(len, groups)) == len(set.union(*groups))
    eligible = {u for u in range(len(users)) if len(titles_of(planted_dataset, u).item_index) >= 10}
    assert set.union(*groups) == eligible


def test_test_users_are_not_in_the_training_data(planted_dataset: Dataset) -> None:
    split = strong_split(planted_dataset, seed=4)
    ids = planted_dataset.ratings.users.ids[split.user_index]
    assert (split.training.ratings.users.indices_of(ids) == -1).all()
    assert (split.training_user_index == -1).all()


def test_a_fifth_of_each_test_users_titles_is_hidden_and_the_rest_given(planted_dataset: Dataset) -> None:
    split = strong_split(planted_dataset, seed=4)
    for p, user in enumerate(split.user_index.tolist()):
        titles = titles_of(planted_dataset, user).item_index.tolist()
        hidden, given = hidden_of(split, p), given_of(split, p)
        assert hidden | given == set(titles)
        assert not hidden & given
        assert len(hidden) == max(1, int(0.2 * len(titles) + 0.5))


def test_planned_titles_are_neither_given_nor_hidden(planted_dataset: Dataset) -> None:
    split = strong_split(planted_dataset, seed=4)
    assert not (split.given.status == Status.PLANNED).any()
    for p, user in enumerate(split.user_index.tolist()):
        history = planted_dataset.ratings.history(user)
        planned = set(history.item_index[history.status == Status.PLANNED].tolist())
        assert not planned & hidden_of(split, p)


def test_of_the_liked_only_titles_above_the_persons_own_75th_percentile_are_hidden(
    planted_dataset: Dataset,
) -> None:
    split = strong_split(planted_dataset, targets="liked", seed=4)
    for p, user in enumerate(split.user_index.tolist()):
        history = titles_of(planted_dataset, user)
        rated = history.rating[~np.isnan(history.rating)]
        liked = set(history.item_index[history.rating >= np.percentile(rated, 75)].tolist())
        hidden = hidden_of(split, p)
        assert hidden <= liked
        assert len(hidden) == max(1, int(0.2 * len(liked) + 0.5))
        assert given_of(split, p) == set(history.item_index.tolist()) - hidden


def test_the_weak_split_takes_from_training_exactly_what_it_hides(planted_dataset: Dataset) -> None:
    split = weak_split(planted_dataset, seed=4)
    for p, user in enumerate(split.user_index.tolist()):
        before = set(planted_dataset.ratings.history(user).item_index.tolist())
        after = set(split.training.ratings.history(int(split.training_user_index[p])).item_index.tolist())
        assert before - after == hidden_of(split, p)


def test_the_weak_split_measures_at_most_so_many_people_and_trains_on_all(planted_dataset: Dataset) -> None:
    split = weak_split(planted_dataset, seed=4, max_people=7)
    assert len(split) == 7
    assert split.training.ratings.n_users == weak_split(planted_dataset, seed=4).training.ratings.n_users


@pytest.mark.parametrize("cut", [strong_split, weak_split])
def test_the_same_seed_draws_the_same_split_and_another_seed_another(planted_dataset: Dataset, cut: type) -> None:
    one, same, other = (cut(planted_dataset, seed=seed) for seed in (4, 4, 5))
    assert one.user_index.tolist() == same.user_index.tolist()
    assert one.hidden_items.tolist() == same.hidden_items.tolist()
    assert one.hidden_items.tolist() != other.hidden_items.tolist()


def test_a_hidden_title_planted_in_the_training_ratings_is_caught(planted_dataset: Dataset) -> None:
    split = weak_split(planted_dataset, seed=4)
    # The whole ratings, hidden titles and all, go to training.
    ids = split.training.ratings.users.ids
    whole = planted_dataset.ratings.keep_users(planted_dataset.ratings.users.indices_of(ids))
    leaking = dataclasses.replace(split, training=Dataset(whole, planted_dataset.catalog))
    with pytest.raises(EvaluationError, match="hidden titles of the measured people are in the training ratings"):
        check_no_leak(leaking)


def test_a_test_user_planted_among_the_training_users_is_caught(planted_dataset: Dataset) -> None:
    split = strong_split(planted_dataset, seed=4)
    leaking = dataclasses.replace(split, training=planted_dataset)
    with pytest.raises(EvaluationError, match="are in the training ratings"):
        check_no_leak(leaking)


def test_a_hidden_title_planted_in_the_given_part_is_caught(planted_dataset: Dataset) -> None:
    split = strong_split(planted_dataset, seed=4)
    given = split.given
    items = given.item_index.copy()
    items[0] = split.hidden_items[0]
    leaking = dataclasses.replace(
        split, given=Histories(given.offsets, items, given.rating, given.status, given.n_items)
    )
    with pytest.raises(EvaluationError, match="1 hidden titles of the measured people are given too"):
        check_no_leak(leaking)


@pytest.mark.parametrize("cut", [strong_split, weak_split])
def test_no_test_user_left_is_an_error(tiny_dataset: Dataset, cut: type) -> None:
    with pytest.raises(EvaluationError, match="no test user is left"):
        cut(tiny_dataset)


def test_nobody_who_likes_anything_is_an_error(planted_dataset: Dataset) -> None:
    ratings = planted_dataset.ratings
    unscored = dataclasses.replace(ratings, rating_code=np.zeros_like(ratings.rating_code))
    with pytest.raises(EvaluationError, match="Without ratings nothing is liked"):
        strong_split(Dataset(unscored, planted_dataset.catalog), targets="liked")


def test_a_history_of_one_title_cannot_be_split(tiny_dataset: Dataset) -> None:
    with pytest.raises(ConfigError, match="min_titles=1 is out of range"):
        strong_split(tiny_dataset, min_titles=1)


def test_unknown_targets_are_an_error(planted_dataset: Dataset) -> None:
    with pytest.raises(ConfigError, match='no targets "loved"'):
        strong_split(planted_dataset, targets="loved")  # type: ignore[arg-type]


@pytest.mark.parametrize("cut", [strong_split, weak_split])
def test_a_negative_seed_is_an_error(planted_dataset: Dataset, cut: type) -> None:
    with pytest.raises(ConfigError, match="seed=-1 is out of range"):
        cut(planted_dataset, seed=-1)


def test_the_newest_titles_are_those_of_the_latest_years_and_of_a_year_the_higher_ids(
    planted_dataset: Dataset,
) -> None:
    # Item 1000 + i is of the year 1990 + i % 30, and six of the 120 that somebody watched are a twentieth.
    found = newest_split(planted_dataset, share=0.05, seed=4)
    ids = found.split.training.ratings.items.ids
    assert sorted(ids[found.newest].tolist()) == [1029, 1059, 1088, 1089, 1118, 1119]


def test_no_training_row_names_a_newest_title_and_all_others_stay(planted_dataset: Dataset) -> None:
    found = newest_split(planted_dataset, seed=4)
    training = found.split.training.ratings
    assert not found.newest[training.item_index].any()
    newest_ids = training.items.ids[found.newest]
    for row, user in enumerate(planted_dataset.ratings.users.indices_of(training.users.ids).tolist()):
        before = planted_dataset.ratings.history(user).item_index
        expected = set(planted_dataset.ratings.items.ids[before].tolist()) - set(newest_ids.tolist())
        assert set(training.items.ids[training.history(row).item_index].tolist()) == expected


def test_of_the_newest_split_the_newest_titles_are_hidden_and_the_others_given(planted_dataset: Dataset) -> None:
    found = newest_split(planted_dataset, seed=4)
    split, ids = found.split, found.split.training.ratings.items.ids
    newest_ids = set(ids[found.newest].tolist())
    for p, user in enumerate(split.user_index.tolist()):
        titles = set(planted_dataset.ratings.items.ids[titles_of(planted_dataset, user).item_index].tolist())
        assert {ids[item] for item in hidden_of(split, p)} == titles & newest_ids
        assert {ids[item] for item in given_of(split, p)} == titles - newest_ids


def test_the_newest_split_measures_the_test_users_of_the_strong_split_who_have_newest_titles(
    planted_dataset: Dataset,
) -> None:
    split = newest_split(planted_dataset, seed=4).split
    strong = strong_split(planted_dataset, seed=4)
    assert set(split.users.ids.tolist()) < set(strong.users.ids.tolist())
    assert split.training.ratings.users.ids.tolist() == strong.training.ratings.users.ids.tolist()


def test_the_catalog_of_the_newest_split_still_fits_its_columns(planted_dataset: Dataset) -> None:
    training = newest_split(planted_dataset, seed=4).split.training
    for column in (0, 7, 60):
        row = planted_dataset.ratings.items.index_of(training.ratings.items.ids[column].item())
        assert training.catalog.row(column) == planted_dataset.catalog.row(row)


def test_a_model_that_knows_nothing_of_the_newest_titles_ranks_them_by_chance(planted_dataset: Dataset) -> None:
    blank = fake("blank", lambda histories: np.zeros((len(histories), histories.n_items), dtype=np.float32))
    means = []
    for seed in range(40):
        found = newest_split(planted_dataset, share=0.2, seed=seed)
        result = measure(blank, found.split, metrics=("recall@10",), among=found.newest)
        means.append(result.intervals["recall@10"].mean)
    # Ten of 24 titles are shown.
    assert np.mean(means) == pytest.approx(10 / 24, abs=0.03)


def test_a_newest_title_planted_in_the_training_ratings_is_caught(planted_dataset: Dataset) -> None:
    split = newest_split(planted_dataset, seed=4).split
    training = split.training.ratings
    items = training.item_index.copy()
    items[0] = split.hidden_items[0]
    ids = training.users.ids.copy()
    ids[0] = split.users.ids[0]
    leaking = dataclasses.replace(
        split,
        training=Dataset(
            dataclasses.replace(training, item_index=items, users=IdIndex(ids, "user")), split.training.catalog
        ),
    )
    with pytest.raises(EvaluationError, match=r"1 hidden titles .* are in the training ratings"):
        check_no_leak(leaking)


def test_newest_titles_need_years(planted_dataset: Dataset) -> None:
    undated = Catalog.of(planted_dataset.ratings.items)
    with pytest.raises(EvaluationError, match="the catalog knows no year"):
        newest_split(Dataset(planted_dataset.ratings, undated))


def test_a_share_above_one_is_an_error(planted_dataset: Dataset) -> None:
    with pytest.raises(ConfigError, match="share=2 is out of range"):
        newest_split(planted_dataset, share=2)


def test_nobody_who_watched_a_newest_title_is_an_error(tiny_dataset: Dataset) -> None:
    with pytest.raises(EvaluationError, match="no test user is left"):
        newest_split(tiny_dataset)
