"""Farms of a given size, made before a server is started over them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, text, update

from app import migration
from app.archives import figures
from app.archives.models import Archive, ArchiveCount, ArchiveStatus, FilamentUse, ProjectCount
from app.archives.search import searchable
from app.asgi import open_farm
from app.database import WriteSession
from app.printers.models import Printer, Trust
from app.projects.models import Project
from app.settings import Settings
from app.spools.models import Spool
from app.statistics.models import DailyMaterial, DailyPrints
from benchmarks.processes import KEY, server_settings

BATCH = 5_000
# Longer histories are these prints several times over.
MADE_ONE_BY_ONE = 20_000
PROJECTS = 10
_BEGIN = datetime(2025, 1, 1, tzinfo=UTC)


async def make_farm(
    folder: Path, *, serials: list[str], archives: int = 0, spools: int = 0, url: str = ""
) -> None:
    """Printers that are known by serial number alone, and a history of ended prints, each from one
    of the spools. In an SQLite file of the folder, or in the empty database at `url`."""
    settings = Settings.from_environment(**server_settings(folder, database_url=url))
    if url:
        await migration.upgrade(settings.sqlalchemy_url)
    async with open_farm(settings) as runtime:
        viewer = await runtime.accounts.authenticate(api_key=KEY, authorization=None)
        async with runtime.database.transaction(viewer.team_id) as session:
            printers = [_printer(number, serial) for number, serial in enumerate(serials)]
            projects = [
                Project(name=f"Project {number}", created_at=_BEGIN, updated_at=_BEGIN)
                for number in range(PROJECTS)
            ]
            session.add_all([*printers, *projects])
            await session.flush()
            if spools:
                await session.execute(insert(Spool), list(_spools(viewer.team_id, spools)))
            if archives:
                made, doublings = archives, 0
                while made > MADE_ONE_BY_ONE and made % 2 == 0:
                    made, doublings = made // 2, doublings + 1
                places = [item.id for item in printers], [item.id for item in projects]
                await _add_history(session, viewer.team_id, made, *places)
                if spools:
                    await _add_uses(session, viewer.team_id, made, spools)
                await figures.rebuild(session)
                for _ in range(doublings):
                    await _double(session)
        async with runtime.database.write_engine.connect() as connection:
            await connection.execute(text("ANALYZE"))


async def _double(session: WriteSession) -> None:
    """Every print of the only team a second time, and its figures with it."""
    names = [column.name for column in Archive.__table__.columns if column.name != "id"]
    columns = [Archive.__table__.columns[name] for name in names]
    await session.execute(insert(Archive).from_select(names, select(*columns)))
    for figure in (ArchiveCount, ProjectCount, DailyPrints, DailyMaterial):
        table = Archive.metadata.tables[figure.__tablename__]
        numbers = [column for column in table.columns if not column.primary_key]
        await session.execute(update(table).values({column: column + column for column in numbers}))


def _spools(team_id: int, number: int) -> Iterator[dict[str, Any]]:
    for index in range(number):
        yield {
            "id": UUID(int=index + 1),
            "team_id": team_id,
            "material": ("PLA", "PETG", "ABS")[index % 3],
            "brand": "Maker",
            "color": f"Colour {index % 50}",
            "color_hex": f"#{index * 977 % 0xFFFFFF:06X}",
            "net_weight": Decimal(1000),
            "remaining_weight": Decimal(1000 - index % 900),
            "created_at": _BEGIN + timedelta(minutes=index),
            "updated_at": _BEGIN + timedelta(minutes=index),
        }


async def _add_uses(session: WriteSession, team_id: int, archives: int, spools: int) -> None:
    """What each archive of a new farm used; their ids count from one."""
    for begin in range(1, archives + 1, BATCH):
        rows = [
            {
                "team_id": team_id,
                "archive_id": number,
                "spool_id": UUID(int=number % spools + 1),
                "position": 0,
                "material": "PLA",
                "grams": Decimal(number % 200),
                "deducted": True,
            }
            for number in range(begin, min(begin + BATCH, archives + 1))
        ]
        await session.execute(insert(FilamentUse), rows)


def _printer(number: int, serial: str) -> Printer:
    return Printer(
        name=f"Printer {number:03d}",
        model="P1S",
        serial_number=serial,
        trust=Trust.PINNED,
        created_at=_BEGIN,
        updated_at=_BEGIN,
    )


async def _add_history(
    session: WriteSession, team_id: int, number: int, printers: list[int], projects: list[int]
) -> None:
    dice = random.Random("history")
    rows: list[dict[str, Any]] = []
    for row in _history(dice, team_id, number, printers, projects):
        rows.append(row)
        if len(rows) == BATCH:
            await session.execute(insert(Archive), rows)
            rows = []
    if rows:
        await session.execute(insert(Archive), rows)


def _history(
    dice: random.Random, team_id: int, number: int, printers: list[int], projects: list[int]
) -> Iterator[dict[str, Any]]:
    """The prints of one year, however many they are."""
    step = timedelta(seconds=365 * 24 * 3600 // number)
    for index in range(number):
        started = _BEGIN + step * index
        duration = dice.randint(1_200, 14_000)
        ended = started + timedelta(seconds=duration)
        name = f"Part {dice.randint(1, 500)}"
        filename = f"{name.lower().replace(' ', '_')}.3mf"
        yield {
            "team_id": team_id,
            "name": name,
            "filename": filename,
            "status": dice.choices(
                (ArchiveStatus.SUCCESS, ArchiveStatus.FAILED, ArchiveStatus.STOPPED), (88, 8, 4)
            )[0],
            "printer_id": dice.choice(printers),
            "project_id": dice.choice(projects),
            "created_at": started,
            "started_at": started,
            "completed_at": ended,
            "updated_at": ended,
            "duration": duration,
            "progress": 100,
            "filament_used": Decimal(duration) / 90,
            "filament_type": dice.choice(("PLA", "PETG", "ABS")),
            "tags": [],
            "search_text": searchable((name, filename)),
        }
