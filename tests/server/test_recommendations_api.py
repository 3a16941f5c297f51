"""What somebody with a list may like next: alone, together, and of what is planned."""

from typing import Any

import pytest
from tests.server.conftest import entries

SPACE = list(range(1000, 1040, 4))
SPORT = list(range(1001, 1041, 4))


def ids(answer: Any) -> list[int]:
    assert answer.status_code == 200, answer.text
    return [one["item"]["item_id"] for one in answer.json()["results"]]


def ask(client: Any, **body: Any) -> Any:
    return client.post("/api/recommendations", json={"history": entries(*SPACE), **body})


def test_the_planted_taste_is_recommended(client: Any) -> None:
    found = ids(ask(client, k=10))
    assert len(found) == 10
    assert sum(one % 4 == 0 for one in found) >= 8
    assert not set(found) & set(SPACE)


def test_reasons_are_titles_of_the_history_largest_first(client: Any) -> None:
    for one in ask(client, k=5, why=True).json()["results"]:
        contributions = [reason["contribution"] for reason in one["because"]]
        assert contributions == sorted(contributions, reverse=True)
        assert {reason["item_id"] for reason in one["because"] if reason["kind"] == "watched"} <= set(SPACE)
        assert [reason["item_id"] for reason in one["because"] if reason["kind"] == "popularity"] in ([], [None])


def test_without_why_there_are_no_reasons(client: Any) -> None:
    assert all("because" not in one for one in ask(client).json()["results"])


def test_a_title_taken_out_of_the_history_is_not_recommended_when_denied(client: Any) -> None:
    body = {"history": entries(*SPACE[1:]), "k": 50, "where": {"without": [1000]}}
    answer = client.post("/api/recommendations", json=body)
    assert 1000 not in ids(answer)


def test_filters_are_applied_before_the_best_are_taken(client: Any) -> None:
    answer = ask(client, k=20, where={"type": ["Movie"], "genre": ["sport"]})
    assert len(ids(answer)) == 10
    assert all(one["item"]["genres"] == ["Sport"] for one in answer.json()["results"])
    assert answer.json()["notes"] == ["only 10 of the 20 asked for fit"]


@pytest.mark.parametrize(
    "knobs", [{"niche": 1}, {"niche": -1}, {"variety": 1}, {"franchise": "once"}, {"by": "users"}]
)
def test_knobs_change_the_order_and_keep_the_number(client: Any, knobs: dict[str, Any]) -> None:
    assert len(ids(ask(client, k=10, **knobs))) == 10


def test_planned_titles_may_be_let_in(client: Any) -> None:
    history = [*entries(*SPACE[1:]), {"item_id": SPACE[0], "status": "planned"}]
    hidden = client.post("/api/recommendations", json={"history": history, "k": 100})
    shown = client.post("/api/recommendations", json={"history": history, "k": 100, "exclude": ["seen", "dropped"]})
    assert SPACE[0] not in ids(hidden)
    assert SPACE[0] in ids(shown)


def test_unknown_ids_are_counted_and_named(client: Any) -> None:
    answer = client.post("/api/recommendations", json={"history": entries(1000, 7, 8, 1004, 1008, 1012, 1016)})
    assert answer.json()["notes"] == ["2 of 7 ids are unknown here and were left out: 7, 8"]


def test_two_people_of_different_tastes_both_get_a_share(client: Any) -> None:
    people = [{"history": entries(*SPACE)}, {"history": entries(*SPORT)}]
    answer = client.post("/api/together", json={"people": people, "k": 10, "how": "average"})
    assert len(ids(answer)) == 10
    assert not set(ids(answer)) & {*SPACE, *SPORT}
    assert all(len(one["shares"]) == 2 for one in answer.json()["results"])


def test_the_least_happy_person_decides(client: Any) -> None:
    people = [{"history": entries(*SPACE)}, {"history": entries(*SPORT)}]
    answer = client.post("/api/together", json={"people": people, "k": 5, "why": True}).json()
    for one in answer["results"]:
        assert one["score"] == pytest.approx(min(one["shares"]), abs=1e-3)


