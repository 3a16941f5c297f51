"""A good file of every format that konomi reads, and files that unpack to far more than their size."""

import gzip
import io
import json
import zipfile
from pathlib import Path

import polars as pl

_MAL = b"user_id,anime_id,rating,watching_status,watched_episodes\r\n" + b"".join(
    b"%d,%d,%d,2,12\r\n" % (user, item, (user * item) % 10 + 1) for user in range(1, 9) for item in range(1, 9)
)
_TABLE = b"\xef\xbb\xbfuser;item;score;status\n" + b"".join(
    b'"u%d";"i, %d";%d.5;2\n' % (user, item, item % 5) for user in range(8) for item in range(8)
)
_CATALOG = (
    b"MAL_ID,Name,Score,Genres,English name,Japanese name,Type,Episodes,Aired,Studios\n"
    + "".join(
        f'{item},"Title, {item}",7.{item},"Action, Drama",Unknown,題名{item},TV,12,"Apr 3, 1998",S\n'
        for item in range(1, 9)
    ).encode()
)
_SYNOPSES = b"MAL_ID,Name,sypnopsis\n" + b"".join(b'%d,T,"A long, long\nstory %d."\n' % (n, n) for n in range(1, 9))
_MOVIES = b"movieId,title,genres\n" + b"".join(b"%d,Film %d (1999),Drama|War\n" % (n, n) for n in range(1, 9))
_XML = """<?xml version="1.0" encoding="UTF-8" ?>
<myanimelist><myinfo><user_id>7</user_id><user_name>a user</user_name></myinfo>""" + "".join(
    f"<anime><series_animedb_id>{n}</series_animedb_id><series_title><![CDATA[Title {n}]]></series_title>"
    f"<series_type>TV</series_type><my_score>{n}</my_score><my_status>Completed</my_status></anime>"
    for n in range(1, 9)
)
_ANILIST = {
    "data": {
        "MediaListCollection": {
            "user": {"name": "a user", "mediaListOptions": {"scoreFormat": "POINT_10"}},
            "lists": [
                {
                    "name": "Completed",
                    "isCustomList": False,
                    "entries": [
                        {
                            "score": n,
                            "status": "COMPLETED",
                            "media": {"idMal": n, "id": n, "title": {"romaji": f"Title {n}", "english": None}},
                        }
                        for n in range(1, 9)
                    ],
                }
            ],
        }
    }
}
_LIST = b"title,score,status\n" + b"".join(b"Title %d,%d,completed\n" % (n, n) for n in range(1, 9))


def _parquet(frame: pl.DataFrame) -> bytes:
    raw = io.BytesIO()
    frame.write_parquet(raw)
    return raw.getvalue()


def _zip(**members: bytes) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return raw.getvalue()


_FRAME = pl.DataFrame({"user_id": [1, 1, 2, 2], "anime_id": [1, 2, 1, 3], "rating": [9, 0, 7, 5]})
_ITEMS = pl.DataFrame({"item_id": [1, 2], "title": ["A", "B"], "genres": ["x|y", ""], "year": [1999, 0]})

RATINGS = {
    "mal.csv": _MAL,
    "table.csv": _TABLE,
    "tabs.tsv": _MAL.replace(b",", b"\t"),
    "lens.dat": b"".join(b"%d::%d::3::97830\n" % (n // 3, n) for n in range(60)),
    "u.data": b"".join(b"%d\t%d\t3\t97830\n" % (n // 3, n) for n in range(60)),
    "r.parquet": _parquet(_FRAME),
    "r.csv.gz": gzip.compress(_MAL),
    "r.zip": _zip(rating__csv=_MAL, anime__csv=_CATALOG),
    "p.zip": _zip(r__parquet=_parquet(_FRAME)),
}
CATALOGS = {
    "anime.csv": _CATALOG,
    "movies.csv": _MOVIES,
    "movies.dat": b"".join(b"%d::Film %d (1999)::Drama|War\n" % (n, n) for n in range(1, 9)),
    "items.parquet": _parquet(_ITEMS),
    "anime.csv.gz": gzip.compress(_CATALOG),
    "anime.zip": _zip(anime__csv=_CATALOG),
}
SYNOPSES = {"synopsis.csv": _SYNOPSES, "synopsis.csv.gz": gzip.compress(_SYNOPSES)}
LISTS = {
    "list.xml": (_XML + "</myanimelist>").encode(),
    "list.xml.gz": gzip.compress((_XML + "</myanimelist>").encode()),
    "list.json": json.dumps(_ANILIST).encode(),
    "list.csv": _LIST,
}


def write_bomb(kind: str, path: Path, n_bytes: int) -> None:
    """Write a small file that unpacks to about `n_bytes`."""
    line = b"1,1,1\n"
    if kind == "parquet in a zip":
        # Texts that differ are stored one by one, in the file as large as in memory; zip makes them small.
        numbers = range(n_bytes >> 20)
        texts = [f"{number:9}" + "x" * ((1 << 20) - 9) for number in numbers]
        frame = pl.DataFrame({"user_id": numbers, "anime_id": numbers, "rating": 7, "note": texts})
        inner = path.with_suffix(".inner")
        frame.write_parquet(inner, compression="uncompressed")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(inner, "r.parquet")
        inner.unlink()
        return
    blocks = {"rows": line * 100_000, "one line": b"1" * 600_000, "line ends": b"\n" * 600_000}
    block = blocks[kind.split(" in ")[0]]
    header, n_blocks = b"user_id,anime_id,rating\n", n_bytes // 600_000
    if kind.endswith("gz"):
        with gzip.open(path, "wb", compresslevel=6) as stream:
            stream.write(header)
            for _ in range(n_blocks):
                stream.write(block)
        return
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("r.csv", "w") as member:
        member.write(header)
        for _ in range(n_blocks):
            member.write(block)


BOMBS = {
    "rows in a gz": ".csv.gz",
    "rows in a zip": ".zip",
    "one line in a gz": ".csv.gz",
    "line ends in a zip": ".zip",
    "parquet in a zip": ".zip",
}
