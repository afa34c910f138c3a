"""Production runs are made, changed and deleted."""

from datetime import datetime

import strawberry

from app.production import service
from app.production.lines import NewRunItem, NewRunMaterial
from app.production.models import RunStatus
from app.unset import UNSET
from schema.context import Info
from schema.errors import UserError, missing, mutate
from schema.fields import about, given
from schema.ids import NO_UUID, global_id, integer_id, uuid_id
from schema.production.types import ProductionRun
from schema.scalars import Grams, Seconds


@strawberry.input(description="So many pieces of a product to make.")
class RunItemInput:
    product_id: strawberry.ID = about("Global id of the product.")
    quantity: int = about("How many pieces, 1 or more.", default=1)
    successful_quantity: int = about("How many came out well.", default=0)
    failed_quantity: int = about("How many did not.", default=0)

    def new(self) -> NewRunItem:
        """As the domain takes it."""
        product_id = uuid_id(self.product_id, "Product") or NO_UUID
        return NewRunItem(product_id, self.quantity, self.successful_quantity, self.failed_quantity)


@strawberry.input(description="A spool to use. Purge is a part of the weights.")
class RunMaterialInput:
    spool_id: strawberry.ID = about("Global id of the spool.")
    estimated_weight: Grams = about("What should be used.")
    actual_weight: Grams | None = about("What was used.", default=None)
    spool_weight_before: Grams | None = about("The spool on the scale before.", default=None)
    spool_weight_after: Grams | None = about("The spool on the scale after.", default=None)
    estimated_purge: Grams | None = about("How much should be purged.", default=None)
    actual_purge: Grams | None = about("How much was purged.", default=None)

    def new(self) -> NewRunMaterial:
        """As the domain takes it."""
        return NewRunMaterial(
            uuid_id(self.spool_id, "Spool") or NO_UUID,
            self.estimated_weight,
            self.actual_weight,
            self.spool_weight_before,
            self.spool_weight_after,
            self.estimated_purge,
            self.actual_purge,
        )


@strawberry.input(description="The production run to make.")
class CreateProductionRunInput:
    status: RunStatus = about(
        "Where it stands; one that is made as COMPLETED takes its filament at once.",
        default=RunStatus.PENDING,
    )
    project_id: strawberry.ID | None = about("The project it is for.", default=None)
    printer_name: str | None = about("Where it is made, in words.", default=None)
    started_at: datetime | None = about("When work began.", default=None)
    completed_at: datetime | None = about("When it ended, with such a status.", default=None)
    estimated_print_time: Seconds | None = about("How long it should print.", default=None)
    actual_print_time: Seconds | None = about("How long it printed.", default=None)
    estimated_total_filament: Grams | None = about(
        "What it should use; the sum of its materials where it has any.", default=None
    )
    actual_total_filament: Grams | None = about(
        "What it used; the sum of its materials where it has any.", default=None
    )
    quality_rating: int | None = about("From 1 to 5.", default=None)
    quality_notes: str | None = about("What the rating does not say.", default=None)
    notes: str | None = about("Notes.", default=None)
    failure_reason: str | None = about("Why it failed, with this status.", default=None)
    ends_with_queue: bool = about(
        "Whether it ends by itself with its last queue item.", default=False
    )
    items: list[RunItemInput] = about("Products it makes.", default_factory=list)
    materials: list[RunMaterialInput] = about("Spools it uses.", default_factory=list)


@strawberry.type(description="The new production run.")
class CreateProductionRunPayload:
    production_run: ProductionRun | None = about("The run.", default=None)
    user_errors: list[UserError] = about("Why nothing was made.", default_factory=list)


