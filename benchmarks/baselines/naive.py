"""A Strawberry app as everybody writes it: SQLAlchemy's ORM, data loaders, a session per request.

`python -m benchmarks.baselines.naive PORT URL`, over the tables of the server.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
import uvicorn
from aiodataloader import DataLoader
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry import relay
from strawberry.asgi import GraphQL

from app.archives.models import Archive, FilamentUse
from app.printers.models import Printer
from app.projects.models import Project
from app.spools.models import Spool
from benchmarks.baselines.tables import Keys, rows_of

Info = strawberry.Info[dict[str, Any], None]
sessions: async_sessionmaker[AsyncSession]


class ById(DataLoader[Any, Any]):
    """Rows of one table by their id."""

    def __init__(self, model: Any, team: int) -> None:
        super().__init__()
        self._model, self._team = model, team

    async def batch_load_fn(self, keys: list[Any]) -> list[Any]:
        """One statement for all."""
        model = self._model
        async with sessions() as session:
            found = await session.scalars(
                select(model).where(model.id.in_(keys), model.team_id == self._team)
            )
            by_id = {row.id: row for row in found}
        return [by_id.get(key) for key in keys]


class FirstArchives(DataLoader[int, Any]):
    """The newest archives of printers."""

    def __init__(self, team: int, first: int) -> None:
        super().__init__()
        self._team, self._first = team, first

    async def batch_load_fn(self, keys: list[int]) -> list[Any]:
        """One statement for all."""
        newest = (Archive.created_at.desc(), Archive.id.desc())
        place = func.row_number().over(partition_by=Archive.printer_id, order_by=newest)
        placed = (
            select(Archive.id, place.label("place"))
            .where(Archive.printer_id.in_(keys), Archive.team_id == self._team)
            .subquery()
        )
        chosen = (
            select(Archive)
            .join(placed, placed.c.id == Archive.id)
            .where(placed.c.place <= self._first)
            .order_by(*newest)
        )
        found = defaultdict(list)
        async with sessions() as session:
            for row in await session.scalars(chosen):
                found[row.printer_id].append(row)
        return [found[key] for key in keys]


class Uses(DataLoader[int, Any]):
    """What archives used."""

    async def batch_load_fn(self, keys: list[int]) -> list[Any]:
        """One statement for all."""
        statement = select(FilamentUse).where(FilamentUse.archive_id.in_(keys))
        found = defaultdict(list)
        async with sessions() as session:
            for row in await session.scalars(statement.order_by(FilamentUse.position)):
                found[row.archive_id].append(row)
        return [found[key] for key in keys]


@strawberry.type(name="Spool")
class SpoolType(relay.Node):
    id: relay.NodeID[UUID]
    color: str
    material: str


@strawberry.type(name="Project")
class ProjectType(relay.Node):
    id: relay.NodeID[int]
    name: str


@strawberry.type(name="FilamentUsage")
class UsageType:
    row: strawberry.Private[FilamentUse]

    @strawberry.field
    def grams(self) -> float | None:
        return None if self.row.grams is None else float(self.row.grams)

    @strawberry.field
    async def spool(self, info: Info) -> SpoolType | None:
        row = await info.context["spools"].load(self.row.spool_id)
        return row and SpoolType(id=row.id, color=row.color, material=row.material)


@strawberry.type(name="Archive")
class ArchiveType(relay.Node):
    row: strawberry.Private[Archive]
    id: relay.NodeID[int]
    name: str
    status: str
    created_at: datetime
    duration: int | None
    filament_used: float | None

    @strawberry.field
    async def printer(self, info: Info) -> PrinterType | None:
        row = await info.context["printers"].load(self.row.printer_id)
        return row and PrinterType(id=row.id, name=row.name)

    @strawberry.field
    async def project(self, info: Info) -> ProjectType | None:
        row = await info.context["projects"].load(self.row.project_id)
        return row and ProjectType(id=row.id, name=row.name)

    @strawberry.field
    async def filaments(self, info: Info) -> list[UsageType]:
        return [UsageType(row=row) for row in await info.context["uses"].load(self.row.id)]


@strawberry.type
class Archives:
    nodes: list[ArchiveType]


@strawberry.type(name="Printer")
class PrinterType(relay.Node):
    id: relay.NodeID[int]
    name: str

    @strawberry.field
    async def archives(self, info: Info, first: int) -> Archives:
        loaders = info.context["archives"]
        if first not in loaders:
            loaders[first] = FirstArchives(info.context["team"], first)
        return Archives(nodes=[_archive(row) for row in await loaders[first].load(int(self.id))])


@strawberry.type
class Printers:
    nodes: list[PrinterType]


def _archive(row: Archive) -> ArchiveType:
    return ArchiveType(
        row=row,
        id=row.id,
        name=row.name,
        status=row.status.upper(),
        created_at=row.created_at,
        duration=row.duration,
        filament_used=None if row.filament_used is None else float(row.filament_used),
    )


@strawberry.type
class Query:
    @strawberry.field
    async def archives(self, info: Info, first: int) -> Archives:
        newest = (Archive.created_at.desc(), Archive.id.desc())
        mine = select(Archive).where(Archive.team_id == info.context["team"])
        async with sessions() as session:
            rows = await session.scalars(mine.order_by(*newest).limit(first))
            return Archives(nodes=[_archive(row) for row in rows])

    @strawberry.field
    async def printers(self, info: Info, first: int) -> Printers:
        mine = select(Printer).where(Printer.team_id == info.context["team"])
        async with sessions() as session:
            rows = await session.scalars(mine.order_by(Printer.id).limit(first))
            return Printers(nodes=[PrinterType(id=row.id, name=row.name) for row in rows])

    @strawberry.field
    async def archive(self, info: Info, id: relay.GlobalID) -> ArchiveType | None:
        mine = select(Archive).where(Archive.team_id == info.context["team"])
        async with sessions() as session:
            row = await session.scalar(mine.where(Archive.id == int(id.node_id)))
        return row and _archive(row)


class App(GraphQL[dict[str, Any], None]):
    """The endpoint, behind the check of the key."""

    def __init__(self, keys: Keys) -> None:
        super().__init__(strawberry.Schema(Query))
        self._keys = keys

    async def get_context(
        self, request: Request | WebSocket, response: Response | WebSocket
    ) -> dict[str, Any]:
        """The team, and loaders of this request alone."""
        if not isinstance(request, Request):
            raise HTTPException(400)
        team = await self._keys.team(request)
        return {
            "team": team,
            "printers": ById(Printer, team),
            "projects": ById(Project, team),
            "spools": ById(Spool, team),
            "uses": Uses(),
            "archives": {},
        }


if __name__ == "__main__":
    engine = create_async_engine(sys.argv[2], pool_size=8, max_overflow=0)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    served = Starlette()
    served.add_route("/graphql", App(Keys(rows_of(sys.argv[2]))))
    uvicorn.run(served, port=int(sys.argv[1]), log_level="warning", access_log=False)
