"""Damage to the files of a folder, at random: what a disk, a careless hand or a malicious stranger may do."""

import hashlib
import io
import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

MARKERS = ("dataset.json", "model.json", "checkpoint.json")
_VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 1, 2**31, 2**63, -(2**63), 10**30, 1e308, float("nan"), float("inf"), "", "x" * 5000,
    "../../etc", "\x1b[31m", [], {}, [[]], {"a": {}}, "float64", "int64", "object", "<U9999999",
)  # fmt: skip
_INDICES = (-1, -200_000, 70_000, 65_535, 2**31 - 1, 2**31, 2**40, 10**12, 2**62, -(2**62))

Mutation = Callable[[random.Random, Path, Path], str]


def mutate(rng: random.Random, folder: Path, other: Path) -> str:
    """Damage the folder, once or twice; what was done.

    other : a folder of the same kind with other content, from which files may come.
    """
    done = []
    for _ in range(1 if rng.random() < 0.8 else 2):
        kind = rng.choices(list(_KINDS), weights=[weight for weight, _ in _KINDS.values()])[0]
        done.append(f"{kind}: {_KINDS[kind][1](rng, folder, other)}")
    return "; ".join(done)


def has_manifest(folder: Path) -> bool:
    """Whether the folder's marker lists its files."""
    abouts = [json.loads((folder / name).read_text()) for name in MARKERS if (folder / name).exists()]
    return all(isinstance(about.get("files"), dict) for about in abouts)


def forge(folder: Path) -> None:
    """Make the manifests and checksums of all markers below the folder fit, as a stranger would who built it."""
    markers = [path for name in MARKERS for path in folder.rglob(name)]
    for marker in sorted(markers, key=lambda path: -len(path.parts)):  # what is deeper is listed above
        try:
            about = json.loads(marker.read_text(encoding="utf-8"))
        except (ValueError, RecursionError, OSError):
            continue
        if not isinstance(about, dict) or "files" not in about:
            continue
        about["files"] = {
            str(path.relative_to(marker.parent)): {
                "bytes": path.stat().st_size,
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            }
            for path in sorted(marker.parent.rglob("*"))
            if path.is_file() and path != marker
        }
        about.pop("checksum", None)
        text = json.dumps(about, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        about["checksum"] = hashlib.sha256(text.encode()).hexdigest()
        marker.write_text(json.dumps(about), encoding="utf-8")


def _files(folder: Path, suffix: str = "") -> list[Path]:
    return sorted(path for path in folder.rglob(f"*{suffix}") if path.is_file() and not path.is_symlink())


def _pick(rng: random.Random, folder: Path, suffix: str = "") -> Path:
    found = _files(folder, suffix)
    return rng.choice(found or _files(folder) or [folder / "new-file"])


def _name(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder))


def _flip_bits(rng: random.Random, folder: Path, _: Path) -> str:
    path = _pick(rng, folder)
    raw = bytearray(path.read_bytes() or b"\0")
    places = [rng.randrange(len(raw)) for _ in range(rng.choice((1, 1, 3)))]
    for place in places:
        raw[place] ^= 1 << rng.randrange(8)
    path.write_bytes(raw)
    return f"{_name(path, folder)} at {places}"


