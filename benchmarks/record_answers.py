"""Digests of everything that the models learn and answer, to compare two versions of konomi byte for byte.

    python benchmarks/record_answers.py --mal2016 ../shared/data/mal2016 -o before.json
    python benchmarks/record_answers.py --mal2016 ../shared/data/mal2016 -o after.json --compare before.json

Trains every model on the demo and, if it is there, on the MyAnimeList ratings of 2016. Records the SHA-256 of the
bytes of each array, and of the answers to 200 questions: similar items and users, recommendations with reasons.
"""

import argparse
import hashlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import konomi
from konomi.errors import UnsupportedError

MODELS: dict[str, dict[str, Any]] = {
    "linear": {},
    "spectral": {},
    "neural": {"epochs": 2, "min_ratings": 50},
    "item-knn": {},
    "user-knn": {},
    "popularity": {},
}
N_QUESTIONS = 50  # of each of four kinds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mal2016", type=Path, help="folder with rating.csv and anime.csv")
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--compare", type=Path, help="an earlier recording")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        recorded = {f"demo {key}": digest for key, digest in record(demo(Path(scratch))).items()}
        if arguments.mal2016:
            dataset = konomi.ingest(
                arguments.mal2016 / "rating.csv", items=arguments.mal2016 / "anime.csv", out=Path(scratch) / "mal"
            )
            recorded |= {f"mal2016 {key}": digest for key, digest in record(dataset).items()}
    arguments.out.write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")
    print(f"{len(recorded)} digests in {arguments.out}")
    if arguments.compare:
        earlier = json.loads(arguments.compare.read_text(encoding="utf-8"))
        different = sorted(key for key in earlier.keys() | recorded.keys() if earlier.get(key) != recorded.get(key))
        print("\n".join(different) or "all equal")
        sys.exit(bool(different))


def demo(folder: Path) -> konomi.Dataset:
    """The demo's dataset, written by the command line, whose words do not change."""
    from konomi.cli import main as konomi_command

    try:
        konomi_command(["demo", "--out", str(folder / "demo")])
    except SystemExit as ended:
        if ended.code:
            raise
    return konomi.Dataset.open(folder / "demo" / "data")


def record(dataset: konomi.Dataset) -> dict[str, str]:
    """A digest for each array of the dataset and of each model, and for each kind of question."""
    found = {f"dataset {name}": of_array(array) for name, array in arrays_of(dataset.ratings).items()}
    for name, settings in MODELS.items():
        recommender = konomi.train(dataset, model=name, config=settings, seed=0)
        for key, array in recommender.model.arrays().items():
            found[f"{name} {key}"] = of_array(array)
        found |= {f"{name} {key}": digest for key, digest in answers(recommender).items()}
        print(name, file=sys.stderr)
    return found


def arrays_of(ratings: Any) -> dict[str, Any]:
    names = ("offsets", "item_index", "rating_code", "levels", "status")
    return {name: getattr(ratings, name) for name in names} | {
        "users": ratings.users.ids,
        "items": ratings.items.ids,
    }


def answers(recommender: Any) -> dict[str, str]:
    """A digest of 50 answers of each kind; a question that the model does not answer is recorded as its name."""
    ratings = recommender.ratings
    rng = np.random.default_rng(0)
    items = ratings.items.ids[rng.permutation(ratings.n_items)[:N_QUESTIONS]].tolist()
    users = ratings.users.ids[rng.permutation(ratings.n_users)[:N_QUESTIONS]].tolist()
    kinds = {
        "similar items": [lambda one=one: recommender.similar_items(one, k=10) for one in items],
        "similar users": [lambda one=one: recommender.similar_users(one, k=10) for one in users],
        "recommendations": [lambda one=one: recommender.recommend(one, k=10, explain=True) for one in users],
        "new": [lambda one=one: recommender.recommend(history={one: None}, k=10) for one in items],
    }
    return {kind: of_text("\n".join(map(asked, questions))) for kind, questions in kinds.items()}


def asked(question: Any) -> str:
    try:
        found = question()
    except UnsupportedError as error:
        return type(error).__name__
    text = str(found.to_frame().write_json())
    return text + str(getattr(found, "because", ""))


def of_array(array: Any) -> str:
    plain = np.ascontiguousarray(array)
    return of_text(f"{plain.dtype} {plain.shape} {hashlib.sha256(plain.tobytes()).hexdigest()}")


def of_text(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    main()
