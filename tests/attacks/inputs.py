"""Random damage to an input, read by konomi in process. Runs in a zygote's child."""

import contextlib
import gzip
import io
import json
import random
import re
import resource
import signal
import time
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from . import samples
from .probing import Results, where_of

_SECONDS = 30
# Characters that a terminal may take for a command.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MEMORY_BYTES = 6 << 30
_TOKENS = (
    b"", b'"', b'""', b"\n", b"\r", b"\r\n", b",", b";", b"\t", b"\0", b"\xff", b"\xfe\xff", b"9" * 30, b"-1",
    b"nan", b"inf", b"1e999", b"0x10", b" ", b"\x1b]0;x\x07", b"\xe2\x80\xae", b"=1+1", b"::", b"|" * 99, b"null",
    b"[" * 3000, b"{", b"}", b"<a>", b"</anime>", b"&lt;", b"&a;", b"<!ENTITY a SYSTEM 'file:///etc/passwd'>",
    b"]]>", b"\\u0000", b"18446744073709551616", b"99999999999999999999999999", b"a" * 70_000,
)  # fmt: skip
_MEMBERS = ("../../up.csv", "/etc/up.csv", "a\x1b]0;owned\x07.csv", "con.csv", "x" * 240 + ".csv", "r.csv/", "")

_COLUMNS = {
    "nulls": pl.lit(None),
    "truths": pl.lit(True),
    "nan": pl.lit(float("nan")),
    "large numbers": pl.lit(2**63 - 1),
    "unsigned": pl.lit(2**64 - 1, dtype=pl.UInt64),
    "negative": pl.lit(-1, dtype=pl.Int8),
    "dates": pl.lit(datetime(1999, 1, 1)),
    "durations": pl.lit(timedelta(days=1)),
    "lists": pl.lit(pl.Series([[1, 2]])).first(),
    "records": pl.struct(pl.lit(1).alias("a")),
    "bytes": pl.lit(b"\xff\x00"),
    "long text": pl.lit("x" * 100_000),
    "categories": pl.lit("a", dtype=pl.Categorical),
    "decimals": pl.lit("1.5").cast(pl.Decimal(10, 2)),
    "texts": pl.lit("\x1b]0;x\x07"),
}


def probe(*, name: str, model: str, seed: int, first: int, last: int, results: str) -> None:
    """Damage the sample of this name and read it, trials `first` to `last`, with `Results` in `results`.

    model : a model folder, for what the command line says about a list.
    """
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY_BYTES, _MEMORY_BYTES))
    _read(name, _sample(name))
    log = Results(results)
    for trial in range(first, last):
        rng = random.Random(f"{seed} {name} {trial}")
        content, damage = _damaged(rng, name)
        log.begin(trial, damage=damage)
        signal.setitimer(signal.ITIMER_REAL, _SECONDS)
        before = _memory(reset=True)
        begun = time.monotonic()
        answered, seen = _read(name, content)
        seconds, memory = time.monotonic() - begun, _memory() - before
        signal.setitimer(signal.ITIMER_REAL, 0)
        if _CONTROL.search(seen):
            seen = _printed(name, model)
        log.end(trial, answered=answered, seen=seen[:500], seconds=seconds, memory=memory)


def _sample(name: str) -> bytes:
    return {**samples.RATINGS, **samples.CATALOGS, **samples.SYNOPSES, **samples.LISTS}[name]


def _read(name: str, content: bytes) -> tuple[str, str]:
    import konomi
    from konomi.errors import KonomiError
    from konomi.formats.lists import read_list

    path = Path(name)
    path.write_bytes(content)
    good = Path("good.csv")
    good.write_bytes(samples.RATINGS["mal.csv"])
    try:
        if name in samples.LISTS:
            catalog = konomi.ingest(good, items=_good_catalog()).catalog
            return "read", " ".join(read_list(path, catalog).notes)
        if name in samples.CATALOGS:
            return "read", _report(konomi.ingest(good, items=path))
        if name in samples.SYNOPSES:
            return "read", _report(konomi.ingest(good, items=_good_catalog(), synopsis=path))
        return "read", _report(konomi.ingest(path))
    except KonomiError as error:
        return "refused", str(error).replace("\n", " ")
    except Exception as error:  # noqa: BLE001 - every other exception is what is looked for
        return "traceback", where_of(error)


def _printed(name: str, model: str) -> str:
    """What the command line prints about the file of this name."""
    from konomi.cli import main

    command = ["ingest", name, "-o", "out"]
    if name in samples.LISTS:
        command = ["recommend", model, "--list", name]
    elif name not in samples.RATINGS:
        option = "--items" if name in samples.CATALOGS else "--synopsis"
        command = ["ingest", "good.csv", option, name, "-o", "out"]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed), contextlib.suppress(SystemExit):
        main(command)
    return printed.getvalue().replace("\n", " ")


