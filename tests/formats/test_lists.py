"""Lists of strangers: read, bounded, and matched with a catalog."""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from konomi.data.catalog import Catalog
from konomi.data.ids import IdIndex
from konomi.data.ratings import Status
from konomi.errors import InputFileError
from konomi.formats import lists
from konomi.formats.lists import ImportedList, read_list

TITLES = ["Cowboy Bebop", "Trigun", "Monster", "Naruto", "One Piece", "Hinamatsuri", "Hinamatsuri"]
MAL_IDS = [1, 6, 19, 20, 21, 35102, 36296]


def catalog_of(ids: list[Any]) -> Catalog:
    known = pl.DataFrame(
        {
            "item_id": ids,
            "title": TITLES,
            "title_english": [None, None, None, None, None, "Hina Festival", None],
            "title_japanese": ["カウボーイビバップ", None, None, "ナルト", None, None, None],
            "type": ["TV", "TV", "TV", "TV", "TV", "TV", "ONA"],
            "episodes": [26, 26, 74, 220, None, 12, 1],
        }
    )
    return Catalog.of(IdIndex(np.array(ids), "item"), known)


@pytest.fixture(scope="module")
def mal_catalog() -> Catalog:
    return catalog_of(MAL_IDS)


@pytest.fixture(scope="module")
def own_catalog() -> Catalog:
    """The same titles under ids of its own, some of which are MyAnimeList's of other titles."""
    return catalog_of([101, 19, 1, 6, 102, 103, 104])


def entry_xml(item_id: int, title: str, score: int = 0, status: str = "Completed", kind: str = "TV") -> str:
    return f"""
  <anime>
    <series_animedb_id>{item_id}</series_animedb_id>
    <series_title><![CDATA[{title}]]></series_title>
    <series_type>{kind}</series_type>
    <series_episodes>0</series_episodes>
    <my_id>0</my_id>
    <my_score>{score}</my_score>
    <my_status>{status}</my_status>
    <my_comments><![CDATA[<3 & more]]></my_comments>
    <update_on_import>0</update_on_import>
  </anime>"""


def mal_xml(*entries: str) -> bytes:
    body = "".join(entries)
    return (
        '<?xml version="1.0" encoding="UTF-8" ?>\n<!-- Created by XML Export feature -->\n<myanimelist>\n'
        "  <myinfo><user_id>7</user_id><user_name>someone</user_name></myinfo>"
        f"{body}\n</myanimelist>\n"
    ).encode()


FIVE = mal_xml(
    entry_xml(1, "Cowboy Bebop", 9),
    entry_xml(6, "Trigun", 0, "Watching"),
    entry_xml(19, "Monster", 10, "On-Hold"),
    entry_xml(20, "Naruto", 4, "Dropped"),
    entry_xml(21, "One Piece", 0, "Plan to Watch"),
    entry_xml(99999, "Nobody Knows This", 8),
)


def rows(imported: ImportedList, catalog: Catalog) -> list[tuple[Any, float | None, str]]:
    history = imported.history
    return [
        (catalog.items.ids[item].item(), None if np.isnan(rating) else rating, Status(status).name)
        for item, rating, status in zip(
            history.item_index, history.rating.tolist(), history.status.tolist(), strict=True
        )
    ]


def test_an_xml_export_gives_ratings_and_statuses_by_id(mal_catalog: Catalog) -> None:
    found = read_list(FIVE, mal_catalog)
    assert rows(found, mal_catalog) == [
        (1, 9.0, "COMPLETED"),
        (6, None, "WATCHING"),
        (19, 10.0, "ON_HOLD"),
        (20, 4.0, "DROPPED"),
        (21, None, "PLANNED"),
    ]
    assert (found.source, found.user_name) == ("mal-xml", "someone")
    assert (found.n_entries, found.n_matched, found.matched_by) == (6, 5, {"id": 5, "title": 0})
    assert found.unknown == [(99999, "Nobody Knows This")]


def test_a_catalog_with_ids_of_its_own_is_matched_by_title(own_catalog: Catalog) -> None:
    found = read_list(FIVE, own_catalog)
    assert [row[0] for row in rows(found, own_catalog)] == [101, 19, 1, 6, 102]
    assert found.matched_by == {"id": 0, "title": 5}
    assert "matched by title" in found.notes[0]


