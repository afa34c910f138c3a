"""Spools in every order: total, complete, and without a value last."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.database import Database
from app.keyset import Order, Window
from app.spools import queries, service
from app.spools.models import Spool
from app.spools.orders import ORDERS
from app.spools.queries import SpoolFilter
from app.spools.service import NewSpool
from tests.farm import make_viewer

PLAIN = NewSpool(material="PLA", color="Red", net_weight=Decimal(1000))
SPOOLS = (
    PLAIN,
    PLAIN,
    replace(PLAIN, brand="Arc", color_hex="#ffffff", notes="x" * 300, finish="silk"),
    replace(PLAIN, brand="Zed", color="Blue", material="PETG", supplier="Shop"),
    replace(PLAIN, purchase_price=Decimal("9.99"), purchase_date=date(2024, 1, 10)),
    replace(PLAIN, purchase_price=Decimal("9.99"), net_weight=Decimal("333.333")),
    replace(PLAIN, purchase_price=Decimal(0), spool_weight=Decimal("0.001"), notes="a"),
    replace(PLAIN, diameter=Decimal("2.85"), remaining_weight=Decimal("0.5"), brand="Arc"),
    replace(PLAIN, spool_weight=Decimal(250), purchase_date=date(2023, 12, 31), notes="a"),
)


async def _walk(
    database: Database, team_id: int, order: Order, size: int, *, backwards: bool = False
) -> list[Spool]:
    """Every spool, page by page."""
    found: list[Spool] = []
    cursor = None
    while True:
        window = Window(last=size, before=cursor) if backwards else Window(first=size, after=cursor)
        async with database.read(team_id) as session:
            page = await queries.page(session, SpoolFilter(), order, window)
        found = [*page.rows, *found] if backwards else [*found, *page.rows]
        if not (page.has_previous if backwards else page.has_next):
            return found
        cursor = page.cursor(page.rows[0] if backwards else page.rows[-1])


def _of(spool: Spool, name: str) -> Any:
    return service.cost_per_gram(spool) if name == "cost_per_gram" else getattr(spool, name)


@pytest.fixture
async def team_id(database: Database) -> int:
    viewer = await make_viewer(database)
    async with database.transaction(viewer.team_id) as session:
        for new in SPOOLS:
            await service.create_spool(session, viewer, new)
    return viewer.team_id


async def test_every_order_is_total(database: Database, team_id: int) -> None:
    """Both ways, forwards and backwards: each spool once, sorted, those without a value last."""
    for (name, descending), order in ORDERS.items():
        rows = await _walk(database, team_id, order, 2)
        assert len({row.id for row in rows}) == len(SPOOLS), (name, descending)
        back = await _walk(database, team_id, order, 3, backwards=True)
        assert [row.id for row in back] == [row.id for row in rows], (name, descending)
        values = [_of(row, name) for row in rows]
        known = [value for value in values if value is not None]
        assert values == known + [None] * (len(values) - len(known)), (name, descending)
        assert known == sorted(known, reverse=descending), (name, descending)