def _truncate(rng: random.Random, folder: Path, _: Path) -> str:
    path = _pick(rng, folder)
    raw = path.read_bytes()
    size = rng.choice((0, len(raw) // 2, max(0, len(raw) - 1), max(0, len(raw) - 8), rng.randrange(len(raw) + 1)))
    path.write_bytes(raw[:size])
    return f"{_name(path, folder)} to {size} bytes"


def _extend(rng: random.Random, folder: Path, _: Path) -> str:
    path = _pick(rng, folder)
    size = rng.choice((1, 8, 64, 4096))
    with path.open("ab") as file:
        file.write(rng.randbytes(size))
    return f"{_name(path, folder)} by {size} bytes"


def _zero_block(rng: random.Random, folder: Path, _: Path) -> str:
    path = _pick(rng, folder)
    raw = bytearray(path.read_bytes())
    start = rng.randrange(len(raw) + 1)
    end = min(len(raw), start + rng.choice((8, 64, 512, 4096)))
    raw[start:end] = bytes(end - start)
    path.write_bytes(raw)
    return f"{_name(path, folder)} from {start} to {end}"


def _swap_inside(rng: random.Random, folder: Path, _: Path) -> str:
    one = _pick(rng, folder)
    two = _pick(rng, folder, one.suffix)
    contents = one.read_bytes(), two.read_bytes()
    one.write_bytes(contents[1])
    two.write_bytes(contents[0])
    return f"{_name(one, folder)} and {_name(two, folder)}"


def _swap_in(rng: random.Random, folder: Path, other: Path) -> str:
    both = [path for path in _files(folder) if (other / path.relative_to(folder)).is_file()]
    path = rng.choice(both or _files(folder))
    if both:
        shutil.copyfile(other / path.relative_to(folder), path)
    return _name(path, folder)


def _odd_entry(rng: random.Random, folder: Path, _: Path) -> str:
    path = _pick(rng, folder)
    links = {"link to zeros": "/dev/zero", "dangling link": "/no/where", "link to itself": path.name}
    kind = rng.choice(("missing", "folder", "pipe", "one more file", *links))
    if kind == "one more file":
        (path.parent / "more.npy").write_bytes(b"more")
        return f"{kind} next to {_name(path, folder)}"
    path.unlink(missing_ok=True)
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind != "missing":
        path.symlink_to(links[kind])
    return f"{kind} at {_name(path, folder)}"


def _edit_header(rng: random.Random, folder: Path, _: Path) -> str:
    path = _pick(rng, folder, ".npy")
    raw = path.read_bytes()
    size = int.from_bytes(raw[8:10], "little")
    header = raw[10 : 10 + size].decode("latin-1")
    edits = {
        "type": ("'descr': '<", f"'descr': '{rng.choice(('>', '|', '='))}"),
        "kind": (header[11:16], f"'{rng.choice(('<f8', '<i8', '<u2', '|O', '<U9', '|V8', '<c8', '<M8', '<f2'))}'"),
        "order": ("False", "True"),
        "shape": ("(", f"({rng.choice((-1, 0, 3, 2**31, 2**62, 10**20))}, "),
        "syntax": ("{", rng.choice(("", "[" * 4000, "{" * 90, "__import__('os').getcwd(), {"))),
        "key": ("'shape'", "'shapes'"),
    }
    kind = rng.choice([*edits, "version", "length"])
    if kind in edits:
        changed = header.replace(*edits[kind], 1).rstrip()
        padded = changed + " " * (-(len(changed) + 11) % 64) + "\n"
        raw = raw[:8] + len(padded).to_bytes(2, "little") + padded.encode("latin-1") + raw[10 + size :]
    else:
        edited = bytearray(raw)
        edited[rng.choice((6, 7)) if kind == "version" else rng.choice((8, 9))] = rng.randrange(256)
        raw = bytes(edited)
    path.write_bytes(raw)
    return f"{kind} in {_name(path, folder)}"


def _edit_json(rng: random.Random, folder: Path, _: Path) -> str:
    path = rng.choice([one for name in MARKERS for one in folder.rglob(name)] or [_pick(rng, folder)])
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError, OSError):
        return "nothing"
    inside, key = about, rng.choice(list(about))
    while isinstance(inside[key], (dict, list)) and inside[key] and rng.random() < 0.8:
        inside = inside[key]
        key = rng.choice(list(inside) if isinstance(inside, dict) else range(len(inside)))
    edit = rng.choice(("value", "value", "value", "missing", "deep", "text", "whole"))
    if edit == "missing":
        del inside[key]
    elif edit == "deep":
        inside[key] = "DEEP"
    elif edit == "whole":
        about = rng.choice(_VALUES)
    else:
        inside[key] = rng.choice(_VALUES)
    text = json.dumps(about)
    if edit == "deep":
        n = rng.choice((500, 100_000))
        text = text.replace('"DEEP"', rng.choice(("[" * n + "]" * n, '{"a":' * n + "1" + "}" * n)))
    elif edit == "text":
        broken = text.replace(":", "=", 1)
        text = rng.choice(("", "{", "\ufeff" + text, text + text, broken, "\0", '{"format": 1,' + text[1:]))
    path.write_bytes(text.encode("utf-16") if rng.random() < 0.03 else text.encode())
    return f"{edit} of {key!r} in {_name(path, folder)}"


def _craft_indices(rng: random.Random, folder: Path, _: Path) -> str:
    """Whole numbers of an array changed within its type, or the array in a wider type that the marker confirms."""
    arrays = _arrays(folder, "iu")
    whole = list(arrays)
    if not whole:
        return "nothing"
    path = rng.choice(whole)
    array = np.array(arrays[path])
    if rng.random() < 0.2:
        array = array.astype(rng.choice((np.int64, np.int32, np.uint64, np.uint32, np.int16, np.float64)))
        _tell_marker(folder, path, array)
    flat = array.reshape(-1)
    kind = rng.choice(("one", "one", "all", "last", "first", "sort", "add"))
    limits = (0, 2**53) if array.dtype.kind == "f" else (np.iinfo(array.dtype).min, np.iinfo(array.dtype).max)
    value = min(max(rng.choice(_INDICES), int(limits[0])), int(limits[1]))
    if kind == "one":
        flat[rng.randrange(flat.size)] = value
    elif kind == "all":
        flat[:] = value
    elif kind == "sort":
        flat[:] = np.sort(flat)[::-1]
    elif kind == "add":
        value = rng.choice((1, 40, 300))
        flat[rng.randrange(flat.size)] += np.array(value).astype(array.dtype)
    else:
        flat[-1 if kind == "last" else 0] = value
    np.save(path, array, allow_pickle=False)
    return f"{kind} {value} as {array.dtype} in {_name(path, folder)}"


def _edit_numbers(rng: random.Random, folder: Path, _: Path) -> str:
    arrays = _arrays(folder, "f")
    real = list(arrays)
    if not real:
        return "nothing"
    path = rng.choice(real)
    array = np.array(arrays[path])
    value = rng.choice((np.nan, np.inf, -np.inf, 0.0, 3e38, -1.0, 1e-40))
    if rng.random() < 0.3:
        array[...] = value
    else:
        array.reshape(-1)[rng.randrange(array.size)] = value
    np.save(path, array, allow_pickle=False)
    return f"{value} in {_name(path, folder)}"


def _edit_catalog(rng: random.Random, folder: Path, _: Path) -> str:
    path = _pick(rng, folder, ".arrow")
    try:
        frame = pl.read_ipc(io.BytesIO(path.read_bytes()), use_pyarrow=False)
    except (pl.exceptions.PolarsError, OSError):
        return "nothing"
    kind = rng.choice(("rows", "fewer", "column", "type", "nulls", "reversed"))
    column = rng.choice(frame.columns)
    changed = {
        "rows": lambda: pl.concat([frame, frame]),
        "fewer": lambda: frame.head(frame.height // 2),
        "column": lambda: frame.drop(column),
        "type": lambda: frame.with_columns(pl.lit(7).cast(pl.Int8).alias(column)),
        "nulls": lambda: frame.with_columns(pl.lit(None).cast(frame.schema[column]).alias(column)),
        "reversed": lambda: frame.reverse(),
    }[kind]()
    changed.write_ipc(path)
    return f"{kind} of {column}"


def _arrays(folder: Path, kinds: str) -> dict[Path, Any]:
    """The arrays below the folder that hold something of one of these kinds of type."""
    loaded = {path: _loaded(path) for path in _files(folder, ".npy")}
    whole = {path: array for path, array in loaded.items() if array is not None}
    return {path: array for path, array in whole.items() if array.dtype.kind in kinds and array.size}


def _loaded(path: Path) -> Any:
    try:
        return np.load(path, allow_pickle=False)
    except Exception:  # noqa: BLE001 - a header that an earlier mutation damaged raises nearly anything
        return None


def _tell_marker(folder: Path, path: Path, array: Any) -> None:
    """Have model.json state the type that a crafted array has."""
    marker = folder / "model.json"
    listed = str(path.relative_to(folder).with_suffix(""))
    try:
        about = json.loads(marker.read_text(encoding="utf-8"))
        about["arrays"][listed] = {"dtype": str(array.dtype), "shape": list(array.shape)}
    except (OSError, ValueError, KeyError, TypeError):
        return
    marker.write_text(json.dumps(about), encoding="utf-8")


_KINDS: dict[str, tuple[float, Mutation]] = {
    "bits flipped": (4, _flip_bits),
    "truncated": (2, _truncate),
    "extended": (1, _extend),
    "zeroed": (2, _zero_block),
    "swapped": (1, _swap_inside),
    "file of another": (2, _swap_in),
    "odd entry": (1.5, _odd_entry),
    "header": (2, _edit_header),
    "marker": (3, _edit_json),
    "indices": (6, _craft_indices),
    "numbers": (1, _edit_numbers),
    "catalog": (1, _edit_catalog),
}
