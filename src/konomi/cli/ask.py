"""`similar-items`, `similar-users`, `recommend`: questions to a model."""

from pathlib import Path
from typing import Annotated, Any

import typer

from konomi.cli import show
from konomi.cli.filtering import with_filters
from konomi.errors import ConfigError
from konomi.printable import one_line

# So many titles of a list that the model lacks are named.
_NAMED = 20

Model = Annotated[Path, typer.Argument(help="A model folder made by `konomi train`.", show_default=False)]
K = Annotated[int, typer.Option("-k", help="How many.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Least = Annotated[bool, typer.Option("--least", help="The least alike instead.")]
ListFile = Annotated[
    list[Path],
    typer.Option("--list", help="A list: MyAnimeList's XML, AniList's JSON, or a CSV of title and score."),
]
Like = Annotated[
    list[str], typer.Option("--like", metavar="TITLE[=SCORE]", help="A title somebody likes; may be repeated.")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("similar-items")(with_filters(similar_items))
    app.command("similar-users")(similar_users)
    app.command("recommend")(with_filters(recommend))


def similar_items(
    model: Model,
    item: Annotated[str, typer.Argument(metavar="TITLE_OR_ID", help="A title, or an item's id.")],
    k: K = 10,
    least: Least = False,
    json: Json = False,
    *,
    where: Any,
) -> None:
    """The items most like one item.

    Example: konomi similar-items model/ "Cowboy Bebop" -k 5 --type TV
    """
    import konomi

    recommender = konomi.load(model)
    found = recommender.similar_items(item, k=k, least=least, where=where)
    how = "Least like" if least else "Like"
    show.answer(found, as_json=json, heading=f"{how} {found.query['title']} (id {found.query['item_id']}):")


def similar_users(
    model: Model,
    user_id: Annotated[str | None, typer.Argument(metavar="[USER_ID]", help="A user of the model.")] = None,
    list_file: ListFile = [],  # noqa: B006
    like: Like = [],  # noqa: B006
    k: K = 10,
    least: Least = False,
    why: Annotated[bool, typer.Option("--why", help="Show what the first of them shares with this user.")] = False,
    json: Json = False,
) -> None:
    """The users of the model most like one of them, or like the owner of a list.

    Example: konomi similar-users model/ 352464 -k 5
    """
    import konomi

    recommender = konomi.load(model)
    people: list[Any] = [] if user_id is None else [user_id]
    people += newcomers(recommender, list_file, like, quiet=json)
    if len(people) != 1:
        raise ConfigError("like whom? Give one USER_ID, --list FILE or --like TITLE[=SCORE]")
    person = people[0]
    found = recommender.similar_users(user_id, history=None if user_id is not None else person, k=k, least=least)
    shared = [recommender.compare_users(person, other, k=5) for other in found.user_ids.tolist()] if why else []
    if json:
        rows = found.to_dicts()
        for row, comparison in zip(rows, shared, strict=False):
            row["comparison"] = comparison.to_dict()
        show.json_object({"query": found.query, "results": rows, "notes": list(found.notes)})
        return
    whose = f"user {user_id}" if user_id is not None else named(list_file, like)
    show.answer(found, as_json=False, heading=f"{'Least like' if least else 'Like'} {whose}:")
    if shared:
        typer.echo(f"\n{whose[0].upper()}{whose[1:]} and user {found.user_ids[0]}:\n{shared[0]}")


def recommend(
    model: Model,
    user: Annotated[list[str], typer.Option("--user", help="A user of the model.")] = [],  # noqa: B006 - only read
    list_file: ListFile = [],  # noqa: B006
    like: Like = [],  # noqa: B006
    k: K = 10,
    by: Annotated[str, typer.Option("--by", help="model, users or items.")] = "model",
    why: Annotated[bool, typer.Option("--why", help="Show the titles that each score comes from.")] = False,
    niche: Annotated[float, typer.Option("--niche", help="-1 popular ... 1 little known.")] = 0.0,
    variety: Annotated[float, typer.Option("--variety", help="0 alike ... 1 varied.")] = 0.0,
    franchise: Annotated[
        str, typer.Option("--franchise", help="all, once (each franchise), next (part unseen), none (seen).")
    ] = "all",
    include: Annotated[
        list[str],
        typer.Option("--include", help="Also what the person has: seen, planned or dropped; may be repeated."),
    ] = [],  # noqa: B006
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
    *,
    where: Any,
) -> None:
    """What somebody may like next: a user of the model, the owner of a list, or anybody by what they like.

    Several --user and --list are several people who want to watch together.

    Example: konomi recommend model/ --like "Monster=10" --like "Mushishi=9" --why
    """
    import konomi

    recommender = konomi.load(model)
    if everybody or out is not None:
        if out is None or not everybody or user or list_file or like:
            raise ConfigError("--all and -o FILE.parquet go together, and with no --user, --list or --like")
        _for_everybody(recommender, out, k, where)
        return
    people: list[Any] = [*user, *newcomers(recommender, list_file, like, quiet=json)]
    if not people or (like and len(people) > 1):
        raise ConfigError("for whom? Give --user ID, --list FILE or --like TITLE[=SCORE], and only one kind")
    exclude = _left_out(include)
    if len(people) > 1:
        found = recommender.recommend_together(
            people,
            k=k,
            how=together,  # type: ignore[arg-type]
            where=where,
            exclude=exclude,
            explain=why,
        )
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
            exclude=exclude,
            niche=niche,
            variety=variety,
            franchise=franchise,  # type: ignore[arg-type]
        )
    whose = f"user {user[0]}" if user else named(list_file, like)
    show.answer(found, as_json=json, heading=f"{'Planned by' if planned else 'For'} {whose}:")


def _for_everybody(recommender: Any, out: Path, k: int, where: Any) -> None:
    from konomi.answers.batch import recommend_all

    with show.TerminalProgress() as progress:
        n_rows = recommend_all(recommender, out, k=k, where=where, progress=progress)
    typer.echo(f"Wrote {n_rows:,} recommendations for {recommender.ratings.n_users:,} users to {out}")


def newcomers(recommender: Any, list_files: list[Path], like: list[str], *, quiet: bool) -> list[Any]:
    """The histories of people whom the model does not know: one for each list, and one of what was liked."""
    found = [_imported(recommender, path, quiet=quiet) for path in list_files]
    return [*found, dict(_liked(recommender, one) for one in like)] if like else found


def named(list_files: list[Path], like: list[str]) -> str:
    """What a newcomer is called in an answer."""
    return one_line(str(list_files[0])) if list_files else f"somebody who likes {', '.join(like)}"


def _left_out(include: list[str]) -> tuple[str, ...]:
    """The parts of a list that stay out of the answer."""
    from konomi.answers.questions import PARTS_OF_A_LIST

    for part in include:
        if part not in PARTS_OF_A_LIST:
            raise ConfigError(f"--include={part} is no part of a list: give {', '.join(PARTS_OF_A_LIST)}")
    return tuple(part for part in PARTS_OF_A_LIST if part not in include)


def _imported(recommender: Any, path: Path, *, quiet: bool) -> Any:
    """The history in a list file; what was not matched is told."""
    from konomi.formats.lists import read_list

    found = read_list(path, recommender.catalog)
    unknown = [title or str(item_id) for item_id, title in found.unknown]
    missing = ", ".join(unknown[:_NAMED]) + (
        f" and {len(unknown) - _NAMED:,} more" if len(unknown) > _NAMED else ""
    )
    if not found.n_matched:
        raise ConfigError(f"none of the {found.n_entries:,} titles of {path} is in this model ({missing})")
    # What is asked for as JSON goes alone to standard output.
    typer.echo(f"{path}: matched {found.n_matched:,} of {found.n_entries:,} titles", err=quiet)
    for note in [*found.notes, *([f"not in this model: {missing}"] if unknown else [])]:
        typer.echo(f"Note: {note}", err=quiet)
    return found.history


def _planned(recommender: Any, user_id: str | None = None, history: Any = None) -> list[Any]:
    """The ids of what somebody plans to watch."""
    from konomi.data.ratings import Status

    if history is None:
        history = recommender.ratings.history(recommender.ratings.users.index_of(user_id))
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