def _good_catalog() -> Path:
    path = Path("good-catalog.csv")
    path.write_bytes(samples.CATALOGS["anime.csv"])
    return path


def _report(dataset: Any) -> str:
    """What the command line prints about a dataset."""
    from konomi.formats import report_lines

    return " ".join(report_lines(dataset.report))


def _damaged(rng: random.Random, name: str) -> tuple[bytes, str]:
    content = _sample(name)
    if name.endswith(".gz") and rng.random() < 0.7:
        inner, what = _text_damage(rng, gzip.decompress(content))
        return gzip.compress(inner), f"inside: {what}"
    if name.endswith(".zip") and rng.random() < 0.7:
        return _zip_damage(rng, content)
    if name.endswith(".parquet") and rng.random() < 0.7:
        return _parquet_damage(rng, content)
    if name.endswith(".json") and rng.random() < 0.7:
        return _json_damage(rng, content)
    return _text_damage(rng, content)


def _text_damage(rng: random.Random, content: bytes) -> tuple[bytes, str]:
    raw = bytearray(content)
    done = []
    for _ in range(rng.randint(1, 4)):
        kind = rng.choice(("token", "token", "field", "flip", "cut", "repeat", "move", "long", "everywhere"))
        place = rng.randrange(len(raw) + 1)
        token = rng.choice(_TOKENS)
        if kind == "token":
            raw[place : place + rng.randint(0, 3)] = token
        elif kind == "field":
            fields = list(re.finditer(rb"[^,;:\t\r\n<>\"]+", bytes(raw)))
            if fields:
                field = rng.choice(fields)
                raw[field.start() : field.end()] = token
        elif kind == "flip" and raw:
            raw[place % len(raw)] ^= 1 << rng.randrange(8)
        elif kind == "cut":
            del raw[place : place + rng.choice((1, 10, 1000))]
        elif kind == "repeat":
            raw[place:place] = bytes(raw[place : place + 200]) * rng.choice((2, 50, 500))
        elif kind == "move":
            raw[place:place] = raw[: rng.randrange(60)]
        elif kind == "long":
            raw += token * rng.choice((1, 100))
        else:
            old = rng.choice((b",", b"\n", b"1", b'"', b"Title", b"user", b"rating"))
            raw = bytearray(bytes(raw).replace(old, token[:50]))
        del raw[400_000:]
        done.append(f"{kind} {token[:12]!r} at {place}")
    return bytes(raw), ", ".join(done)


def _zip_damage(rng: random.Random, content: bytes) -> tuple[bytes, str]:
    """The members damaged or given other names, in a zip that is whole."""
    raw = io.BytesIO()
    done = []
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            inner, what = _text_damage(rng, old.read(name)) if rng.random() < 0.6 else (old.read(name), "kept")
            written = rng.choice(_MEMBERS) if rng.random() < 0.4 else name
            done.append(f"{written!r}: {what}")
            if written:
                new.writestr(written, inner)
            if rng.random() < 0.1:
                new.writestr(f"again/{name}", inner)
    return raw.getvalue(), "; ".join(done)


def _parquet_damage(rng: random.Random, content: bytes) -> tuple[bytes, str]:
    """A whole Parquet file with a column of another type, or with other rows."""
    frame = pl.read_parquet(io.BytesIO(content))
    column = rng.choice(frame.columns)
    kind = rng.choice(list(_COLUMNS))
    changed = frame.with_columns(_COLUMNS[kind].alias(column))
    if rng.random() < 0.3:
        changed = changed.rename({column: rng.choice(("", "x" * 300, "\x1b[31mred", column.upper()))})
    changed = changed.head(0) if rng.random() < 0.1 else changed
    raw = io.BytesIO()
    changed.write_parquet(raw)
    return raw.getvalue(), f"{column} as {kind}"


def _json_damage(rng: random.Random, content: bytes) -> tuple[bytes, str]:
    """Whole JSON with another value, or without one."""
    document = json.loads(content)
    inside, key = document, next(iter(document))
    while isinstance(inside[key], (dict, list)) and inside[key] and rng.random() < 0.9:
        inside = inside[key]
        key = rng.choice(list(inside) if isinstance(inside, dict) else range(len(inside)))
    value = rng.choice((None, True, -1, 2**70, 1e308, float("nan"), "", "x" * 70_000, "\x1b[31m", [], {}, [[[]]]))
    if rng.random() < 0.1:
        del inside[key]
    else:
        inside[key] = value
    return json.dumps(document).encode(), f"{key!r} is {str(value)[:20]!r}"


def _memory(*, reset: bool = False) -> int:
    """The largest memory of this process since the last reset, bytes."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) << 10  # type: ignore[union-attr]


def ingest_with_little_memory(*, arguments: list[str], free_bytes: int) -> None:
    """Run `konomi ingest` where the machine says that so much memory is free."""
    from konomi import memory
    from konomi.cli import main

    memory.free_bytes = lambda: free_bytes
    main(arguments)
