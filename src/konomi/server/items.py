"""The endpoints of items: search, one item, and similar items."""

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.params import Parameter

from konomi.server.asking import AskedFilters, Context, ItemId, K, Least, answer, documented, encode, written
from konomi.server.schemas import ItemPage, Items, SimilarItem, SimilarItems
from konomi.server.settings import MAX_QUERY_LENGTH

Query = Annotated[
    str,
    Parameter(
        max_length=MAX_QUERY_LENGTH,
        description="Part of a title in any script; small misspellings are allowed. Empty: the best-known items.",
    ),
]


@get("/api/items", responses=documented(Items), tags=["items"], summary="Search titles while the user types")
async def search(context: Context, q: Query = "", limit: K = 10) -> Response[Any]:
    served = context.served
    if not q.strip():
        found = served.best_known(limit)
    else:
        catalog = served.recommender.catalog
        found = await context.work.run(lambda: catalog.search(q, limit=limit), cost_class="search")
    return answer(Items([served.item(index) for index in found]))


@get("/api/items/{item_id:str}", responses=documented(ItemPage, 404), tags=["items"], summary="One item")
async def item(context: Context, item_id: ItemId) -> Response[Any]:
    served = context.served
    index = served.recommender.catalog.items.index_of(item_id)
    facts = served.recommender.catalog.frame.row(index, named=True)
    counts = served.recommender.artifact.row_counts
    return answer(ItemPage(served.item(index), facts["synopsis"], facts["studios"], int(counts[index])))


@get(
    "/api/items/{item_id:str}/similar",
    responses=documented(SimilarItems, 404, 422),
    tags=["items"],
    summary="Similar items",
)
async def similar(
    request: Request[Any, Any, Any],
    context: Context,
    item_id: ItemId,
    filters: AskedFilters,
    k: K = 10,
    least: Least = False,
) -> Response[Any]:
    served = context.served
    asked = served.own_id(served.recommender.catalog.items.index_of(item_id))

    def neighbors() -> bytes:
        found = served.recommender.similar_items(asked, k=k, least=least, where=filters)
        rows = zip(served.items(found.item_ids), found.similarity.tolist(), strict=True)
        results = [SimilarItem(rank, round(one, 4), item) for rank, (item, one) in enumerate(rows, start=1)]
        return encode(SimilarItems(found.query, results, list(found.notes)))

    content = await context.work.run(neighbors, cost_class=("similar", bool(filters.studio)))
    served.kept_similar.keep((request.scope["path"], request.scope["query_string"]), content)
    return written(content)
