"""`demo`: everything once, on data that konomi makes itself."""

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
    out: Annotated[Path, typer.Option("--out", help="Where to put its files.")] = Path("konomi-demo"),
    serve: Annotated[bool, typer.Option("--serve", help="Then open the page.")] = False,
) -> None:
    """Read, train and ask once, on a catalog of well-known titles and simulated viewers.

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
        typer.echo("1. Reading the ratings of simulated viewers (nobody real) of a hand-written catalog\n")
        dataset = konomi.ingest(files.ratings, items=files.items, out=data, progress=progress)
        for line in report_lines(dataset.report):
            typer.echo(f"   {line}")
        typer.echo("\n2. Training\n")
        recommender = konomi.train(data, out=model, progress=progress)
    about = recommender.artifact.about
    typer.echo(f"   {about['model']} on {about['data']['n_rows']:,} ratings")
    for figure, value in about["figures"].items():
        typer.echo(f"   {figure}: {value:.4g}" if isinstance(value, float) else f"   {figure}: {value}")
    user = 7  # an ordinary viewer, neither new nor one who has seen everything
    typer.echo('\n3. Titles like "Dragon Ball Z"\n')
    typer.echo(str(recommender.similar_items("Dragon Ball Z", k=5)))
    typer.echo(f"\n4. Simulated viewers like viewer {user}\n")
    typer.echo(str(recommender.similar_users(user, k=5)))
    typer.echo(f"\n5. Ten recommendations for viewer {user}, and why\n")
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
        # A process of its own: the server sets up its threads before anything is imported.
        sys.stdout.flush()
        os.execv(sys.executable, [sys.executable, "-m", "konomi", "serve", str(model)])
