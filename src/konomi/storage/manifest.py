"""Manifest: the files of a folder with their sizes and digests, and the differences of a folder from it."""

import hashlib
import json
import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Files = dict[str, dict[str, Any]]
"""Path relative to the folder, with / -> {"bytes": its size, "sha256": its SHA-256 in hexadecimal}."""


@dataclass(frozen=True)
class Differences:
    """The differences of a folder from its manifest: paths relative to the folder, sorted.

    changed : of another kind, size or digest. missing : not in the folder. foreign : not in the manifest.
    """

    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changed or self.missing or self.foreign)

    def __str__(self) -> str:
        parts = (("changed", self.changed), ("missing", self.missing), ("not konomi's", self.foreign))
        return "; ".join(f"{label}: {first_few(paths)}" for label, paths in parts if paths)


def first_few(names: tuple[str, ...] | list[str]) -> str:
    """The first five names and the number of further ones."""
    more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more


def files_of(folder: Path, *, marker: str) -> Files:
    """The manifest of all regular files below `folder` except `marker`, ordered by path.

    Raises OSError.
    """
    names = sorted(name for name, entry in entries(folder) if name != marker and stat.S_ISREG(entry.st_mode))
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return dict(zip(names, threads.map(lambda name: _about(folder / name), names), strict=True))


def differences(folder: Path, files: Files, *, marker: str, content: bool = True) -> Differences:
    """The differences of the entries below `folder` from the manifest `files`.

    content : whether to compare digests too, which reads every file, not only the kinds and sizes of entries.
    Symbolic links are not followed: they are changed or foreign.
    Raises OSError if the folder cannot be read.
    """
    present = {name: entry for name, entry in entries(folder) if name != marker}
    folders = {parent for name in files for parent in _parents(name)}
    foreign = {
        name
        for name, entry in present.items()
        if name not in files and not (name in folders and stat.S_ISDIR(entry.st_mode))
    }
    foreign -= {parent for name in foreign for parent in _parents(name)}
    changed = {
        name
        for name in files.keys() & present.keys()
        if not stat.S_ISREG(present[name].st_mode) or present[name].st_size != files[name]["bytes"]
    }
    if content:
        same_size = sorted(files.keys() & present.keys() - changed)
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            digests = threads.map(lambda name: _about(folder / name)["sha256"], same_size)
            changed |= {
                name for name, digest in zip(same_size, digests, strict=True) if digest != files[name]["sha256"]
            }
    return Differences(tuple(sorted(changed)), tuple(sorted(files.keys() - present.keys())), tuple(sorted(foreign)))


def entries(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """The relative path and the status of every entry below `folder`. Symbolic links are not followed."""
    pending = [""]
    while pending:
        parent = pending.pop()
        with os.scandir(folder / parent) as children:
            for entry in children:
                name = f"{parent}{entry.name}"
                status = entry.stat(follow_symlinks=False)
                yield name, status
                if stat.S_ISDIR(status.st_mode):
                    pending.append(f"{name}/")


def checksum_of(about: dict[str, Any]) -> str:
    """The SHA-256, in hexadecimal, of the content of a marker file without its "checksum"."""
    summed = {key: value for key, value in about.items() if key != "checksum"}
    text = json.dumps(summed, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of(content: bytes | memoryview) -> str:
    """The SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _about(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return {"bytes": os.fstat(file.fileno()).st_size, "sha256": digest}


def _parents(name: str) -> list[str]:
    parts = name.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]
