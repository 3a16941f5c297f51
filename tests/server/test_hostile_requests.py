"""Requests that no well-meant client sends: each is refused in the one shape of errors, and none is a fault."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.server.conftest import Running

POSTS = ["/api/recommendations", "/api/together", "/api/planned", "/api/users/similar", "/api/users/17/compare"]
UNDECODABLE = {
    "a byte that is not UTF-8": b'{"history": [{"item_id": "\xff"}]}',
    "a name that is not UTF-8": b'{"\xff": 1}',
    "a surrogate as bytes": b'{"history": [{"item_id": "\xed\xa0\x80"}]}',
    "half a surrogate pair": b'{"history": [{"item_id": "\\udc00"}]}',
    "deep lists": b'{"history": ' + b"[" * 100_000,
    "deep objects": b'{"a":' * 50_000,
    "UTF-16": '{"history": []}'.encode("utf-16"),
    "zeros": bytes(100),
}


@pytest.fixture(scope="module")
def served(start_for_module: Callable[..., Running], artifact: Path) -> Running:
    """A server in a process of its own, which the tests of this file share."""
    return start_for_module(artifact)


def assert_problem(answer: Any, status: int, code: str) -> None:
    """The answer has this status and the one shape of errors."""
    found = answer.json()
    assert (answer.status_code, found["status"], found["code"]) == (status, status, code)
    assert set(found) == {"status", "code", "message"}


@pytest.mark.parametrize("address", POSTS)
@pytest.mark.parametrize("body", UNDECODABLE.values(), ids=UNDECODABLE)
def test_a_body_that_cannot_be_decoded_is_refused_without_a_line_in_the_log(
    client: Any, caplog: pytest.LogCaptureFixture, address: str, body: bytes
) -> None:
    with caplog.at_level(logging.INFO, logger="konomi.server"):
        answer = client.post(address, content=body, headers={"Content-Type": "application/json"})
    assert_problem(answer, 400, "bad_request")
    assert caplog.records == []


def test_an_empty_body_is_refused_with_what_to_send(client: Any) -> None:
    answer = client.post("/api/recommendations", headers={"Content-Type": "application/json"})
    assert_problem(answer, 400, "bad_request")
    assert answer.json()["message"] == "the body is empty: send JSON"


def test_a_body_of_another_shape_is_refused_with_what_is_wrong(client: Any) -> None:
    answer = client.post("/api/recommendations", json={})
    assert_problem(answer, 400, "bad_request")
    assert answer.json()["message"] == "the body: Object missing required field `history`"


@pytest.mark.parametrize(
    ("method", "address", "allowed"),
    [
        ("DELETE", "/api/items", "GET, HEAD, OPTIONS"),
        ("POST", "/healthz", "GET, HEAD, OPTIONS"),
        ("GET", "/api/recommendations", "OPTIONS, POST"),
        ("HEAD", "/api/lists", "OPTIONS, POST"),
        ("PUT", "/api/users/17/compare", "OPTIONS, POST"),
        ("PATCH", "/for-you", "GET, HEAD, OPTIONS"),
    ],
)
def test_a_wrong_method_is_answered_with_the_right_ones(
    client: Any, method: str, address: str, allowed: str
) -> None:
    answer = client.request(method, address)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n", b"200"),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n", b"400"),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n", b"400"),
        (b"GET /healthz HTTP/1.1\r\nHost: evil.example\r\nHost: localhost\r\n", b"400"),
        # Of a target with a host in it only the path reaches konomi, so that the Host header counts, as elsewhere.
        (b"GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\n", b"200"),
        (b"GET http://localhost/healthz HTTP/1.1\r\nHost: evil.example\r\n", b"421"),
        (b"GET http://evil.example/healthz HTTP/1.1\r\n", b"421"),
        (b"GET http://localhost/healthz HTTP/1.1\r\n", b"200"),
    ],
)
def test_one_host_header_decides_under_which_name_the_server_is_asked(
    served: Running, head: bytes, status: bytes
) -> None:
    assert served.raw(head + b"Connection: close\r\n\r\n").split(b" ", 2)[1] == status


OWN_PAGE = [
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://127.0.0.1"},
    {},
]
BEHIND_A_PROXY = [
    {"Host": "konomi.example:8443", "Origin": "https://konomi.example:8443"},
    {"Host": "KONOMI.example", "Origin": "https://konomi.example"},
    {"Host": "10.0.0.7:8000", "Origin": "https://konomi.example", "Sec-Fetch-Site": "same-origin"},
    {"Host": "10.0.0.7:8000", "Origin": "http://konomi.lan", "X-Forwarded-Host": "konomi.lan"},
    {"Host": "10.0.0.7:8000", "Origin": "http://konomi.lan", "X-Forwarded-Host": "konomi.lan, inner.lan"},
]
OTHER_PAGES = [
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:3000"},
    {"Origin": "https://evil.example"},
    {"Origin": "http://127.0.0.1:3000"},
    {"Origin": "http://127.0.0.1.evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
]
QUESTION = {"history": [{"item_id": 1000, "rating": 9}], "k": 1}
LIST = b"title,score\nSpace story 0,9\n"
RAW = {"Content-Type": "application/octet-stream"}


@pytest.mark.parametrize("headers", OWN_PAGE, ids=str)
def test_the_servers_own_page_and_programs_are_answered(client: Any, headers: dict[str, str]) -> None:
    assert client.post("/api/recommendations", json=QUESTION, headers=headers).status_code == 200
    assert client.post("/api/lists", content=LIST, headers=headers | RAW).status_code == 200


@pytest.mark.parametrize("headers", BEHIND_A_PROXY, ids=str)
def test_the_page_is_answered_behind_a_proxy_too(guarded: Any, headers: dict[str, str]) -> None:
    assert guarded.post("/api/recommendations", json=QUESTION, headers=headers).status_code == 200


@pytest.mark.parametrize("headers", OTHER_PAGES, ids=str)
@pytest.mark.parametrize("address", [*POSTS, "/api/lists"])
def test_a_page_of_another_origin_is_refused(client: Any, address: str, headers: dict[str, str]) -> None:
    assert_problem(client.post(address, json=QUESTION, headers=headers), 403, "cross_site")


@pytest.mark.parametrize("headers", OTHER_PAGES, ids=str)
def test_a_link_from_another_page_opens_ours(client: Any, headers: dict[str, str]) -> None:
    assert client.get("/for-you", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json", None],
)
@pytest.mark.parametrize("address", [*POSTS, "/api/lists"])
def test_a_body_of_another_type_is_refused(client: Any, address: str, kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    assert_problem(client.post(address, content=b'{"history": []}', headers=headers), 415, "wrong_type")


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON", "application/json; charset=utf-8"])
def test_json_is_read_however_its_type_is_written(client: Any, kind: str) -> None:
    body = b'{"history": [{"item_id": 1000}], "k": 1}'
    assert client.post("/api/recommendations", content=body, headers={"Content-Type": kind}).status_code == 200


def test_a_list_file_is_no_json_and_json_no_list_file(client: Any) -> None:
    assert_problem(client.post("/api/lists", json={}), 415, "wrong_type")
    assert_problem(client.post("/api/planned", content=b"{}", headers=RAW), 415, "wrong_type")
