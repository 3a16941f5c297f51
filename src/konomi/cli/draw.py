"""`map`: every item in two dimensions, in words or as a page."""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from konomi.cli import show
from konomi.cli.ask import Json, Like, ListFile, Model, named, newcomers
from konomi.cli.filtering import with_filters
from konomi.errors import ConfigError


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("map")(with_filters(draw))


def draw(
    model: Model,
    user: Annotated[str | None, typer.Option("--user", help="Mark a user of the model.")] = None,
    list_file: ListFile = [],  # noqa: B006 - only read
    like: Like = [],  # noqa: B006
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="The .html file to draw it into.", show_default=False)
    ] = None,
    json: Json = False,
    *,
    where: Any,
) -> None:
    """The map: titles that are alike near each other, its regions, and where somebody's taste lies.

    Example: konomi map model/ --list animelist_export.xml.gz -o map.html
    """
    import konomi
    from konomi.storage.apart import require_apart

    if out is not None and out.suffix != ".html":
        raise ConfigError(f"the map is drawn into an .html file, not into {out}")
    if out is not None:
        require_apart([out], list_file)
    recommender = konomi.load(model)
    people: list[Any] = [] if user is None else [user]
    people += newcomers(recommender, list_file, like, quiet=json)
    if len(people) > 1:
        raise ConfigError("whose place? Give at most one of --user ID, --list FILE and --like TITLE[=SCORE]")
    who = {} if not people else {"user_id": user} if user is not None else {"history": people[0]}
    found = recommender.item_map(**who, where=where)
    whose = "" if not people else f"user {user}" if user is not None else named(list_file, like)
    if out is not None:
        _write_page(out, found, whose)
    if json:
        regions = [{"name": one.name, "x": one.x, "y": one.y, "n_items": one.n_items} for one in found.regions]
        you = None if found.you is None else dict(zip("xy", found.you, strict=True))
        show.json_object(
            {
                "query": found.query,
                "results": found.to_dicts(),
                "regions": regions,
                "you": you,
                "notes": list(found.notes),
            }
        )
        return
    marked = f", with those of {whose}" if whose else ""
    typer.echo(f"{len(found):,} titles on the map{marked}; what stands out in its regions:\n{found}")
    if out is not None:
        typer.echo(f"Drawn in {out}")


def _write_page(path: Path, found: Any, whose: str) -> None:
    from konomi.plots import Section, scatter_map, write_page

    titles = found.items.titles
    inside = [(region.name, region.members) for region in found.regions]
    elsewhere = np.setdiff1d(
        np.arange(len(found)), np.concatenate([np.empty(0, int), *(rows for _, rows in inside)])
    )
    groups = [
        (name, found.positions[rows], [titles[row] for row in rows.tolist()])
        for name, rows in [("", elsewhere), *inside]
    ]
    labels = [(one.name, one.x, one.y) for one in found.regions]
    sentences = ["Titles that the same people watch lie near each other. Drag to move, scroll to zoom."]
    marked = None
    if found.yours is not None and found.you is not None:
        marked = (whose, found.positions[found.yours], [titles[row] for row in found.yours.tolist()])
        labels.append(("you are here", *found.you))
        sentences.append(f"The {len(found.yours):,} titles of {whose} are diamonds.")
    write_page(path, "Map", [Section(sentences=tuple(sentences), figure=scatter_map(groups, labels, marked))])
