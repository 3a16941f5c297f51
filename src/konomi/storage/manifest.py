"""Manifest: the files of a folder with their sizes and digests, and what in the folder differs from it."""

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
"""For each path relative to the folder, with /: its size as "bytes" and its SHA-256 in hexadecimal as "sha256"."""


@dataclass(frozen=True)
class Differences:
    """How a folder differs from its manifest: paths relative to the folder, sorted."""

    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changed or self.missing or self.foreign)

    def __str__(self) -> str:
        named = (("changed", self.changed), ("missing", self.missing), ("not konomi's", self.foreign))
        return "; ".join(f"{what}: {first_few(paths)}" for what, paths in named if paths)


def first_few(names: tuple[str, ...] | list[str]) -> str:
    """At most five names, and how many more there are."""
    more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more


def files_of(folder: Path, *, marker: str) -> Files:
    """The manifest of every regular file below `folder`, in order of path, without `marker` itself.

    Raises OSError.
    """
    names = sorted(name for name, entry in entries(folder) if name != marker and stat.S_ISREG(entry.st_mode))
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return dict(zip(names, threads.map(lambda name: _about(folder / name), names), strict=True))


def differences(folder: Path, files: Files, *, marker: str, content: bool = True) -> Differences:
    """How the entries below `folder` differ from the manifest `files`.

    content : also compare digests, which reads every file; else only kinds and sizes of entries.
    Symbolic links are not followed: they count as changed or foreign.
    Raises OSError if the folder cannot be read.
    """
    found = {name: entry for name, entry in entries(folder) if name != marker}
    folders = {parent for name in files for parent in _parents(name)}
    foreign = {
        name
        for name, entry in found.items()
        if name not in files and not (name in folders and stat.S_ISDIR(entry.st_mode))
    }
    foreign -= {parent for name in foreign for parent in _parents(name)}
    changed = {
        name
        for name in files.keys() & found.keys()
        if not stat.S_ISREG(found[name].st_mode) or found[name].st_size != files[name]["bytes"]
    }
    if content:
        same_size = sorted(files.keys() & found.keys() - changed)
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            digests = threads.map(lambda name: _about(folder / name)["sha256"], same_size)
            changed |= {
                name for name, digest in zip(same_size, digests, strict=True) if digest != files[name]["sha256"]
            }
    return Differences(tuple(sorted(changed)), tuple(sorted(files.keys() - found.keys())), tuple(sorted(foreign)))


def entries(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Every entry below `folder`, by its relative path, with its own status (links are not followed)."""
    waiting = [""]
    while waiting:
        above = waiting.pop()
        with os.scandir(folder / above) as found:
            for entry in found:
                name = f"{above}{entry.name}"
                status = entry.stat(follow_symlinks=False)
                yield name, status
                if stat.S_ISDIR(status.st_mode):
                    waiting.append(f"{name}/")


def checksum_of(about: dict[str, Any]) -> str:
    """SHA-256, in hexadecimal, of what a marker file says without its own "checksum"."""
    told = {key: value for key, value in about.items() if key != "checksum"}
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of(content: bytes | memoryview) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _about(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return {"bytes": os.fstat(file.fileno()).st_size, "sha256": digest}


def _parents(name: str) -> list[str]:
    parts = name.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]
