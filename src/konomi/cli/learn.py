"""`train`: a dataset in, a model out."""

import json as json_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from konomi.cli import show
from konomi.errors import ConfigError


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("train", cls=_TrainCommand)(train)


class _TrainCommand(TyperCommand):
    """`train -h` ends with the list of models; `train --model NAME -h` with the settings of that model."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        super().format_help(ctx, formatter)
        from konomi.models import by_name, kinds
        from konomi.models.config import settings_table

        name = ctx.params.get("model")
        if name is None:
            with formatter.section("Models (`konomi train --model NAME -h` lists the settings of one)"):
                formatter.write_dl([(kind.name, kind.summary) for kind in kinds()])
            return
        kind = by_name(name)
        rows = [
            (f"{row.name}={row.default}", f"{row.text} ({row.allowed})") for row in settings_table(kind.config_type)
        ]
        presets = [
            (f"--preset {preset}", " ".join(f"{key}={value}" for key, value in values.items()))
            for preset, values in kind.presets.items()
        ]
        with formatter.section(f"Settings of {name} (--set NAME=VALUE)"):
            formatter.write_dl(rows or [("none", "")])
        if presets:
            with formatter.section("Presets"):
                formatter.write_dl(presets)


def train(
    dataset: Annotated[Path, typer.Argument(help="A dataset folder made by `konomi ingest`.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The model folder to write.")],
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            help="The model, see below; without it linear, or spectral where that does not fit into memory.",
            show_default=False,
            is_eager=True,  # so that `--model NAME -h` knows the name
        ),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option("--preset", help="Settings with a name, such as notebook.", show_default=False),
    ] = None,
    set: Annotated[  # noqa: A002
        list[str], typer.Option("--set", metavar="KEY=VALUE", help="A setting of the model; may be repeated.")
    ] = [],  # noqa: B006
    config: Annotated[
        Path | None, typer.Option("--config", help="Settings in a JSON file, as `tune` writes.", show_default=False)
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Seed of all that is random.", show_default=False)
    ] = None,
) -> None:
    """Train a model. After an interruption the same command continues, if the model keeps checkpoints.
    A network writes one line per epoch to standard error: the learning rate, and loss, mae and mse of training and
    validation.

    Example: konomi train data/ -o model/ --model neural --preset notebook
    """
    import konomi

    settings: dict[str, Any] = {}
    if config is not None:
        named, settings = _read_config(config)
        if model is not None and named is not None and named != model:
            raise ConfigError(
                f"{config} holds settings of {named}, not of {model}: leave out --model, or give another file"
            )
        model = model or named
    for one in set:
        key, equals, value = one.partition("=")
        if not equals:
            raise ConfigError(f'--set "{one}" has no value: write --set {one}=VALUE')
        settings[key.strip()] = value
    with show.TerminalProgress() as progress:
        recommender = konomi.train(
            dataset, model=model, out=out, preset=preset, config=settings, seed=seed, progress=progress
        )
    name, about = recommender.model.name, recommender.artifact.about
    data = about["data"]
    typer.echo(
        f"Trained {name} on {data['n_rows']:,} ratings of {data['n_users']:,} users and {data['n_items']:,} items."
    )
    if details := recommender.model.details():
        typer.echo(details)
    for figure, value in about["figures"].items():
        typer.echo(f"  {figure}: {value:.6g}" if isinstance(value, float) else f"  {figure}: {value}")
    typer.echo(f"Stored in {out}. Next: konomi similar-items {out} TITLE")


def _read_config(path: Path) -> tuple[str | None, dict[str, Any]]:
    """The model's name (None if the file does not say) and its settings."""
    try:
        held = json_module.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{path} is no JSON ({error}): give a file that `konomi tune` wrote") from error
    if not isinstance(held, dict):
        raise ConfigError(f"{path} holds no JSON object: give a file that `konomi tune` wrote")
    if isinstance(held.get("config"), dict):
        return held.get("model"), dict(held["config"])
    return None, held
