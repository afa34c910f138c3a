"""Production runs, what they make and use, and what came of it."""

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from app.database import ReadSession
from app.print_queue.models import QueueItem as QueueRow
from app.production import figures, models, queries
from app.production.figures import RunCost, Variance
from app.production.models import RunStatus
from app.spools import models as spools
from app.spools.consumption import joined_name, spool_name
from schema.context import Info
from schema.fields import about
from schema.ids import global_id
from schema.nodes import Node
from schema.plans.sources import Batched, Column, Computed, Of, ToMany, ToOne, planned, shows
from schema.products.types import Product
from schema.scalars import Grams, Seconds
from schema.spools.types import Spool

if TYPE_CHECKING:
    from schema.print_queue.types import QueueItem
    from schema.projects.types import Project


def _grams(value: Decimal | None) -> Grams | None:
    return None if value is None else Grams(value)


def _seconds(value: int | None) -> Seconds | None:
    return None if value is None else Seconds(value)


@shows(models.RunItem)
@strawberry.type(description="So many pieces of a product that a run makes.")
class RunItem(Node):
    row: strawberry.Private[models.RunItem]
    database_id: strawberry.ID = about("The UUID older APIs use.", source=Column("id"))
    quantity: int = about("How many pieces to make.")
    successful_quantity: int = about("How many came out well.")
    failed_quantity: int = about("How many did not, and were not made again.")
    estimated_material_cost: Decimal = about("Filament of all pieces, as it was when added.")
    estimated_total_cost: Decimal = about("Filament and components of all pieces, likewise.")

    @classmethod
    def of(cls, row: models.RunItem) -> "RunItem":
        return cls(
            row=row,
            id=global_id("RunItem", row.id),
            database_id=strawberry.ID(str(row.id)),
            quantity=row.quantity,
            successful_quantity=row.successful_quantity,
            failed_quantity=row.failed_quantity,
            estimated_material_cost=row.estimated_material_cost,
            estimated_total_cost=row.estimated_total_cost,
        )

    @strawberry.field(description="The product.", metadata=planned(ToOne("product_id")))
    async def product(self, info: Info) -> Product:
        row = await info.context.loaders.products.get(self.row.product_id)
        if row is None:
            raise RuntimeError("an item without its product")
        return Product.of(row)


@shows(models.RunMaterial)
@strawberry.type(
    description="Filament of one spool that a run uses. Purge is a part of the weights."
)
class RunMaterial(Node):
    row: strawberry.Private[models.RunMaterial]
    database_id: strawberry.ID = about("The UUID older APIs use.", source=Column("id"))
    estimated_weight: Grams = about("What should be used.")
    actual_weight: Grams | None = about("What was used; null while it is not known.")
    spool_weight_before: Grams | None = about("The spool on the scale before the run.")
    spool_weight_after: Grams | None = about("The spool on the scale after it.")
    estimated_purge: Grams | None = about("How much of it should be purged.")
    actual_purge: Grams | None = about("How much of it was purged.")
    cost_per_gram: Decimal | None = about("The spool's price per gram when it was added.")
    settled_weight: Grams = about("What prints of the run have taken off the spool already.")

    @classmethod
    def of(cls, row: models.RunMaterial) -> "RunMaterial":
        return cls(
            row=row,
            id=global_id("RunMaterial", row.id),
            database_id=strawberry.ID(str(row.id)),
            estimated_weight=Grams(row.estimated_weight),
            actual_weight=_grams(row.actual_weight),
            spool_weight_before=_grams(row.spool_weight_before),
            spool_weight_after=_grams(row.spool_weight_after),
            estimated_purge=_grams(row.estimated_purge),
            actual_purge=_grams(row.actual_purge),
            cost_per_gram=row.cost_per_gram,
            settled_weight=Grams(row.settled_weight),
        )

    @strawberry.field(description="The spool.", metadata=planned(ToOne("spool_id")))
    async def spool(self, info: Info) -> Spool:
        row = await info.context.loaders.spools.get(self.row.spool_id)
        if row is None:
            raise RuntimeError("a material without its spool")
        return Spool.of(row)

    @strawberry.field(
        description="Brand, material and colour of the spool.",
        metadata=planned(
            Computed(
                tuple(
                    Of("spool_id", column)
                    for column in (spools.Spool.brand, spools.Spool.material, spools.Spool.color)
                ),
                joined_name,
            )
        ),
    )
    async def spool_name(self, info: Info) -> str:
        row = await info.context.loaders.spools.get(self.row.spool_id)
        return "" if row is None else spool_name(row)


@strawberry.type(
    description="Actual less estimated; null while one of them is unknown. Percentages to one "
    "place, null also without an estimate."
)
class RunVariance:
    material_grams: Grams | None = about("Filament.")
    material_percent: float | None = about("Filament, in percent of the estimate.")
    time: Seconds | None = about("Print time.")
    time_percent: float | None = about("Print time, in percent of the estimate.")


@strawberry.type(
    description="What a run cost: the filament that was used at its spools' prices, and the "
    "components of its items as they were estimated."
)
class ProductionRunCost:
    material_cost: Decimal | None = about(
        "Filament; null while no use is known, or where a used spool has no price."
    )
    component_cost: Decimal = about("Components.")
    total_cost: Decimal | None = about("Both.")
    cost_per_piece: Decimal | None = about("The total over the pieces that came out well.")


