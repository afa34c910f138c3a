"""Spools and the changes of their weight."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.errors import NotFound
from app.printers.live import Place
from app.spools import models, places, queries, service
from app.spools.models import TransactionType
from schema.context import Context, Info
from schema.fields import about
from schema.ids import global_id
from schema.listings import ListedOf, Listing
from schema.loaders import TransactionsOf
from schema.nodes import Node
from schema.pagination import Connection, connection, page_of_first, window
from schema.plans.sources import Column, Computed, Of, Remembered, ToOne, planned, shows
from schema.scalars import Grams

if TYPE_CHECKING:
    from schema.accounts.types import User
    from schema.archives.types import Archive
    from schema.printers.types import Printer
    from schema.production.types import ProductionRun


@strawberry.type(description="Where a spool is loaded.")
class SpoolLocation:
    ams_unit: int | None = about("Number of the AMS unit; null for an external holder.")
    slot: int = about("Number of the slot, from 0.")
    remaining: int | None = about("Percent left, as the printer counts.")
    printer_id: strawberry.Private[int]

    @strawberry.field(description="The printer.", metadata=planned(ToOne("printer_id")))
    async def printer(
        self, info: Info
    ) -> Annotated["Printer", strawberry.lazy("schema.printers.types")]:
        from schema.printers.types import Printer

        row = await info.context.loaders.printers.get(self.printer_id)
        if row is None:
            raise NotFound("The printer was removed meanwhile.")
        return Printer.of(row)

    @classmethod
    def seen(cls, place: Place) -> "SpoolLocation":
        """Where a printer sees the spool's tag."""
        tray = place.tray
        return cls(
            ams_unit=tray.unit,
            slot=tray.slot,
            remaining=tray.remaining,
            printer_id=place.printer_id,
        )

    @classmethod
    def said(cls, printer_id: int, ams_unit: int, slot: int) -> "SpoolLocation":
        """Where somebody said that the spool is."""
        unit = None if ams_unit == places.EXTERNAL else ams_unit
        return cls(ams_unit=unit, slot=slot, remaining=None, printer_id=printer_id)


def _location(
    context: Context,
    team_id: int,
    tray_uuid: str | None,
    printer_id: int | None,
    ams_unit: int | None,
    slot: int | None,
) -> SpoolLocation | None:
    """Where a spool is loaded: a printer that sees its tag goes before what somebody said."""
    for place in context.runtime.live.places_of(team_id, tray_uuid):
        return SpoolLocation.seen(place)
    if printer_id is None or ams_unit is None or slot is None:
        return None
    return SpoolLocation.said(printer_id, ams_unit, slot)


# The changes of the weights of spools; what is wanted of them is known to the domain already.
CHANGES = Listing(
    listed=queries.listed_transactions,
    counted=queries.counted_transactions,
    wanted=lambda _context, given: given or queries.TransactionFilter(),
    order=lambda _given: queries.TRANSACTIONS_NEWEST_FIRST,
    readings=queries.readings_of_transactions,
)


@shows(models.InventoryTransaction)
@strawberry.type(description="One change of a spool's weight.")
class InventoryTransaction(Node):
    row: strawberry.Private[models.InventoryTransaction]
    database_id: int = about("The number older APIs use.", source=Column("id"))
    type: TransactionType = about("Why the weight changed.")
    weight_before: Grams = about("Weight before.")
    change: Grams = about("What was added, negative for what was taken.")
    weight_after: Grams = about("Weight after.")
    shortfall: Grams = about("What a print used beyond what the spool was known to hold.")
    reason: str | None = about("What somebody wrote about it.")
    created_at: datetime = about("When.")

    @classmethod
    def of(cls, row: models.InventoryTransaction) -> "InventoryTransaction":
        return cls(
            row=row,
            id=global_id("InventoryTransaction", row.id),
            database_id=row.id,
            type=row.type,
            weight_before=Grams(row.weight_before),
            change=Grams(row.change),
            weight_after=Grams(row.weight_after),
            shortfall=Grams(row.shortfall),
            reason=row.reason,
            created_at=row.created_at,
        )

    @strawberry.field(description="The print it belongs to.", metadata=planned(ToOne("archive_id")))
    async def archive(
        self, info: Info
    ) -> Annotated["Archive", strawberry.lazy("schema.archives.types")] | None:
        from schema.archives.types import Archive

        row = await info.context.loaders.archives.get(self.row.archive_id)
        return None if row is None else Archive.of(row)

    @strawberry.field(
        description="The production run it belongs to.",
        metadata=planned(ToOne("production_run_id")),
    )
    async def production_run(
        self, info: Info
    ) -> Annotated["ProductionRun", strawberry.lazy("schema.production.types")] | None:
        from schema.production.types import ProductionRun

        row = await info.context.loaders.runs.get(self.row.production_run_id)
        return None if row is None else ProductionRun.of(row)

    @strawberry.field(
        description="Whose credential changed it; null for a printer's own report.",
        metadata=planned(ToOne("user_id")),
    )
    async def user(
        self, info: Info
    ) -> Annotated["User", strawberry.lazy("schema.accounts.types")] | None:
        from schema.accounts.types import User

        row = await info.context.loaders.users.get(self.row.user_id)
        return None if row is None else User.of(row)

    @strawberry.field(description="The spool.", metadata=planned(ToOne("spool_id")))
    async def spool(self, info: Info) -> "Spool":
        row = await info.context.loaders.spools.get(self.row.spool_id)
        if row is None:
            raise NotFound("The spool was deleted meanwhile.")
        return Spool.of(row)


