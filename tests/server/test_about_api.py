"""What the server says of itself, its headers, its page's files, and the map."""

import gzip
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from litestar.testing import TestClient
from tests.server.conftest import LOCAL

import konomi
from konomi.artifact import Artifact
from konomi.data.catalog import Catalog
from konomi.data.dataset import Dataset
from konomi.server.app import create_app
from konomi.server.model_holder import ModelHolder
from konomi.server.pages import VIEWS, files
from konomi.server.settings import ServerSettings


def test_the_model_page_says_what_is_served(client: Any) -> None:
    about = client.get("/api/model").json()
    assert (about["name"], about["n_users"], about["n_items"]) == ("linear", 400, 121)
    assert about["rating_scale"] == [1, 10]
    assert about["genres"][0] == {"name": "Space", "n_items": 31}
    assert about["abilities"] == {"reasons": True, "similar_items": True, "similar_users": True, "map": True}
    assert about["limits"]["k"] == 100


def test_health_counts_the_artifacts(client: Any) -> None:
    assert client.get("/healthz").json() == {"status": "ok", "generation": 1}


@pytest.mark.parametrize(
    "address", ["/", "/api/items?q=Space", "/api/items/1000/similar", "/api/users/17", "/healthz", "/no/such/thing"]
)
def test_head_is_get_without_the_body(client: Any, address: str) -> None:
    whole, head = client.get(address), client.head(address)
    assert (head.status_code, head.content) == (whole.status_code, b"")
    assert dict(head.headers) == dict(whole.headers)


def test_metrics_count_requests_without_naming_anybody(client: Any) -> None:
    client.get("/api/users/17")
    client.get("/api/items/1000")
    client.get("/api/no/such/thing")
    text = client.get("/metrics").text
    assert 'konomi_requests_total{method="GET",endpoint="/api/users/{id}",status="200"}' in text
    assert 'endpoint="other",status="404"' in text
    assert "/17" not in text
    assert "konomi_items 121" in text


def test_metrics_do_not_grow_with_the_addresses(client: Any) -> None:
    before = len(client.get("/metrics").text.splitlines())
    for n in range(50):
        client.get(f"/api/x{n}/y")
        client.get(f"/api/users/{n}/none-{n}")
        client.request(f"M{n}", "/api/items")
    assert len(client.get("/metrics").text.splitlines()) < before + 40


def test_the_map_has_a_place_for_every_item_that_was_rated(client: Any) -> None:
    found = client.get("/api/map").json()
    assert len(found["x"]) == len(found["y"]) == len(found["titles"]) == len(found["item_ids"])
    assert 1000 in found["item_ids"]
    assert {found["genres"][kind] for kind in found["kinds"]} == {"Space", "Sport", "Ghosts", "School"}


def test_adult_titles_are_on_the_map_only_on_request(artifact: Path, tmp_path: Path) -> None:
    source = Artifact.open(artifact)
    catalog = source.dataset.catalog
    frame = catalog.frame.with_columns(adult=pl.col("genres").list.contains("Ghosts"))
    changed = Dataset(source.dataset.ratings, Catalog(catalog.items, frame))
    Artifact.of(source.model, changed).save(tmp_path / "model")
    settings = ServerSettings(model=tmp_path / "model")
    with TestClient(create_app(settings, ModelHolder(settings.model)), base_url=LOCAL) as client:
        found, everything = client.get("/api/map").json(), client.get("/api/map?adult=true").json()
    kinds = {found["genres"][kind] for kind in found["kinds"]}
    assert kinds == {"Space", "Sport", "School"}
    assert len(everything["x"]) - len(found["x"]) == int(frame["adult"].sum())
    assert not any("Ghosts" in region["name"] for region in found["regions"])


