"""`--preset notebook` against the notebook, in its seven points: each is computed here once more, in a plain way.

`notebook_rows` makes the ratings and what the notebook's lines make of them; `plain_network` trains its network.
"""

import csv
import re
import subprocess
import sys
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.models.neural.notebook_rows import N_ITEMS, SCRIPT_USER, FileRow, PlainRows, dump_rows, plain_rows
from tests.models.neural.plain_network import PlainNetwork, plain_figures, plain_rate, unit
from tests.models.neural.recorder import Recorder

import konomi
from konomi.data.dataset import Dataset
from konomi.models import by_name
from konomi.models.neural import checkpoint as neural_checkpoint
from konomi.models.neural.layers import layers_of
from konomi.models.neural.model import CURVE_COLUMNS, NeuralConfig, NeuralModel, prepare, train
from konomi.models.neural.network import Figures, initial_weights
from konomi.models.neural.rows import Split, split_rows

EPOCHS = 2
VAL_LOSS = CURVE_COLUMNS.index("val_loss")


@pytest.fixture(scope="module")
def file_rows() -> list[FileRow]:
    return dump_rows()


@pytest.fixture(scope="module")
def file(file_rows: list[FileRow], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("dump") / "animelist.csv"
    # Every third row without a score is a plan to watch (6), which the notebook does not tell from other zeros.
    lines = [
        f"{user},{item},{score},{6 if score == 0 and place % 3 == 0 and user != SCRIPT_USER else 2},1"
        for place, (user, item, score) in enumerate(file_rows)
    ]
    path.write_text("\n".join(["user_id,anime_id,rating,watching_status,watched_episodes", *lines, ""]))
    return path


@pytest.fixture(scope="module")
def plain(file_rows: list[FileRow]) -> PlainRows:
    return plain_rows(file_rows)


@pytest.fixture(scope="module")
def config() -> NeuralConfig:
    return by_name("neural").config(preset="notebook")


@pytest.fixture(scope="module")
def data(file: Path, config: NeuralConfig) -> Dataset:
    return prepare(konomi.ingest(file, keep_bots=True, out=file.parent / "data"), config)


@pytest.fixture(scope="module")
def split(data: Dataset, config: NeuralConfig) -> Split:
    return split_rows(data.ratings, config)


@pytest.fixture(scope="module")
def model(data: Dataset, config: NeuralConfig) -> NeuralModel:
    return train(data, replace(config, epochs=EPOCHS))


@pytest.fixture(scope="module")
def command(data: Dataset, file: Path) -> subprocess.CompletedProcess[str]:
    """The command line's run of two epochs, whose model is in `model` next to the file."""
    del data  # it has written the dataset folder
    arguments = ["train", str(file.parent / "data"), "-o", str(file.parent / "model"), "--model", "neural"]
    arguments += ["--preset", "notebook", "--set", f"epochs={EPOCHS}"]
    return subprocess.run(
        [sys.executable, "-m", "konomi", *arguments], capture_output=True, text=True, check=True, timeout=300
    )


# 1. Users with 400 rows, score 0 counted; ratings scaled by their minimum and maximum


def test_1_users_with_400_rows_are_learned_and_rows_without_a_score_count(data: Dataset, plain: PlainRows) -> None:
    assert data.ratings.users.ids.tolist() == plain.users
    assert data.ratings.n_rows == len(plain.rows)
    assert 400 in data.ratings.lengths()


def test_1_rows_without_a_score_are_learned_as_the_worst_score(split: Split, plain: PlainRows) -> None:
    assert (split.rating_min, split.rating_max) == (0.0, 10.0)
    learned = np.concatenate([split.train.target, split.test.target])
    n_worst = sum(scaled == 0 for *_, scaled in plain.rows)
    assert n_worst > 30_000
    assert int(np.sum(learned == 0)) == n_worst


def test_1_konomi_itself_leaves_rows_without_a_score_out(data: Dataset) -> None:
    own = split_rows(data.ratings, NeuralConfig(min_ratings=400))
    assert len(own.train) + len(own.test) == int(data.ratings.is_rated.sum())


def test_1_lists_that_look_made_by_a_script_are_the_notebooks_only_if_ingest_keeps_them(
    file: Path, plain: PlainRows, config: NeuralConfig
) -> None:
    without = prepare(konomi.ingest(file), config)
    assert without.ratings.users.ids.tolist() == [user for user in plain.users if user != SCRIPT_USER]


@pytest.mark.parametrize(("keep_bots", "n_notes"), [(False, 1), (True, 0)])
def test_1_a_note_says_that_ingest_left_out_lists_that_the_notebook_learns(
    file: Path, config: NeuralConfig, keep_bots: bool, n_notes: int
) -> None:
    heard = Recorder(stop_in_epoch=1)
    with pytest.raises(KeyboardInterrupt):
        train(prepare(konomi.ingest(file, keep_bots=keep_bots), config), config, progress=heard)
    assert sum("--keep-bots" in note for note in heard.notes) == n_notes


# 2. Ids in order of first appearance; rows shuffled by pandas; the last 10,000 held out


def test_2_ids_are_numbered_in_order_of_first_appearance(data: Dataset, plain: PlainRows) -> None:
    assert data.ratings.users.ids.tolist() == plain.users
    assert data.ratings.items.ids.tolist() == plain.items
    assert len(plain.items) < N_ITEMS


def test_2_the_permutation_is_the_one_that_pandas_gave() -> None:
    # The ends of the index of pd.DataFrame(...).sample(frac=1, random_state=73) in pandas 3.1.1.
    order = np.random.RandomState(73).permutation(100_000).tolist()
    assert order[:5] == [30356, 33726, 18302, 28929, 87359]
    assert order[-5:] == [46472, 74122, 69550, 90258, 86934]


def test_2_the_permutation_is_the_one_that_pandas_gives_now(plain: PlainRows) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is in the bench group")
    for n in (12, len(plain.rows)):
        shuffled = pandas.DataFrame({"row": range(n)}).sample(frac=1, random_state=73)
        assert shuffled["row"].tolist() == np.random.RandomState(73).permutation(n).tolist()


@pytest.mark.parametrize("part", ["train", "test"])
def test_2_the_last_10_000_shuffled_rows_are_held_out_and_all_others_learned(
    split: Split, plain: PlainRows, part: str
) -> None:
    expected, found = getattr(plain, part), getattr(split, part)
    assert len(found) == len(expected) == (10_000 if part == "test" else len(plain.rows) - 10_000)
    assert found.user_index.tolist() == [user for user, _, _ in expected]
    assert found.item_index.tolist() == [item for _, item, _ in expected]
    np.testing.assert_array_equal(found.target, np.array([scaled for *_, scaled in expected], dtype=np.float32))


@pytest.mark.realdata
@pytest.mark.parametrize(
    "name", ["mal2020/animelist.csv", "mal2020/animelist.first301users.csv", "mal2016/rating.csv"]
)
def test_2_the_rows_of_real_dumps_are_those_that_the_notebooks_lines_give(
    shared_data: Path, config: NeuralConfig, name: str
) -> None:
    with (shared_data / name).open(newline="") as lines:
        # The dump of 2016 writes -1 where that of 2020 writes 0.
        file_rows = [
            (int(row["user_id"]), int(row["anime_id"]), max(int(row["rating"]), 0)) for row in csv.DictReader(lines)
        ]
    plain = plain_rows(file_rows)
    split = split_rows(prepare(konomi.ingest(shared_data / name, keep_bots=True), config).ratings, config)
    for expected, found in ((plain.train, split.train), (plain.test, split.test)):
        assert list(zip(found.user_index.tolist(), found.item_index.tolist(), strict=True)) == [
            row[:2] for row in expected
        ]
        np.testing.assert_array_equal(found.target, np.array([row[2] for row in expected], dtype=np.float32))


# 3. The network: embeddings of 128, their cosine, one dense unit, batch normalization, sigmoid


def test_3_the_notebooks_users_and_items_make_13_977_734_parameters_2_of_them_not_trained(
    config: NeuralConfig,
) -> None:
    layers = layers_of(91_641, 17_560, config.embedding_dim)
    assert 91_641 * 128 + 17_560 * 128 + 2 + 4 == 13_977_734
    assert sum(layer.n_parameters for layer in layers) == 13_977_734
    assert sum(layer.n_not_trained for layer in layers) == 2


def test_3_the_network_holds_as_many_numbers_as_its_layers_say(config: NeuralConfig, plain: PlainRows) -> None:
    weights = initial_weights(len(plain.users), len(plain.items), config)
    n_numbers = weights.user_vectors.size + weights.item_vectors.size + weights.head.size
    assert n_numbers == sum(
        layer.n_parameters for layer in layers_of(len(plain.users), len(plain.items), config.embedding_dim)
    )


def test_3_embeddings_start_uniform_between_minus_and_plus_a_twentieth(config: NeuralConfig) -> None:
    weights = initial_weights(500, 400, config)
    for vectors in (weights.user_vectors, weights.item_vectors):
        assert vectors.shape[1] == 128
        assert -0.05 <= vectors.min() < -0.0499
        assert 0.0499 < vectors.max() <= 0.05
        assert abs(vectors.mean()) < 1e-3
        assert vectors.std() == pytest.approx(0.1 / np.sqrt(12), rel=0.01)


def test_3_the_dense_weight_starts_he_normal_and_the_rest_at_0_or_1(config: NeuralConfig) -> None:
    heads = np.array([initial_weights(1, 1, replace(config, seed=seed)).head for seed in range(2000)])
    # One input: the deviation is sqrt(2); Keras draws from a normal that is cut at two deviations and widened.
    assert abs(heads[:, 0]).max() < 2 * np.sqrt(2) / 0.8796
    assert heads[:, 0].std() == pytest.approx(np.sqrt(2), rel=0.05)
    assert abs(heads[:, 0].mean()) < 0.1
    assert np.all(heads[:, 1:] == [0, 1, 0, 0, 1])  # bias, gamma, beta, moving mean, moving variance


# 4. Binary cross-entropy, absolute and squared error; Adam in batches of 10,000


@dataclass(frozen=True)
class PlainRun:
    """best: the network after the epoch with the lowest validation loss. curve: columns CURVE_COLUMNS."""

    best: PlainNetwork
    curve: NDArray[np.float64]


@pytest.fixture(scope="module")
def plain_run(plain: PlainRows, config: NeuralConfig) -> PlainRun:
    """Two epochs from the weights and in the order of rows that seed 0 draws."""
    start = initial_weights(len(plain.users), len(plain.items), config)
    network = PlainNetwork(start.user_vectors, start.item_vectors, start.head[0])
    (user, item, target), test = (np.array(rows).T for rows in (plain.train, plain.test))
    user, item = user.astype(int), item.astype(int)
    curve: list[list[float]] = []
    after: list[PlainNetwork] = []
    for epoch in range(EPOCHS):
        order = np.arange(len(target))
        np.random.default_rng([0, 1, epoch]).shuffle(order)
        p = np.empty(len(target))
        for first in range(0, len(order), 10_000):
            rows = order[first : first + 10_000]
            p[rows] = network.step(user[rows], item[rows], target[rows], plain_rate(epoch))
        held_out = plain_figures(network.predict(test[0].astype(int), test[1].astype(int)), test[2])
        curve.append([epoch + 1, plain_rate(epoch), *plain_figures(p, target), *held_out])
        after.append(deepcopy(network))
    return PlainRun(after[np.argmin(np.array(curve)[:, VAL_LOSS])], np.array(curve))


@pytest.mark.parametrize("column", CURVE_COLUMNS)
def test_4_loss_mae_and_mse_of_training_and_validation_are_those_of_a_plain_run(
    model: NeuralModel, plain_run: PlainRun, column: str
) -> None:
    place = CURVE_COLUMNS.index(column)
    np.testing.assert_allclose(model.learning_curve[:, place], plain_run.curve[:, place], rtol=1e-6)


def test_4_adam_moves_every_vector_as_a_plain_run_does(
    model: NeuralModel, plain_run: PlainRun, config: NeuralConfig, plain: PlainRows
) -> None:
    start = initial_weights(len(plain.users), len(plain.items), config)
    for name, end in (("user_vectors", plain_run.best.users), ("item_vectors", plain_run.best.items)):
        before, after = (unit(np.asarray(x, dtype=np.float64)) for x in (getattr(start, name), end.value))
        moved = np.linalg.norm(after - before, axis=1)
        error = np.linalg.norm(getattr(model, name) - after, axis=1)
        assert moved.min() > 1e-4
        assert (error / moved).max() < 0.01


def test_4_adam_moves_the_head_as_a_plain_run_does(model: NeuralModel, plain_run: PlainRun) -> None:
    network = plain_run.best
    expected = [network.weight.value, network.gamma.value, network.beta.value, network.mean, network.variance]
    np.testing.assert_allclose(model.head[[0, 2, 3, 4, 5]], expected, rtol=1e-6, atol=1e-9)


def test_4_batches_hold_10_000_rows(config: NeuralConfig) -> None:
    assert (config.optimizer, config.batch_size) == ("adam", 10_000)


# 5. The learning rate of each epoch; the best weights kept; an end after 3 epochs without improvement


def test_5_the_learning_rate_rises_for_five_epochs_then_falls(config: NeuralConfig) -> None:
    rates = [config.learning_rate_at(epoch) for epoch in range(20)]
    assert rates[:8] == pytest.approx([1e-5, 1.8e-5, 2.6e-5, 3.4e-5, 4.2e-5, 5e-5, 4.2e-5, 3.56e-5], rel=1e-12)
    assert rates == pytest.approx([plain_rate(epoch) for epoch in range(20)], rel=1e-12)


def _validation_losses(monkeypatch: pytest.MonkeyPatch, losses: list[float]) -> None:
    from konomi.models.neural import model as neural

    given = chain(losses)
    monkeypatch.setattr(neural, "figures_on", lambda *_: Figures(next(given), 0.4, 0.2))


def test_5_training_ends_after_3_epochs_without_improvement_and_restores_the_best_weights(
    data: Dataset, config: NeuralConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    _validation_losses(monkeypatch, [0.9, 0.8])
    two_epochs = train(data, replace(config, epochs=2))
    _validation_losses(monkeypatch, [0.9, 0.8, 0.81, 0.8, 0.82, 0.7])
    stopped = train(data, config)
    assert stopped.learning_curve[:, VAL_LOSS].tolist() == [0.9, 0.8, 0.81, 0.8, 0.82]
    for name in ("user_vectors", "item_vectors", "head"):
        np.testing.assert_array_equal(getattr(stopped, name), getattr(two_epochs, name))


def test_5_the_checkpoint_holds_the_best_weights_by_validation_loss(
    data: Dataset, config: NeuralConfig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _validation_losses(monkeypatch, [0.9, 0.8])
    two_epochs = train(data, replace(config, epochs=2))
    _validation_losses(monkeypatch, [0.9, 0.8, 0.81])
    with pytest.raises(KeyboardInterrupt):
        train(data, config, progress=Recorder(stop_in_epoch=4), checkpoint=tmp_path / "checkpoint")
    identity = neural_checkpoint.identity_of(config, data.digest())
    found = neural_checkpoint.load(tmp_path / "checkpoint", identity)
    assert isinstance(found, neural_checkpoint.Checkpoint)
    assert (found.best_epoch, len(found.curve)) == (1, 3)
    np.testing.assert_allclose(unit(found.best["item_vectors"]), two_epochs.item_vectors, atol=1e-7)


def test_5_at_most_20_epochs_are_trained(config: NeuralConfig) -> None:
    assert (config.epochs, config.patience) == (20, 3)


# 6. Weights of length 1; the k largest or smallest cosines, the query left out


def test_6_the_stored_weights_have_length_1(model: NeuralModel) -> None:
    for vectors in (model.user_vectors, model.item_vectors):
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-6)


@pytest.mark.parametrize("least", [False, True])
@pytest.mark.parametrize("kind", ["items", "users"])
def test_6_the_most_and_the_least_similar_have_the_largest_and_smallest_cosines(
    command: subprocess.CompletedProcess[str], file: Path, plain: PlainRows, kind: str, least: bool
) -> None:
    del command  # it has written the model folder
    recommender = konomi.load(file.parent / "model")
    ids = plain.items if kind == "items" else plain.users
    vectors = np.asarray(getattr(recommender.model, f"{kind[:-1]}_vectors"), dtype=np.float64)
    for place in (0, 7, 200):
        cosine = unit(vectors) @ unit(vectors)[place]
        ranked = [int(n) for n in np.argsort(cosine if least else -cosine) if n != place][:10]
        if kind == "items":
            found: Any = recommender.similar_items(ids[place], k=10, least=least)
        else:
            found = recommender.similar_users(ids[place], k=10, least=least)
        assert getattr(found, f"{kind[:-1]}_ids").tolist() == [ids[n] for n in ranked]
        np.testing.assert_allclose(found.similarity, cosine[ranked], atol=1e-6)


# 7. What is reported


def test_7_the_numbers_of_rows_users_items_and_parameters_are_printed(
    command: subprocess.CompletedProcess[str], plain: PlainRows
) -> None:
    n_users, n_items, n_rows = len(plain.users), len(plain.items), len(plain.rows)
    assert f"Trained neural on {n_rows:,} ratings of {n_users:,} users and {n_items:,} items." in command.stdout
    n_parameters = (n_users + n_items) * 128 + 6
    assert f"{n_parameters:,} parameters, 2 of them not trained" in command.stdout
    assert f"learning from {n_rows - 10_000:,} ratings, validating on 10,000" in command.stderr


def test_7_loss_mae_and_mse_of_each_epoch_are_printed(
    command: subprocess.CompletedProcess[str], plain_run: PlainRun
) -> None:
    lines = re.findall(r"^epoch \d+/2 .*$", command.stderr, re.MULTILINE)
    assert len(lines) == EPOCHS
    for line, row in zip(lines, plain_run.curve, strict=True):
        printed = [float(re.search(rf" {name} (\S+)", line)[1]) for name in CURVE_COLUMNS[2:]]
        np.testing.assert_allclose(printed, row[2:], atol=6e-5)


def test_7_the_figures_of_the_best_epoch_are_printed_at_the_end(
    command: subprocess.CompletedProcess[str], plain_run: PlainRun
) -> None:
    best = plain_run.curve[np.argmin(plain_run.curve[:, VAL_LOSS])]
    for name, value in zip(CURVE_COLUMNS[2:], best[2:], strict=True):
        printed = float(re.search(rf"^  {name}: (\S+)$", command.stdout, re.MULTILINE)[1])
        assert printed == pytest.approx(value, rel=1e-5)
