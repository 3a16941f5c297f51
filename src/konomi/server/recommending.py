"""The endpoints that recommend for posted lists: for one user, for several, and from a plan to watch."""

from typing import Annotated, Any

import numpy as np
from litestar import Response, post
from litestar.openapi.spec import Example
from litestar.params import Body

from konomi.answers.results import Reason as FoundReason
from konomi.answers.results import Recommendations as Found
from konomi.data.ratings import Status
from konomi.errors import UnknownIdError
from konomi.server import schemas
from konomi.server.asking import WITH_BODY, Context, answer, documented
from konomi.server.errors import BadHistoryError
from konomi.server.histories import histories_of
from konomi.server.schemas import PlannedBody, RecommendationsBody, TogetherBody
from konomi.server.served_model import ServedModel

# At most this number of reasons for one result; the score has a term for each title of the list.
N_REASONS = 12

A_LIST = [{"item_id": 1, "rating": 9}, {"item_id": 2, "rating": None, "status": "completed"}]


def example(**body: Any) -> list[Example]:
    """One example body for the OpenAPI document."""
    return [Example(summary="A short list", value=body)]


@post(
    "/api/recommendations",
    responses=documented(schemas.Recommendations, *WITH_BODY, 422),
    tags=["recommendations"],
    summary="Recommendations for a list",
    status_code=200,
)
async def recommendations(
    context: Context,
    data: Annotated[
        RecommendationsBody,
        Body(examples=example(history=A_LIST, k=5, why=True, where={"type": ["TV"], "year_from": 1990})),
    ],
) -> Response[Any]:
    served = context.served

    def found() -> schemas.Recommendations:
        rows, notes = histories_of(served, data.history)
        recommended = served.recommender.recommend(
            history=rows,
            k=data.k,
            by=data.by,
            where=data.where,
            explain=N_REASONS if data.why else False,
            exclude=data.exclude,
            niche=data.niche,
            variety=data.variety,
            franchise=data.franchise,
        )
        return encoded(served, recommended, notes)

    # What the time depends on; the length of the list counts by its number of binary digits.
    cost_class = (
        data.by,
        data.why,
        data.franchise,
        data.variety > 0,
        bool(data.where.studio),
        len(data.history).bit_length(),
    )
    return answer(await context.work.run(found, cost_class=cost_class))


@post(
    "/api/together",
    responses=documented(schemas.TogetherAnswer, *WITH_BODY, 422),
    tags=["recommendations"],
    summary="Recommendations for several lists together",
    status_code=200,
)
async def together(
    context: Context,
    data: Annotated[
        TogetherBody,
        Body(examples=example(people=[{"history": A_LIST}, {"history": [{"item_id": 3, "rating": 10}]}], k=5)),
    ],
) -> Response[Any]:
    served = context.served

    def found() -> schemas.TogetherAnswer:
        people = [histories_of(served, person.history) for person in data.people]
        recommended = served.recommender.recommend_together(
            [rows for rows, _ in people],
            k=data.k,
            how=data.how,
            where=data.where,
            exclude=data.exclude,
            explain=N_REASONS if data.why else False,
        )
        shares = np.round(np.asarray(recommended.shares, dtype=np.float64).T, 4).tolist()
        results = [
            schemas.TogetherResult(one.rank, one.score, own, one.item, one.because)
            for one, own in zip(_results(served, recommended), shares, strict=True)
        ]
        notes = [f"person {n}: {note}" for n, (_, own) in enumerate(people, start=1) for note in own]
        return schemas.TogetherAnswer(recommended.query, results, [*notes, *recommended.notes])

    return answer(await context.work.run(found))


@post(
    "/api/planned",
    responses=documented(schemas.Recommendations, 404, *WITH_BODY, 422),
    tags=["recommendations"],
    summary="The planned titles of a list, best first",
    status_code=200,
)
async def planned(
    context: Context,
    data: Annotated[
        PlannedBody,
        Body(examples=example(history=[*A_LIST, {"item_id": 3, "status": "planned"}], why=True)),
    ],
) -> Response[Any]:
    served = context.served

    def found() -> schemas.Recommendations:
        rows, notes = histories_of(served, data.history)
        items = served.recommender.catalog.items
        if data.items is None:
            wanted = rows.item_index[rows.status == Status.PLANNED]
        else:
            wanted = items.indices_of(data.items)
            if (wanted < 0).any():
                missing = data.items[int(np.flatnonzero(wanted < 0)[0])]
                raise UnknownIdError(f"no item {missing} among the {len(items):,} items here")
        if len(wanted) == 0:
            raise BadHistoryError('nothing is planned: give titles the status "planned", or name items')
        ranked = served.recommender.rank(
            [served.own_id(row) for row in wanted.tolist()],
            history=rows,
            explain=N_REASONS if data.why else False,
        )
        return encoded(served, ranked, notes)

    return answer(await context.work.run(found))


def encoded(served: ServedModel, found: Found, notes: tuple[str, ...] = ()) -> schemas.Recommendations:
    """Recommendations in the shape of the answer."""
    return schemas.Recommendations(found.query, _results(served, found), [*notes, *found.notes])


def _results(served: ServedModel, found: Found) -> list[schemas.Recommendation]:
    because = [None] * len(found) if found.because is None else found.because
    rows = zip(served.items(found.item_ids), found.scores.tolist(), because, strict=True)
    return [
        schemas.Recommendation(rank, round(score, 6), item, _reasons(why))
        if why is not None
        else schemas.Recommendation(rank, round(score, 6), item)
        for rank, (item, score, why) in enumerate(rows, start=1)
    ]


def _reasons(found: tuple[FoundReason, ...]) -> list[schemas.Reason]:
    return [
        schemas.Reason(one.item_id, one.title, round(one.contribution, 6), one.kind) for one in found[:N_REASONS]
    ]
