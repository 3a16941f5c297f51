"""Item similarity against pairs that people named, and franchises read from pairs."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from konomi.data.ids import IdIndex
from konomi.errors import EvaluationError, InputFileError
from konomi.evaluation import franchises_from, read_pairs
from konomi.evaluation.pairs import Pairs, pair_recall

N_ITEMS = 40
ITEMS = IdIndex(np.arange(N_ITEMS) * 10, "item")
MANY = np.full(N_ITEMS, 99)


def written(folder: Path, text: str, name: str = "pairs.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def pairs_of(*pairs: tuple[int, int]) -> Pairs:
    query, target = np.array(sorted(pairs), dtype=np.int32).T
    return Pairs(query, target, N_ITEMS, len(pairs), ())


def by_distance(item: int) -> NDArray[np.float32]:
    """Items are the more alike the nearer their numbers; of two equally near the lower comes first."""
    return -np.abs(np.arange(N_ITEMS) - item).astype(np.float32)


def test_pairs_are_read_as_columns_of_the_matrix(tmp_path: Path) -> None:
    found = read_pairs(written(tmp_path, "a,b,votes\n20,10,5\n20,30,2\n10,20,7\n"), ITEMS)
    assert list(zip(found.query.tolist(), found.target.tolist(), strict=True)) == [(1, 2), (2, 1), (2, 3)]


def test_pairs_with_too_few_votes_are_left_out(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b,votes\n20,10,1\n20,30,2\n")
    assert len(read_pairs(path, ITEMS)) == 1
    assert len(read_pairs(path, ITEMS, min_votes=1)) == 2


def test_a_file_without_votes_keeps_all_pairs(tmp_path: Path) -> None:
    assert len(read_pairs(written(tmp_path, "a\tb\n20\t10\n20\t30\n", "pairs.tsv"), ITEMS)) == 2


def test_unknown_ids_are_counted_and_named(tmp_path: Path) -> None:
    found = read_pairs(written(tmp_path, "a,b\n20,10\n20,7\n8,30\n7,8\n"), ITEMS)
    assert len(found) == 1
    assert set(found.unknown_ids) == {"7", "8"}
    assert found.remarks().startswith("2 ids of the pairs are no items here (")


def test_an_item_is_no_pair_with_itself_and_a_pair_counts_once(tmp_path: Path) -> None:
    assert len(read_pairs(written(tmp_path, "a,b\n20,20\n20,10\n20,10\n"), ITEMS)) == 1


@pytest.mark.parametrize("text", ["a,b\n7,8\n", "a,b\n", "a,b,votes\n10,20,1\n", "a,b\n10,10\n"])
def test_no_pair_left_is_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(EvaluationError, match=r"no pair of .* is left"):
        read_pairs(written(tmp_path, text), ITEMS)


@pytest.mark.parametrize(("text", "message"), [("", "cannot be read"), ("a\n1\n", "has 1 column")])
def test_a_file_that_holds_no_pairs_is_an_error(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputFileError, match=message):
        read_pairs(written(tmp_path, text), ITEMS)


def test_a_row_with_one_id_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="rows with one id only"):
        read_pairs(written(tmp_path, "a,b\n10,\n20,30\n"), ITEMS)


def test_ids_that_are_no_whole_numbers_are_an_error(tmp_path: Path) -> None:
    pl.DataFrame({"a": [10.5], "b": [20.0]}).write_parquet(tmp_path / "pairs.parquet")
    with pytest.raises(InputFileError, match="ids that are no whole numbers"):
        read_pairs(tmp_path / "pairs.parquet", ITEMS)


@pytest.mark.parametrize("column", ["a", "votes"])
def test_structs_are_neither_ids_nor_votes(tmp_path: Path, column: str) -> None:
    frame = pl.DataFrame({"a": [10], "b": [20], "votes": [3]})
    frame.with_columns(pl.struct("a", "b").alias(column)).write_parquet(tmp_path / "pairs.parquet")
    with pytest.raises(InputFileError, match=r"ids that are no whole numbers|structs as votes"):
        read_pairs(tmp_path / "pairs.parquet", ITEMS)


def test_pairs_of_text_ids_are_read_too(tmp_path: Path) -> None:
    items = IdIndex(np.array(["matrix", "heat"]), "item")
    assert len(read_pairs(written(tmp_path, "a,b\nmatrix,heat\n"), items)) == 1


def test_a_binary_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "pairs.csv").write_bytes(bytes(range(256)))
    with pytest.raises(InputFileError, match="cannot be read"):
        read_pairs(tmp_path / "pairs.csv", ITEMS)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="is no file"):
        read_pairs(tmp_path / "absent.csv", ITEMS)


def test_franchises_are_connected_components_whatever_the_direction() -> None:
    found = franchises_from(pairs_of((5, 3), (3, 8), (9, 10)))
    assert np.flatnonzero(found == 0).tolist() == [3, 5, 8]
    assert np.flatnonzero(found == 1).tolist() == [9, 10]
    assert (found == -1).sum() == N_ITEMS - 5


def test_recall_counts_the_targets_among_the_ten_nearest() -> None:
    # The ten nearest of 20 are 15 ... 25; those of 0 are 1 ... 10.
    found = pair_recall(by_distance, pairs_of((20, 16), (20, 30), (0, 10), (0, 11), (0, 1)), MANY)
    assert found.recall.mean == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert (found.n_queries, found.n_pairs) == (2, 5)


def test_recall_can_reach_one_with_more_than_ten_targets() -> None:
    found = pair_recall(by_distance, pairs_of(*((20, target) for target in range(10, 31) if target != 20)), MANY)
    assert found.recall.mean == 1


def test_items_with_few_ratings_neither_ask_nor_answer_nor_stand_in_the_way() -> None:
    counts = MANY.copy()
    counts[1:6] = 19
    found = pair_recall(by_distance, pairs_of((0, 15), (0, 3), (2, 1)), counts)
    assert (found.n_queries, found.n_pairs) == (1, 1)
    assert found.recall.mean == 1  # 15 is the tenth of 6 ... 15


def test_folding_lists_each_franchise_once_and_never_the_querys_own() -> None:
    franchise = np.full(N_ITEMS, -1, dtype=np.int32)
    franchise[[0, 1, 2, 3]] = 0
    franchise[[4, 5, 6]] = 1
    pairs = pairs_of((0, 2), (0, 4), (0, 5), (0, 15), (0, 16))
    # Left of 1 ... after folding: 4, then 7 ... 15.
    found = pair_recall(by_distance, pairs, MANY, franchise=franchise)
    assert found.n_pairs == 4
    assert found.recall.mean == 2 / 4
    assert pair_recall(by_distance, pairs, MANY).recall.mean == 3 / 5


def test_folding_looks_as_deep_as_it_must() -> None:
    franchise = np.zeros(500, dtype=np.int32)
    franchise[:1] = -1
    franchise[400:] = -1
    pairs = Pairs(np.array([0], np.int32), np.array([408], np.int32), 500, 1, ())
    found = pair_recall(lambda _: -np.arange(500, dtype=np.float32), pairs, np.full(500, 99), franchise=franchise)
    assert found.recall.mean == 1  # 1, then 400 ... 408


def test_pairs_of_rare_items_alone_are_an_error() -> None:
    with pytest.raises(
        EvaluationError, match="no pair is left: none of 1 joins two titles with 100 ratings or more"
    ):
        pair_recall(by_distance, pairs_of((1, 2)), MANY, min_ratings=100)


def test_a_file_of_pairs_that_polars_gives_up_on_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def panic(_: bytes) -> None:
        raise pl.exceptions.PanicException("called `unwrap` on an `Err` value")

    (tmp_path / "pairs.parquet").write_bytes(b"PAR1")
    monkeypatch.setattr(pl, "read_parquet", panic)
    with pytest.raises(InputFileError, match=r"pairs\.parquet cannot be read .*called `unwrap`"):
        read_pairs(tmp_path / "pairs.parquet", ITEMS)
