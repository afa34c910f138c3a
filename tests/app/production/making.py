"""Spools, products and runs for the tests of production."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from app.accounts.viewer import Viewer
from app.database import Database
from app.keyset import Window
from app.production import ending, queries, service
from app.production.ending import Ending, Waste
from app.production.lines import NewRunItem, NewRunMaterial
from app.production.models import ProductionRun, RunItem, RunMaterial, RunStatus
from app.production.service import NewRun, RunChanges
from app.products.lines import NewMaterial
from app.products.service import NewProduct, create_product
from app.spools import queries as spools
from app.spools.models import InventoryTransaction
from app.spools.service import NewSpool, create_spool

AT_WORK = RunStatus.IN_PROGRESS


@dataclass(frozen=True)
class Factory:
    """One team's database, and short ways to do what its owner does."""

    database: Database
    viewer: Viewer

    async def spool(self, grams: int | str = 1000, price: str | None = "20", **given: Any) -> UUID:
        """A red PLA spool that held a kilogram."""
        new = NewSpool(
            material="PLA",
            color="Red",
            net_weight=Decimal(1000),
            remaining_weight=Decimal(grams),
            purchase_price=None if price is None else Decimal(price),
            **given,
        )
        async with self.database.transaction(self.viewer.team_id) as session:
            return (await create_spool(session, self.viewer, new)).id

    async def product(self, grams: str = "50", **given: Any) -> UUID:
        """A product of some grams of PLA."""
        new = NewProduct(
            **{"name": "Vase", "materials": [NewMaterial("PLA", Decimal(grams))], **given}
        )
        async with self.database.transaction(self.viewer.team_id) as session:
            return (await create_product(session, self.viewer, new)).id

    async def run(
        self,
        *materials: tuple[UUID, str, str | None],
        items: Sequence[NewRunItem] = (),
        **given: Any,
    ) -> ProductionRun:
        """A run with (spool, estimated, actual) lines; at work unless a status is given."""
        lines = [
            NewRunMaterial(spool, Decimal(estimated), None if used is None else Decimal(used))
            for spool, estimated, used in materials
        ]
        new = NewRun(**{"status": AT_WORK, **given}, items=items, materials=lines)
        async with self.database.transaction(self.viewer.team_id) as session:
            return await service.create_run(session, self.viewer, new)

    async def update(self, run_id: UUID, **given: Any) -> ProductionRun:
        """Change a run."""
        async with self.database.transaction(self.viewer.team_id) as session:
            return await service.update_run(session, self.viewer, run_id, RunChanges(**given))

    async def complete(self, run_id: UUID) -> Ending:
        """Complete a run."""
        async with self.database.transaction(self.viewer.team_id) as session:
            return await ending.complete_run(session, self.viewer, run_id)

    async def fail(self, run_id: UUID, *waste: Waste, reason: str = "Clog") -> Ending:
        """Fail a run."""
        async with self.database.transaction(self.viewer.team_id) as session:
            return await ending.fail_run(session, self.viewer, run_id, reason, waste)

    async def cancel(self, run_id: UUID, *waste: Waste) -> Ending:
        """Cancel a run."""
        async with self.database.transaction(self.viewer.team_id) as session:
            return await ending.cancel_run(session, self.viewer, run_id, waste)

    async def stored(self, run_id: UUID) -> ProductionRun:
        """A run as it is stored."""
        async with self.database.read(self.viewer.team_id) as session:
            return (await queries.by_ids(session, [run_id]))[run_id]

    async def items(self, run_id: UUID) -> list[RunItem]:
        """The items of a run."""
        async with self.database.read(self.viewer.team_id) as session:
            return (await queries.items_of(session, [run_id]))[run_id]

    async def materials(self, run_id: UUID) -> list[RunMaterial]:
        """The materials of a run."""
        async with self.database.read(self.viewer.team_id) as session:
            return (await queries.materials_of(session, [run_id]))[run_id]

    async def weight(self, spool_id: UUID) -> Decimal:
        """What a spool holds; it is what its transactions add up to."""
        async with self.database.read(self.viewer.team_id) as session:
            held = (await spools.by_ids(session, [spool_id]))[spool_id].remaining_weight
        assert sum((row.change for row in await self.transactions(spool_id)), Decimal(0)) == held
        return held

    async def transactions(self, spool_id: UUID) -> list[InventoryTransaction]:
        """The changes of a spool's weight, oldest first."""
        wanted = spools.TransactionFilter(spool_id=spool_id)
        async with self.database.read(self.viewer.team_id) as session:
            page = await spools.transactions(session, wanted, Window(first=1_000))
        return list(reversed(page.rows))
