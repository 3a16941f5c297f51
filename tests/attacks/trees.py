"""What is in a folder: every path with the digest of its content, to compare before and after."""

import hashlib
import os
import shutil
from pathlib import Path

Tree = dict[str, str]
"""Every path below a folder, and the digest of the file, "folder", or where the link points."""


def tree(folder: Path) -> Tree:
    """What is below a folder. Folders are listed too; links are not followed."""
    found: Tree = {}
    waiting = [folder]
    while waiting:
        for entry in os.scandir(waiting.pop()):
            path = Path(entry.path)
            name = str(path.relative_to(folder))
            if entry.is_symlink():
                found[name] = f"link to {path.readlink()}"
            elif entry.is_dir():
                found[name] = "folder"
                waiting.append(path)
            elif entry.is_file():
                found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
            else:
                found[name] = "special"
    return found


def part(tree_: Tree, name: str) -> Tree:
    """What a tree holds at `name` and below."""
    return {path: what for path, what in tree_.items() if path == name or path.startswith(f"{name}/")}


def difference(one: Tree, other: Tree) -> str:
    """The first few paths in which two trees differ; empty if they are equal."""
    paths = sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))
    return ", ".join(paths[:4]) + (f" and {len(paths) - 4} more" if len(paths) > 4 else "")


def copy(source: Path, target: Path) -> None:
    """Copy a file or a folder, links as links."""
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copyfile(source, target)
