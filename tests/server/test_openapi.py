"""The OpenAPI document holds: no 500, no undocumented status, no answer of another shape."""

from pathlib import Path
from typing import Any

import hypothesis
import pytest

from konomi.data.filters import filter_options
from konomi.server.app import create_app
from konomi.server.model_holder import ModelHolder
from konomi.server.settings import ServerSettings

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")

from schemathesis.checks import (  # noqa: E402 - after the skip
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
OPERATIONS = [
    ("GET", "/api/items"),
    ("GET", "/api/items/{item_id}"),
    ("GET", "/api/items/{item_id}/similar"),
    ("GET", "/api/map"),
    ("GET", "/api/model"),
    ("GET", "/api/users/{user_id}"),
    ("GET", "/api/users/{user_id}/recommendations"),
    ("GET", "/api/users/{user_id}/similar"),
    ("GET", "/healthz"),
    ("POST", "/api/lists"),
    ("POST", "/api/map"),
    ("POST", "/api/planned"),
    ("POST", "/api/recommendations"),
    ("POST", "/api/together"),
    ("POST", "/api/users/similar"),
    ("POST", "/api/users/{user_id}/compare"),
]


@pytest.fixture(scope="module")
def api(artifact: Path) -> Any:
    app = create_app(ServerSettings(model=artifact), ModelHolder(artifact))
    return schemathesis.openapi.from_asgi("/api/schema/openapi.json", app, headers={"Host": "localhost"})


def test_the_document_holds_every_operation(api: Any) -> None:
    found = [one.ok() for one in api.get_all_operations()]
    assert sorted((one.method.upper(), one.path) for one in found) == OPERATIONS


@pytest.mark.parametrize("path", ["/api/items/{item_id}/similar", "/api/users/{user_id}/recommendations"])
def test_the_document_describes_every_filter_of_a_query(api: Any, path: str) -> None:
    parameters = {one["name"]: one for one in api.raw_schema["paths"][path]["get"]["parameters"]}
    for option in filter_options():
        assert parameters[option.name]["description"] == option.description
        assert parameters[option.name]["schema"].get("maximum") == option.maximum


def test_the_document_describes_every_filter_of_a_body(api: Any) -> None:
    properties = api.raw_schema["components"]["schemas"]["Filters"]["properties"]
    assert list(properties) == [option.name for option in filter_options()]
    for option in filter_options():
        assert properties[option.name]["description"] == option.description
        assert properties[option.name].get("maximum") == option.maximum


@pytest.mark.parametrize("mode", ["positive", "negative"])
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_whatever_is_asked_the_answer_is_a_documented_one(api: Any, method: str, path: str, mode: str) -> None:
    generation = {"generation_mode": schemathesis.GenerationMode(mode)}
    try:
        cases = api[path][method].as_strategy(**generation)
        cases.validate()
    except Exception as error:  # noqa: BLE001 - an operation without parameters has nothing to get wrong
        pytest.skip(f"no {mode} cases: {error}")

    @hypothesis.given(case=cases)
    @hypothesis.settings(
        max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(hypothesis.HealthCheck)
    )
    def ask(case: Any) -> None:
        case.call_and_validate(base_url="http://localhost", checks=CHECKS)

    try:
        ask()
    except hypothesis.errors.Unsatisfiable:
        pytest.skip(f"no {mode} cases")
