"""Random rows of several teams, the same for the same seed.

Nulls are everywhere they may be, texts are awkward, times are often equal, and some keys point to
rows of another team, which nobody may ever see.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Boolean, Column, Date, Enum, Integer, LargeBinary, Uuid

from app.accounts.models import Team
from app.archives import figures
from app.archives.models import Archive, FilamentUse
from app.archives.service import search_text
from app.columns import ScaledDecimal, UtcDateTime
from app.database import EVERY_TEAM, Database, WriteSession
from app.print_queue.models import Dispatch, QueueItem
from app.printers.live import LiveFarm, StatusChange, StatusReason
from app.printers.models import Printer
from app.printers.status import (
    AmsTray,
    AmsUnit,
    ConnectionState,
    Fans,
    Health,
    HmsError,
    HmsSeverity,
    HmsStatus,
    Job,
    NozzleTemperature,
    PrinterState,
    PrinterStatus,
    SpeedLevel,
    Temperatures,
)
from app.production.models import ProductionRun, RunItem, RunMaterial
from app.products.models import Product, ProductComponent, ProductMaterial
from app.projects.models import Project
from app.spools.models import InventoryTransaction, Spool, SpoolAssignment
from app.tables import Table

TEXTS = (
    "",
    "Benchy",
    "benchy 2",
    "PLA",
    "pla",
    "Żółw ünïcode 🐢",
    'quo"te\\ <b>',
    "100%_done",
    "日本語",
    "line\nbreak\ttab",
    "\u2028\u007f",
)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TIMES = (NOON, NOON + timedelta(microseconds=120), NOON + timedelta(days=3, seconds=7))
TAGS = tuple(f"{number:032X}" for number in range(1, 5))
# Which tables are filled, in this order, with how many rows of each team.
TABLES: tuple[tuple[type[Table], int], ...] = (
    (Printer, 4),
    (Project, 5),
    (Spool, 9),
    (SpoolAssignment, 3),
    (Archive, 24),
    (FilamentUse, 40),
    (Product, 6),
    (ProductMaterial, 8),
    (ProductionRun, 6),
    (RunItem, 8),
    (RunMaterial, 8),
    (QueueItem, 14),
    (Dispatch, 12),
    (InventoryTransaction, 25),
)
# Columns whose values have a form, and those that hold nothing a query shows.
FIXED: dict[str, Any] = {
    "printers.sealed_access_code": None,
    "printers.pinned_key": None,
    "printers.ip_address": None,  # nobody is to call it
    "archives.file_id": None,
    "archives.tags": ["gift", "Żółw"],
    "projects.settings": {"b": [1, None], "a": "ß"},
    "queue_items.filaments": [{"filament": 1, "unit": None, "slot": 0}],
    "queue_items.options": {"timelapse": True},
    "dispatches.before": None,
    "dispatches.loaded": None,
    "production_run_items.successful_quantity": 0,
    "production_run_items.failed_quantity": 0,
}
UNIQUE = frozenset({"spool_assignments.slot", "products.sku", "production_runs.run_number"})
# What ended has an end.
TOLD = frozenset({"dispatches.ended_at", "queue_items.completed_at"})
ANOTHERS = 0.08
EVERYBODY = 0


@dataclass
class RandomFarm:
    """What was made: the teams, and the keys of every table's rows by team."""

    dice: random.Random
    teams: list[int]
    keys: dict[tuple[str, int], list[Any]] = field(default_factory=dict)
    numbers: int = 0

    def unique(self) -> int:
        """A number that was not used before."""
        self.numbers += 1
        return self.numbers

    def key(self, table: str, team: int) -> Any:
        """The key of a row, sometimes one of another team."""
        other = self.dice.choice(self.teams) if self.dice.random() < ANOTHERS else team
        found = self.keys.get((table, other)) or self.keys.get((table, team))
        return self.dice.choice(found) if found else None


async def fill(
    database: Database, live: LiveFarm, teams: Sequence[int], user: int, seed: int
) -> RandomFarm:
    """Rows for teams that are there, and what their printers do now."""
    farm = RandomFarm(random.Random(seed), list(teams))  # noqa: S311 - not a secret
    farm.keys |= {("users", team): [user] for team in farm.teams}
    async with database.transaction(EVERY_TEAM) as session:
        for model, number in TABLES:
            for team in farm.teams:
                await _add(session, farm, model, team, number)
        for team in farm.teams:
            await _add_components(session, farm, team)
    for team in farm.teams:
        async with database.transaction(team) as session:
            await figures.rebuild(session)
        for printer in farm.keys["printers", team][:-1]:
            status = _status(farm, team)
            live.publish(team, StatusChange(printer, status, StatusReason.REPORT))
    return farm


async def _add(
    session: WriteSession, farm: RandomFarm, model: type[Table], team: int, number: int
) -> None:
    key = next(iter(model.__mapper__.primary_key))
    for _ in range(number):
        values = {
            attribute.key: _value(farm, attribute.columns[0], team)
            for attribute in model.__mapper__.column_attrs
            if attribute.columns[0] is not key or key.foreign_keys or isinstance(key.type, Uuid)
        }
        if values.get(key.name) in farm.keys.get((model.__tablename__, EVERYBODY), ()):
            continue
        row = model(**values | {"team_id": team})
        if isinstance(row, Archive):
            row.search_text = search_text(row)
        session.add(row)
        await session.flush()
        found = getattr(row, model.__mapper__.get_property_by_column(key).key)
        farm.keys.setdefault((model.__tablename__, team), []).append(found)
        farm.keys.setdefault((model.__tablename__, EVERYBODY), []).append(found)


