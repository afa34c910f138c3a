"""`spoolgraph oauth-client`. Works while a server runs."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from app.accounts.command import viewer_of, with_database
from app.database import EVERY_TEAM, Database
from app.errors import NotFound
from app.oauth import clients
from app.oauth.clients import NewClient

applications = typer.Typer(
    help="Register, list and revoke applications that act for people (OAuth 2.0).",
    no_args_is_help=True,
)
Owner = Annotated[str, typer.Argument(help="E-mail of an admin of the team it belongs to.")]


def register(cli: typer.Typer) -> None:
    """Add the command to the shell command."""
    cli.add_typer(applications, name="oauth-client")


@applications.command("create")
def create(
    email: Owner,
    name: Annotated[str, typer.Option(help="What people read when it asks them.")],
    redirect_uri: Annotated[
        list[str], typer.Option(help="Where people may be sent back to; repeat for several.")
    ],
    public: Annotated[bool, typer.Option("--public", help="It cannot keep a secret.")] = False,
) -> None:
    """Register an application and print its id and its secret, this once."""

    async def make(database: Database) -> tuple[str, str | None]:
        async with database.read(EVERY_TEAM) as session:
            viewer = await viewer_of(session, email)
        async with database.transaction(viewer.team_id) as session:
            client, secret = await clients.register(
                session, viewer, NewClient(name, redirect_uri, public)
            )
            return client.client_id, secret

    client_id, secret = with_database(make)
    typer.echo(f"client_id: {client_id}")
    if secret is not None:
        typer.echo(f"client_secret: {secret}")


@applications.command("list")
def show() -> None:
    """List applications; their secrets are not known any more."""

    async def read(database: Database) -> Table:
        async with database.read(EVERY_TEAM) as session:
            # The whole id, however narrow the window, since it is what `revoke` takes.
            whole = Column("Client", no_wrap=True, min_width=36)
            table = Table(whole, "Name", "Kind", "Addresses", "State")
            for client in await clients.of_team(session):
                kind = "public" if client.secret_hash is None else "confidential"
                state = "active" if client.revoked_at is None else "revoked"
                uris = ", ".join(client.redirect_uris)
                table.add_row(*map(Text, (client.client_id, client.name, kind, uris, state)))
            return table

    Console().print(with_database(read))


@applications.command("revoke")
def revoke(email: Owner, client_id: Annotated[str, typer.Argument(help="Its client_id.")]) -> None:
    """Take an application back; its tokens stop working at once."""

    async def work(database: Database) -> None:
        async with database.read(EVERY_TEAM) as session:
            viewer = await viewer_of(session, email)
        async with database.transaction(viewer.team_id) as session:
            found = await clients.by_client_id(session, client_id)
            if found is None:
                raise NotFound(f"There is no application {client_id} in this team.")
            await clients.revoke(session, viewer, found.id)

    with_database(work)
    typer.echo(f"Revoked {client_id}.")
