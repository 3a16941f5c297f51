"""`similar-items` and `similar-users`: the nearest neighbors of an item and of a person."""

from typing import Annotated

import typer

from konomi.cli import show
from konomi.cli.options import Json, K, Model, Titles, as_query, load, with_groups
from konomi.cli.subjects import NewPeople, subjects_of
from konomi.data.filters import Filters
from konomi.errors import ConfigError

Least = Annotated[bool, typer.Option("--least", help="The least similar ones instead.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("similar-items")(with_groups(similar_items))
    app.command("similar-users")(with_groups(similar_users))


def similar_items(
    model: Model,
    item: Annotated[str, typer.Argument(metavar="TITLE_OR_ID", help="A title, or the id of an item.")],
    k: K = 10,
    least: Least = False,
    titles: Titles = "main",
    json: Json = False,
    *,
    where: Filters,
) -> None:
    """List the items most similar to one item.

    Example: konomi similar-items model/ "Cowboy Bebop" -k 5 --type TV
    """
    found = load(model, titles).similar_items(item, k=k, least=least, where=where)
    asked = f"{found.query['title']} (id {found.query['item_id']})"
    heading = f"{'Least' if least else 'Most'} similar to {asked}:"
    show.answer(found, as_json=json, heading=heading, query={"where": as_query(where)})


def similar_users(
    model: Model,
    user_id: Annotated[str | None, typer.Argument(metavar="USER_ID", help="A user of the model.")] = None,
    *,
    new: NewPeople,
    k: K = 10,
    least: Least = False,
    why: Annotated[bool, typer.Option("--why", help="Compare the first of them with this person.")] = False,
    titles: Titles = "main",
    json: Json = False,
) -> None:
    """List the users most similar to one person.

    The person is a user of the model, the owner of a list, or a history of titles.

    Example: konomi similar-users model/ 352464 -k 5
    """
    recommender = load(model, titles)
    subjects = subjects_of(recommender, [] if user_id is None else [user_id], new, quiet=json)
    if len(subjects) != 1:
        raise ConfigError("similar to whom? Give one USER_ID, --list FILE or --like TITLE[=SCORE]")
    (subject,) = subjects
    found = recommender.similar_users(**subject.arguments(), k=k, least=least)
    compared = found.user_ids.tolist() if why else []
    shared = [recommender.compare_users(subject.person, other, k=5) for other in compared]
    heading = f"Users {'least' if least else 'most'} similar to {subject.name}:"
    rows = [{"comparison": comparison.to_dict()} for comparison in shared]
    show.answer(found, as_json=json, heading=heading, query=subject.query() | {"why": why}, rows=rows)
    if shared and not json:
        typer.echo(f"\n{subject.name[0].upper()}{subject.name[1:]} and user {compared[0]}:\n{shared[0]}")
