"""What the endpoints share: parameters, documented errors, and the encoding of answers."""

import inspect
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter, SkipValidation

from konomi.data.filters import FilterOption, Filters, filter_options
from konomi.server.schemas import Problem
from konomi.server.served_model import ServedModel
from konomi.server.settings import MAX_K
from konomi.server.work import Work


@dataclass(frozen=True, slots=True)
class RequestContext:
    """What an endpoint answers with.

    served : the model that was current when the request began.
    work   : where the answer is computed.
    """

    served: ServedModel
    work: Work


Context = NamedDependency[SkipValidation[RequestContext]]
AskedFilters = NamedDependency[SkipValidation[Filters]]
ItemId = Annotated[str, Parameter(description="An item's id.", max_length=200)]
UserId = Annotated[str, Parameter(description="The id of a user of the model.", max_length=200)]
K = Annotated[int, Parameter(ge=1, le=MAX_K, description="How many results.")]
Least = Annotated[bool, Parameter(description="The least similar ones instead.")]
Adult = Annotated[bool, Parameter(description="Include adult titles.")]
Why = Annotated[bool, Parameter(description="Include the titles that each score comes from.")]

# The statuses of endpoints with a body, in addition to those of all endpoints.
WITH_BODY = (403, 408, 415, 429)


def filters_of_query(**query: Any) -> Filters:
    """The filters of a query string, one parameter for each field of Filters. Raises ConfigError."""
    return Filters(**query)


def _query_parameter(option: FilterOption) -> inspect.Parameter:
    limits = Parameter(ge=option.minimum, le=option.maximum, description=option.description)
    return inspect.Parameter(
        option.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=option.default,
        annotation=Annotated[option.annotation, limits],
    )


# Litestar takes the names and types of the parameters from the signature of the function.
_PARAMETERS = [_query_parameter(option) for option in filter_options()]
filters_of_query.__signature__ = inspect.Signature(_PARAMETERS, return_annotation=Filters)  # type: ignore[attr-defined]
filters_of_query.__annotations__ = {p.name: p.annotation for p in _PARAMETERS} | {"return": Filters}


def documented(answer: Any, *statuses: int) -> dict[int, ResponseSpec]:
    """The answers of an endpoint for the OpenAPI document: its own shape, or a Problem."""
    every = {400, 413, 421, 503, *statuses}
    return {
        200: ResponseSpec(answer, generate_examples=False, description="The answer."),
        **{
            status: ResponseSpec(Problem, generate_examples=False, description=MEANINGS[status])
            for status in sorted(every)
        },
    }


MEANINGS = {
    400: "The request does not fit this endpoint.",
    401: "The token is missing or wrong.",
    403: "The request was sent by a page of another site.",
    404: "No such id.",
    408: "The body did not arrive in time.",
    409: "Several items have this title.",
    413: "The body is larger than allowed.",
    415: "The body is of another type than this endpoint takes.",
    421: "The Host header names another server.",
    422: "The request is valid, but cannot be answered as it is.",
    429: "The client's address sends too much at the same time.",
    503: "The server has too many requests, or the answer took too long.",
}


encode = msgspec.json.Encoder().encode


def answer(body: Any) -> Response[bytes]:
    """A response with this body as JSON."""
    return written(encode(body))


def written(body: bytes) -> Response[bytes]:
    """A response with this JSON."""
    return Response(body, media_type="application/json")
