"""The endpoints of users: one user, similar users, a comparison with a list, and recommendations."""

from collections.abc import Sequence
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.params import Body, Parameter

from konomi.answers.comparison import Comparison, Difference, Shared
from konomi.answers.results import SimilarUsers
from konomi.server import recommending, schemas
from konomi.server.asking import WITH_BODY, AskedFilters, Context, K, Least, UserId, Why, answer, documented
from konomi.server.histories import best_first, histories_of, rows_of
from konomi.server.schemas import By, CompareBody, Franchise, Id, SimilarUsersBody, UserPage
from konomi.server.served_model import ServedModel, rating_or_none

Limit = Annotated[int, Parameter(ge=0, le=1000, description="The most rows of the list.")]
Niche = Annotated[float, Parameter(ge=-1, le=1, description="-1 prefers well-known titles, 1 little-known ones.")]
Variety = Annotated[float, Parameter(ge=0, le=1, description="0 prefers the best titles, 1 the most varied ones.")]
How = Annotated[By, Parameter(description="From the model, from similar users, or from similar titles.")]
Sequels = Annotated[
    Franchise,
    Parameter(description="All titles, one of each franchise, the next of known franchises, or new franchises."),
]


@get(
    "/api/users/{user_id:str}", responses=documented(UserPage, 401, 404), tags=["users"], summary="One user's list"
)
async def user(context: Context, user_id: UserId, limit: Limit = 100) -> Response[Any]:
    served = context.served

    def page() -> UserPage:
        ratings = served.recommender.ratings
        index = ratings.users.index_of(user_id)
        own = ratings.history(index)
        rated = own.rating[own.rating == own.rating]
        return UserPage(
            ratings.users.ids[index].item(),
            len(own.item_index),
            len(rated),
            rating_or_none(float(rated.mean())) if len(rated) else None,
            rows_of(served, own, best_first(own)[:limit]),
        )

    return answer(await context.work.run(page))


@get(
    "/api/users/{user_id:str}/similar",
    responses=documented(schemas.SimilarUsers, 401, 404, 422),
    tags=["users"],
    summary="Similar users",
)
async def similar(context: Context, user_id: UserId, k: K = 10, least: Least = False) -> Response[Any]:
    served = context.served

    def people() -> schemas.SimilarUsers:
        return _people(served.recommender.similar_users(_own_id(served, user_id), k=k, least=least))

    return answer(await context.work.run(people))


@post(
    "/api/users/similar",
    responses=documented(schemas.SimilarUsers, 401, *WITH_BODY, 422),
    tags=["users"],
    summary="Users who are similar to a list",
    status_code=200,
)
async def similar_to_history(
    context: Context,
    data: Annotated[SimilarUsersBody, Body(examples=recommending.example(history=recommending.A_LIST, k=5))],
) -> Response[Any]:
    served = context.served

    def people() -> schemas.SimilarUsers:
        rows, notes = histories_of(served, data.history)
        return _people(served.recommender.similar_users(history=rows, k=data.k, least=data.least), notes)

    return answer(await context.work.run(people))


@post(
    "/api/users/{user_id:str}/compare",
    responses=documented(schemas.Comparison, 401, 404, *WITH_BODY, 422),
    tags=["users"],
    summary="A list compared with this user's",
    status_code=200,
)
async def compare(
    context: Context,
    user_id: UserId,
    data: Annotated[CompareBody, Body(examples=recommending.example(history=recommending.A_LIST))],
) -> Response[Any]:
    served = context.served

    def comparison() -> schemas.Comparison:
        rows, notes = histories_of(served, data.history)
        other = _own_id(served, user_id)
        found = served.recommender.compare_users(rows, other, k=data.k, where=data.where)
        return compared(served, found, notes)

    return answer(await context.work.run(comparison))


@get(
    "/api/users/{user_id:str}/recommendations",
    responses=documented(schemas.Recommendations, 401, 404, 422),
    tags=["users"],
    summary="Recommendations for this user",
)
async def recommendations(
    context: Context,
    user_id: UserId,
    filters: AskedFilters,
    k: K = 10,
    by: How = "model",
    why: Why = False,
    niche: Niche = 0.0,
    variety: Variety = 0.0,
    franchise: Sequels = "all",
) -> Response[Any]:
    served = context.served

    def found() -> schemas.Recommendations:
        return recommending.encoded(
            served,
            served.recommender.recommend(
                _own_id(served, user_id),
                k=k,
                by=by,
                where=filters,
                explain=why,
                niche=niche,
                variety=variety,
                franchise=franchise,
            ),
        )

    return answer(await context.work.run(found))


def _own_id(served: ServedModel, user_id: str) -> Id:
    """The id with the type that it has in the data. Raises UnknownIdError."""
    users = served.recommender.ratings.users
    own: Id = users.ids[users.index_of(user_id)].item()
    return own


def compared(served: ServedModel, found: Comparison, notes: tuple[str, ...]) -> schemas.Comparison:
    """A comparison in the shape of the answer."""

    def both(rows: Sequence[Shared | Difference]) -> list[schemas.BothSaw]:
        items = served.items([row.item_id for row in rows])
        return [schemas.BothSaw(item, row.yours, row.theirs) for item, row in zip(items, rows, strict=True)]

    loved = zip(served.items([row.item_id for row in found.they_loved]), found.they_loved, strict=True)
    return schemas.Comparison(
        found.query["other_id"],
        None if found.similarity is None else round(found.similarity, 4),
        found.n_shared,
        None if found.correlation is None else round(found.correlation, 4),
        both(found.shared_favorites),
        both(found.differences),
        [schemas.TheyLoved(item, row.theirs) for item, row in loved],
        [*notes, *found.notes],
    )


def _people(found: SimilarUsers, notes: tuple[str, ...] = ()) -> schemas.SimilarUsers:
    people = [schemas.SimilarUser(one.rank, one.user_id, round(one.similarity, 4)) for one in found]
    return schemas.SimilarUsers(found.query, people, [*notes, *found.notes])
