"""Gate: what every request passes on its way in and every answer on its way out."""

import re
import time

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from konomi.server.addresses import peer_of
from konomi.server.bodies import Bodies, Body
from konomi.server.connections import Connections
from konomi.server.library import Library
from konomi.server.metrics import Metrics
from konomi.server.refusals import refusal
from konomi.server.settings import ServerSettings

# Nothing but the page's own files may load, run or be sent to; no style and no script may stand in the HTML.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS: list[tuple[bytes, bytes]] = [
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=()"),
]
JSON_HEADERS = [*SECURITY_HEADERS, (b"content-type", b"application/json"), (b"cache-control", b"no-store")]
LOCAL_NAMES = {"localhost", "127.0.0.1", "[::1]"}
_WITHOUT_ID = frozenset(
    f"/api/{name}"
    for name in ("items", "users/similar", "recommendations", "together", "planned", "lists", "map", "model")
)
_WITH_ID = re.compile(r"^/api/(items|users)/[^/]+(/similar|/recommendations|/compare)?$")


class Gate:
    """The outermost ASGI application: limits, headers, counts, and `similar` questions answered before."""

    def __init__(self, inner: ASGIApp, settings: ServerSettings, library: Library, metrics: Metrics) -> None:
        self._inner = inner
        self._library = library
        self._metrics = metrics
        self._bodies = Bodies()
        self.connections = Connections(self._bodies, metrics)
        # A page elsewhere may point a name of its own at 127.0.0.1 and ask from there: only our names are served.
        self._names = frozenset({*LOCAL_NAMES, settings.host}) if settings.is_loopback else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._inner(scope, receive, send)
            return
        peer = peer_of(scope)
        self.connections.begin(peer)
        try:
            if scope["method"] == "HEAD":
                # As GET, to the last header; only the body stays here.
                await self._answer({**scope, "method": "GET"}, receive, _without_body(send))
            else:
                await self._answer(scope, receive, send)
        finally:
            self.connections.end(peer)

    async def _answer(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        start = time.perf_counter()
        path: str = scope["path"]
        refused = refusal(scope, self._names)
        if refused is not None:
            await _send(send, refused.status, msgspec.json.encode(refused))
            self._count(scope, refused.status, start)
            return
        if scope["method"] == "GET" and path.endswith("/similar"):
            kept = self._library.current.kept((path, scope["query_string"]))
            # Users are asked about with a token; only items' answers are kept.
            if kept is not None:
                await _send(send, 200, kept)
                self._metrics.count("GET", "/api/items/{id}/similar", 200, time.perf_counter() - start)
                return
        await self._pass_in(scope, receive, send, start)

    async def _pass_in(self, scope: HTTPScope, receive: Receive, send: Send, start: float) -> None:
        status = 500

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = list(message["headers"])
                given = {name for name, _ in headers}
                headers += [pair for pair in SECURITY_HEADERS if pair[0] not in given]
                if b"cache-control" not in given:
                    headers.append((b"cache-control", b"no-store"))
                message = {**message, "headers": headers}
            await send(message)

        body = Body(self._bodies, scope, receive) if scope["method"] != "GET" else None
        self._metrics.n_open += 1
        try:
            await self._inner(scope, receive if body is None else body.receive, send_on)
        finally:
            if body is not None:
                body.close()
            self._metrics.n_open -= 1
            self._count(scope, status, start)

    def _count(self, scope: HTTPScope, status: int, start: float) -> None:
        seconds = time.perf_counter() - start
        self._metrics.count(_method(scope), endpoint_of(scope["path"], status), status, seconds)


def endpoint_of(path: str, status: int) -> str:
    """The address with ids left out, so that /metrics neither grows with them nor names anybody."""
    if path in ("/healthz", "/metrics"):
        return path
    if not path.startswith("/api/"):
        return "page" if status < 400 else "other"
    if path in _WITHOUT_ID:
        return path
    match = _WITH_ID.match(path)
    return f"/api/{match[1]}/{{id}}{match[2] or ''}" if match else "other"


async def _send(send: Send, status: int, body: bytes) -> None:
    headers = [*JSON_HEADERS, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _without_body(send: Send) -> Send:
    async def send_on(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return send_on


def _method(scope: HTTPScope) -> str:
    method = str(scope["method"])
    return method if method in ("GET", "POST", "OPTIONS") else "other"
