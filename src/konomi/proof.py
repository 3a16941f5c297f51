"""Proof: a check that users are in no dataset or model, by training again, comparing and searching for them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from konomi.artifact import Artifact
from konomi.data.dataset import Dataset
from konomi.data.ids import Id
from konomi.memory import in_words
from konomi.models import by_name
from konomi.progress import SILENT, Progress
from konomi.tables import Column, table
from konomi.training import fit

# Shorter texts occur in large files by chance.
_SHORTEST_TEXT = 8
_CHUNK_BYTES = 16 << 20
# Files with texts that do not come from users: titles and synopses, and the script of a plot.
_TEXTS_OF_OTHERS = ("catalog.arrow", "learning_curve.html")


@dataclass(frozen=True)
class Finding:
    """One check of a proof.

    checked : what was checked. size : how much of it. result : what was found.
    holds   : whether the result is the required one.
    """

    checked: str
    size: str
    result: str
    holds: bool


@dataclass(frozen=True)
class Proof:
    """All checks. Its text is a table."""

    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        return all(finding.holds for finding in self.findings)

    def __str__(self) -> str:
        return table(
            [
                Column("", ["ok" if finding.holds else "FAIL" for finding in self.findings]),
                Column("checked", [finding.checked for finding in self.findings]),
                Column("size", [finding.size for finding in self.findings]),
                Column("found", [finding.result for finding in self.findings]),
            ]
        )


def proof_of(
    users: Sequence[Id], models: Sequence[Path], datasets: Sequence[Path], *, progress: Progress = SILENT
) -> Proof:
    """The proof that these folders contain nothing of these users.

    Each model is trained again with its own config, and all arrays are compared, byte for byte. The data is the
    first of the datasets that has the ratings of the model, or else the ratings that the model folder holds. Each
    dataset is compared with its canonical form. The ids are searched for in all arrays of user ids and, as text in
    UTF-8 and UTF-32, in all files.
    """
    findings = [_trained_again(folder, datasets, progress) for folder in models]
    findings += [_canonical(folder) for folder in datasets]
    findings.append(_members(users, [*(folder / "dataset" for folder in models), *datasets]))
    return Proof((*findings, *_texts(users, [*models, *datasets], progress)))


def _trained_again(folder: Path, datasets: Sequence[Path], progress: Progress) -> Finding:
    artifact = Artifact.open(folder)
    kind, config = by_name(artifact.model.name), artifact.model.config
    own = artifact.dataset
    prepared, source = kind.select(own, config), "its own ratings"
    for other in datasets:
        candidate = kind.prepare(Dataset.open(other), config)
        if candidate.digest() == own.digest() and candidate.catalog.frame.equals(own.catalog.frame):
            prepared, source = candidate, str(other)
            break
    fresh = fit(kind, prepared, config, progress=progress)
    return _compared(folder, _all_arrays(artifact), _all_arrays(fresh), f"equal to training on {source}")


def _canonical(folder: Path) -> Finding:
    dataset = Dataset.open(folder)
    return _compared(folder, _arrays_of(dataset), _arrays_of(dataset.canonical()), "equal to what ingest gives")


def _all_arrays(artifact: Artifact) -> dict[str, NDArray[Any]]:
    arrays = {f"model/{name}": array for name, array in artifact.model.arrays().items()}
    arrays |= {f"update/{name}": array for name, array in artifact.model.update_arrays().items()}
    arrays["item_counts"] = artifact.row_counts
    if artifact.item_map is not None:
        arrays["item_map"] = artifact.item_map
    return arrays | {f"dataset/{name}": array for name, array in _arrays_of(artifact.dataset).items()}


def _arrays_of(dataset: Dataset) -> dict[str, NDArray[Any]]:
    ratings = dataset.ratings
    return {
        "offsets": ratings.offsets,
        "item_index": ratings.item_index,
        "rating_code": ratings.rating_code,
        "levels": ratings.levels,
        "status": ratings.status,
        "user_ids": ratings.users.ids,
        "item_ids": ratings.items.ids,
        # The catalog is not an array; as JSON, equal catalogs have equal bytes.
        "catalog": np.frombuffer(dataset.catalog.frame.write_json().encode(), dtype=np.uint8),
    }


def _compared(
    folder: Path, actual: dict[str, NDArray[Any]], expected: dict[str, NDArray[Any]], result: str
) -> Finding:
    names = sorted(actual.keys() | expected.keys())
    different = [name for name in names if not _same(actual.get(name), expected.get(name))]
    size = f"{len(actual)} arrays, {in_words(sum(array.nbytes for array in actual.values()))}"
    if different:
        return Finding(str(folder), size, f"not {result}: {', '.join(different)}", holds=False)
    return Finding(str(folder), size, result, holds=True)


def _same(first: NDArray[Any] | None, second: NDArray[Any] | None) -> bool:
    if first is None or second is None or first.dtype != second.dtype or first.shape != second.shape:
        return False
    left, right = (np.ascontiguousarray(array).reshape(-1).view(np.uint8) for array in (first, second))
    return all(
        np.array_equal(left[start : start + _CHUNK_BYTES], right[start : start + _CHUNK_BYTES])
        for start in range(0, len(left), _CHUNK_BYTES)
    )


def _members(users: Sequence[Id], folders: Sequence[Path]) -> Finding:
    members = [Dataset.open(folder).ratings.users for folder in folders]
    size = f"{len(members)} arrays, {sum(map(len, members)):,} ids"
    found = [
        f"{user} in {folder}"
        for folder, ids in zip(folders, members, strict=True)
        for user in users
        if ids.indices_of([user])[0] >= 0
    ]
    return Finding("ids of users", size, ", ".join(found) if found else "none of the users", holds=not found)


def _texts(users: Sequence[Id], folders: Sequence[Path], progress: Progress) -> Iterator[Finding]:
    """The search for the ids as text in all files. Short ids, which occur by chance, are not searched for."""
    texts = [str(user) for user in users]
    long = [text for text in texts if len(text) >= _SHORTEST_TEXT]
    if len(long) < len(texts):
        short = [text for text in texts if text not in long]
        yield Finding(
            "ids as text",
            f"{len(short)} ids",
            f"not searched for: under {_SHORTEST_TEXT} characters",
            holds=True,
        )
    if not long:
        return
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    progress.start("search for the ids", len(files))
    found: list[str] = []
    in_texts_of_others: list[str] = []
    n_bytes = 0
    for path in files:
        n_bytes += path.stat().st_size
        if any(_contains(path, text.encode(code)) for text in long for code in ("utf-8", "utf-32-le")):
            (in_texts_of_others if path.name in _TEXTS_OF_OTHERS else found).append(str(path))
        progress.advance()
    size = f"{len(files)} files, {in_words(n_bytes)}"
    result = f"in {', '.join(found)}" if found else "none of the users"
    yield Finding("ids as text", size, result, holds=not found)
    if in_texts_of_others:
        result = f"a title or a script contains the same text: {', '.join(in_texts_of_others)}"
        yield Finding("ids as text", "", result, holds=True)


def _contains(path: Path, pattern: bytes) -> bool:
    with path.open("rb") as file:
        rest = b""
        while chunk := file.read(_CHUNK_BYTES):
            if pattern in rest + chunk:
                return True
            rest = chunk[-len(pattern) + 1 :]
    return False
