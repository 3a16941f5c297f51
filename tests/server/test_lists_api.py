"""A list file in, a matched history out, nothing kept."""

import gzip
import json
import logging
from pathlib import Path
from typing import Any

import pytest

MAL = """<?xml version="1.0" encoding="UTF-8" ?>
<myanimelist>
  <myinfo><user_id>1</user_id><user_name>Aki</user_name></myinfo>
  {}
</myanimelist>
"""
ANIME = """<anime><series_animedb_id>{}</series_animedb_id><series_title><![CDATA[{}]]></series_title>
<my_score>{}</my_score><my_status>{}</my_status></anime>"""


def mal(*rows: tuple[int, str, int, str]) -> bytes:
    return MAL.format("\n".join(ANIME.format(*row) for row in rows)).encode()


LIST = mal(
    (1000, "Space story 0", 9, "Completed"),
    (1004, "Space story 1", 0, "Plan to Watch"),
    (1008, "Space story 2", 4, "Dropped"),
    (7, "Something else entirely", 8, "Completed"),
)


RAW = {"Content-Type": "application/octet-stream"}


def send(client: Any, content: bytes, name: str = "list.xml") -> Any:
    return client.post(f"/api/lists?name={name}", content=content, headers=RAW)


@pytest.mark.parametrize("content", [LIST, gzip.compress(LIST)])
def test_a_myanimelist_export_is_matched(client: Any, content: bytes) -> None:
    found = send(client, content).json()
    assert (found["user_name"], found["n_entries"], found["n_matched"]) == ("Aki", 4, 3)
    rows = {row["item"]["item_id"]: (row["rating"], row["status"]) for row in found["rows"]}
    assert rows == {1000: (9, "completed"), 1004: (None, "planned"), 1008: (4, "dropped")}
    assert found["unknown"] == ["Something else entirely"]


def test_an_anilist_collection_is_matched(client: Any) -> None:
    entry = {"status": "COMPLETED", "score": 8, "media": {"idMal": 1000, "title": {"romaji": "Space story 0"}}}
    lists = {
        "lists": [{"entries": [entry]}],
        "user": {"name": "Aki", "mediaListOptions": {"scoreFormat": "POINT_10"}},
    }
    found = send(client, json.dumps({"data": {"MediaListCollection": lists}}).encode(), "list.json").json()
    assert [row["item"]["title"] for row in found["rows"]] == ["Space story 0"]


def test_a_table_of_titles_and_scores_is_matched(client: Any) -> None:
    found = send(client, b"title,score\nSpace story 0,9\nGhosts story 1,7\n", "mine.csv").json()
    assert [(row["item"]["title"], row["rating"]) for row in found["rows"]] == [
        ("Space story 0", 9),
        ("Ghosts story 1", 7),
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"\x89PNG\r\n\x1a\n" + bytes(200),
        LIST[: len(LIST) // 2],
        gzip.compress(LIST)[:-20],
        b"<html><body>Not found</body></html>",
        b'{"data": null}',
        b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;&b;">]><myanimelist>&d;</myanimelist>',
        gzip.compress(bytes(60 * 2**20)),
    ],
    ids=["empty", "words", "png", "cut xml", "cut gzip", "html", "empty json", "entities", "gzip bomb"],
)
def test_what_is_no_list_gets_a_reason(client: Any, content: bytes) -> None:
    answer = send(client, content)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_list")
    assert len(answer.json()["message"]) > 20
    assert client.get("/healthz").status_code == 200


def test_a_file_beyond_the_limit_is_refused(client: Any) -> None:
    answer = send(client, bytes(17 * 2**20))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_body_of_unknown_length_is_cut_off_at_the_limit(client: Any) -> None:
    def chunks() -> Any:
        for _ in range(18):
            yield bytes(2**20)

    answer = client.post("/api/lists", content=chunks(), headers=RAW)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_nothing_of_a_list_is_logged_or_stored(
    client: Any, caplog: pytest.LogCaptureFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with caplog.at_level(logging.DEBUG):
        send(client, LIST)
        send(client, LIST[:300])
        client.post("/api/recommendations", json={"history": [{"item_id": 1000, "rating": 99}]})
    written = " ".join(record.getMessage() for record in caplog.records)
    for word in ("Aki", "Space", "Something", "1000"):
        assert word not in written
    assert list(tmp_path.iterdir()) == []
