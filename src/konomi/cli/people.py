"""`update` and `forget`: add users to models, and remove them from models and datasets."""

from pathlib import Path
from typing import Annotated

import typer

from konomi.cli import show
from konomi.cli.options import Model


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("update")(update)
    app.command("forget")(forget)


def update(
    model: Model,
    add: Annotated[
        list[Path],
        typer.Option("--add", metavar="FILE", help="Ratings of new users, or more of known ones; may be repeated."),
    ] = [],  # noqa: B006 - only read
    forget: Annotated[
        list[str],
        typer.Option("--forget", metavar="USER_ID", help="A user to remove from the model only; may be repeated."),
    ] = [],  # noqa: B006
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FOLDER", help="Write the changed model here instead.")
    ] = None,
) -> None:
    """Add users or ratings to a model, or remove users.

    The changed model equals, byte for byte, a model trained on the changed ratings. The linear model updates its
    counts; any other model is trained again. The dataset of the model is not changed: `konomi forget` removes users
    from both.

    Example: konomi update model/ --add new.csv
    """
    from konomi.update import update as change

    with show.TerminalProgress() as progress:
        done = change(model, add=add, forget=forget, out=out, progress=progress)
    typer.echo(f"Added {done.n_added:,}, changed {done.n_changed:,}, forgot {done.n_forgotten:,}: {out or model}")
    for note in done.notes:
        typer.echo(f"Note: {note}")


def forget(
    user: Annotated[str, typer.Argument(metavar="USER_ID", help="The user to forget.")],
    folders: Annotated[
        list[Path], typer.Argument(metavar="MODEL DATASET", help="Model and dataset folders, in any order.")
    ],
    more: Annotated[
        list[str], typer.Option("--user", metavar="USER_ID", help="One more user to forget; may be repeated.")
    ] = [],  # noqa: B006
    prove: Annotated[
        bool,
        typer.Option(
            "--prove",
            help="Train again without the users, compare every array, and search all files for their ids.",
        ),
    ] = False,
) -> None:
    """Remove users from models and their datasets.

    The changed arrays equal, byte for byte, those of ingest and training without the users' lines.

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
