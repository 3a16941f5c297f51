"""`demo`: each step once, on simulated data."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from konomi.cli import show


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("demo")(demo)


def demo(
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="The folder to write.")] = Path(
        "konomi-demo"
    ),
    serve: Annotated[bool, typer.Option("--serve", help="Serve the page at the end.")] = False,
) -> None:
    """Read, train and ask once, on simulated viewers.

    The catalog is of well-known titles. The viewers and their ratings are simulated.

    Example: konomi demo --out try-it/
    """
    import konomi
    from konomi.formats import report_lines
    from konomi.storage.folder import plain_folder
    from konomi.synthetic.demo import write_demo_files

    plain_folder(out)
    files = write_demo_files(out)
    data, model = out / "data", out / "model"
    with show.TerminalProgress() as progress:
        typer.echo("1. Reading the ratings of simulated viewers of well-known titles\n")
        dataset = konomi.ingest(files.ratings, items=files.items, out=data, progress=progress)
        for line in report_lines(dataset.report):
            typer.echo(f"   {line}")
        typer.echo("\n2. Training\n")
        recommender = konomi.train(data, out=model, progress=progress)
    about = recommender.artifact.about
    typer.echo(f"   {about['model']} on {about['data']['n_rows']:,} ratings")
    for figure, value in about["figures"].items():
        typer.echo(f"   {figure}: {value:.4g}" if isinstance(value, float) else f"   {figure}: {value}")
    user = 7  # a viewer with a list of usual length
    typer.echo('\n3. Titles similar to "Dragon Ball Z"\n')
    typer.echo(str(recommender.similar_items("Dragon Ball Z", k=5)))
    typer.echo(f"\n4. Viewers similar to viewer {user}\n")
    typer.echo(str(recommender.similar_users(user, k=5)))
    typer.echo(f"\n5. Ten recommendations for viewer {user}, with reasons\n")
    typer.echo(str(recommender.recommend(user, k=10, explain=True)))
    typer.echo("\nNow try:")
    for command in (
        f'similar-items {model} "Death Note"',
        f'recommend {model} --like "Monster=10" --like "Mushishi=9" --why',
        f"recommend {model} --user {user} --by users",
        f"serve {model}",
    ):
        typer.echo(f"  konomi {command}")
    if serve:
        # In a new process, because the server sets the number of threads before it imports the kernels.
        sys.stdout.flush()
        os.execv(sys.executable, [sys.executable, "-m", "konomi", "serve", str(model)])
