"""`recommend`: what a person, several people together, or every user may like next."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from konomi.answers.choices import By, Combine, FranchiseRule, PartOfList
from konomi.cli import show
from konomi.cli.options import Json, K, Model, Titles, as_query, load, with_groups
from konomi.cli.subjects import NewPeople, Subject, subjects_of
from konomi.data.filters import Filters
from konomi.errors import ConfigError

# Typer has lists of enumerations, but not of literals.
Part = StrEnum("Part", {part: part for part in get_args(PartOfList)})  # type: ignore[misc]


@dataclass(frozen=True)
class Order:
    """The options that decide how items are ranked for one person."""

    by: Annotated[By, typer.Option("--by", help="Score by the model, by similar users, or by similar items.")] = (
        "model"
    )
    niche: Annotated[
        float, typer.Option("--niche", metavar="NUMBER", help="From -1, popular titles, to 1, little known ones.")
    ] = 0.0
    variety: Annotated[
        float, typer.Option("--variety", metavar="NUMBER", help="From 0 to 1: how different the titles are.")
    ] = 0.0
    franchise: Annotated[
        FranchiseRule,
        typer.Option(
            "--franchise",
            help="all: every title; once: one of each franchise; next: first parts and next parts; "
            "none: franchises not begun.",
        ),
    ] = "all"


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("recommend")(with_groups(recommend))


def recommend(
    model: Model,
    user: Annotated[
        list[str], typer.Option("--user", metavar="USER_ID", help="A user of the model; may be repeated.")
    ] = [],  # noqa: B006 - only read
    *,
    new: NewPeople,
    k: K = 10,
    order: Order,
    why: Annotated[bool, typer.Option("--why", help="Show the titles that each score comes from.")] = False,
    include: Annotated[
        list[Part],
        typer.Option(
            "--include", metavar="PART", help="Also titles of the list: seen, planned or dropped; may be repeated."
        ),
    ] = [],  # noqa: B006
    planned: Annotated[
        bool, typer.Option("--planned", help="Rank the titles that the person plans to watch instead.")
    ] = False,
    every_user: Annotated[bool, typer.Option("--all", help="All users of the model; needs -o.")] = False,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="With --all: the .parquet file.")
    ] = None,
    together: Annotated[
        Combine,
        typer.Option("--together", help="For several people: rank by the lowest of their scores, or the average."),
    ] = "least",
    titles: Titles = "main",
    json: Json = False,
    where: Filters,
) -> None:
    """List what a person may like next.

    The person is a user of the model, the owner of a list, or a history of titles. Several --user and --list are
    several people who want to watch together.

    Example: konomi recommend model/ --like "Monster=10" --like Mushishi --why
    """
    recommender = load(model, titles)
    if every_user or out is not None:
        if out is None or not every_user or user or new.list_file or new.like:
            raise ConfigError("--all and -o FILE.parquet go together, and with no --user, --list or --like")
        _for_every_user(recommender, out, k, where)
        return
    subjects = subjects_of(recommender, user, new, quiet=json)
    if not subjects or (new.like and len(subjects) > 1):
        raise ConfigError("for whom? Give --user ID, --list FILE or --like TITLE[=SCORE], and only one kind")
    exclude = tuple(part for part in get_args(PartOfList) if part not in include)
    asked: dict[str, Any] = {"include": include, "planned": planned, "why": why, "where": as_query(where)}
    if len(subjects) > 1:
        people = [one.person for one in subjects]
        found = recommender.recommend_together(people, k=k, how=together, where=where, exclude=exclude, explain=why)
        *others, last = (one.name for one in subjects)
        whose = f"For {', '.join(others)} and {last} together"
        asked["people"] = [known | one.query() for known, one in zip(found.query["people"], subjects, strict=True)]
    else:
        (subject,) = subjects
        asked |= subject.query()
        if planned:
            if new.like:
                raise ConfigError("--planned needs a --user or a --list that has a plan to watch")
            found = recommender.rank(_planned(recommender, subject), **subject.arguments(), explain=why)
        else:
            found = recommender.recommend(
                **subject.arguments(), k=k, where=where, exclude=exclude, explain=why, **vars(order)
            )
        whose = f"{'Planned by' if planned else 'For'} {subject.name}"
    show.answer(found, as_json=json, heading=f"{whose}:", query=asked)


def _for_every_user(recommender: Any, out: Path, k: int, where: Filters) -> None:
    from konomi.answers.batch import recommend_all

    with show.TerminalProgress() as progress:
        n_rows = recommend_all(recommender, out, k=k, where=where, progress=progress)
    typer.echo(f"Wrote {n_rows:,} recommendations for {recommender.ratings.n_users:,} users to {out}")


def _planned(recommender: Any, subject: Subject) -> list[Any]:
    """The ids of the items that a person plans to watch. Raises ConfigError if there are none."""
    from konomi.data.ratings import Status

    history = subject.person
    if subject.rows is None:
        history = recommender.ratings.history(recommender.ratings.users.index_of(subject.person))
    planned = history.item_index[history.status == Status.PLANNED]
    if len(planned) == 0:
        raise ConfigError("nothing on this list is planned: leave out --planned")
    return list(recommender.catalog.items.ids[planned].tolist())
