"""The outermost ASGI application: what every request and every answer passes."""

import re
import time

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from konomi.server.addresses import peer_of
from konomi.server.bodies import Bodies, Body
from konomi.server.connections import Connections
from konomi.server.metrics import Metrics
from konomi.server.model_holder import ModelHolder
from konomi.server.refusals import refusal
from konomi.server.settings import ServerSettings

# Only the page's own files may be loaded or run, and only this server may be asked. No inline styles or scripts.
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
_SIMILAR = "/api/items/{item_id}/similar"
_ID = re.compile(r"\{\w+\}")


class OuterMiddleware:
    """Applies limits, adds headers, counts requests, and repeats kept answers of `similar`."""

    def __init__(self, inner: ASGIApp, settings: ServerSettings, holder: ModelHolder, metrics: Metrics) -> None:
        self._inner = inner
        self._holder = holder
        self._metrics = metrics
        self._bodies = Bodies()
        self.connections = Connections(self._bodies, metrics)
        # A page of another site can point its own host name at 127.0.0.1, so requests must name a host of ours.
        self._names = frozenset({*LOCAL_NAMES, settings.host}) if settings.is_loopback else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._inner(scope, receive, send)
            return
        peer = peer_of(scope)
        self.connections.begin(peer)
        try:
            if scope["method"] == "HEAD":
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
            # Only answers about items are kept. Those about users need the token.
            kept = self._holder.current.kept_similar.get((path, scope["query_string"]))
            if kept is not None:
                await _send(send, 200, kept)
                scope["path_template"] = _SIMILAR
                self._count(scope, 200, start)
                return
        await self._pass_in(scope, receive, send, start)

    async def _pass_in(self, scope: HTTPScope, receive: Receive, send: Send, start: float) -> None:
        status = 500

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = list(message["headers"])
                present = {name for name, _ in headers}
                headers += [pair for pair in SECURITY_HEADERS if pair[0] not in present]
                if b"cache-control" not in present:
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
        self._metrics.count(_method(scope), endpoint_of(scope, status), status, seconds)


def endpoint_of(scope: HTTPScope, status: int) -> str:
    """The label of a request in /metrics: the path of its endpoint with {id} for each id, "page" or "other".

    "other" is a request that reached no endpoint. Without ids the metrics are bounded in size and name no user.
    """
    template = scope.get("path_template")  # set by Litestar once it has found the endpoint
    if template is None:
        return "other"
    if template.startswith(("/api/", "/healthz", "/metrics")):
        return _ID.sub("{id}", template)
    return "page" if status < 400 else "other"


async def _send(send: Send, status: int, body: bytes) -> None:
    headers = [*JSON_HEADERS, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _without_body(send: Send) -> Send:
    """`send` for the answer to a HEAD request: the headers of the answer to GET, and no body."""

    async def send_on(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return send_on


def _method(scope: HTTPScope) -> str:
    method = str(scope["method"])
    return method if method in ("GET", "POST", "OPTIONS") else "other"
