"""`serve`: the page and the HTTP interface of a model."""

import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from konomi.cli.options import Model


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("serve")(serve)


def serve(
    model: Model,
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="PORT", help="The port; 0 means any free one.")] = 8000,
    token: Annotated[
        str | None,
        typer.Option(
            "--token",
            metavar="TOKEN",
            envvar="KONOMI_TOKEN",
            show_envvar=True,
            help="Secret that clients send to ask about users; required unless only this machine can connect.",
        ),
    ] = None,
    reload: Annotated[bool, typer.Option("--reload", help="Load the model again when its folder changes.")] = False,
    workers: Annotated[int, typer.Option("--workers", metavar="N", help="The number of worker processes.")] = 1,
) -> None:
    """Serve the page and the HTTP interface of a model.

    Ctrl-C and SIGTERM finish the open requests and stop the server. SIGHUP loads the model again.

    Example: konomi serve model/ --port 8000
    """
    run(model, host=host, port=port, token=token, reload=reload, workers=workers)


def run(
    model: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    token: str | None = None,
    reload: bool = False,
    workers: int = 1,
) -> None:
    """Serve a model until a signal stops the server. Raises ConfigError, ArtifactError."""
    # The server answers requests in parallel threads. A kernel that starts more threads for the 200 rows of one
    # person waits ten times longer for them than it computes. Numba reads this when the kernels are first imported.
    os.environ.setdefault("NUMBA_NUM_THREADS", "1")
    from konomi.server.running import serve as listen
    from konomi.server.settings import ServerSettings
    from konomi.storage.kind import MODEL

    settings = ServerSettings(model=model, host=host, port=port, token=token, reload=reload, workers=workers)
    MODEL.read(model)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="konomi: %(message)s")
    logging.getLogger("konomi.server").setLevel(logging.INFO)

    def ready(open_port: int) -> None:
        shown = f"[{host}]" if ":" in host else host
        typer.echo(f"Open http://{shown}:{open_port}/ (Ctrl-C stops)")

    listen(settings, ready=ready)