async def _add_components(session: WriteSession, farm: RandomFarm, team: int) -> None:
    """Products of products, never in a circle."""
    products = farm.keys["products", team]
    for number, product in enumerate(products[1:], 1):
        session.add(
            ProductComponent(
                id=UUID(int=farm.unique()),
                team_id=team,
                product_id=product,
                component_id=farm.dice.choice(products[:number]),
                quantity=farm.dice.randint(1, 4),
                created_at=farm.dice.choice(TIMES),
            )
        )


def _value(farm: RandomFarm, column: Column[Any], team: int) -> Any:
    name, kind, dice = f"{column.table.name}.{column.name}", column.type, farm.dice
    if name in FIXED:
        return FIXED[name]
    if column.name == "tray_uuid":
        return dice.choice((*TAGS, None))
    if name in TOLD:
        return dice.choice(TIMES)
    if column.nullable and dice.random() < 0.35:
        return None
    for link in column.foreign_keys:
        return farm.key(link.column.table.name, team)
    if column.unique or name in UNIQUE:
        return farm.unique() if isinstance(kind, Integer) else f"unique {farm.unique()}"
    return _plain(farm, kind, getattr(kind, "length", None))


def _plain(farm: RandomFarm, kind: Any, length: int | None) -> Any:
    dice = farm.dice
    if isinstance(kind, Enum):
        members: list[StrEnum] = list(kind.enum_class or ())
        return dice.choice(members)
    if isinstance(kind, Boolean):
        return dice.random() < 0.5
    if isinstance(kind, UtcDateTime):
        return dice.choice((*TIMES, NOON + timedelta(seconds=dice.randint(-(10**6), 10**6))))
    if isinstance(kind, Date):
        return date(2026, 2, dice.randint(1, 28))
    if isinstance(kind, ScaledDecimal):
        return Decimal(dice.choice((1, 1000, dice.randint(1, 10**6)))).scaleb(-kind.places)
    if isinstance(kind, Integer):
        return dice.choice((1, 2, 60, dice.randint(1, 100)))
    if isinstance(kind, Uuid):
        return UUID(int=farm.unique() * 7**30 % 2**128)
    if isinstance(kind, JSON):
        return None
    if isinstance(kind, LargeBinary):
        return b"bytes"
    text = dice.choice(TEXTS)
    return text if length is None or length >= 20 else f"{dice.randint(0, 999):03d}"


def _status(farm: RandomFarm, team: int) -> PrinterStatus:
    dice = farm.dice

    def maybe(value: Any) -> Any:
        return None if dice.random() < 0.4 else value

    def tray(unit: int | None, slot: int) -> AmsTray:
        return AmsTray(
            unit,
            slot,
            present=dice.random() < 0.7,
            material=maybe("PLA"),
            color=maybe("#FF00FF"),
            remaining=maybe(dice.randint(0, 100)),
            tray_uuid=maybe(dice.choice(TAGS)),
        )

    heat = Temperatures(
        nozzle=maybe(219.5),
        bed=maybe(60.0),
        nozzles=(NozzleTemperature(0, maybe(219.5), 220.0), NozzleTemperature(1, None, None)),
    )
    error = HmsError("0300-0100", dice.choice(list(HmsSeverity)), "bed", maybe("ü"), "https://w")
    job = Job(
        name=dice.choice(TEXTS),
        filename="x.3mf",
        archive_id=maybe(farm.key("archives", team)),
        started_at=maybe(NOON),
    )
    return PrinterStatus(
        state=dice.choice((PrinterState.PRINTING, PrinterState.PAUSED, *PrinterState)),
        connection=dice.choice((ConnectionState.CONNECTED, *ConnectionState)),
        connection_detail=maybe("why"),
        seq=dice.randint(0, 9),
        reported_at=maybe(dice.choice(TIMES)),
        progress=maybe(dice.randint(0, 100)),
        remaining_time=maybe(3600),
        current_layer=maybe(5),
        total_layers=maybe(9),
        stage=maybe("heating"),
        temperatures=heat,
        fans=Fans(part=maybe(50)),
        speed_level=maybe(dice.choice(list(SpeedLevel))),
        chamber_light=maybe(True),
        door_open=maybe(False),
        health=Health(dice.choice(list(HmsStatus)), (error,) if dice.random() < 0.5 else ()),
        ams=tuple(
            AmsUnit(unit, "AMS", maybe(40), None, maybe(23.5), maybe(60), (tray(unit, 0),))
            for unit in range(dice.randint(0, 2))
        ),
        external_spools=(tray(None, 0),),
        firmware_version=maybe("1.2"),
        wifi_signal=maybe(-50),
        job=maybe(job),
    )


async def add_teams(database: Database, number: int) -> list[int]:
    """New teams without anybody in them."""
    async with database.transaction(EVERY_TEAM) as session:
        teams = [
            Team(name=f"Team {item}", uid=UUID(int=item + 1), created_at=NOON)
            for item in range(number)
        ]
        session.add_all(teams)
        await session.flush()
        return [team.id for team in teams]
