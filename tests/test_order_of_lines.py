"""What the order of the lines of a file of ratings changes, and what it does not."""

import random

import numpy as np
import pytest

import konomi

HEADER = "user_id,item_id,rating"


@pytest.fixture
def lines(planted_dataset):
    """The lines of each user, each title once."""
    ratings = planted_dataset.ratings
    grouped = []
    for user, user_id in enumerate(ratings.users.ids.tolist()):
        rows = ratings.history(user)
        items = ratings.items.ids[rows.item_index].tolist()
        rated_items = zip(items, np.nan_to_num(rows.rating, nan=5).tolist(), strict=True)
        grouped.append([f"{user_id},{item},{rating:g}" for item, rating in rated_items])
    return grouped


def ingested(folder, name, lines):
    """The dataset of these lines, stored in `folder`."""
    source = folder / f"{name}.csv"
    source.write_text("\n".join([HEADER, *lines]) + "\n")
    return konomi.ingest(source, out=folder / name)


def in_turns(grouped):
    """The first line of each user, then the second of each, and so on."""
    longest = max(map(len, grouped))
    return [lines[n] for n in range(longest) for lines in grouped if n < len(lines)]


def shuffled(grouped):
    found = [line for lines in grouped for line in lines]
    random.Random(7).shuffle(found)
    return found


def arrays(folder):
    """Every file but the marker, which names the source file."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".json"}


def rated(dataset):
    """Each user's ratings by item id."""
    ratings = dataset.ratings
    found = {}
    for user, user_id in enumerate(ratings.users.ids.tolist()):
        rows = ratings.history(user)
        items = ratings.items.ids[rows.item_index].tolist()
        found[user_id] = dict(zip(items, rows.rating.tolist(), strict=True))
    return found


def test_lines_of_users_in_turns_give_the_same_bits(lines, tmp_path):
    ingested(tmp_path, "grouped", [line for user in lines for line in user])
    ingested(tmp_path, "turns", in_turns(lines))
    assert arrays(tmp_path / "turns") == arrays(tmp_path / "grouped")


def test_shuffled_lines_give_the_same_ratings(lines, tmp_path):
    grouped = ingested(tmp_path, "grouped", [line for user in lines for line in user])
    assert rated(ingested(tmp_path, "shuffled", shuffled(lines))) == rated(grouped)


@pytest.mark.parametrize("model", ["linear", "spectral"])
def test_shuffled_lines_change_scores_by_rounding_only(lines, tmp_path, model):
    grouped = konomi.train(ingested(tmp_path, "grouped", [line for user in lines for line in user]), model=model)
    other = konomi.train(ingested(tmp_path, "shuffled", shuffled(lines)), model=model)
    every = len(grouped.catalog)
    for user in grouped.ratings.users.ids[:50].tolist():
        expected = {one["item_id"]: one["score"] for one in grouped.recommend(user, k=every).to_dicts()}
        found = {one["item_id"]: one["score"] for one in other.recommend(user, k=every).to_dicts()}
        assert found == pytest.approx(expected, abs=1e-5)