def test_a_catalog_of_string_ids_is_matched_by_title() -> None:
    catalog = catalog_of(["a", "b", "c", "d", "e", "f", "g"])
    assert [row[0] for row in rows(read_list(FIVE, catalog), catalog)] == ["a", "b", "c", "d", "e"]


def test_one_title_that_is_spelled_otherwise_does_not_undo_the_match_by_id(mal_catalog: Catalog) -> None:
    content = mal_xml(entry_xml(1, "Cowboy Bebop"), entry_xml(6, "Trigun"), entry_xml(19, "Naoki Urasawa's 20th"))
    assert read_list(content, mal_catalog).matched_by == {"id": 3, "title": 0}


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("packed", [False, True])
def test_line_ends_and_gzip_change_nothing(
    mal_catalog: Catalog, tmp_path: Path, line_end: bytes, packed: bool
) -> None:
    content = FIVE.replace(b"\n", line_end)
    path = tmp_path / ("animelist.xml.gz" if packed else "animelist.xml")
    path.write_bytes(gzip.compress(content) if packed else content)
    assert rows(read_list(path, mal_catalog), mal_catalog) == rows(read_list(FIVE, mal_catalog), mal_catalog)


def test_statuses_may_be_numbers(mal_catalog: Catalog) -> None:
    content = mal_xml(entry_xml(1, "Cowboy Bebop", 9, "2"), entry_xml(6, "Trigun", 0, "6"))
    assert [row[2] for row in rows(read_list(content, mal_catalog), mal_catalog)] == ["COMPLETED", "PLANNED"]


def test_a_title_of_several_items_is_told_apart_by_its_type_or_left_out(own_catalog: Catalog) -> None:
    anchor = entry_xml(19, "Monster")
    told = read_list(mal_xml(anchor, entry_xml(36296, "Hinamatsuri", kind="ONA")), own_catalog)
    assert [row[0] for row in rows(told, own_catalog)] == [1, 104]
    left_out = read_list(mal_xml(anchor, entry_xml(36296, "Hinamatsuri", kind="Movie")), own_catalog)
    assert [row[0] for row in rows(left_out, own_catalog)] == [1]
    assert left_out.unknown == [(36296, "Hinamatsuri")]
    assert any("belong to several items" in note for note in left_out.notes)


def test_of_an_item_that_a_list_names_twice_the_last_counts(mal_catalog: Catalog) -> None:
    found = read_list(b"title,score\nMonster,5\nMONSTER,9\n", mal_catalog)
    assert rows(found, mal_catalog) == [(19, 9.0, "UNKNOWN")]
    assert (found.n_entries, found.n_matched) == (2, 2)


def anilist(
    *entries: dict[str, Any], score_format: str | None = "POINT_10", lists_of: list[list[int]] | None = None
) -> bytes:
    groups = lists_of or [list(range(len(entries)))]
    user: dict[str, Any] = {"name": "someone"}
    if score_format:
        user["mediaListOptions"] = {"scoreFormat": score_format}
    collection = {
        "lists": [{"name": str(n), "entries": [entries[i] for i in group]} for n, group in enumerate(groups)],
        "user": user,
    }
    return json.dumps({"data": {"MediaListCollection": collection}}).encode()


def entry_json(id_mal: int | None, score: float, status: str = "COMPLETED", title: str = "") -> dict[str, Any]:
    media: dict[str, Any] = {"idMal": id_mal}
    if title:
        media["title"] = {"romaji": title, "english": None, "native": None}
    return {"status": status, "score": score, "media": media}


@pytest.mark.parametrize(
    ("score_format", "score", "expected"),
    [
        ("POINT_100", 87, 8.7),
        ("POINT_100", 3, 1.0),
        ("POINT_10_DECIMAL", 8.5, 8.5),
        ("POINT_10", 8, 8.0),
        ("POINT_5", 4, 8.0),
        ("POINT_3", 1, 3.5),
        ("POINT_3", 2, 6.0),
        ("POINT_3", 3, 8.5),
        ("POINT_10", 0, None),
        ("POINT_10", 11, None),
    ],
)
def test_every_score_format_becomes_1_to_10(
    mal_catalog: Catalog, score_format: str, score: float, expected: float | None
) -> None:
    found = read_list(anilist(entry_json(1, score), score_format=score_format), mal_catalog)
    assert found.history.rating.tolist() == pytest.approx([np.nan if expected is None else expected], nan_ok=True)


