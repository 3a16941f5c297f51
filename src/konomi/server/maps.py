"""The endpoints of the map: all items in two dimensions, and the position of a posted history among them."""

import asyncio
import gzip
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import numpy as np
from litestar import Request, Response, get, post
from litestar.params import Body
from numpy.typing import ArrayLike

from konomi.answers.item_map import ItemMap
from konomi.server import schemas
from konomi.server.asking import WITH_BODY, Adult, Context, answer, documented
from konomi.server.errors import BusyError
from konomi.server.histories import histories_of
from konomi.server.recommending import A_LIST, example
from konomi.server.schemas import MapBody, MapPosition, Region
from konomi.server.served_model import ServedModel
from konomi.server.settings import WORK_SECONDS


@dataclass(frozen=True, eq=False)
class DrawnMap:
    """The map of a model, and the gzipped JSON of it."""

    drawn: ItemMap
    packed: bytes


@get("/api/map", responses=documented(schemas.ItemMap, 422), tags=["about"], summary="All items in two dimensions")
async def whole_map(request: Request[Any, Any, Any], context: Context, adult: Adult = False) -> Response[Any]:
    packed = (await map_of(context.served, adult=adult)).packed
    headers = {"Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(packed, media_type="application/json", headers=headers)
    content = await context.work.run(lambda: gzip.decompress(packed))
    return Response(content, media_type="application/json", headers=headers)


@post(
    "/api/map",
    responses=documented(MapPosition, *WITH_BODY, 422),
    tags=["about"],
    summary="The position of a list on the map",
    status_code=200,
)
async def position(
    context: Context, data: Annotated[MapBody, Body(examples=example(history=A_LIST))]
) -> Response[Any]:
    served = context.served
    drawn = (await map_of(served, adult=data.adult)).drawn

    def found() -> MapPosition:
        rows, notes = histories_of(served, data.history)
        marked = drawn.marked(rows.watched())
        x, y = (None, None) if marked.you is None else _short(marked.you)
        return MapPosition(x, y, [*notes, *marked.notes])

    return answer(await context.work.run(found))


async def map_of(served: ServedModel, *, adult: bool) -> DrawnMap:
    """The map, stored in the model or computed by the first request for it, and then kept.

    adult : whether it has the adult titles too.
    Raises UnsupportedError if the model has no item vectors; BusyError if the computation takes longer than
    WORK_SECONDS, as it does for tens of thousands of items. It goes on, and a later request gets the map.
    """
    key = f"map, adult={adult}"
    drawing: asyncio.Task[DrawnMap] | None = served.made.get(key)
    if drawing is None or (drawing.done() and drawing.exception() is not None):
        drawing = served.made[key] = asyncio.create_task(asyncio.to_thread(_draw, served, adult))
    try:
        return await asyncio.wait_for(asyncio.shield(drawing), WORK_SECONDS)
    except TimeoutError:
        raise BusyError("the map is being drawn for the first time: ask again in a few seconds") from None


def _draw(served: ServedModel, adult: bool) -> DrawnMap:
    catalog = served.recommender.catalog
    drawn = served.recommender.item_map(where={"adult": adult})
    rows = drawn.items.item_index
    # The rarest genre says most about a title: nearly all titles have Action or Comedy.
    genres = catalog.columns().genre_labels
    kinds = np.full(len(catalog), -1)
    for number in np.argsort(-genres.mask.sum(axis=1), kind="stable").tolist():
        kinds[genres.mask[number]] = number
    shown = catalog.frame[rows.tolist()]
    x, y = _short(drawn.positions.T)
    found = schemas.ItemMap(
        item_ids=drawn.items.item_ids.tolist(),
        titles=drawn.items.titles,
        titles_english=shown["title_english"].to_list(),
        titles_japanese=shown["title_japanese"].to_list(),
        x=x,
        y=y,
        n_ratings=np.asarray(served.recommender.artifact.row_counts)[rows].tolist(),
        kinds=kinds[rows].tolist(),
        genres=genres.names,
        regions=[Region(one.name, round(one.x, 3), round(one.y, 3)) for one in drawn.regions],
    )
    return DrawnMap(drawn, gzip.compress(msgspec.json.encode(found), 5))


def _short(coordinates: ArrayLike) -> Any:
    """Coordinates as they are sent. A position is rounded like the dots, so that it equals that of its dot."""
    return np.round(np.asarray(coordinates, dtype=np.float64), 3).tolist()
