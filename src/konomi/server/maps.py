"""The map of a model's items, written out once for each artefact."""

import asyncio
import gzip
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from konomi.errors import UnsupportedError
from konomi.item_map import layout, regions
from konomi.server.errors import BusyError
from konomi.server.schemas import ItemMap, Region
from konomi.server.served import Served
from konomi.server.settings import WORK_SECONDS


async def item_map(served: Served, *, adult: bool) -> bytes:
    """The gzipped JSON of an ItemMap: from the artefact, or laid out on the first request, then kept.

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


def _written_out(served: Served, adult: bool) -> bytes:
    places = _places(served)
    if not adult:
        places = np.where(served.recommender.catalog.columns().adult[:, None], np.float32(np.nan), places)
    catalog = served.recommender.catalog
    frame, columns = catalog.frame, catalog.columns()
    # The rarest genre says most about a title: nearly everything has some action or comedy in it.
    kinds = np.full(len(catalog), -1)
    for number in np.argsort(-columns.with_genre.bears.sum(axis=1), kind="stable").tolist():
        kinds[columns.with_genre.bears[number]] = number
    placed = np.flatnonzero(np.isfinite(places).all(axis=1))
    shown = frame[placed.tolist()]
    points = np.round(places[placed].astype(np.float64), 3)
    named = [one for one in regions(places, columns.genres) if one.name]
    found = ItemMap(
        item_ids=catalog.items.ids[placed].tolist(),
        titles=shown["title"].to_list(),
        titles_english=shown["title_english"].to_list(),
        titles_japanese=shown["title_japanese"].to_list(),
        x=points[:, 0].tolist(),
        y=points[:, 1].tolist(),
        n_ratings=np.asarray(served.recommender.artifact.item_counts)[placed].tolist(),
        kinds=kinds[placed].tolist(),
        genres=columns.with_genre.names,
        regions=[Region(one.name, round(one.x, 3), round(one.y, 3)) for one in named],
    )
    return gzip.compress(msgspec.json.encode(found), 5)


def _places(served: Served) -> NDArray[np.float32]:
    """float32 (n_items, 2), NaN for an item without a place."""
    stored: NDArray[np.float32] | None = served.made.get("places", served.recommender.artifact.item_map)
    if stored is not None:
        return stored
    vectors: Any = getattr(served.recommender.model, "item_vectors", None)
    if vectors is None:
        name = served.recommender.model.name
        raise UnsupportedError(f"the {name} model has no item vectors to draw a map of: train linear or spectral")
    places = served.made["places"] = layout(np.asarray(vectors, dtype=np.float32))
    return places
