"""The page under other names and behind a proxy, and a page of another site, in a real browser.

Needs what test_browser.py needs.
"""

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.server.conftest import TOKEN, Running
from tests.server.test_browser import chromium

pytestmark = pytest.mark.browser

# What the page itself sends; the answer's status, or "refused" when the browser shows none.
ASK = """async ([address, kind, body]) => {
  const options = {method: "POST", body, headers: {"Content-Type": kind}};
  if (kind === "text/plain") options.mode = "no-cors";
  try { return (await fetch(address, options)).status } catch (error) { return "refused" }
}"""
QUESTION = ["/api/recommendations", "application/json", '{"history": [{"item_id": 1000, "rating": 9}]}']
LIST = ["/api/lists?name=a.csv", "application/octet-stream", "title,score\nSpace story 0,9\n"]


@pytest.fixture(scope="module")
def public(start_for_module: Callable[..., Running], artifact: Path) -> Running:
    """A server that other machines can reach."""
    return start_for_module(artifact, "--host", "0.0.0.0", "--token", TOKEN)


@contextmanager
def proxy_to(port: int) -> Iterator[int]:
    """The port of a proxy over plain HTTP: Host names the server, X-Forwarded-Host what the browser asked for."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            given = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            answer = httpx.request(
                self.command, f"http://127.0.0.1:{port}{self.path}", content=self.rfile.read(length),
                headers=given | {"X-Forwarded-Host": self.headers["Host"]},
            )  # fmt: skip
            self.send_response(answer.status_code)
            self.send_header("Content-Type", answer.headers["content-type"])
            self.end_headers()
            self.wfile.write(answer.content)

        do_POST = do_GET  # noqa: N815 - the names are those of http.server

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        try:
            yield proxy.server_port
        finally:
            proxy.shutdown()


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    """A page of a browser to which every name under .test is this machine."""
    with chromium("--host-resolver-rules=MAP *.test 127.0.0.1") as browser:
        yield browser.new_page()


@pytest.mark.parametrize("question", [QUESTION, LIST], ids=["json", "list"])
def test_the_page_is_answered_under_a_name_that_no_certificate_vouches_for(
    public: Running, page: Any, question: list[str]
) -> None:
    page.goto(f"http://konomi.test:{public.port}/")
    assert page.evaluate(ASK, question) == 200


@pytest.mark.parametrize("question", [QUESTION, LIST], ids=["json", "list"])
def test_the_page_is_answered_behind_a_proxy_with_another_host(
    start_for_module: Callable[..., Running], artifact: Path, page: Any, question: list[str]
) -> None:
    with proxy_to(start_for_module(artifact).port) as port:
        page.goto(f"http://konomi.test:{port}/")
        assert page.evaluate(ASK, question) == 200


def test_a_page_of_another_site_is_refused(
    start_for_module: Callable[..., Running], artifact: Path, page: Any
) -> None:
    running = start_for_module(artifact, "--host", "0.0.0.0", "--token", TOKEN)
    with proxy_to(running.port) as port:  # which leaves out the policy that keeps our own page from asking others
        page.goto(f"http://evil.test:{port}/metrics")
        for name in ("127.0.0.1", "konomi.test"):
            page.evaluate(ASK, [f"http://{name}:{running.port}/api/recommendations", "text/plain", QUESTION[2]])
    counted = running.get("/metrics").text
    assert 'konomi_requests_total{method="POST",endpoint="other",status="403"} 2' in counted
