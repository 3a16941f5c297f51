"""`evaluate` and `tune`: the quality of models on held-out users, and the settings with the best quality."""

import json as json_module
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from konomi.cli import show
from konomi.cli.options import Json

# The choices of konomi.evaluation.splits, which is not imported here, so that the command line starts fast.
Targets = Annotated[
    Literal["watched", "liked"], typer.Option("--targets", help="The titles of held-out users to find.")
]
Split = Literal["strong", "weak"]
DatasetFolder = Annotated[
    Path, typer.Argument(metavar="DATASET", help="A dataset folder written by `konomi ingest`.")
]
Seed = Annotated[int, typer.Option("--seed", metavar="N", help="Seed of the choice of held-out users.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("evaluate")(evaluate)
    app.command("tune")(tune)


def evaluate(
    dataset: DatasetFolder,
    models: Annotated[
        str, typer.Option("--models", metavar="NAMES", help="The models, separated by commas.")
    ] = "linear,popularity",
    tuned: Annotated[
        list[Path],
        typer.Option(
            "--tuned", metavar="FILE", help="Also a model with settings found by `tune`; may be repeated."
        ),
    ] = [],  # noqa: B006 - only read
    targets: Targets = "watched",
    split: Annotated[
        Split,
        typer.Option("--split", help="strong: train without the test users; weak: train on a part of each list."),
    ] = "strong",
    pairs: Annotated[
        Path | None, typer.Option("--pairs", metavar="FILE", help="Also measure similar items: two ids and votes.")
    ] = None,
    related: Annotated[
        Path | None, typer.Option("--related", metavar="FILE", help="Pairs of one franchise, not the catalog's.")
    ] = None,
    twins: Annotated[bool, typer.Option("--twins", help="Also measure similar users.")] = False,
    seed: Seed = 0,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FOLDER", help="Write JSON and an HTML page.")
    ] = None,
    json: Json = False,
) -> None:
    """Measure how well models find what users watched or liked.

    Example: konomi evaluate data/ --models linear,popularity -o report/
    """
    from konomi import evaluation
    from konomi.data.dataset import Dataset
    from konomi.evaluation.report import as_json, text_table, write_html
    from konomi.evaluation.tuning import read_tuned
    from konomi.storage.apart import require_apart
    from konomi.storage.file import whole_file
    from konomi.storage.folder import plain_folder

    data = Dataset.open(dataset)
    items = data.catalog.items
    entrants: list[Any] = [name.strip() for name in models.split(",") if name.strip()]
    entrants += [read_tuned(path).entrant() for path in tuned]
    if out is not None:
        plain_folder(out)
        require_apart(
            [out / "evaluation.json", out / "evaluation.html"],
            [*tuned, *(path for path in (pairs, related) if path is not None)],
        )
    with show.TerminalProgress() as progress:
        found = evaluation.evaluate(
            data,
            entrants,
            targets=targets,
            split=split,
            seed=seed,
            pairs=evaluation.read_pairs(pairs, items) if pairs else None,
            franchise=evaluation.franchises_from(evaluation.read_pairs(related, items, min_votes=0))
            if related
            else None,
            twins=twins,
            progress=progress,
        )
    report = as_json(found)
    if out is not None:
        with whole_file(out / "evaluation.json") as new:
            new.write_text(json_module.dumps(report, indent=1, ensure_ascii=False), encoding="utf-8")
        write_html(found, out / "evaluation.html")
    if json:
        show.json_object(report)
        return
    typer.echo(text_table(found))
    if out is not None:
        typer.echo(f"\nWritten: {out / 'evaluation.json'}, {out / 'evaluation.html'}")


def tune(
    dataset: DatasetFolder,
    out: Annotated[
        Path,
        typer.Option("-o", "--out", metavar="FOLDER", help="The folder of the search; a search in it continues."),
    ],
    model: Annotated[str, typer.Option("--model", metavar="NAME", help="The model to tune.")] = "linear",
    trials: Annotated[int | None, typer.Option("--trials", metavar="N", help="The total number of trials.")] = None,
    minutes: Annotated[
        float | None, typer.Option("--minutes", metavar="N", help="Begin no trial after this time.")
    ] = None,
    targets: Targets = "watched",
    seed: Seed = 0,
) -> None:
    """Search the best settings of a model on validation users.

    With the same seed, `evaluate` measures none of these users.

    Example: konomi tune data/ -o tuned/ --model linear --trials 20
    """
    from konomi.data.dataset import Dataset
    from konomi.evaluation.tuning import RESULT
    from konomi.evaluation.tuning import tune as search

    with show.TerminalProgress() as progress:
        found = search(
            Dataset.open(dataset),
            model,
            out=out,
            trials=trials,
            minutes=minutes,
            targets=targets,
            seed=seed,
            progress=progress,
        )
    typer.echo(
        f"Best of {found.trials} trials: {found.metric} {found.score:.4f} on the validation users of seed {seed}"
    )
    for key, value in found.config.items():
        typer.echo(f"  {key}: {value}")
    typer.echo(f"Next: konomi train {dataset} -o model/ --config {out / RESULT}")
