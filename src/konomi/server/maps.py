"""The map of a model's items, written out once for each artifact."""

import asyncio
import gzip

import msgspec
import numpy as np

from konomi.server.errors import BusyError
from konomi.server.schemas import ItemMap, Region
from konomi.server.served_model import ServedModel
from konomi.server.settings import WORK_SECONDS


async def item_map(served: ServedModel, *, adult: bool) -> bytes:
    """The gzipped JSON of an ItemMap: from the artifact, or laid out on the first request, then kept.

    adult : whether adult titles are on it.
    Raises UnsupportedError if the model has no item vectors to lay out; BusyError while the map is being drawn,
    which for tens of thousands of items takes longer than a request may.
    """
    drawing: asyncio.Task[bytes] | None = served.made.get(f"map, adult={adult}")
    if drawing is None or (drawing.done() and drawing.exception() is not None):
        drawing = asyncio.create_task(asyncio.to_thread(_written_out, served, adult))
        served.made[f"map, adult={adult}"] = drawing
    try:
        return await asyncio.wait_for(asyncio.shield(drawing), WORK_SECONDS)
    except TimeoutError:
        raise BusyError("the map is being drawn for the first time: ask again in a few seconds") from None


def _written_out(served: ServedModel, adult: bool) -> bytes:
    catalog = served.recommender.catalog
    drawn = served.recommender.item_map(where={"adult": adult})
    rows = drawn.items.item_index
    # The rarest genre says most about a title: nearly everything has some action or comedy in it.
    genres = catalog.columns().genre_labels
    kinds = np.full(len(catalog), -1)
    for number in np.argsort(-genres.mask.sum(axis=1), kind="stable").tolist():
        kinds[genres.mask[number]] = number
    shown = catalog.frame[rows.tolist()]
    x, y = np.round(drawn.positions.T.astype(np.float64), 3).tolist()
    found = ItemMap(
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
    return gzip.compress(msgspec.json.encode(found), 5)
