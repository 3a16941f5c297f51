"""`synth`: ratings with planted tastes, to try and to measure with."""

from pathlib import Path
from typing import Annotated

import typer

from konomi.cli import show


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("synth")(synth)


def synth(
    out: Annotated[Path, typer.Option("-o", "--out", help="The file to write: .csv or .parquet.")],
    users: Annotated[
        int | None,
        typer.Option("--users", help="How many users [default: one for each 335 rows]", show_default=False),
    ] = None,
    items: Annotated[int, typer.Option("--items", help="How many items.")] = 17_562,
    rows: Annotated[int, typer.Option("--rows", help="How many rows.")] = 109_224_747,
    catalog: Annotated[
        Path | None, typer.Option("--catalog", help="Also write a catalog, .csv.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed of all that is random.")] = 0,
) -> None:
    """Write made-up ratings in the columns of the MyAnimeList dump, at its size or any other.

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
