"""Kind: a kind of konomi folder, and how its marker file is written, read and verified."""

import errno
import json
import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypeVar

from konomi.errors import ArtifactError, DatasetError, KonomiError, StorageError
from konomi.storage.lock import hidden, resolved
from konomi.storage.manifest import Differences, checksum_of, differences, entries, files_of
from konomi.storage.reading import NOT_AS_WRITTEN, OpenFolder, open_folder

T = TypeVar("T")
# The subfolders of the folder in which `whole_folder` works.
NEW, EARLIER = "new", "earlier"
# A marker lists files and settings, so a larger file is not a marker.
_MAX_MARKER_BYTES = 64 << 20
_ATTEMPTS = 100
_PAUSE_SECONDS = 0.005
# The errors that the content of a damaged folder can cause.
DAMAGE = (OSError, ValueError, EOFError, KeyError, TypeError, IndexError, RecursionError, AttributeError)


@dataclass(frozen=True)
class Kind:
    """A kind of folder.

    marker          : the name of the marker file, which describes the folder.
    format, version : the values of "format" and "format_version" in the marker file.
    error           : the type of the errors about such a folder.
    remedy          : the command that makes such a folder, with {} for its path.
    unlisted        : patterns of the files of version 1, which had no manifest.
    """

    marker: str
    format: str
    version: int
    error: type[KonomiError]
    remedy: str
    unlisted: tuple[str, ...] = ()

    def write(self, folder: Path, about: dict[str, Any]) -> None:
        """Write the marker file, with a manifest of all other files that are in `folder` now. Raises OSError."""
        files = files_of(folder, marker=self.marker)
        content = {"format": self.format, "format_version": self.version, **about, "files": files}
        content["checksum"] = checksum_of(content)
        (folder / self.marker).write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")

    def read(self, folder: Path) -> dict[str, Any]:
        """The content of the marker file.

        Raises `error` if the folder is missing, of another kind, damaged, or from a newer konomi.
        """
        return self.load(folder, lambda opened: opened.about)

    def load(self, folder: Path, read: Callable[[OpenFolder], T]) -> T:
        """The result of `read` for the folder, from one version of the folder.

        The folder is held by a handle. If it was replaced before `read` had opened everything, `read` runs again on
        the new one. A folder that a killed run left under its hidden name is read there, see `whole_folder`.
        Raises `error` if the folder is missing, of another kind, damaged, or from a newer konomi, or if `read`
        raises one of `DAMAGE`.
        """
        for attempt in range(_ATTEMPTS):
            source = folder
            if not os.path.lexists(folder):
                source = next(iter(aside(resolved(folder))), folder)
            try:
                with open_folder(source) as opened:
                    try:
                        return read(self._with_marker(opened, folder))
                    except (*DAMAGE, KonomiError) as error:
                        if not opened.was_replaced():
                            raise self._error_for(folder, error) from error
            except OSError as error:
                if error.errno not in (errno.ENOENT, errno.ENOTDIR) or attempt == _ATTEMPTS - 1:
                    raise self._error_for(folder, error) from error
                if not (folder.is_dir() or aside(resolved(folder))):
                    raise self._missing(folder) from error
            time.sleep(_PAUSE_SECONDS)
        raise self.error(f"{folder} is replaced again and again: try again when fewer runs write it")

    def verify(self, folder: Path) -> int:
        """Compare every file with the manifest. Returns the number of files.

        Raises `error` with the names of the files that changed, are missing or are not in the manifest.
        """

        def compare(opened: OpenFolder) -> int:
            if "files" not in opened.about:
                raise self.error(
                    f"{folder} was written by konomi 0.1, which stored no digests, so it cannot be verified: make "
                    f"it again with `{self.remedy.format(folder)}`"
                )
            changes = differences(folder, opened.about["files"], marker=self.marker)
            if changes:
                advice = self._again(folder) if changes.changed or changes.missing else "Move it elsewhere"
                raise self.error(f"{folder} is not as konomi wrote it: {changes}. {advice}")
            return len(opened.about["files"]) + 1

        return self.load(folder, compare)

    def own_files(self, folder: Path, *, content: bool = True) -> tuple[list[str], Differences]:
        """The files of `folder` that konomi wrote, the marker last, and how the folder differs from the manifest.

        content : whether to compare digests too, which reads every file.
        Raises `error` if the marker is missing, damaged or foreign, OSError if a file cannot be read.
        """
        about = self.read(folder)
        if "files" in about:
            changes = differences(folder, about["files"], marker=self.marker, content=content)
            return [*about["files"], self.marker], changes
        names = [name for name, entry in entries(folder) if stat.S_ISREG(entry.st_mode)]
        own = [name for name in names if any(fnmatchcase(name, pattern) for pattern in self.unlisted)]
        foreign = tuple(sorted(set(names) - set(own) - {self.marker}))
        return [*own, self.marker], Differences(foreign=foreign)

    def _with_marker(self, opened: OpenFolder, folder: Path) -> OpenFolder:
        """The open folder with the content of its marker."""
        try:
            about = json.loads(opened.raw(self.marker, limit=_MAX_MARKER_BYTES))
            version = about["format_version"]
            if about["format"] != self.format:
                raise ValueError(f"a {about['format']}")
            if isinstance(version, bool) or not isinstance(version, int):
                raise TypeError(f"format_version is {version!r}")
            if version > self.version:
                raise self.error(
                    f"the {self.format} in {folder} has format {version}, this konomi reads up to {self.version}: "
                    "update konomi"
                )
            if version > 1 and about["checksum"] != checksum_of(about):
                raise ValueError("its checksum does not fit")
            if version > 1 and not _is_manifest(about["files"]):
                raise ValueError("its list of files is not valid")
        except FileNotFoundError:
            raise self._missing(folder) from None
        except OSError:
            raise
        except DAMAGE as error:
            raise self.error(
                f"{folder / self.marker} is damaged or foreign ({error}). {self._again(folder)}"
            ) from error
        return opened.with_marker(dict(about))

    def _missing(self, folder: Path) -> KonomiError:
        what = f"holds no {self.marker}" if folder.exists() else "does not exist"
        return self.error(f"{folder} is no {self.format}: it {what}. Make one with `{self.remedy.format(folder)}`")

    def _error_for(self, folder: Path, error: BaseException) -> KonomiError:
        """The error of this kind for any error about the folder."""
        if isinstance(error, self.error):
            return error
        if isinstance(error, OSError) and error.errno not in (None, *NOT_AS_WRITTEN):
            return self.error(
                f"cannot read {error.filename or folder}: {error.strerror}. Give this user the right to read it, "
                "or free the resource that is used up, and try again"
            )
        return self.error(f"the {self.format} in {folder} is damaged ({error}). {self._again(folder)}")

    def _again(self, folder: Path) -> str:
        return f"Remove {folder} and make it again with `{self.remedy.format(folder)}`"