@pytest.mark.parametrize(
    ("scores", "score_format"),
    [([95, 60], "POINT_100"), ([9.5, 6], "POINT_10_DECIMAL"), ([9, 6], "POINT_10"), ([5, 4], "POINT_5")],
)
def test_a_score_format_that_is_not_named_is_read_off_the_scores(
    mal_catalog: Catalog, scores: list[float], score_format: str
) -> None:
    content = anilist(entry_json(1, scores[0]), entry_json(6, scores[1]), score_format=None)
    assert read_list(content, mal_catalog).notes == (
        f"the file does not name its score format; by its scores it is {score_format}",
    )


def test_an_entry_that_custom_lists_repeat_counts_once(mal_catalog: Catalog) -> None:
    content = anilist(entry_json(1, 9), entry_json(6, 7), lists_of=[[0, 1], [0], [0, 1]])
    found = read_list(content, mal_catalog)
    assert (found.n_entries, found.n_matched) == (2, 2)
    assert found.notes == ()


def test_anilists_statuses_become_ours(mal_catalog: Catalog) -> None:
    statuses = ["CURRENT", "PLANNING", "COMPLETED", "DROPPED", "PAUSED"]
    content = anilist(*(entry_json(i, 0, s) for i, s in zip(MAL_IDS, statuses, strict=False)))
    found = rows(read_list(content, mal_catalog), mal_catalog)
    assert [row[2] for row in found] == ["WATCHING", "PLANNED", "COMPLETED", "DROPPED", "ON_HOLD"]


def test_an_entry_without_a_mal_id_is_matched_by_title(mal_catalog: Catalog) -> None:
    found = read_list(
        anilist(entry_json(1, 9, title="Cowboy Bebop"), entry_json(None, 8, title="TRIGUN")), mal_catalog
    )
    assert found.matched_by == {"id": 1, "title": 1}


def test_ids_alone_are_not_trusted_where_the_catalog_has_ids_of_its_own(own_catalog: Catalog) -> None:
    found = read_list(anilist(entry_json(19, 9), entry_json(1, 8)), own_catalog)
    assert found.n_matched == 0
    assert "only MyAnimeList's ids" in found.notes[0]


@pytest.mark.parametrize(
    "content",
    [
        b"item_id,score\n1,9\n6,0\n",
        b"Title;Score\r\nCowboy Bebop;9\r\nTrigun;\r\n",
        b"\xef\xbb\xbfname\trating\nCowboy Bebop\t9\nTrigun\t\n",
        "name\trating\nCowboy Bebop\t9\nTrigun\t\n".encode("utf-16"),
        b"1,9\n6,\n",
        "カウボーイビバップ,9\nTrigun,0\n".encode(),
    ],
)
def test_a_table_names_items_by_id_or_title(mal_catalog: Catalog, content: bytes) -> None:
    assert rows(read_list(content, mal_catalog), mal_catalog) == [(1, 9.0, "UNKNOWN"), (6, None, "UNKNOWN")]


def test_a_table_may_have_statuses(mal_catalog: Catalog) -> None:
    content = b"title,score,status\nMonster,9,Plan to Watch\nTrigun,8,dropped\n"
    assert [row[2] for row in rows(read_list(content, mal_catalog), mal_catalog)] == ["PLANNED", "DROPPED"]


def test_a_score_outside_the_scale_counts_as_not_scored_and_is_told(mal_catalog: Catalog) -> None:
    found = read_list(b"title,score\nMonster,95\nTrigun,8\n", mal_catalog)
    assert rows(found, mal_catalog) == [(19, None, "UNKNOWN"), (6, 8.0, "UNKNOWN")]
    assert found.notes[0].startswith("1 scores are not within 0 ... 10")


@pytest.mark.parametrize(
    ("content", "rating", "told"),
    [
        (b"title;score\nMonster;9,5\n", 9.5, ()),
        (b"title,score\nMonster,great\n", None, ("1 scores are not numbers",)),
        (b"title,score\nMonster,-\n", None, ()),
        (b"Title\tMy Rating\nMonster\t9\n", 9.0, ()),
        (b"title,stars\nMonster,9\n", None, ("no column is called score or rating",)),
    ],
)
def test_a_score_is_read_or_told(
    mal_catalog: Catalog, content: bytes, rating: float | None, told: tuple[str, ...]
) -> None:
    found = read_list(content, mal_catalog)
    assert rows(found, mal_catalog) == [(19, rating, "UNKNOWN")]
    assert len(found.notes) == len(told)
    assert all(note.startswith(one) for note, one in zip(found.notes, told, strict=True))


