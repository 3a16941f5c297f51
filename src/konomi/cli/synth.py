"""`synth`: made-up ratings with planted tastes, for trials and measurements."""

from pathlib import Path
from typing import Annotated

import typer

from konomi.cli import show


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("synth")(synth)


def synth(
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="The .csv or .parquet file to write.")],
    users: Annotated[
        int | None, typer.Option("--users", metavar="N", help="Number of users.  [default: one for each 335 rows]")
    ] = None,
    items: Annotated[int, typer.Option("--items", metavar="N", help="Number of items.")] = 17_562,
    rows: Annotated[int, typer.Option("--rows", metavar="N", help="Number of rows.")] = 109_224_747,
    catalog: Annotated[
        Path | None, typer.Option("--catalog", metavar="FILE", help="Also write a catalog, .csv.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Seed of all random numbers.")] = 0,
) -> None:
    """Write made-up ratings of any size.

    The columns are those of the MyAnimeList dump of 2020. The defaults give its size.

    Example: konomi synth -o ratings.csv --rows 1000000 --catalog items.csv
    """
    from konomi.synthetic.ratings import synthesize

    with show.TerminalProgress() as progress:
        truth = synthesize(
            out, n_users=users, n_items=items, n_rows=rows, seed=seed, items_path=catalog, progress=progress
        )
    typer.echo(f"Wrote {truth.n_rows:,} rows of {truth.n_users:,} users on {truth.n_items:,} items to {out}.")
    with_items = f" --items {catalog}" if catalog else ""
    typer.echo(f"Next: konomi ingest {out}{with_items} -o data/")
