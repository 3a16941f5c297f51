"""Requests that are refused because of their headers."""

import re
from collections.abc import Mapping

from litestar.types import HTTPScope

from konomi.server.schemas import Problem
from konomi.server.settings import MAX_BODY_BYTES, MAX_LIST_BYTES

_PORT = re.compile(r":\d+$")
_WITHOUT_BODY = ("GET", "HEAD", "OPTIONS")


def refusal(scope: HTTPScope, names: frozenset[str] | None) -> Problem | None:
    """The reason to refuse this request, or None.

    names : the hosts that a request may name; None for any.
    """
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    if len(hosts) > 1:
        return Problem(400, "bad_request", "the request has several Host headers: send one")
    if names is not None and hosts and _PORT.sub("", hosts[0].decode("latin-1").lower()) not in names:
        return Problem(421, "wrong_host", "this server answers only under the host name that it was started with")
    if scope["method"] in _WITHOUT_BODY:
        return None
    headers = dict(scope["headers"])
    if is_cross_site(headers):
        return Problem(
            403,
            "cross_site",
            "a page of another site sent this: ask from this server's own page, or from a program; "
            "a proxy in front must pass the Host header on, or send it as X-Forwarded-Host",
        )
    return _too_large(scope["path"], headers)


def is_cross_site(headers: Mapping[bytes, bytes]) -> bool:
    """Whether a page of another origin sent this request, according to the browser.

    Browsers send Sec-Fetch-Site over HTTPS and to localhost, otherwise Origin; programs send neither. A page cannot
    set these two headers, and cannot set X-Forwarded-Host without a preflight request, which is refused.
    Source: the algorithm of Go's net/http.CrossOriginProtection.
    """
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        return site not in (b"same-origin", b"none")
    origin = headers.get(b"origin")
    if origin is None:
        return False
    asked = headers.get(b"host", b"") + b"," + headers.get(b"x-forwarded-host", b"")
    own = {host.strip() for host in asked.lower().split(b",")} - {b""}
    return origin.lower().partition(b"://")[2] not in own


def _too_large(path: str, headers: Mapping[bytes, bytes]) -> Problem | None:
    most = MAX_LIST_BYTES if path == "/api/lists" else MAX_BODY_BYTES
    length = headers.get(b"content-length", b"")
    if length.isdigit() and int(length) > most:
        return Problem(413, "too_large", f"the body has {int(length):,} bytes, at most {most:,} are allowed here")
    return None
