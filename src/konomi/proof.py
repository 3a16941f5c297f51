"""The proof that users are gone from datasets and models: trained again, compared, and searched for."""

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

# A shorter text occurs in large files by chance.
_SHORTEST_TEXT = 8
_CHUNK_BYTES = 16 << 20
# Texts of others: of the catalog's own titles and synopses, and of the program that draws a plot.
_OTHERS_TEXTS = ("catalog.arrow", "learning_curve.html")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at, how much of it, what was found, and whether that is as it must be."""

    looked_at: str
    size: str
    found: str
    holds: bool


@dataclass(frozen=True)
class Proof:
    """All findings; prints as a table."""

    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        return all(one.holds for one in self.findings)

    def __str__(self) -> str:
        return table(
            [
                Column("", ["ok" if one.holds else "FAIL" for one in self.findings]),
                Column("looked at", [one.looked_at for one in self.findings]),
                Column("size", [one.size for one in self.findings]),
                Column("found", [one.found for one in self.findings]),
            ]
        )


def proof_of(
    users: Sequence[Id], models: Sequence[Path], datasets: Sequence[Path], *, progress: Progress = SILENT
) -> Proof:
    """What shows that none of these users has a part in these folders.

    Each model is trained again with its own config, on the first of the datasets that holds its ratings and else on
    its own, and all arrays are compared, byte for byte. Each dataset is compared with its canonical form. The ids
    are looked for in all arrays of user ids, and as text, in UTF-8 and UTF-32, in all files.
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
    return _compared(folder, _all_arrays(artifact), _all_arrays(fresh), f"what training on {source} gives")


def _canonical(folder: Path) -> Finding:
    dataset = Dataset.open(folder)
    return _compared(folder, _arrays_of(dataset), _arrays_of(dataset.canonical()), "the form that ingest gives")


def _all_arrays(artifact: Artifact) -> dict[str, NDArray[Any]]:
    arrays = {f"model/{name}": array for name, array in artifact.model.arrays().items()}
    if hasattr(artifact.model, "update_arrays"):
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
        # The catalog has no array of numbers; its rows as text have the same bytes where they are the same.
        "catalog": np.frombuffer(dataset.catalog.frame.write_json().encode(), dtype=np.uint8),
    }


def _compared(
    folder: Path, found: dict[str, NDArray[Any]], expected: dict[str, NDArray[Any]], what: str
) -> Finding:
    differ = [
        name for name in sorted(found.keys() | expected.keys()) if not _same(found.get(name), expected.get(name))
    ]
    size = f"{len(found)} arrays, {in_words(sum(array.nbytes for array in found.values()))}"
    if differ:
        return Finding(str(folder), size, f"not {what}: {', '.join(differ)}", holds=False)
    return Finding(str(folder), size, what, holds=True)


def _same(one: NDArray[Any] | None, other: NDArray[Any] | None) -> bool:
    if one is None or other is None or one.dtype != other.dtype or one.shape != other.shape:
        return False
    left, right = (np.ascontiguousarray(array).reshape(-1).view(np.uint8) for array in (one, other))
    return all(
        np.array_equal(left[start : start + _CHUNK_BYTES], right[start : start + _CHUNK_BYTES])
        for start in range(0, len(left), _CHUNK_BYTES)
    )


def _members(users: Sequence[Id], folders: Sequence[Path]) -> Finding:
    ratings = [Dataset.open(folder).ratings for folder in folders]
    size = f"{len(ratings)} arrays, {sum(one.n_users for one in ratings):,} ids"
    known = [
        f"{user} in {folder}"
        for folder, one in zip(folders, ratings, strict=True)
        for user in users
        if one.users.indices_of([user])[0] >= 0
    ]
    return Finding("ids of users", size, ", ".join(known) if known else "none of theirs", holds=not known)


def _texts(users: Sequence[Id], folders: Sequence[Path], progress: Progress) -> Iterator[Finding]:
    """The ids as text in all files; ids that are too short to tell are not looked for."""
    texts = [str(user) for user in users]
    long = [text for text in texts if len(text) >= _SHORTEST_TEXT]
    if len(long) < len(texts):
        short = [text for text in texts if text not in long]
        yield Finding(
            "ids as text",
            f"{len(short)} ids",
            f"not looked for: under {_SHORTEST_TEXT} characters",
            holds=True,
        )
    if not long:
        return
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    progress.start("look for the ids", len(files))
    found: list[str] = []
    elsewhere: list[str] = []
    n_bytes = 0
    for path in files:
        n_bytes += path.stat().st_size
        if any(_holds(path, text.encode(code)) for text in long for code in ("utf-8", "utf-32-le")):
            (elsewhere if path.name in _OTHERS_TEXTS else found).append(str(path))
        progress.advance()
    size = f"{len(files)} files, {in_words(n_bytes)}"
    yield Finding("ids as text", size, f"in {', '.join(found)}" if found else "none of theirs", holds=not found)
    if elsewhere:
        yield Finding("ids as text", "", f"a title or a program says the same: {', '.join(elsewhere)}", holds=True)


def _holds(path: Path, pattern: bytes) -> bool:
    with path.open("rb") as file:
        rest = b""
        while chunk := file.read(_CHUNK_BYTES):
            if pattern in rest + chunk:
                return True
            rest = chunk[-len(pattern) + 1 :]
    return False
