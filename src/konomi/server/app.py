"""The ASGI application: its endpoints, dependencies and error handlers."""

import hmac
from typing import Any

from litestar import Litestar, Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException, ValidationException
from litestar.handlers.base import BaseRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.openapi.spec import Parameter as OpenAPIParameter
from litestar.router import Router

import konomi
from konomi.errors import KonomiError
from konomi.server import about, errors, items, lists, maps, pages, recommending, users
from konomi.server.asking import RequestContext, filters_of_query
from konomi.server.errors import NoTokenError
from konomi.server.metrics import Metrics
from konomi.server.middleware import OuterMiddleware
from konomi.server.model_holder import ModelHolder
from konomi.server.request import JsonRequest, check_content_type
from konomi.server.settings import MAX_BODY_BYTES, ServerSettings
from konomi.server.work import Work

DESCRIPTION = (
    "Similar items, users with similar taste, and recommendations. "
    "A posted list is neither stored nor logged. Every error has the shape of Problem."
)


def create_app(settings: ServerSettings, holder: ModelHolder) -> OuterMiddleware:
    """The ASGI application that answers from the current model of `holder`."""
    metrics = Metrics()
    with_token = Router(
        "/",
        route_handlers=[
            users.user,
            users.similar,
            users.similar_to_history,
            users.compare,
            users.recommendations,
        ],
        guards=[ask_for_token],
        security=[{"token": []}],
    )
    inner = Litestar(
        route_handlers=[
            items.search,
            items.item,
            items.similar,
            recommending.recommendations,
            recommending.together,
            recommending.planned,
            lists.read,
            about.model,
            about.health,
            about.metrics,
            maps.whole_map,
            maps.position,
            pages.view,
            pages.file,
            with_token,
        ],
        dependencies={
            # One dependency: Litestar gathers two or more by a task each, in every request.
            "context": Provide(_context, sync_to_thread=False),
            "filters": Provide(filters_of_query, sync_to_thread=False),
        },
        exception_handlers={
            KonomiError: errors.of_konomi,
            HTTPException: _of_http,
            Exception: errors.of_fault,
        },
        openapi_config=OpenAPIConfig(
            title="konomi",
            version=konomi.__version__,
            description=DESCRIPTION,
            path="/api/schema",
            render_plugins=[JsonRenderPlugin(path="/openapi.json")],
            components=Components(security_schemes={"token": SecurityScheme(type="http", scheme="bearer")}),
        ),
        before_request=_check_request,
        request_class=JsonRequest,
        request_max_body_size=MAX_BODY_BYTES,
        state=State({"settings": settings, "holder": holder, "metrics": metrics}),
        on_startup=[_open],
        on_shutdown=[_close],
        logging_config=None,
    )
    inner.state.parameter_names = _parameter_names(inner)
    return OuterMiddleware(inner, settings, holder, metrics)


def ask_for_token(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Raises NoTokenError if the server has a token and the request does not carry it."""
    token: str | None = connection.app.state.settings.token
    if token is None:
        return
    scheme, _space, sent = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(sent.strip().encode(), token.encode()):
        raise NoTokenError(
            "the lists of this model's users are personal: send the header `Authorization: Bearer TOKEN` "
            "with the token that the server was started with"
        )


def _parameter_names(app: Litestar) -> dict[str, set[str]]:
    """For each path of the interface, the names that a query there may have."""
    return {
        path: {one.name for one in item.get.parameters or () if isinstance(one, OpenAPIParameter)}
        for path, item in (app.openapi_schema.paths or {}).items()
        if item.get is not None
    }


async def _check_request(request: Request[Any, Any, Any]) -> None:
    """Raises WrongTypeError and ValidationException."""
    if request.method == "POST":
        check_content_type(request)
    if request.scope["query_string"]:
        reject_unknown_parameters(request)


def reject_unknown_parameters(request: Request[Any, Any, Any]) -> None:
    """Raises ValidationException if the query has a name that the endpoint does not read.

    A misspelled name would otherwise be answered with the default.
    """
    known = request.app.state.parameter_names.get(request.scope["path_template"])
    unknown = [] if known is None else sorted(set(request.query_params) - known)
    if unknown:
        raise ValidationException(
            f'there is no parameter "{unknown[0]}" here; there are: {", ".join(sorted(known)) or "none"}'
        )


def _of_http(request: Request[Any, Any, Any], error: HTTPException) -> Any:
    path = request.scope["path"]
    is_browser = error.status_code == 404 and "text/html" in request.headers.get("accept", "")
    if is_browser and not path.startswith(("/api/", "/page/")):
        return pages.sent(request, pages.files()["index.html"], status=404)
    return errors.of_http(request, error)


def _context(state: State) -> RequestContext:
    return RequestContext(state.holder.current, state.work)


def _open(app: Litestar) -> None:
    app.state.work = Work()


def _close(app: Litestar) -> None:
    app.state.work.close()