def test_the_map_is_sent_compressed(client: Any) -> None:
    answer = client.get("/api/map", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"


def test_a_list_is_where_the_library_and_the_command_line_put_it(client: Any, artifact: Path) -> None:
    recommender = konomi.load(artifact)
    drawn = client.get("/api/map").json()
    ids = drawn["item_ids"]
    rated = dict(zip(ids[::7], [3, 9, 5, 10, 8, 2, 7, 6] * 3, strict=False))
    history = [{"item_id": item_id, "rating": rating} for item_id, rating in rated.items()]
    planned = [{"item_id": item_id, "status": "planned"} for item_id in ids[1::7]]
    found = client.post("/api/map", json={"history": history + planned}).json()
    expected = recommender.item_map(history=rated, where={"adult": False}).you
    assert (found["x"], found["y"]) == pytest.approx(expected, abs=0.0005)
    # Exactly on the dot of one of the better-rated half.
    better = sorted(rated, key=lambda item_id: -rated[item_id])[: -(-len(rated) // 2)]
    dots = list(zip(drawn["x"], drawn["y"], strict=True))
    assert (found["x"], found["y"]) in [dots[ids.index(item_id)] for item_id in better]


def test_a_list_without_a_title_on_the_map_has_no_position(client: Any) -> None:
    answer = client.post("/api/map", json={"history": [{"item_id": 1000, "status": "planned"}]}).json()
    assert answer == {"x": None, "y": None, "notes": ["none of these titles is on the map"]}


def test_a_model_without_vectors_has_no_map(popularity: Any) -> None:
    assert popularity.get("/api/map").json()["code"] == "unsupported"


@pytest.mark.parametrize(
    "address", ["/", "/api/items", "/api/nothing", "/page/css/base.css", "/metrics", "/nowhere"]
)
def test_every_answer_carries_the_security_headers(client: Any, address: str) -> None:
    headers = client.get(address).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy.replace("http-equiv", "")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    "view", [view.replace("{item_id:str}", "1").replace("{user_id:str}", "1") for view in VIEWS]
)
def test_every_view_has_an_address(client: Any, view: str) -> None:
    answer = client.get(view)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


def test_a_browser_that_is_lost_gets_the_page_and_the_truth(client: Any) -> None:
    answer = client.get("/nowhere", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "<main" in answer.text


def test_a_file_that_the_browser_has_is_not_sent_again(client: Any) -> None:
    first = client.get("/page/js/main.js")
    again = client.get("/page/js/main.js", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


@pytest.mark.parametrize(
    "path",
    [
        "/page/../app.py",
        "/page/..%2fapp.py",
        "/page/%2e%2e/%2e%2e/cli/serve.py",
        "/page//etc/passwd",
        "/page/",
        "/page/js",
    ],
)
def test_no_path_climbs_out_of_the_page(client: Any, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "def " not in answer.text


def test_the_pages_files_name_no_other_address() -> None:
    allowed = ("http://www.w3.org/2000/svg", "http://localhost")
    for name, file in files().items():
        assert gzip.decompress(file.packed) == file.content
        text = file.content.decode()
        for scheme in ("http://", "https://", "//cdn"):
            for place in text.split(scheme)[1:]:
                assert (scheme + place).startswith(allowed), name


def test_the_page_has_no_inline_style_or_script() -> None:
    html = files()["index.html"].content.decode()
    assert "style=" not in html
    assert "<style" not in html
    assert "onclick" not in html
    assert html.count("<script") == html.count('<script type="module" src=')


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil:80", ""])
def test_a_loopback_server_answers_under_its_own_names_only(client: Any, host: str) -> None:
    answer = client.get("/api/items/1000/similar", headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (421, "wrong_host")


def test_wrong_methods_are_refused(client: Any) -> None:
    answer = client.delete("/api/items")
    assert (answer.status_code, answer.json()["code"]) == (405, "wrong_method")


def test_the_openapi_document_has_an_example_for_every_body(client: Any) -> None:
    document = json.loads(client.get("/api/schema/openapi.json").content)
    for path, methods in document["paths"].items():
        for operation in methods.values():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if content is not None:
                assert content.get("examples") or content["schema"].get("examples"), path
