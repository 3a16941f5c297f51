"""`serve`: the page and the HTTP interface of a model."""

import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("serve")(serve)


def serve(
    model: Annotated[Path, typer.Argument(help="A model folder made by `konomi train`.", show_default=False)],
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="The port; 0 takes a free one.")] = 8000,
    token: Annotated[
        str | None,
        typer.Option(
            "--token",
            envvar="KONOMI_TOKEN",
            show_envvar=True,
            help="What clients must send to ask about users; required beyond this machine.",
            show_default=False,
        ),
    ] = None,
    reload: Annotated[bool, typer.Option("--reload", help="Take up a new artifact when one stands there.")] = False,
    workers: Annotated[int, typer.Option("--workers", help="Worker processes.")] = 1,
) -> None:
    """Open the page and answer over HTTP, until Ctrl-C.

    SIGHUP takes up a new artifact, SIGTERM finishes what is under way.

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
    """Serve a model until told to stop. Raises ConfigError, ArtifactError."""
    # Answers run side by side in threads of their own; a kernel that starts more for one person's 200 rows spends
    # ten times as long waiting for them as adding. Read when the kernels are first imported, so this comes before.
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
