"""The endpoints of items: search, one item, and items like it."""

from typing import Annotated, Any

import msgspec
import numpy as np
from litestar import Request, Response, get
from litestar.params import Parameter

from konomi.server.asking import AskedFilters, AtDesk, ItemId, K, Least, answer, documented, written
from konomi.server.schemas import ItemPage, Items, SimilarItems
from konomi.server.served import KeptNeighbors
from konomi.server.settings import MAX_QUERY_LENGTH

Query = Annotated[
    str,
    Parameter(
        max_length=MAX_QUERY_LENGTH,
        description="Part of a title in any script; typos are forgiven. Empty: the items with most members.",
    ),
]


@get("/api/items", responses=documented(Items), tags=["items"], summary="Search titles as somebody types")
async def search(desk: AtDesk, q: Query = "", limit: K = 10) -> Response[Any]:
    served = desk.served
    if not q.strip():
        rows = served.famous(limit)
    else:
        rows = await desk.work.run(lambda: served.recommender.catalog.search(q, limit=limit), kind="search")
    return answer(Items([served.item(row) for row in rows]))


@get("/api/items/{item_id:str}", responses=documented(ItemPage, 404), tags=["items"], summary="One item")
async def item(desk: AtDesk, item_id: ItemId) -> Response[Any]:
    served = desk.served
    row = served.recommender.catalog.items.index_of(item_id)
    known = served.recommender.catalog.frame.row(row, named=True)
    counts = served.recommender.artifact.row_counts
    return answer(ItemPage(served.item(row), known["synopsis"], known["studios"], int(counts[row])))


@get(
    "/api/items/{item_id:str}/similar",
    responses=documented(SimilarItems, 404, 422),
    tags=["items"],
    summary="Items like this one",
)
async def similar(
    request: Request[Any, Any, Any],
    desk: AtDesk,
    item_id: ItemId,
    filters: AskedFilters,
    k: K = 10,
    least: Least = False,
) -> Response[Any]:
    served = desk.served
    items = served.recommender.catalog.items
    asked = served.own_id(items.index_of(item_id))

    def neighbors() -> KeptNeighbors:
        found = served.recommender.similar_items(asked, k=k, least=least, where=filters)
        head = msgspec.json.encode(found.query)
        tail = msgspec.json.encode(found.notes)
        return KeptNeighbors(
            b'{"query":' + head + b',"results":[',
            b'],"notes":' + tail + b"}",
            items.indices_of(found.item_ids),
            found.similarity.astype(np.float32),
        )

    kept = await desk.work.run(neighbors, kind=("similar", bool(filters.studio)))
    key = (request.scope["path"], request.scope["query_string"])
    served.keep(key, kept)
    return written(served.kept(key) or b"")