def test_a_list_of_which_nothing_is_known_is_no_error(mal_catalog: Catalog) -> None:
    found = read_list(b"title,score\nNobody Knows This,9\n", mal_catalog)
    assert (found.n_matched, len(found.history.item_index)) == (0, 0)
    assert found.unknown == [(None, "Nobody Knows This")]


BILLION_LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE myanimelist [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>
<myanimelist><anime><series_animedb_id>1</series_animedb_id><series_title>&b;</series_title></anime></myanimelist>"""
EXTERNAL = b"""<?xml version="1.0"?><!DOCTYPE myanimelist [<!ENTITY a SYSTEM "file:///etc/hostname">]>
<myanimelist><anime><series_animedb_id>1</series_animedb_id><series_title>&a;</series_title></anime></myanimelist>"""


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b" \n\t ", "is empty"),
        (BILLION_LAUGHS, "entities or a document type"),
        (EXTERNAL, "entities or a document type"),
        (FIVE[:-200], "damaged or cut short"),
        (FIVE.replace(b"</anime>", b"</anim>", 1), "damaged or cut short"),
        (gzip.compress(FIVE)[:-60], "damaged or cut short"),
        (b"<html><body>no list</body></html>", "not an export of MyAnimeList"),
        (b"<myanimelist><manga><manga_mangadb_id>1</manga_mangadb_id></manga></myanimelist>", "list of manga"),
        (b"<myanimelist></myanimelist>", "holds no entry"),
        (b"<?xml version='1.0' encoding='klingon'?><myanimelist/>", "damaged or cut short|cannot be read"),
        (b'{"data": {"MediaListCollection": {"lists": [', "damaged or cut short"),
        (b'{"errors": [{"message": "Not Found"}]}', "not a list of AniList"),
        (b'{"lists": []}', "holds no entry"),
        (b'{"lists": [null, {"entries": null}, {"entries": [null, {"media": null}]}]}', "holds no entry"),
        (b"[" * 100_000, "deeper than any list|damaged"),
        (b'{"lists": ' + b"9" * 10_000 + b"}", "damaged|no list"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "neither text nor gzip"),
        (b"some words that are no table", "needs a column item_id or title"),
        (b"color,size\nred,3\n", "needs a column item_id or title"),
        (b'title,score\n"Monster,9\n', "damaged as a table"),
        (b"title,score\n", "holds no entry"),
    ],
)
def test_what_is_no_list_gets_one_message(mal_catalog: Catalog, content: bytes, told: str) -> None:
    with pytest.raises(InputFileError, match=told) as raised:
        read_list(content, mal_catalog, name="mine.xml")
    assert "mine.xml" in str(raised.value)


def test_a_gzip_bomb_is_not_unpacked_beyond_the_limit(mal_catalog: Catalog) -> None:
    bomb = gzip.compress(b"<myanimelist>" + b" " * (lists.MAX_BYTES + 1), 1)
    assert len(bomb) < 1_000_000
    with pytest.raises(InputFileError, match="larger than 50 MB unpacked"):
        read_list(bomb, mal_catalog)


@pytest.mark.parametrize("kind", ["xml", "json", "csv"])
def test_more_entries_than_the_limit_are_refused(mal_catalog: Catalog, kind: str) -> None:
    n = lists.MAX_ENTRIES + 1
    content = {
        "xml": b"<myanimelist>"
        + b"<anime><series_animedb_id>1</series_animedb_id></anime>" * n
        + b"</myanimelist>",
        "json": b'{"lists": [{"entries": [' + b",".join([b'{"media": {"idMal": 1}}'] * n) + b"]}]}",
        "csv": b"item_id\n" + b"1\n" * n,
    }[kind]
    with pytest.raises(InputFileError, match="more than 100,000 entries"):
        read_list(content, mal_catalog)


def test_a_missing_file_and_a_folder_get_one_message(mal_catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="cannot be read"):
        read_list(tmp_path / "nothing.xml", mal_catalog)
    with pytest.raises(InputFileError, match="is not a file"):
        read_list(tmp_path, mal_catalog)
