"""`map`: the items in two dimensions, as a table of regions or as an HTML page."""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from konomi.cli import show
from konomi.cli.options import Json, Model, Titles, as_query, load, with_groups
from konomi.cli.subjects import NewPeople, subjects_of
from konomi.data.filters import Filters
from konomi.errors import ConfigError


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("map")(with_groups(draw))


def draw(
    model: Model,
    user: Annotated[
        str | None, typer.Option("--user", metavar="USER_ID", help="Mark the titles of a user of the model.")
    ] = None,
    *,
    new: NewPeople,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="The .html file to draw into.")
    ] = None,
    titles: Titles = "main",
    json: Json = False,
    where: Filters,
) -> None:
    """Draw the items so that similar ones are near each other.

    Prints the regions of the map. With --user, --list or --like, also the number of the person's titles in each.

    Example: konomi map model/ --list animelist.xml.gz -o map.html
    """
    from konomi.storage.apart import require_apart

    if out is not None and out.suffix != ".html":
        raise ConfigError(f"the map is drawn into an .html file, not into {out}")
    if out is not None:
        require_apart([out], new.list_file)
    recommender = load(model, titles)
    subjects = subjects_of(recommender, [] if user is None else [user], new, quiet=json)
    if len(subjects) > 1:
        raise ConfigError("the map marks one person: give one of --user ID, --list FILE and --like TITLE[=SCORE]")
    subject = subjects[0] if subjects else None
    found = recommender.item_map(**(subject.arguments() if subject else {}), where=where)
    name = subject.name if subject else ""
    if out is not None:
        _write_page(out, found, name)
    query = {**(subject.query() if subject else {}), "where": as_query(where)}
    heading = f"{len(found):,} titles on the map{f', marked for {name}' if name else ''}, by region:"
    regions = [{"name": one.name, "x": one.x, "y": one.y, "n_items": one.n_items} for one in found.regions]
    you = None if found.you is None else dict(zip("xy", found.you, strict=True))
    show.answer(found, as_json=json, heading=heading, query=query, regions=regions, you=you)
    if out is not None and not json:
        typer.echo(f"Drawn in {out}")


def _write_page(path: Path, found: Any, name: str) -> None:
    """Draw the map; `name` is the person whose titles are marked."""
    from konomi.plots import Section, scatter_map, write_page

    titles = found.items.titles
    inside = [(region.name, region.members) for region in found.regions]
    elsewhere = np.setdiff1d(
        np.arange(len(found)), np.concatenate([np.empty(0, int), *(rows for _, rows in inside)])
    )
    groups = [
        (region, found.positions[rows], [titles[row] for row in rows.tolist()])
        for region, rows in [("", elsewhere), *inside]
    ]
    labels = [(one.name, one.x, one.y) for one in found.regions]
    sentences = ["Titles that the same people watch are near each other. Drag to move, scroll to zoom."]
    marked = None
    if found.yours is not None and found.you is not None:
        marked = (name, found.positions[found.yours], [titles[row] for row in found.yours.tolist()])
        labels.append(("you are here", *found.you))
        sentences.append(f"The {len(found.yours):,} titles of {name} are diamonds.")
    write_page(path, "Map", [Section(sentences=tuple(sentences), figure=scatter_map(groups, labels, marked))])
