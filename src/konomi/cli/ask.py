"""`similar-items`, `similar-users`, `recommend`: questions to a model."""

from pathlib import Path
from typing import Annotated, Any

import typer

from konomi.cli import show
from konomi.errors import ConfigError

Model = Annotated[Path, typer.Argument(help="A model folder made by `konomi train`.", show_default=False)]
K = Annotated[int, typer.Option("-k", help="How many.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Least = Annotated[bool, typer.Option("--least", help="The least alike instead.")]
Type = Annotated[list[str], typer.Option("--type", help="Only this type (TV, Movie, ...); may be repeated.")]
Genre = Annotated[list[str], typer.Option("--genre", help="Only with this genre; repeated: any of them.")]
GenreNone = Annotated[list[str], typer.Option("--no-genre", help="Nothing with this genre; may be repeated.")]
YearFrom = Annotated[int | None, typer.Option("--year-from", help="First year.", show_default=False)]
YearTo = Annotated[int | None, typer.Option("--year-to", help="Last year.", show_default=False)]
Adult = Annotated[bool, typer.Option("--adult", help="Adult titles too.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("similar-items")(similar_items)
    app.command("similar-users")(similar_users)
    app.command("recommend")(recommend)


def similar_items(
    model: Model,
    item: Annotated[str, typer.Argument(metavar="TITLE_OR_ID", help="A title, or an item's id.")],
    k: K = 10,
    least: Least = False,
    type: Type = [],  # noqa: A002, B006 - Typer reads the default, nobody changes it
    genre: Genre = [],  # noqa: B006
    no_genre: GenreNone = [],  # noqa: B006
    year_from: YearFrom = None,
    year_to: YearTo = None,
    adult: Adult = False,
    json: Json = False,
) -> None:
    """The items most like one item.

    Example: konomi similar-items model/ "Cowboy Bebop" -k 5 --type TV
    """
    import konomi

    recommender = konomi.load(model)
    where = _where(type, genre, no_genre, year_from, year_to, adult)
    found = recommender.similar_items(item, k=k, least=least, where=where)
    how = "Least like" if least else "Like"
    show.answer(found, as_json=json, heading=f"{how} {found.query['title']} (id {found.query['item_id']}):")


def similar_users(
    model: Model,
    user_id: Annotated[str, typer.Argument(metavar="USER_ID", help="The id of a user of the model.")],
    k: K = 10,
    least: Least = False,
    json: Json = False,
) -> None:
    """The users most like one user.

    Example: konomi similar-users model/ 352464 -k 5
    """
    import konomi

    found = konomi.load(model).similar_users(user_id, k=k, least=least)
    show.answer(found, as_json=json, heading=f"{'Least like' if least else 'Like'} user {user_id}:")


def recommend(
    model: Model,
    user: Annotated[str | None, typer.Option("--user", help="A user of the model.", show_default=False)] = None,
    like: Annotated[
        list[str], typer.Option("--like", metavar="TITLE[=SCORE]", help="A title somebody likes; may be repeated.")
    ] = [],  # noqa: B006
    k: K = 10,
    by: Annotated[str, typer.Option("--by", help="model, users or items.")] = "model",
    why: Annotated[bool, typer.Option("--why", help="Show the titles that each score comes from.")] = False,
    type: Type = [],  # noqa: A002, B006
    genre: Genre = [],  # noqa: B006
    no_genre: GenreNone = [],  # noqa: B006
    year_from: YearFrom = None,
    year_to: YearTo = None,
    adult: Adult = False,
    json: Json = False,
) -> None:
    """What somebody may like next: a user of the model, or anybody by what they like.

    Example: konomi recommend model/ --like "Monster=10" --like "Mushishi=9" --why
    """
    import konomi

    if (user is not None) + bool(like) != 1:
        raise ConfigError("recommend for whom? Give one of --user ID and --like TITLE[=SCORE]")
    recommender = konomi.load(model)
    who: dict[str, Any] = {"user_id": user}
    if like:
        who = {"history": dict(_liked(recommender, one) for one in like)}
    where = _where(type, genre, no_genre, year_from, year_to, adult)
    found = recommender.recommend(**who, k=k, by=by, where=where, explain=why)  # type: ignore[arg-type]
    heading = f"For user {user}:" if user is not None else f"For somebody who likes {', '.join(like)}:"
    show.answer(found, as_json=json, heading=heading)


def _liked(recommender: Any, text: str) -> tuple[Any, float | None]:
    """The item id and the score in "TITLE=SCORE"; what follows the last "=" is a score only if it is a number."""
    title, _, score = text.rpartition("=")
    try:
        rating: float | None = float(score)
    except ValueError:
        title, rating = text, None
    if not title:
        title, rating = text, None
    return recommender.catalog.items.ids[recommender.item_index(title)].item(), rating


def _where(
    types: list[str],
    genres: list[str],
    no_genres: list[str],
    year_from: int | None,
    year_to: int | None,
    adult: bool,
) -> Any:
    from konomi.filters import Filters

    return Filters(
        type=tuple(types),
        genre=tuple(genres),
        genre_none=tuple(no_genres),
        year_from=year_from,
        year_to=year_to,
        adult=adult,
    )
