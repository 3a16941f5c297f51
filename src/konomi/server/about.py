"""The endpoints about the server itself: its model, its health and its metrics."""

from collections import Counter
from typing import Any

from litestar import Response, get
from litestar.datastructures import State

from konomi.models import by_name
from konomi.models.model import Ability
from konomi.server import settings
from konomi.server.asking import Context, answer, documented
from konomi.server.metrics import CONTENT_TYPE
from konomi.server.schemas import Choice, Health, ModelPage
from konomi.server.served_model import ServedModel

LIMITS: dict[str, float] = {
    "k": settings.MAX_K,
    "body_bytes": settings.MAX_BODY_BYTES,
    "list_bytes": settings.MAX_LIST_BYTES,
    "bodies_bytes": settings.MAX_BODIES_BYTES,
    "bodies_bytes_per_address": settings.MAX_BODIES_BYTES_PER_ADDRESS,
    "history_entries": settings.MAX_ENTRIES,
    "people": settings.MAX_PEOPLE,
    "query_length": settings.MAX_QUERY_LENGTH,
    "header_seconds": settings.HEADER_SECONDS,
    "body_seconds": settings.BODY_SECONDS,
    "work_seconds": settings.WORK_SECONDS,
    "waiting": settings.MAX_WAITING,
    "connections": settings.MAX_CONNECTIONS,
    "many_connections": settings.MANY_CONNECTIONS,
    "waiting_connections_per_address": settings.MAX_WAITING_PER_ADDRESS,
}


@get("/api/model", responses=documented(ModelPage), tags=["about"], summary="The model, its data and the limits")
async def model(context: Context, state: State) -> Response[Any]:
    served = context.served
    # Computed once: it reads the whole catalog.
    if "model" not in served.made:
        served.made["model"] = model_page(served, needs_token=state.settings.token is not None)
    return answer(served.made["model"])


def model_page(served: ServedModel, *, needs_token: bool) -> ModelPage:
    """The model, its data and the limits of the server."""
    about = served.recommender.artifact.about
    ratings = served.recommender.ratings
    frame = served.recommender.catalog.frame
    years = frame["year"].drop_nulls()
    lengths = ratings.lengths()
    return ModelPage(
        name=served.recommender.model.name,
        summary=by_name(served.recommender.model.name).summary,
        created=about.get("created"),
        config=about.get("config", {}),
        figures=about.get("figures", {}),
        versions=about.get("versions", {}),
        n_users=ratings.n_users,
        n_items=ratings.n_items,
        n_ratings=ratings.n_rows,
        rating_scale=None if served.scale is None else list(served.scale),
        types=_choices(frame["type"].drop_nulls().to_list()),
        genres=_choices(frame["genres"].explode().drop_nulls().to_list()),
        years=[int(years.min()), int(years.max())] if len(years) else None,  # type: ignore[arg-type]
        abilities=abilities(served),
        limits=LIMITS,
        needs_token=needs_token,
        report=served.recommender.artifact.dataset.report,
        # An id to try. A server with a token does not name its users.
        example_user=None if needs_token else ratings.users.ids[int(lengths.argmax())].item(),
    )


@get("/healthz", responses=documented(Health), tags=["about"], summary="Whether the server answers")
async def health(context: Context) -> Response[Any]:
    served = context.served
    return answer(Health("ok", served.generation))


@get("/metrics", include_in_schema=False)
async def metrics(context: Context, state: State) -> Response[Any]:
    served = context.served
    text = state.metrics.text(
        generation=served.generation,
        n_users=served.recommender.ratings.n_users,
        n_items=served.recommender.ratings.n_items,
    )
    return Response(text.encode(), media_type=CONTENT_TYPE)


def abilities(served: ServedModel) -> dict[str, bool]:
    """Which questions this model answers, by the name of the ability."""
    return {ability.value: ability in served.recommender.model.abilities for ability in Ability}


def _choices(names: list[str]) -> list[Choice]:
    return [
        Choice(name, count) for name, count in sorted(Counter(names).items(), key=lambda one: (-one[1], one[0]))
    ]