def test_planned_titles_are_ranked_by_taste(client: Any) -> None:
    planned = [{"item_id": one, "status": "planned"} for one in (1045, 1044, 1047)]
    answer = client.post("/api/planned", json={"history": [*entries(*SPACE), *planned], "why": True})
    assert ids(answer)[0] == 1044
    assert set(ids(answer)) == {1044, 1045, 1047}


def test_items_beside_the_list_may_be_ranked(client: Any) -> None:
    answer = client.post("/api/planned", json={"history": entries(*SPACE), "items": [1045, 1044]})
    assert ids(answer) == [1044, 1045]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "bad_request"),
        ({"history": []}, 400, "bad_request"),
        ({"history": "all of it"}, 400, "bad_request"),
        ({"history": [{"item_id": None}]}, 400, "bad_request"),
        ({"history": [{"item_id": 1.5}]}, 400, "bad_request"),
        ({"history": [{"item_id": 1000, "rating": "high"}]}, 400, "bad_request"),
        ({"history": [{"item_id": 1000, "stars": 5}]}, 400, "bad_request"),
        ({"history": [{"item_id": 1000, "status": "seen twice"}]}, 400, "bad_request"),
        ({"history": entries(1000, rating=11)}, 422, "bad_history"),
        ({"history": entries(5, 6)}, 422, "bad_history"),
        ({"history": entries(10**30)}, 422, "bad_history"),
        ({"history": entries(1000), "k": 0}, 400, "bad_request"),
        ({"history": entries(1000), "k": 1_000_000}, 400, "bad_request"),
        ({"history": entries(1000), "k": True}, 400, "bad_request"),
        ({"history": entries(1000), "niche": 2}, 400, "bad_request"),
        ({"history": entries(1000), "by": "magic"}, 400, "bad_request"),
        ({"history": entries(1000), "where": {"genres": ["Space"]}}, 400, "bad_request"),
        ({"history": entries(1000), "where": {"genre": ["Spce"]}}, 422, "bad_question"),
        ({"history": entries(1000), "where": {"year_from": 10**12}}, 400, "bad_request"),
        ({"history": entries(1000), "by": "users", "why": True}, 422, "unsupported"),
        ({"history": entries(*range(100_000))}, 413, "too_large"),
        ({"history": entries(*range(30_000))}, 400, "bad_request"),
    ],
)
def test_a_bad_body_gets_one_answer(client: Any, body: dict[str, Any], status: int, code: str) -> None:
    answer = client.post("/api/recommendations", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b'{"history":[{"item_id":1e400}]}', b"\xff\xfe", b"[" * 9999]
)
def test_what_is_not_json_is_refused(client: Any, content: bytes) -> None:
    answer = client.post("/api/recommendations", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("/api/planned", {"history": entries(1000)}),
        ("/api/planned", {"history": entries(1000), "items": []}),
        ("/api/together", {"people": [{"history": entries(1000)}]}),
        ("/api/together", {"people": [{"history": entries(1000)}] * 9}),
        ("/api/together", {"people": [{"history": entries(1000)}, {"history": entries(7)}]}),
        ("/api/users/similar", {"history": []}),
        ("/api/users/3/compare", {"history": entries(1000), "k": 0}),
    ],
)
def test_other_bodies_are_checked_as_well(client: Any, address: str, body: dict[str, Any]) -> None:
    assert client.post(address, json=body).status_code in (400, 422)


def test_an_unknown_item_to_rank_is_named(client: Any) -> None:
    answer = client.post("/api/planned", json={"history": entries(1000), "items": [1004, 77]})
    assert answer.status_code == 404
    assert "77" in answer.json()["message"]


def test_the_order_of_the_answer_does_not_depend_on_the_order_of_the_history(client: Any) -> None:
    there = client.post("/api/recommendations", json={"history": entries(*SPACE)})
    back = client.post("/api/recommendations", json={"history": entries(*SPACE[::-1])})
    assert ids(there) == ids(back)
