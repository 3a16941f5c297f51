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
    why: Annotated[bool, typer.Option("--why", help="Show what the first of them shares with this user.")] = False,
    json: Json = False,
) -> None:
    """The users most like one user.

    Example: konomi similar-users model/ 352464 -k 5
    """
    import konomi

    recommender = konomi.load(model)
    found = recommender.similar_users(user_id, k=k, least=least)
    shared = [recommender.compare_users(user_id, other, k=5) for other in found.user_ids.tolist()] if why else []
    if json:
        rows = found.to_dicts()
        for row, comparison in zip(rows, shared, strict=False):
            row["comparison"] = comparison.to_dict()
        show.json_object({"query": found.query, "results": rows, "notes": list(found.notes)})
        return
    show.answer(found, as_json=False, heading=f"{'Least like' if least else 'Like'} user {user_id}:")
    if shared:
        typer.echo(f"\nUser {user_id} and user {found.user_ids[0]}:\n{shared[0]}")


def recommend(
    model: Model,
    user: Annotated[list[str], typer.Option("--user", help="A user of the model.", show_default=False)] = [],  # noqa: B006
    list_file: Annotated[
        list[Path],
        typer.Option("--list", help="A list: MyAnimeList's XML, AniList's JSON, or a CSV of title and score."),
    ] = [],  # noqa: B006
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
    niche: Annotated[float, typer.Option("--niche", help="-1 popular ... 1 little known.")] = 0.0,
    variety: Annotated[float, typer.Option("--variety", help="0 alike ... 1 varied.")] = 0.0,
    franchise: Annotated[
        str, typer.Option("--franchise", help="all, once (each franchise), next (part unseen), none (seen).")
    ] = "all",
    planned: Annotated[
        bool, typer.Option("--planned", help="Rank what the person plans to watch instead.")
    ] = False,
    everybody: Annotated[bool, typer.Option("--all", help="Every user of the model; needs -o.")] = False,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="With --all: the .parquet file to write.", show_default=False)
    ] = None,
    together: Annotated[
        str, typer.Option("--together", help="For several people: least (nobody unhappy) or average.")
    ] = "least",
    json: Json = False,
) -> None:
    """What somebody may like next: a user of the model, the owner of a list, or anybody by what they like.

    Several --user and --list are several people who want to watch together.

    Example: konomi recommend model/ --like "Monster=10" --like "Mushishi=9" --why
    """
    import konomi

    recommender = konomi.load(model)
    where = _where(type, genre, no_genre, year_from, year_to, adult)
    if everybody or out is not None:
        if out is None or not everybody or user or list_file or like:
            raise ConfigError("--all and -o FILE.parquet go together, and with no --user, --list or --like")
        _for_everybody(recommender, out, k, where)
        return
    people: list[Any] = list(user)
    people += [_imported(recommender, path, quiet=json) for path in list_file]
    if like:
        people.append(dict(_liked(recommender, one) for one in like))
    if not people or (like and len(people) > 1):
        raise ConfigError(
            "recommend for whom? Give --user ID, --list FILE or --like TITLE[=SCORE], and only one kind"
        )
    if len(people) > 1:
        found = recommender.recommend_together(people, k=k, how=together, where=where, explain=why)  # type: ignore[arg-type]
        show.answer(found, as_json=json, heading=f"For {len(people)} people together:")
        return
    who = {"user_id": people[0]} if user else {"history": people[0]}
    if planned:
        found = recommender.rank(_planned(recommender, **who), **who, explain=why)
    else:
        found = recommender.recommend(
            **who,
            k=k,
            by=by,  # type: ignore[arg-type]
            where=where,
            explain=why,
            niche=niche,
            variety=variety,
            franchise=franchise,  # type: ignore[arg-type]
        )
    named = (
        f"user {user[0]}" if user else str(list_file[0]) if list_file else f"somebody who likes {', '.join(like)}"
    )
    show.answer(found, as_json=json, heading=f"{'Planned by' if planned else 'For'} {named}:")


def _for_everybody(recommender: Any, out: Path, k: int, where: Any) -> None:
    from konomi.batch import recommend_all

    with show.TerminalProgress() as progress:
        n_rows = recommend_all(recommender, out, k=k, where=where, progress=progress)
    typer.echo(f"Wrote {n_rows:,} recommendations for {recommender.ratings.n_users:,} users to {out}")


def _imported(recommender: Any, path: Path, *, quiet: bool) -> Any:
    """The history in a list file; what was not matched is told."""
    from konomi.formats.lists import read_list

    found = read_list(path, recommender.catalog)
    if not quiet:
        typer.echo(f"{path}: matched {found.n_matched:,} of {found.n_entries:,} titles")
        for note in found.notes:
            typer.echo(f"Note: {note}")
    return found.history


def _planned(recommender: Any, user_id: str | None = None, history: Any = None) -> list[Any]:
    """The ids of what somebody plans to watch."""
    from konomi.ratings import Status

    if history is None:
        history = recommender.ratings.history(recommender.ratings.users.row_of(user_id))
    elif isinstance(history, dict):
        raise ConfigError("--planned needs a --user or a --list that has a plan to watch")
    planned = history.item_index[history.status == Status.PLANNED]
    if len(planned) == 0:
        raise ConfigError("nothing on this list is planned: leave out --planned")
    return list(recommender.catalog.items.ids[planned].tolist())


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
