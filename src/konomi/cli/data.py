"""`ingest`, `info`, `verify`, `doctor`: read data, describe and check folders, check this machine."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from konomi.cli import show
from konomi.errors import KonomiError

# konomi.formats.finding.FORMATS, which is not imported here, so that the command line starts fast.
Format = Literal["auto", "mal", "movielens", "table"]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("ingest")(ingest)
    app.command("info")(info)
    app.command("verify")(verify)
    app.command("doctor")(doctor)


def ingest(
    ratings: Annotated[
        list[Path], typer.Argument(metavar="FILES", help="Rating files: .csv, .dat, .data, .parquet, .gz, .zip.")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FOLDER", help="The dataset folder to write.")],
    items: Annotated[Path | None, typer.Option("--items", metavar="FILE", help="The catalog.")] = None,
    synopsis: Annotated[Path | None, typer.Option("--synopsis", metavar="FILE", help="The synopses.")] = None,
    relations: Annotated[
        Path | None,
        typer.Option("--relations", metavar="FILE", help="Related items: sequels, side stories and so on."),
    ] = None,
    format: Annotated[  # noqa: A002
        Format, typer.Option("--format", help="The format of the files; auto detects it.")
    ] = "auto",
    min_ratings: Annotated[
        int, typer.Option("--min-ratings", metavar="N", help="Leave out users with fewer rows.")
    ] = 1,
    keep_bots: Annotated[bool, typer.Option("--keep-bots", help="Keep lists that look made by a script.")] = False,
) -> None:
    """Read ratings and a catalog into a dataset folder.

    Example: konomi ingest animelist.csv --items anime.csv -o data/
    """
    import konomi
    from konomi.formats import report_lines

    with show.TerminalProgress() as progress:
        dataset = konomi.ingest(
            ratings,
            items=items,
            synopsis=synopsis,
            relations=relations,
            out=out,
            format=format,
            min_ratings=min_ratings,
            keep_bots=keep_bots,
            progress=progress,
        )
    for line in report_lines(dataset.report):
        typer.echo(line)
    typer.echo(f"Stored in {out}. Next: konomi train {out} -o model/")


def info(
    path: Annotated[Path, typer.Argument(metavar="FOLDER", help="A dataset or model folder.")],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print what a dataset or a model holds.

    Example: konomi info model/
    """
    from konomi.storage.kind import kind_of

    about = kind_of(path).read(path)
    if json:
        show.json_object(about)
        return
    for line in _lines(about):
        typer.echo(line)


def verify(
    path: Annotated[Path, typer.Argument(metavar="FOLDER", help="A dataset, model or checkpoint folder.")],
) -> None:
    """Compare the files of a folder with their digests.

    The digests were stored when the folder was written. Each file that differs is named.

    Example: konomi verify model/
    """
    import konomi
    from konomi.storage.kind import CHECKPOINT, DATASET, kind_of

    kind = kind_of(path)
    n_files = kind.verify(path)
    if kind == DATASET:
        konomi.Dataset.open(path)
    elif kind != CHECKPOINT:
        konomi.load(path)
    typer.echo(f"{path} is a {kind.format} as it was written: {n_files} files, every digest fits")


def doctor() -> None:
    """Check that this machine can run konomi, and how fast.

    Example: konomi doctor
    """
    from konomi.cli.checks import run_checks

    failed = 0
    for check in run_checks():
        typer.echo(f"{'ok  ' if check.passed else 'FAIL'}  {check.name:<18} {check.found}")
        failed += not check.passed
    if failed:
        raise KonomiError(f"{failed} of the checks above failed; each line says what to do")


def _lines(value: dict[str, Any], indent: str = "") -> list[str]:
    """The values as indented lines of text, without the list of files and arrays."""
    lines = []
    for key, inner in value.items():
        if key in ("arrays", "files", "checksum"):
            continue
        if isinstance(inner, dict) and inner:
            lines += [f"{indent}{key}:", *_lines(inner, indent + "  ")]
        elif isinstance(inner, list) and inner and all(isinstance(one, dict) for one in inner):
            lines.append(f"{indent}{key}:")
            for one in inner:
                lines.append(f"{indent}  - " + ", ".join(f"{k} {v}" for k, v in one.items()))
        else:
            shown = f"{inner:,}" if isinstance(inner, int) and not isinstance(inner, bool) else inner
            lines.append(f"{indent}{key}: {shown}")
    return lines
