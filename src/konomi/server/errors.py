"""Errors as responses of one shape: a status, a code and a message."""

import logging
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from konomi import errors
from konomi.errors import KonomiError
from konomi.server.schemas import Problem

log = logging.getLogger("konomi.server")

STATUSES: dict[type[KonomiError], tuple[int, str]] = {
    errors.UnknownIdError: (404, "unknown_id"),
    errors.UnknownTitleError: (404, "unknown_title"),
    errors.AmbiguousTitleError: (409, "ambiguous_title"),
    errors.ConfigError: (422, "bad_question"),
    errors.InputFileError: (422, "bad_list"),
    errors.UnsupportedError: (422, "unsupported"),
}
CODES = {
    400: "bad_request",
    401: "no_token",
    403: "cross_site",
    404: "not_found",
    405: "wrong_method",
    408: "too_slow",
    413: "too_large",
    415: "wrong_type",
    421: "wrong_host",
    422: "bad_question",
    429: "too_many",
    503: "busy",
}
FAULT = "this is a fault of konomi, not of your request; the server's log has the details"


class BadHistoryError(KonomiError):
    """A posted history is not valid."""


class BusyError(KonomiError):
    """There are more requests than can be answered in time."""


class CutOffError(KonomiError):
    """A client disconnected in the middle of its body."""


class NoTokenError(KonomiError):
    """A request about users does not carry the server's token."""


class TooManyError(KonomiError):
    """One client uses more than its share."""


class TooSlowError(KonomiError):
    """A client did not send its body in time."""


class WrongTypeError(KonomiError):
    """A body has another content type than the endpoint takes."""


STATUSES |= {
    BadHistoryError: (422, "bad_history"),
    BusyError: (503, "busy"),
    CutOffError: (400, "cut_off"),
    NoTokenError: (401, "no_token"),
    TooManyError: (429, "too_many"),
    TooSlowError: (408, "too_slow"),
    WrongTypeError: (415, "wrong_type"),
}


def encode(status: int, code: str, message: str) -> bytes:
    """The JSON of a Problem."""
    return msgspec.json.encode(Problem(status, code, message))


def response(status: int, code: str, message: str, *, allow: str | None = None) -> Response[bytes]:
    """A Problem as a response.

    allow : the methods that the endpoint takes, for a 405.
    """
    headers = (
        {"Retry-After": "1"} if status in (429, 503) else {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    )
    if allow is not None:
        headers["Allow"] = allow
    return Response(
        encode(status, code, message), status_code=status, media_type="application/json", headers=headers
    )


def of_konomi(request: Request[Any, Any, Any], error: KonomiError) -> Response[bytes]:
    """The response to a KonomiError."""
    for kind in type(error).__mro__:
        if kind in STATUSES:
            status, code = STATUSES[kind]
            return response(status, code, str(error))
    return of_fault(request, error)


def of_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """The response to a request that does not fit its endpoint."""
    if error.status_code >= 500:
        return of_fault(request, error)
    message = error.detail or CODES.get(error.status_code, "")
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        message = "; ".join(_complaint(one) for one in error.extra) or message
    elif error.status_code == 404:
        message = "there is nothing at this address; /api/schema/openapi.json lists the endpoints"
    elif error.status_code == 405:
        # The outermost layer answers HEAD wherever GET is answered.
        methods = set((error.headers or {}).get("allow", "").split(", "))
        allow = ", ".join(sorted(methods | {"HEAD"} if "GET" in methods else methods))
        message = f"{request.method} is not understood at this address: it takes {allow}"
        return response(405, CODES[405], message, allow=allow)
    return response(error.status_code, CODES.get(error.status_code, "bad_request"), message)


def of_fault(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The response to a fault of konomi. It is logged with its traceback, without the content of the request."""
    log.error("%s %s failed", request.method, request.scope.get("path", ""), exc_info=error)
    return response(500, "fault", FAULT)


def _complaint(one: Any) -> str:
    if not isinstance(one, dict):
        return str(one)
    key, message = one.get("key"), str(one.get("message", "")).rstrip(".")
    if key == "data":  # Litestar's name for the body, and its whole message when there is none
        return "the body is empty: send JSON" if message == "'data'" else f"the body: {message}"
    return f"{key}: {message}" if key else message
