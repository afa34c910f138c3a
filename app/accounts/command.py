"""`spoolgraph user` and `spoolgraph key`. Both work while a server runs."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app import migration
from app.accounts import members, queries
from app.accounts.keys import NewApiKey, create_key, revoke_key
from app.accounts.models import ApiKey, Plan, Role, Scope, User
from app.accounts.shell_link import telling
from app.accounts.viewer import Viewer, effective_scopes
from app.database import EVERY_TEAM, Database, ReadSession
from app.errors import DomainError, NotFound
from app.farm_events import service as farm_events
from app.settings import Settings

T = TypeVar("T")
users = typer.Typer(help="Create and list users.", no_args_is_help=True)
keys = typer.Typer(help="Create, list and revoke API keys.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(help="E-mail of the user.")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from stdin.")]
Password = Annotated[str | None, typer.Option("--password", help="Asked for when left out.")]


def register(cli: typer.Typer) -> None:
    """Add both commands to the shell command."""
    cli.add_typer(users, name="user")
    cli.add_typer(keys, name="key")


def with_database(work: Callable[[Database], Awaitable[T]]) -> T:
    """Run `work` on the farm's database, and tell running servers what was revoked by it."""

    async def run() -> T:
        settings = Settings.from_environment()
        await _prepare(settings)
        async with telling(settings.broadcast_url) as tell:
            database = Database(settings.sqlalchemy_url, tell=tell)
            database.store = farm_events.store
            try:
                return await work(database)
            finally:
                await database.close()

    try:
        return asyncio.run(run())
    except DomainError as error:
        Console(stderr=True).print(Text(error.message, style="bold red"), soft_wrap=True)
        raise typer.Exit(1) from None


async def _prepare(settings: Settings) -> None:
    if settings.embedded_database:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        await migration.upgrade(settings.sqlalchemy_url)
    else:
        await migration.require_head(settings.sqlalchemy_url)


def _asked(password: str | None, from_stdin: bool) -> str:
    if password is not None:
        return password
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


@users.command("create")
def create_user(
    email: Email,
    password: Password = None,
    password_stdin: FromStdin = False,
    name: Annotated[str | None, typer.Option(help="The person's name.")] = None,
    team: Annotated[
        str | None, typer.Option(help="Team to join (name or UUID), made when there is none.")
    ] = None,
    role: Annotated[Role, typer.Option(help="Role in the team.")] = Role.OWNER,
) -> None:
    """Create a user in a team."""
    given = _asked(password, password_stdin)
    user = with_database(
        lambda database: members.create_user(
            database, email, given, name=name, team=team, role=role
        )
    )
    typer.echo(f"Created {user.email} as {role.value}.")


@users.command("password")
def change_password(
    email: Email, password: Password = None, password_stdin: FromStdin = False
) -> None:
    """Give a user a new password; every sign-in of theirs ends."""
    given = _asked(password, password_stdin)
    with_database(lambda database: members.set_password(database, email, given))
    typer.echo(f"Changed the password of {email}.")


@users.command("role")
def change_role(email: Email, role: Annotated[Role, typer.Argument()]) -> None:
    """Change a user's role."""
    with_database(lambda database: members.set_role(database, email, role))
    typer.echo(f"{email} is now {role.value}.")


@users.command("list")
def list_users() -> None:
    """List users with their teams and roles."""

    async def read(database: Database) -> Table:
        async with database.read(EVERY_TEAM) as session:
            table = Table("E-mail", "Name", "Team", "Role", "Since")
            for user, membership, team in await queries.members(session):
                since = f"{user.created_at:%Y-%m-%d}"
                cells = (user.email, user.name or "", team.name, membership.role.value, since)
                table.add_row(*map(Text, cells))
            return table

    Console().print(with_database(read))


async def viewer_of(session: ReadSession, email: str) -> Viewer:
    """Whoever has the shell, acting for a user in their first team."""
    user: User | None = await queries.user_by_email(session, email)
    membership = None if user is None else await queries.default_membership(session, user.id)
    if user is None or membership is None:
        raise NotFound(f"There is no user {email}.")
    return Viewer(
        team_id=membership.team_id,
        user_id=user.id,
        role=membership.role,
        # Whoever has the shell may make a key for anybody; it never exceeds its owner's role.
        scopes=effective_scopes(membership.role) | {Scope.ADMIN},
        credential="shell",
    )


@keys.command("create")
def create(
    email: Annotated[str, typer.Argument(help="Owner of the key.")],
    name: Annotated[str, typer.Option(help="What the key is for.")] = "shell",
    scope: Annotated[
        list[Scope] | None, typer.Option(help="Repeat for several; all of the role without it.")
    ] = None,
    plan: Annotated[Plan, typer.Option(help="Request allowance.")] = Plan.FREE,
    days: Annotated[
        int | None, typer.Option(min=1, max=36_500, help="Days until it expires.")
    ] = None,
) -> None:
    """Create an API key and print it, this once."""

    async def make(database: Database) -> str:
        async with database.read(EVERY_TEAM) as session:
            viewer = await viewer_of(session, email)
        expires_at = None if days is None else datetime.now(UTC) + timedelta(days=days)
        new = NewApiKey(name, scope or effective_scopes(viewer.role), plan, expires_at)
        async with database.transaction(viewer.team_id) as session:
            return (await create_key(session, viewer, new))[1]

    typer.echo(with_database(make))


@keys.command("list")
def list_keys() -> None:
    """List keys; their values are not known any more."""

    async def read(database: Database) -> Table:
        async with database.read(EVERY_TEAM) as session:
            table = Table("Id", "Name", "Begins with", "Scopes", "Plan", "Last used", "State")
            for key in await queries.keys_of_team(session):
                used = f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never"
                scopes = "all" if len(key.scopes) == len(Scope) else ", ".join(key.scopes)
                cells = (str(key.id), key.name, key.prefix, scopes, key.plan.value, used)
                table.add_row(*map(Text, cells), Text(_state_of(key)))
            return table

    Console().print(with_database(read))


def _state_of(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return "revoked"
    if key.expires_at is None:
        return "active"
    if key.expires_at <= datetime.now(UTC):
        return "expired"
    return f"until {key.expires_at:%Y-%m-%d}"


@keys.command("revoke")
def revoke(
    key_id: Annotated[
        int, typer.Argument(min=1, max=2**31 - 1, help="Id from `spoolgraph key list`.")
    ],
) -> None:
    """Revoke a key; it stops working at once, on a server without Redis within 5 seconds."""

    async def end(database: Database) -> None:
        async with database.read(EVERY_TEAM) as session:
            key = await queries.key_by_id(session, key_id)
        if key is None:
            raise NotFound(f"There is no key {key_id}.")
        viewer = Viewer(key.team_id, key.user_id, Role.OWNER, frozenset(Scope), "shell")
        async with database.transaction(key.team_id) as session:
            await revoke_key(session, viewer, key_id)

    with_database(end)
    typer.echo(f"Revoked key {key_id}.")