def aside(final: Path) -> list[Path]:
    """The hidden folders to which interrupted runs moved the folder at `final`, see `whole_folder`."""
    start = hidden(final, "new-").name
    try:
        with os.scandir(final.parent) as siblings:
            earlier = [Path(entry.path) / EARLIER for entry in siblings if entry.name.startswith(start)]
    except OSError:
        return []
    return sorted(path for path in earlier if path.is_dir())


def _is_manifest(files: Any) -> bool:
    """Whether every name is inside the folder and has a size and a digest."""
    return isinstance(files, dict) and all(
        isinstance(entry, dict)
        and isinstance(entry.get("bytes"), int)
        and isinstance(entry.get("sha256"), str)
        and not any(part in ("", ".", "..") for part in name.split("/"))
        and "\0" not in name
        for name, entry in files.items()
    )


_DATASET_FILES = (
    *(f"{name}.npy" for name in ("offsets", "item_index", "rating_code", "levels", "status")),
    *("user_ids.npy", "item_ids.npy", "catalog.arrow"),
)
DATASET = Kind("dataset.json", "konomi dataset", 2, DatasetError, "konomi ingest RATINGS -o {}", _DATASET_FILES)
MODEL = Kind(
    "model.json",
    "konomi model",
    2,
    ArtifactError,
    "konomi train DATASET -o {}",
    (
        *("model/*.npy", "update/*.npy", "item_counts.npy", "item_map.npy", "learning_curve.html"),
        *(f"dataset/{name}" for name in (*_DATASET_FILES, "dataset.json")),
    ),
)
CHECKPOINT = Kind(
    "checkpoint.json",
    "konomi neural checkpoint",
    2,
    StorageError,
    "konomi train DATASET --model neural -o MODEL",
    ("state_*.npy", "best_*.npy", "curve.npy"),
)
KINDS = (MODEL, DATASET, CHECKPOINT)


def kind_of(folder: Path) -> Kind:
    """The kind of a folder, by its marker. Raises DatasetError if it has none."""
    paths = [folder] if folder.exists() else aside(resolved(folder))
    for kind in KINDS:
        if any((path / kind.marker).exists() for path in paths):
            return kind
    what = "does not exist" if not folder.exists() else f"holds no {', '.join(kind.marker for kind in KINDS)}"
    raise DatasetError(f"{folder} is neither a dataset nor a model: it {what}")
