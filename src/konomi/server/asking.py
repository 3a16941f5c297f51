"""What the endpoints have in common: parameters, documented errors, and how an answer is written out."""

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter, SkipValidation

from konomi.server.schemas import Problem, ShortText, Where
from konomi.server.served import Served
from konomi.server.settings import MAX_K
from konomi.server.work import Work


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a question is answered: from one artefact, to its end, in these threads."""

    served: Served
    work: Work


AtDesk = NamedDependency[SkipValidation[Desk]]
Filtered = NamedDependency[SkipValidation[Where]]
ItemId = Annotated[str, Parameter(description="An item's id.", max_length=200)]
UserId = Annotated[str, Parameter(description="The id of a user of the model.", max_length=200)]
K = Annotated[int, Parameter(ge=1, le=MAX_K, description="How many results.")]
Year = Annotated[int | None, Parameter(ge=0, le=9999)]
Count = Annotated[int | None, Parameter(ge=0, le=10**9)]
Score = Annotated[float | None, Parameter(ge=0, le=1000)]
Least = Annotated[bool, Parameter(description="The least alike instead.")]
Why = Annotated[bool, Parameter(description="Also the titles that each score comes from.")]
TypeNames = Annotated[list[ShortText] | None, Parameter(description="One of these types; may be repeated.")]
GenreNames = Annotated[list[ShortText] | None, Parameter(description="May be repeated.")]
StudioNames = Annotated[list[ShortText] | None, Parameter(description="One of these; may be repeated.")]
Adult = Annotated[bool, Parameter(description="Adult titles too.")]

# What an endpoint with a body may answer, in addition to what every endpoint may.
WITH_BODY = (403, 408, 415, 429)

_encoder = msgspec.json.Encoder()


def where_of_query(
    type: TypeNames = None,  # noqa: A002 - the word of the interface
    genre: GenreNames = None,
    genre_all: GenreNames = None,
    genre_none: GenreNames = None,
    studio: StudioNames = None,
    year_from: Year = None,
    year_to: Year = None,
    episodes_from: Count = None,
    episodes_to: Count = None,
    min_members: Count = None,
    min_score: Score = None,
    adult: Adult = False,
) -> Where:
    """The filters in a query string."""
    return Where(
        type=tuple(type or ()),
        genre=tuple(genre or ()),
        genre_all=tuple(genre_all or ()),
        genre_none=tuple(genre_none or ()),
        studio=tuple(studio or ()),
        year_from=year_from,
        year_to=year_to,
        episodes_from=episodes_from,
        episodes_to=episodes_to,
        min_members=min_members,
        min_score=min_score,
        adult=adult,
    )


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
