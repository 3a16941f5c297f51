"""`evaluate` and `tune`: how good models are on held-out people, and which settings are best."""

import json as json_module
from pathlib import Path
from typing import Annotated, Any

import typer

from konomi.cli import show
from konomi.errors import ConfigError


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("evaluate")(evaluate)
    app.command("tune")(tune)


def evaluate(
    dataset: Annotated[Path, typer.Argument(help="A dataset folder made by `konomi ingest`.")],
    models: Annotated[str, typer.Option("--models", help="Names, with commas between.")] = "linear,popularity",
    tuned: Annotated[
        list[Path],
        typer.Option("--tuned", help="Also a model with the settings that `tune` found; may be repeated."),
    ] = [],  # noqa: B006 - Typer reads the default, nobody changes it
    targets: Annotated[str, typer.Option("--targets", help="watched or liked.")] = "watched",
    split: Annotated[
        str, typer.Option("--split", help="strong holds people out whole, weak hides a part of everybody.")
    ] = "strong",
    pairs: Annotated[
        Path | None,
        typer.Option("--pairs", help="Item pairs that people find alike (two ids, votes).", show_default=False),
    ] = None,
    related: Annotated[
        Path | None,
        typer.Option("--related", help="Pairs of one franchise, to tell sequels apart.", show_default=False),
    ] = None,
    twins: Annotated[bool, typer.Option("--twins", help="Also measure similarity of users.")] = False,
    seed: Annotated[int, typer.Option("--seed", help="Which people are held out.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="A folder for the JSON and the HTML page.", show_default=False),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """How good models are at finding what held-out people watched or liked.

    Example: konomi evaluate data/ --models linear,item-knn,popularity -o report/
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
            targets=_one_of("targets", targets, "watched", "liked"),  # type: ignore[arg-type]
            split=_one_of("split", split, "strong", "weak"),  # type: ignore[arg-type]
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
    dataset: Annotated[Path, typer.Argument(help="A dataset folder made by `konomi ingest`.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The folder of the search; one found there goes on.")],
    model: Annotated[str, typer.Option("--model", help="The model whose settings are searched.")] = "linear",
    trials: Annotated[
        int | None, typer.Option("--trials", help="Stop after so many trials in all.", show_default=False)
    ] = None,
    minutes: Annotated[
        float | None, typer.Option("--minutes", help="Begin no trial after so long.", show_default=False)
    ] = None,
    targets: Annotated[str, typer.Option("--targets", help="watched or liked.")] = "watched",
    seed: Annotated[int, typer.Option("--seed", help="Which people are held out.")] = 0,
) -> None:
    """Search a model's settings on validation people, none of whom `evaluate` measures with the same seed.

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
            targets=_one_of("targets", targets, "watched", "liked"),  # type: ignore[arg-type]
            seed=seed,
            progress=progress,
        )
    typer.echo(
        f"Best of {found.trials} trials: {found.metric} {found.score:.4f} on the validation people of seed {seed}"
    )
    for key, value in found.config.items():
        typer.echo(f"  {key}: {value}")
    typer.echo(f"Next: konomi train {dataset} -o model/ --config {out / RESULT}")


def _one_of(option: str, given: str, *allowed: str) -> str:
    if given not in allowed:
        raise ConfigError(f"--{option} {given} is not among the choices: {', '.join(allowed)}")
    return given
