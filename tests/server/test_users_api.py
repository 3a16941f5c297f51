"""One user, users alike, two lists side by side; and who may ask."""

from typing import Any

import pytest
from tests.server.conftest import TOKEN, entries


def test_a_users_list_comes_best_rated_first(client: Any) -> None:
    page = client.get("/api/users/3").json()
    ratings = [row["rating"] for row in page["rows"] if row["rating"] is not None]
    assert ratings == sorted(ratings, reverse=True)
    assert page["n_rated"] == len(ratings)
    assert page["n_rows"] == len(page["rows"])


def test_users_of_the_same_planted_taste_are_similar(client: Any) -> None:
    found = client.get("/api/users/9/similar", params={"k": 5}).json()["results"]
    tastes = [(one["user_id"] - 1) % 4 for one in found]
    assert tastes.count((9 - 1) % 4) >= 4


def test_somebody_new_finds_users_of_their_taste(client: Any) -> None:
    answer = client.post("/api/users/similar", json={"history": entries(*range(1000, 1040, 4)), "k": 5})
    tastes = [(one["user_id"] - 1) % 4 for one in answer.json()["results"]]
    assert tastes.count(0) >= 4


def test_a_comparison_names_what_is_shared_and_what_is_not(client: Any) -> None:
    theirs = client.get("/api/users/5").json()["rows"]
    watched = [row for row in theirs if row["status"] != "planned"]
    mine = [row["item"]["item_id"] for row in watched[:3]]
    found = client.post("/api/users/5/compare", json={"history": entries(*mine, rating=9)}).json()
    assert found["n_shared"] == 3
    unseen = [one["item"]["item_id"] for one in found["they_loved"]]
    assert unseen
    assert not set(unseen) & set(mine)


def test_recommendations_for_a_user_leave_out_the_list(client: Any) -> None:
    own = {row["item"]["item_id"] for row in client.get("/api/users/9").json()["rows"]}
    answer = client.get("/api/users/9/recommendations", params={"k": 10, "why": True}).json()
    assert len(answer["results"]) == 10
    assert not own & {one["item"]["item_id"] for one in answer["results"]}
    assert all(one["because"] for one in answer["results"])


@pytest.mark.parametrize("address", ["/api/users/999999", "/api/users/x/similar", "/api/users/-1/recommendations"])
def test_an_unknown_user_is_not_found(client: Any, address: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_id")


@pytest.mark.parametrize("header", [None, "Bearer wrong", f"Basic {TOKEN}", TOKEN, "Bearer ", "Bearer ü"])
def test_users_are_asked_about_with_the_token_only(guarded: Any, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header.encode()}
    answer = guarded.get("/api/users/9", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "no_token")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("GET", "/api/users/9"),
        ("GET", "/api/users/9/similar"),
        ("GET", "/api/users/9/recommendations"),
        ("POST", "/api/users/9/compare"),
        ("POST", "/api/users/similar"),
    ],
)
def test_every_user_endpoint_is_guarded(guarded: Any, method: str, address: str) -> None:
    body = {"history": entries(1000)} if method == "POST" else None
    assert guarded.request(method, address, json=body).status_code == 401
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert guarded.request(method, address, json=body, headers=headers).status_code == 200


def test_a_guarded_server_names_no_user_and_still_recommends(guarded: Any) -> None:
    about = guarded.get("/api/model").json()
    assert about["needs_token"] is True
    assert about["example_user"] is None
    assert guarded.post("/api/recommendations", json={"history": entries(1000)}).status_code == 200
