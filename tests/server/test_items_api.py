"""Search, one item, and items like it."""

from typing import Any
from urllib.parse import quote

import pytest


def ids(answer: Any) -> list[int]:
    return [one["item"]["item_id"] for one in answer.json()["results"]]


def test_search_finds_a_title_by_its_beginning(client: Any) -> None:
    found = client.get("/api/items", params={"q": "space story 1", "limit": 3}).json()["results"]
    assert found[0]["title"] == "Space story 1"


def test_search_forgives_a_typo(client: Any) -> None:
    found = client.get("/api/items", params={"q": "gosts story 3"}).json()["results"]
    assert "Ghosts story 3" in [one["title"] for one in found]


def test_an_empty_query_gives_the_items_with_most_members(client: Any) -> None:
    found = client.get("/api/items", params={"limit": 2}).json()["results"]
    assert [one["item_id"] for one in found] == [1000, 1001]


def test_one_item_comes_with_its_synopsis_and_the_number_of_its_ratings(client: Any) -> None:
    page = client.get("/api/items/1000").json()
    assert page["item"]["title"] == "Space story 0"
    assert page["synopsis"] is None
    assert page["n_ratings"] > 50


def test_items_of_the_same_planted_taste_are_similar(client: Any) -> None:
    answer = client.get("/api/items/1000/similar", params={"k": 5})
    assert [one % 4 for one in ids(answer)].count(0) >= 4


def test_the_second_answer_is_the_first(client: Any) -> None:
    address = "/api/items/1004/similar?k=7&type=TV"
    first, second = client.get(address), client.get(address)
    assert first.status_code == 200
    assert first.json() == second.json()
    assert second.headers["content-security-policy"] == first.headers["content-security-policy"]


def test_the_least_alike_come_last_otherwise(client: Any) -> None:
    all_of_them = ids(client.get("/api/items/1000/similar", params={"k": 100}))
    least = ids(client.get("/api/items/1000/similar", params={"k": 3, "least": True}))
    assert not set(least) & set(all_of_them[:50])


def test_filters_hold_for_neighbors(client: Any) -> None:
    answer = client.get("/api/items/1000/similar", params={"k": 5, "type": "Movie", "year_from": 2000})
    assert all(one["item"]["type"] == "Movie" for one in answer.json()["results"])
    assert all(one["item"]["year"] >= 2000 for one in answer.json()["results"])


def test_ids_are_filters_of_a_query_too(client: Any) -> None:
    answer = client.get("/api/items/1000/similar?k=50&only=1001&only=1002&without=1002")
    assert ids(answer) == [1001]


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("/api/items/99999999", 404, "unknown_id"),
        ("/api/items/99999999/similar", 404, "unknown_id"),
        ("/api/items/Space%20story%200/similar", 404, "unknown_id"),
        ("/api/items/1000/similar?k=0", 400, "bad_request"),
        ("/api/items/1000/similar?k=1000000", 400, "bad_request"),
        ("/api/items/1000/similar?k=many", 400, "bad_request"),
        ("/api/items/1000/similar?k=NaN", 400, "bad_request"),
        ("/api/items/1000/similar?genre=Nonsense", 422, "bad_question"),
        ("/api/items/1000/similar?year_from=2010&year_to=1990", 422, "bad_question"),
        ("/api/items/1000/similar?year_form=2010", 400, "bad_request"),
        ("/api/items/1000/similar?year_from=20000", 400, "bad_request"),
        ("/api/items/1000/similar?min_members=-1", 400, "bad_request"),
        ("/api/items?q=" + "x" * 10_000, 400, "bad_request"),
        ("/api/items?limit=-1", 400, "bad_request"),
        ("/api/nothing", 404, "not_found"),
    ],
)
def test_a_bad_question_gets_one_shape_of_answer(client: Any, address: str, status: int, code: str) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    problem = answer.json()
    assert problem["status"] == status
    assert problem["code"] == code
    assert problem["message"]


@pytest.mark.parametrize("query", ["😀" * 50, "' OR 1=1 --", "\x00\x01", "ــــ", "％＿", "(((((", "\\", "\ud7ff"])
def test_any_text_may_be_searched_for(client: Any, query: str) -> None:
    assert client.get("/api/items?q=" + quote(query)).status_code == 200


def test_a_model_without_similarity_says_so(popularity: Any) -> None:
    answer = popularity.get("/api/items/1000/similar")
    assert answer.status_code == 422
    assert answer.json()["code"] == "unsupported"
    assert "train" in answer.json()["message"]
