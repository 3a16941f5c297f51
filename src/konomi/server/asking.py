"""What the endpoints have in common: parameters, documented errors, and how an answer is written out."""

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
from konomi.server.served import Served
from konomi.server.settings import MAX_K
from konomi.server.work import Work


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a question is answered: from one artifact, to its end, in these threads."""

    served: Served
    work: Work


AtDesk = NamedDependency[SkipValidation[Desk]]
AskedFilters = NamedDependency[SkipValidation[Filters]]
ItemId = Annotated[str, Parameter(description="An item's id.", max_length=200)]
UserId = Annotated[str, Parameter(description="The id of a user of the model.", max_length=200)]
K = Annotated[int, Parameter(ge=1, le=MAX_K, description="How many results.")]
Least = Annotated[bool, Parameter(description="The least alike instead.")]
Adult = Annotated[bool, Parameter(description="Adult titles too.")]
Why = Annotated[bool, Parameter(description="Also the titles that each score comes from.")]

# What an endpoint with a body may answer, in addition to what every endpoint may.
WITH_BODY = (403, 408, 415, 429)

_encoder = msgspec.json.Encoder()


def filters_of_query(**query: Any) -> Filters:
    """The filters in a query string, one parameter for each field. Raises ConfigError as Filters does."""
    return Filters(**query)


def _query_parameter(option: FilterOption) -> inspect.Parameter:
    limits = Parameter(ge=option.minimum, le=option.maximum, description=option.description)
    return inspect.Parameter(
        option.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=option.default,
        annotation=Annotated[option.annotation, limits],
    )


# Litestar reads the names and types of a query from the signature of the function that receives it.
_PARAMETERS = [_query_parameter(option) for option in filter_options()]
filters_of_query.__signature__ = inspect.Signature(_PARAMETERS, return_annotation=Filters)  # type: ignore[attr-defined]
filters_of_query.__annotations__ = {p.name: p.annotation for p in _PARAMETERS} | {"return": Filters}


def documented(answer: Any, *statuses: int) -> dict[int, ResponseSpec]:
    """What an endpoint may answer, for the OpenAPI document: its own shape, or a Problem."""
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
    403: "A page of another site asked.",
    404: "No such id.",
    408: "The body came too slowly.",
    409: "A title that several items bear.",
    413: "The body is larger than allowed.",
    415: "The body is of another type than this endpoint takes.",
    421: "Asked under a name that this server does not go by.",
    422: "Understood, but it cannot be answered so.",
    429: "Your address sends too much at the same time.",
    503: "Too much is being asked at once, or this took too long.",
}


def answer(body: Any) -> Response[bytes]:
    """The body as JSON."""
    return written(_encoder.encode(body))


def written(body: bytes) -> Response[bytes]:
    """JSON that was written out before."""
    return Response(body, media_type="application/json")
