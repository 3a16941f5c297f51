"""The `konomi` command: its subcommands and its exit codes (0, 1, 2, 129, 130, 143)."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress

import typer

from konomi.cli import data, demo, draw, learn, measure, people, recommend, serve, similar, synth
from konomi.cli.stopping import STOPPED, orderly_end
from konomi.cli.terminal import shown_streams
from konomi.errors import KonomiError

app = typer.Typer(
    name="konomi",
    help="A recommender: similar items, similar users, and what to watch next.\n\nStart with: konomi demo",
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for module in (demo, data, synth, learn, people, similar, recommend, draw, measure, serve):
    module.add_to(app)


@app.callback(invoke_without_command=True)
def _version(
    version: bool = typer.Option(False, "--version", help="Print the version and stop."),
) -> None:
    if version:
        import konomi

        typer.echo(f"konomi {konomi.__version__}")
        raise typer.Exit


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit: with 0 if it succeeds, 2 for a wrong input or question, 128 + n after signal n.

    Any other error is a bug in konomi: it shows a traceback and exits with 1.
    """
    with shown_streams(), orderly_end():
        try:
            app(args=None if arguments is None else list(arguments))
        except KonomiError as error:
            _stop(str(error), 2)
        except SystemExit as end:
            if end.code in STOPPED:
                _stop("stopped; what was there before is unchanged", end.code)
            raise
        except BrokenPipeError:
            # The reader of the output has closed it, as in `konomi ... | head`, which is not an error.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)


def _stop(message: str, code: int) -> None:
    with suppress(OSError):  # the terminal may be closed
        typer.echo(f"konomi: {message}", err=True)
    sys.exit(code)
