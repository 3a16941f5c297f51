"""The `konomi` command: its subcommands, and what becomes of errors (exit codes 0, 1, 2, 129, 130, 143)."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress

import typer

from konomi.cli import ask, data, demo, draw, learn, measure, people, serve, synth
from konomi.cli.stopping import STOPPED, orderly_end
from konomi.cli.terminal import shown_streams
from konomi.errors import KonomiError

app = typer.Typer(
    name="konomi",
    help="Ratings in; similar items, people of like taste, and what to watch next out.\n\nStart with: konomi demo",
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for module in (demo, data, synth, learn, people, ask, draw, measure, serve):
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
    """Run one command and leave the process: 0 done, 2 wrong input or question, 128 + n stopped by signal n.

    Anything else that goes wrong is a fault of konomi's and shows its traceback, exit code 1.
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
            # The reader of our output went away (`konomi ... | head`): no error of anybody's.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)


def _stop(message: str, code: int) -> None:
    with suppress(OSError):  # a terminal that is gone
        typer.echo(f"konomi: {message}", err=True)
    sys.exit(code)
