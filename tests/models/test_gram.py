"""Gram against XᵀX by NumPy, and its changes against counting anew."""

import numpy as np
import pytest
from numba import get_num_threads, set_num_threads
from tests.models.planted import planted

from konomi.data.dataset import Dataset
from konomi.data.ids import IdIndex
from konomi.data.ratings import Histories, Ratings, Status
from konomi.errors import TrainingError
from konomi.models import gram as module
from konomi.models.gram import Gram
from konomi.models.weighting import Weighting


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return planted()


def naive(dataset: Dataset) -> np.ndarray:
    X = dataset.ratings.histories().watched().matrix().toarray()
    return (X.T @ X).astype(np.int32)


@pytest.mark.parametrize("words_a_step", [0, 7, 1_000_000], ids=["all walked", "some of each", "all bits"])
def test_counts_equal_the_matrix_product(
    dataset: Dataset, words_a_step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_WORDS_A_STEP", words_a_step)
    np.testing.assert_array_equal(Gram.of(dataset.ratings).counts, naive(dataset))


@pytest.mark.parametrize(
    "weighting",
    [Weighting(length_power=0.5), Weighting(poor_weight=0.25), Weighting(length_power=1.2, poor_weight=0.0)],
    ids=["people", "rows", "both"],
)
def test_weighted_counts_equal_the_matrix_product(dataset: Dataset, weighting: Weighting) -> None:
    seen = dataset.ratings.histories().watched()
    X = seen.matrix().astype(np.float64)
    X.data[:] = weighting.of_rows(seen)
    w = weighting.of_people(seen)
    gram = Gram.of(dataset.ratings, weighting=weighting)
    np.testing.assert_array_equal(gram.counts, (X.T @ (X.multiply(w[:, None]))).toarray())
    np.testing.assert_array_equal(gram.watch_counts, np.diff(seen.matrix().tocsc().indptr))
    assert gram.mean_row_weight == pytest.approx((w[:, None] * X.multiply(X).toarray()).sum() / X.nnz)


def test_weighted_counts_are_the_same_bits_after_coming_and_going(dataset: Dataset) -> None:
    ratings, weighting = dataset.ratings, Weighting(length_power=0.4, poor_weight=0.5)
    some = Gram.of(ratings.keep_users(np.arange(100)), weighting=weighting)
    whole = some.plus(ratings.histories(np.arange(100, 120)))
    np.testing.assert_array_equal(whole.counts, Gram.of(ratings, weighting=weighting).counts)
    np.testing.assert_array_equal(whole.minus(ratings.histories(np.arange(100, 120))).counts, some.counts)


def test_a_person_counts_less_the_longer_the_list_and_a_poor_row_less_than_others() -> None:
    """Of the first person's 6, 6, 6, 6, 1 the last is poor; the second dropped one title of two."""
    offsets = np.array([0, 5, 7], dtype=np.int64)
    rating = np.array([6, 6, 6, 6, 1, np.nan, np.nan], dtype=np.float32)
    status = np.array([Status.COMPLETED] * 6 + [Status.DROPPED], dtype=np.uint8)
    seen = Histories(offsets, np.arange(7, dtype=np.int32), rating, status, 7)
    weighting = Weighting(length_power=1.0, poor_weight=0.5)
    np.testing.assert_array_equal(weighting.of_people(seen), [51, 128])
    np.testing.assert_array_equal(weighting.of_rows(seen), [4, 4, 4, 4, 2, 4, 2])
    assert Weighting().of_people(seen).tolist() == [1, 1]


def test_blocks_of_users_do_not_change_the_counts(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BLOCK", 37)
    np.testing.assert_array_equal(Gram.of(dataset.ratings).counts, naive(dataset))


def test_planned_rows_are_not_counted(tiny_dataset: Dataset) -> None:
    np.testing.assert_array_equal(Gram.of(tiny_dataset.ratings).counts, naive(tiny_dataset))


def test_one_thread_gives_the_same_bits(dataset: Dataset) -> None:
    threads = get_num_threads()
    try:
        set_num_threads(1)
        alone = Gram.of(dataset.ratings).counts
    finally:
        set_num_threads(threads)
    np.testing.assert_array_equal(alone, Gram.of(dataset.ratings).counts)


def test_adding_people_equals_counting_anew(dataset: Dataset) -> None:
    ratings = dataset.ratings
    some = Gram.of(ratings.keep_users(np.arange(100)))
    whole = some.plus(ratings.histories(np.arange(100, 120)))
    np.testing.assert_array_equal(whole.counts, naive(dataset))
    assert whole.n_users == 120


def test_removing_people_equals_counting_the_others(dataset: Dataset) -> None:
    ratings = dataset.ratings
    left = Gram.of(ratings).minus(ratings.histories(np.arange(100, 120)))
    np.testing.assert_array_equal(left.counts, Gram.of(ratings.keep_users(np.arange(100))).counts)


def test_removing_somebody_twice_is_refused(dataset: Dataset) -> None:
    lonely = dataset.ratings.history(0)
    with pytest.raises(TrainingError, match="taken out before"):
        Gram.of(dataset.ratings).minus(lonely).minus(lonely)


def fans(n: int) -> Ratings:
    """Users who watched one title and nothing else, and a second title of nobody."""
    return Ratings(
        offsets=np.arange(n + 1, dtype=np.int64),
        item_index=np.zeros(n, dtype=np.uint16),
        rating_code=np.zeros(n, dtype=np.uint8),
        levels=np.array([np.nan], dtype=np.float32),
        status=np.full(n, Status.COMPLETED, dtype=np.uint8),
        users=IdIndex(np.arange(n), "user"),
        items=IdIndex(np.arange(2), "item"),
    )


BOTH = Weighting(length_power=0.5, poor_weight=0.5)


def test_weighted_counts_up_to_31_bits_are_exact() -> None:
    assert Gram.of(fans(524_287), weighting=BOTH).counts[0, 0] == 2_147_479_552


def test_weighted_counts_beyond_31_bits_are_refused_before_they_are_counted() -> None:
    message = r"length_power=0\.5 and poor_weight=0\.5 the watchers of one item count 2,147,483,648, "
    with pytest.raises(TrainingError, match=message):
        Gram.of(fans(524_288), weighting=BOTH)


def test_adding_people_beyond_31_bits_is_refused() -> None:
    gram = Gram.of(fans(524_287), weighting=BOTH)
    with pytest.raises(TrainingError, match="at most 2,147,483,647 fit"):
        gram.plus(fans(1).histories())


def test_more_users_than_31_bits_are_refused_before_they_are_counted() -> None:
    class Crowd:
        n_users = 2**31

    with pytest.raises(TrainingError, match="2,147,483,648 users are too many"):
        Gram.of(Crowd())  # type: ignore[arg-type]
