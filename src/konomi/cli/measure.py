"""`evaluate`: how good models are on held-out people."""

import typer


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