def _variance(found: Variance) -> RunVariance:
    return RunVariance(
        material_grams=_grams(found.material_grams),
        material_percent=_float(found.material_percent),
        time=_seconds(found.time_seconds),
        time_percent=_float(found.time_percent),
    )


def _variance_of(*known: Any) -> RunVariance:
    return _variance(figures.variance_of(*known))


async def _costs_of(
    session: ReadSession, runs: Collection[UUID]
) -> Mapping[UUID, ProductionRunCost]:
    """What runs cost, in two statements."""
    items = await queries.items_of(session, runs)
    materials = await queries.materials_of(session, runs)
    return {run: _cost(figures.run_cost(items[run], materials[run])) for run in runs}


def _cost(cost: RunCost) -> ProductionRunCost:
    return ProductionRunCost(
        material_cost=cost.material_cost,
        component_cost=cost.component_cost,
        total_cost=cost.total_cost,
        cost_per_piece=cost.cost_per_piece,
    )


@shows(models.ProductionRun)
@strawberry.type(description="A batch of products, from its plan to the filament it used.")
class ProductionRun(Node):
    row: strawberry.Private[models.ProductionRun]
    database_id: strawberry.ID = about("The UUID older APIs use.", source=Column("id"))
    run_number: str = about("`YYYYMMDD-NNN`, unique in the team.")
    status: RunStatus = about("How it stands.")
    printer_name: str | None = about("Where it is made, in words.")
    started_at: datetime | None = about("When work began.")
    completed_at: datetime | None = about("When it ended, in whatever way.")
    estimated_print_time: Seconds | None = about("How long it should print.")
    actual_print_time: Seconds | None = about("How long it printed; pauses do not count.")
    estimated_total_filament: Grams | None = about("What its materials should use in all.")
    actual_total_filament: Grams | None = about("What they used in all, as far as known.")
    quality_rating: int | None = about("From 1 to 5.")
    quality_notes: str | None = about("What the rating does not say.")
    notes: str | None = about("Notes.")
    failure_reason: str | None = about("Why it failed.")
    ends_with_queue: bool = about("Whether it ends by itself with its last queue item.")
    created_at: datetime = about("When it was made.")
    updated_at: datetime = about("When it, or a line of it, was last changed.")

    @classmethod
    def of(cls, row: models.ProductionRun) -> "ProductionRun":
        return cls(
            row=row,
            id=global_id("ProductionRun", row.id),
            database_id=strawberry.ID(str(row.id)),
            run_number=row.run_number,
            status=row.status,
            printer_name=row.printer_name,
            started_at=row.started_at,
            completed_at=row.completed_at,
            estimated_print_time=_seconds(row.estimated_print_time),
            actual_print_time=_seconds(row.actual_print_time),
            estimated_total_filament=_grams(row.estimated_total_filament),
            actual_total_filament=_grams(row.actual_total_filament),
            quality_rating=row.quality_rating,
            quality_notes=row.quality_notes,
            notes=row.notes,
            failure_reason=row.failure_reason,
            ends_with_queue=row.ends_with_queue,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )

    @strawberry.field(description="The project it is for.", metadata=planned(ToOne("project_id")))
    async def project(
        self, info: Info
    ) -> Annotated["Project", strawberry.lazy("schema.projects.types")] | None:
        from schema.projects.types import Project

        row = await info.context.loaders.projects.get(self.row.project_id)
        return None if row is None else Project.of(row)

    @strawberry.field(
        description="The products it makes, in the order of adding.",
        metadata=planned(
            ToMany(models.RunItem.run_id, (models.RunItem.created_at, models.RunItem.id))
        ),
    )
    async def items(self, info: Info) -> list[RunItem]:
        rows = await info.context.loaders.run_items.get(self.row.id) or []
        return [RunItem.of(row) for row in rows]

    @strawberry.field(
        description="The spools it uses, in the order of adding.",
        metadata=planned(
            ToMany(
                models.RunMaterial.run_id, (models.RunMaterial.created_at, models.RunMaterial.id)
            )
        ),
    )
    async def materials(self, info: Info) -> list[RunMaterial]:
        rows = await info.context.loaders.run_materials.get(self.row.id) or []
        return [RunMaterial.of(row) for row in rows]

    @strawberry.field(
        description="The prints that were queued for it, oldest first.",
        metadata=planned(ToMany(QueueRow.production_run_id, (QueueRow.id,))),
    )
    async def queue_items(
        self, info: Info
    ) -> list[Annotated["QueueItem", strawberry.lazy("schema.print_queue.types")]]:
        from schema.print_queue.types import QueueItem

        rows = await info.context.loaders.run_queue_items.get(self.row.id) or []
        return [QueueItem.of(row) for row in rows]

    @strawberry.field(
        description="How far it is from its estimates.",
        metadata=planned(
            Computed(
                (
                    "estimated_total_filament",
                    "actual_total_filament",
                    "estimated_print_time",
                    "actual_print_time",
                ),
                _variance_of,
            )
        ),
    )
    def variance(self) -> RunVariance:
        return _variance(figures.variance(self.row))

    @strawberry.field(
        description="What it cost, by what it used.", metadata=planned(Batched(_costs_of))
    )
    async def cost(self, info: Info) -> ProductionRunCost:
        loaders = info.context.loaders
        items = await loaders.run_items.get(self.row.id) or []
        materials = await loaders.run_materials.get(self.row.id) or []
        return _cost(figures.run_cost(items, materials))


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