@strawberry.input(
    description="What to change; what is left out stays as it is. A run that has ended takes "
    "only notes and ratings."
)
class UpdateProductionRunInput:
    id: strawberry.ID = about("Global id of the run.")
    status: strawberry.Maybe[RunStatus] = about("A step; it does all that the step entails.")
    project_id: strawberry.Maybe[strawberry.ID | None] = about("The project it is for.")
    printer_name: strawberry.Maybe[str | None] = about("Where it is made, in words.")
    started_at: strawberry.Maybe[datetime | None] = about("When work began.")
    completed_at: strawberry.Maybe[datetime | None] = about("When it ended, with such a status.")
    estimated_print_time: strawberry.Maybe[Seconds | None] = about("How long it should print.")
    actual_print_time: strawberry.Maybe[Seconds | None] = about("How long it printed.")
    estimated_total_filament: strawberry.Maybe[Grams | None] = about("What it should use.")
    actual_total_filament: strawberry.Maybe[Grams | None] = about("What it used.")
    quality_rating: strawberry.Maybe[int | None] = about("From 1 to 5.")
    quality_notes: strawberry.Maybe[str | None] = about("What the rating does not say.")
    notes: strawberry.Maybe[str | None] = about("Notes.")
    failure_reason: strawberry.Maybe[str | None] = about("Why it failed, with this status.")


@strawberry.type(description="The changed production run.")
class UpdateProductionRunPayload:
    production_run: ProductionRun | None = about("The run as it is now.", default=None)
    user_errors: list[UserError] = about("Why nothing was changed.", default_factory=list)


@strawberry.input(description="The production run to delete.")
class DeleteProductionRunInput:
    id: strawberry.ID = about("Global id of the run.")


@strawberry.type(description="The deleted production run.")
class DeleteProductionRunPayload:
    deleted_id: strawberry.ID | None = about("Global id of what is gone.", default=None)
    user_errors: list[UserError] = about("Why nothing was deleted.", default_factory=list)


@strawberry.type
class ProductionMutations:
    @strawberry.mutation(
        description="Make a production run with its lines. Needs the scope INVENTORY."
    )
    async def create_production_run(
        self, info: Info, input: CreateProductionRunInput
    ) -> CreateProductionRunPayload:
        fields = vars(input) | {
            "project_id": _project(input.project_id),
            "items": [item.new() for item in input.items],
            "materials": [item.new() for item in input.materials],
        }
        new = service.NewRun(**fields)
        return await mutate(
            info,
            CreateProductionRunPayload,
            lambda session, viewer: service.create_run(session, viewer, new),
            lambda row: {"production_run": ProductionRun.of(row)},
        )

    @strawberry.mutation(
        description="Change a production run, or take it a step further. Needs the scope INVENTORY."
    )
    async def update_production_run(
        self, info: Info, input: UpdateProductionRunInput
    ) -> UpdateProductionRunPayload:
        run_id = uuid_id(input.id, "ProductionRun")
        if run_id is None:
            return UpdateProductionRunPayload(user_errors=missing("production run"))
        fields = {name: given(value) for name, value in vars(input).items() if name != "id"}
        if fields["project_id"] is not UNSET:
            fields["project_id"] = _project(fields["project_id"])
        changes = service.RunChanges(**fields)
        return await mutate(
            info,
            UpdateProductionRunPayload,
            lambda session, viewer: service.update_run(session, viewer, run_id, changes),
            lambda row: {"production_run": ProductionRun.of(row)},
        )

    @strawberry.mutation(
        description="Delete a production run that used no filament. Needs the scope INVENTORY."
    )
    async def delete_production_run(
        self, info: Info, input: DeleteProductionRunInput
    ) -> DeleteProductionRunPayload:
        run_id = uuid_id(input.id, "ProductionRun")
        if run_id is None:
            return DeleteProductionRunPayload(user_errors=missing("production run"))
        return await mutate(
            info,
            DeleteProductionRunPayload,
            lambda session, viewer: service.delete_run(session, viewer, run_id),
            lambda deleted: {"deleted_id": global_id("ProductionRun", deleted)},
        )


def _project(value: str | None) -> int | None:
    """The number of a project; 0, which none has, for what is no id of one."""
    return None if value is None else integer_id(value, "Project") or 0
