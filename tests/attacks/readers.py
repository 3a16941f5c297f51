"""A folder replaced again and again, and opened meanwhile. Runs in a zygote's children."""

import hashlib
import time
from pathlib import Path
from typing import Any


def replace(*, folder: str, kind: str, seconds: float) -> None:
    """Replace `folder`/now by `folder`/one and `folder`/other in turn, as ingest and train do, for some seconds."""
    base = Path(folder)
    opened = [_open(base / name, kind) for name in ("other", "one")]
    end = time.monotonic() + seconds
    n = 0
    while time.monotonic() < end:
        opened[n % 2].save(base / "now")
        n += 1


def open_repeatedly(*, folder: str, kind: str, seconds: float) -> None:
    """Open `folder`/now again and again; a line for each time: whole, mixed or refused."""
    from konomi.errors import KonomiError

    base = Path(folder)
    versions = {_fingerprint(_open(base / name, kind), kind) for name in ("one", "other")}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            found = _fingerprint(_open(base / "now", kind), kind)
        except KonomiError as error:
            print("refused", str(error).replace("\n", " "))
            continue
        print("whole" if found in versions else "mixed")


def _open(path: Path, kind: str) -> Any:
    import konomi

    return konomi.Dataset.open(path) if kind == "dataset" else konomi.load(path).artifact


def _fingerprint(opened: Any, kind: str) -> str:
    """A digest of every array."""
    dataset = opened if kind == "dataset" else opened.dataset
    ratings = dataset.ratings
    arrays = [ratings.offsets, ratings.item_index, ratings.rating_code, ratings.levels, ratings.status]
    arrays += [ratings.users.ids, ratings.items.ids]
    if kind == "model":
        arrays += [*opened.model.arrays().values(), opened.row_counts]
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(array.tobytes())
    return digest.hexdigest()
