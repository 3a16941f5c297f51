"""`update` and `forget`: users in and out of models and datasets."""

from pathlib import Path
from typing import Annotated

import typer

from konomi.cli import show


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("update")(update)
    app.command("forget")(forget)


def update(
    model: Annotated[Path, typer.Argument(help="A model folder.", show_default=False)],
    add: Annotated[
        list[Path],
        typer.Option("--add", help="Ratings of users who are new or have more ratings; may be repeated."),
    ] = [],  # noqa: B006
    forget: Annotated[
        list[str],
        typer.Option("--forget", metavar="USER_ID", help="A user who leaves the model alone; may be repeated."),
    ] = [],  # noqa: B006
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Write the changed model here instead.", show_default=False)
    ] = None,
) -> None:
    """Add users to a model, give them more ratings, or take them out of it.

    The model then is, byte for byte, the one that training on the changed ratings gives. The linear model keeps its
    counts and changes them; any other model is trained again. The dataset that the model was trained from stays as
    it is: `konomi forget` takes users out of both.

    Example: konomi update model/ --add new.csv
    """
    from konomi.update import update as change

    with show.TerminalProgress() as progress:
        done = change(model, add=add, forget=forget, out=out, progress=progress)
    typer.echo(f"Added {done.n_added:,}, changed {done.n_changed:,}, forgot {done.n_forgotten:,}: {out or model}")
    for note in done.notes:
        typer.echo(f"Note: {note}")


def forget(
    user: Annotated[str, typer.Argument(metavar="USER_ID", help="The user to forget.", show_default=False)],
    folders: Annotated[
        list[Path],
        typer.Argument(
            metavar="MODEL DATASET", help="Model and dataset folders, in any order.", show_default=False
        ),
    ],
    more: Annotated[
        list[str], typer.Option("--user", metavar="USER_ID", help="One more user to forget; may be repeated.")
    ] = [],  # noqa: B006
    prove: Annotated[
        bool,
        typer.Option(
            "--prove",
            help="Train again without the users, compare every array, and look for their ids in all files.",
        ),
    ] = False,
) -> None:
    """Forget a user in a model and in the dataset it was trained from.

    The arrays then are, byte for byte, those that ingest and training give without the user's lines.

    Example: konomi forget 352464 model/ data/ --prove
    """
    import konomi

    with show.TerminalProgress() as progress:
        done = konomi.forget([user, *more], folders, prove=prove, progress=progress)
    for folder, n_users in done.n_users.items():
        typer.echo(f"Forgot {n_users:,} {'user' if n_users == 1 else 'users'} in {folder}.")
    for note in done.notes:
        typer.echo(f"Note: {note}")
    if done.proof is not None:
        typer.echo(str(done.proof))