@shows(models.Spool)
@strawberry.type(description="A spool of filament.")
class Spool(Node):
    row: strawberry.Private[models.Spool]
    database_id: strawberry.ID = about("The UUID older APIs use.", source=Column("id"))
    material: str = about("Material, `PLA`.")
    brand: str | None = about("Brand.")
    color: str = about("Name of the colour.")
    color_hex: str | None = about("Colour, `#rrggbb`.")
    finish: str | None = about("Finish, `matte`.")
    diameter: float = about("Diameter in millimetres.")
    net_weight: Grams = about("Filament on the full spool.")
    remaining_weight: Grams = about("Filament that is left.")
    spool_weight: Grams | None = about("The empty spool.")
    purchase_price: Decimal | None = about("What it cost.")
    cost_per_gram: Decimal | None = about(
        "Price per gram, to six places.",
        source=Computed(("purchase_price", "net_weight"), service.price_per_gram),
    )
    supplier: str | None = about("Where it was bought.")
    purchase_date: date | None = about("When it was bought.")
    notes: str | None = about("Notes.")
    low_stock: bool = about(
        "Whether less than a fifth is left.",
        source=Computed(("remaining_weight", "net_weight"), service.is_low, stored=True),
    )
    tray_uuid: str | None = about("Identity on the spool's tag, 32 hexadecimal digits.")
    created_at: datetime = about("When it was added.")
    updated_at: datetime = about("When it was last changed.")

    @classmethod
    def of(cls, row: models.Spool) -> "Spool":
        return cls(
            row=row,
            id=global_id("Spool", row.id),
            database_id=strawberry.ID(str(row.id)),
            material=row.material,
            brand=row.brand,
            color=row.color,
            color_hex=row.color_hex,
            finish=row.finish,
            diameter=float(row.diameter),
            net_weight=Grams(row.net_weight),
            remaining_weight=Grams(row.remaining_weight),
            spool_weight=None if row.spool_weight is None else Grams(row.spool_weight),
            purchase_price=row.purchase_price,
            cost_per_gram=service.cost_per_gram(row),
            supplier=row.supplier,
            purchase_date=row.purchase_date,
            notes=row.notes,
            low_stock=service.is_low(row.remaining_weight, row.net_weight),
            tray_uuid=row.tray_uuid,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )

    @strawberry.field(
        description="Where it is loaded, as its tag tells, else as somebody said.",
        metadata=planned(
            Remembered(
                (
                    "team_id",
                    "tray_uuid",
                    Of("id", models.SpoolAssignment.printer_id),
                    Of("id", models.SpoolAssignment.ams_unit),
                    Of("id", models.SpoolAssignment.slot),
                ),
                _location,
            )
        ),
    )
    async def loaded_in(self, info: Info) -> SpoolLocation | None:
        row = self.row
        said = await info.context.loaders.spool_assignments.get(row.id)
        somewhere = (None,) * 3 if said is None else (said.printer_id, said.ams_unit, said.slot)
        return _location(info.context, row.team_id, row.tray_uuid, *somewhere)

    @strawberry.field(
        description="Every change of its weight, newest first.",
        metadata=planned(ListedOf(CHANGES, models.InventoryTransaction.spool_id)),
    )
    async def transactions(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        offset: int | None = None,
    ) -> Connection[InventoryTransaction]:
        context, spool_id = info.context, self.row.id
        asked = window(context, first=first, after=after, offset=offset)

        async def count() -> int:
            return await context.loaders.transaction_counts.get(spool_id) or 0

        if after is None and not asked.offset:
            key = TransactionsOf(spool_id, asked.size + 1)
            rows = await context.loaders.transactions_of.get(key) or []
            page = page_of_first(rows, queries.TRANSACTIONS_NEWEST_FIRST, asked.size)
        else:
            async with context.read() as session:
                wanted = queries.TransactionFilter(spool_id)
                page = await queries.transactions(session, wanted, asked)
        return connection(page, InventoryTransaction.of, count)
