"""docs/server.md says what the code does."""

from pathlib import Path
from typing import Any

import pytest

from konomi.server import settings
from konomi.server.pages import VIEWS

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "server.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("limit", "value"),
    [
        ("results, `k`", f"{settings.MAX_K}"),
        ("JSON body", f"{settings.MAX_BODY_BYTES >> 20} MiB"),
        ("list file, as sent", f"{settings.MAX_LIST_BYTES >> 20} MiB"),
        ("entries of a posted history", f"{settings.MAX_ENTRIES:,}"),
        ("people in `together`", f"{settings.MAX_PEOPLE}"),
        ("search query", f"{settings.MAX_QUERY_LENGTH} characters"),
        ("time for the headers", f"{settings.HEADER_SECONDS:g} s"),
        ("time for the body", f"{settings.BODY_SECONDS:g} s"),
        ("time to work out an answer", f"{settings.WORK_SECONDS:g} s"),
        (
            "long answers worked out side by side, per worker",
            f"{settings.WORK_THREADS}, and {settings.MAX_WAITING} waiting",
        ),
        ("headers, about", f"{settings.MAX_HEADER_BYTES >> 10} KiB"),
        ("bodies held at the same time, per worker", f"{settings.MAX_BODIES_BYTES >> 20} MiB"),
        ("bodies held at the same time, one address", f"{settings.MAX_BODIES_BYTES_PER_ADDRESS >> 20} MiB"),
        ("beginning of each body that these two do not count", f"{settings.FREE_BODY_BYTES >> 10} KiB"),
        ("connections, per worker", f"{settings.MAX_CONNECTIONS}"),
        ("connections after which those that wait are closed", f"{settings.MANY_CONNECTIONS}"),
        ("waiting connections that one address then keeps", f"{settings.MAX_WAITING_PER_ADDRESS}"),
        ("time that a connection may wait", f"{settings.WAITING_SECONDS:g} s"),
        ("other files that one worker may have open", f"{settings.OTHER_FILES}"),
        ("kept answers of `similar`, per worker", f"{settings.MAX_KEPT_BYTES >> 20} MiB"),
        ("time to finish when stopped", f"{settings.GRACE_SECONDS:g} s"),
    ],
)
def test_every_limit_is_documented_as_it_is(limit: str, value: str) -> None:
    assert f"| {limit} | {value} |" in TEXT


def test_every_view_is_documented() -> None:
    for view in {"/" + view.split("/")[1] for view in VIEWS}:
        assert f"`{view}`" in TEXT or f"`{view}/ID`" in TEXT or f"`{view}?" in TEXT, view


def test_every_endpoint_is_documented(client: Any) -> None:
    for path in client.get("/api/schema/openapi.json").json()["paths"]:
        last = path.replace("{item_id}", "{id}").replace("{user_id}", "{id}")
        assert last in TEXT or "…/" + last.rpartition("/")[2] in TEXT, path


def test_how_crashed_workers_are_replaced_is_documented_as_it_is() -> None:
    assert (
        f"less than {settings.CRASH_SECONDS:g} s, the server first waits for {settings.FIRST_PAUSE_SECONDS:g} s"
        in TEXT
    )
    assert f"after {settings.MAX_CRASHES} in a row" in TEXT
