"""Write the reference pages of the documentation from the code: commands, settings, HTTP endpoints, decisions.

Run by `mkdocs build` through the plugin gen-files; nothing of these pages is stored in the repository.
"""

import inspect
from pathlib import Path
from typing import Any

import mkdocs_gen_files
import typer.main

DOCS = Path(__file__).parent


def main() -> None:
    pages = {
        "reference/commands.md": commands(),
        "reference/settings.md": settings(),
        "reference/http.md": endpoints(),
        "decisions/index.md": decisions(),
    }
    for name, text in pages.items():
        with mkdocs_gen_files.open(name, "w") as page:
            page.write(text)


def commands() -> str:
    """Every command with its arguments and options, as Typer knows them."""
    from konomi.cli.main import app

    group = typer.main.get_command(app)
    parts = ["# Commands", "", "`konomi COMMAND -h` prints the same.", ""]
    for name, command in sorted(group.commands.items()):  # type: ignore[attr-defined]
        usage = " ".join(command.collect_usage_pieces(command.make_context(name, [], resilient_parsing=True)))
        parts += [f"## konomi {name}", "", inspect.cleandoc(command.help or ""), "", f"`konomi {name} {usage}`", ""]
        rows = [_parameter(one) for one in command.params if not getattr(one, "hidden", False)]
        parts += ["| argument or option | default | what it does |", "|---|---|---|", *rows, ""]
    return "\n".join(parts)


def _parameter(parameter: Any) -> str:
    names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
    default = parameter.default if isinstance(parameter.default, str | int | float) else ""
    return f"| {names} | {_cell(default)} | {_cell(getattr(parameter, 'help', '') or '')} |"


def settings() -> str:
    """Every setting of every model: name, default, the values that it takes, and what it means."""
    from konomi.models import kinds
    from konomi.models.config import settings_table

    parts = [
        "# Settings of the models",
        "",
        "Give them as `konomi train --set NAME=VALUE`, or as `config={NAME: VALUE}` in Python. A preset is a set",
        "of values under one name (`--preset`). `konomi train --model NAME -h` prints the same.",
        "",
    ]
    for kind in kinds():
        parts += [f"## {kind.name}", "", kind.summary, ""]
        for preset, values in kind.presets.items():
            parts += [f"Preset `{preset}`: {', '.join(f'{key}={value}' for key, value in values.items())}.", ""]
        rows = settings_table(kind.config_type)
        if not rows:
            parts += ["It has no settings.", ""]
            continue
        parts += ["| setting | default | values | meaning |", "|---|---|---|---|"]
        parts += [f"| `{row.name}` | {row.default} | {row.allowed} | {_cell(row.text)} |" for row in rows]
        parts.append("")
    return "\n".join(parts)


def endpoints() -> str:
    """Every operation of the server, from the OpenAPI schema that it serves."""
    from konomi.server.app import create_app
    from konomi.server.settings import ServerSettings

    # The schema follows from the handlers alone, so no model is opened.
    application: Any = create_app(ServerSettings(model=Path("model")), holder=None)  # type: ignore[arg-type]
    described = application._inner.openapi_schema.to_schema()
    parts = ["# HTTP interface", "", "The server serves the full schema at `/api/schema/openapi.json`.", ""]
    for path, operations in sorted(described["paths"].items()):
        for method, operation in operations.items():
            parts += [f"## {method.upper()} {path}", "", operation.get("description") or operation["summary"], ""]
            parameters = operation.get("parameters", [])
            if parameters:
                parts += ["| parameter | where | meaning |", "|---|---|---|"]
                parts += [
                    f"| `{one['name']}` | {one['in']} | {_cell(one.get('description', ''))} |" for one in parameters
                ]
                parts.append("")
            answers = ", ".join(
                f"{status} {_cell(answer['description'])}"
                for status, answer in sorted(operation["responses"].items())
            )
            parts += [f"Answers: {answers}.", ""]
    return "\n".join(parts)


def decisions() -> str:
    """An index of the decision records, by their headings."""
    parts = ["# Decisions", "", "Why things are as they are. A decision that is changed says what replaced it.", ""]
    for path in sorted((DOCS / "decisions").glob("[0-9]*.md")):
        heading = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        parts.append(f"- [{heading}]({path.name})")
    return "\n".join(parts) + "\n"


def _cell(value: Any) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")


main()
