"""Every command, put together from those of the parts."""

from __future__ import annotations

import asyncio
from typing import Annotated

import orjson
import typer

from app import __version__
from app.accounts.command import register as register_accounts
from app.demo.command import register as register_demo
from app.migration import downgrade, upgrade
from app.oauth.command import register as register_applications
from app.settings import Settings
from app.simulator.command import register as register_simulator

cli = typer.Typer(
    name="spoolgraph",
    help="GraphQL server for 3D-print farms.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@cli.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_show_version)
    ] = False,
) -> None:
    """Settings are environment variables named SPOOLGRAPH_*."""


@cli.command("serve")
def serve_command() -> None:
    """Serve the farm of this database and connect to its printers."""
    from app.serving import serve

    serve()


@cli.command("migrate")
def migrate_command(
    revision: Annotated[
        str, typer.Argument(help="Where to go: head, base or a revision.")
    ] = "head",
    down: Annotated[bool, typer.Option("--down", help="Go down to the revision.")] = False,
) -> None:
    """Move the database to a schema revision."""
    settings = Settings.from_environment()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    move = downgrade if down else upgrade
    asyncio.run(move(settings.sqlalchemy_url, revision))
    typer.echo(f"The database is at revision {revision}.")


@cli.command("schema")
def schema_command() -> None:
    """Print the GraphQL schema (SDL)."""
    from schema import print_sdl

    typer.echo(print_sdl(), nl=False)


@cli.command("openapi")
def openapi_command(
    dialect: Annotated[
        str | None, typer.Option(help="Only this one: Bambuddy, Batchivo, Platform or Reference.")
    ] = None,
) -> None:
    """Print the OpenAPI document of the REST routes."""
    from rest_compat.openapi import document

    public_url = Settings.from_environment().public_url
    typer.echo(orjson.dumps(document(public_url, dialect), option=orjson.OPT_INDENT_2).decode())


register_accounts(cli)
register_applications(cli)
register_simulator(cli)
register_demo(cli)
