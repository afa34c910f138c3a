"""Items and materials of production runs are added, changed and removed."""

import strawberry

from app.production import editing
from app.production.lines import RunItemChanges, RunMaterialChanges
from schema.context import Info
from schema.errors import UserError, missing, mutate
from schema.fields import about, given
from schema.ids import optional_uuid, uuid_id
from schema.production.mutations import RunItemInput, RunMaterialInput
from schema.production.types import ProductionRun, RunItem, RunMaterial
from schema.scalars import Grams

_LINE = "line in the run"


@strawberry.input(description="A product to add to a run.")
class AddRunItemInput(RunItemInput):
    production_run_id: strawberry.ID = about("Global id of the run.")


@strawberry.input(description="What to change; what is left out stays as it is.")
class UpdateRunItemInput:
    id: strawberry.ID = about("Global id of the item.")
    production_run_id: strawberry.ID | None = about("The run it must be of.", default=None)
    quantity: strawberry.Maybe[int] = about("How many pieces to make.")
    successful_quantity: strawberry.Maybe[int] = about("How many came out well.")
    failed_quantity: strawberry.Maybe[int] = about("How many did not.")


@strawberry.input(description="The item to remove.")
class RemoveRunItemInput:
    id: strawberry.ID = about("Global id of the item.")
    production_run_id: strawberry.ID | None = about("The run it must be of.", default=None)


@strawberry.type(description="A production run whose items were changed.")
class RunItemPayload:
    production_run: ProductionRun | None = about("The run as it is now.", default=None)
    item: RunItem | None = about("The item; null once removed.", default=None)
    user_errors: list[UserError] = about("Why nothing was changed.", default_factory=list)


@strawberry.input(description="A spool to add to a run.")
class AddRunMaterialInput(RunMaterialInput):
    production_run_id: strawberry.ID = about("Global id of the run.")


@strawberry.input(
    description="What to change; what is left out stays as it is. Where the spool was weighed "
    "before and after, its actual weight is the difference."
)
class UpdateRunMaterialInput:
    id: strawberry.ID = about("Global id of the material.")
    production_run_id: strawberry.ID | None = about("The run it must be of.", default=None)
    estimated_weight: strawberry.Maybe[Grams] = about("What should be used.")
    actual_weight: strawberry.Maybe[Grams | None] = about("What was used.")
    spool_weight_before: strawberry.Maybe[Grams | None] = about("The spool on the scale before.")
    spool_weight_after: strawberry.Maybe[Grams | None] = about("The spool on the scale after.")
    estimated_purge: strawberry.Maybe[Grams | None] = about("How much should be purged.")
    actual_purge: strawberry.Maybe[Grams | None] = about("How much was purged.")


@strawberry.input(description="The material to remove.")
class RemoveRunMaterialInput:
    id: strawberry.ID = about("Global id of the material.")
    production_run_id: strawberry.ID | None = about("The run it must be of.", default=None)


@strawberry.type(description="A production run whose materials were changed.")
class RunMaterialPayload:
    production_run: ProductionRun | None = about("The run as it is now.", default=None)
    material: RunMaterial | None = about("The material; null once removed.", default=None)
    user_errors: list[UserError] = about("Why nothing was changed.", default_factory=list)


@strawberry.type
class RunLineMutations:
    @strawberry.mutation(description="Add a product to a run. Needs the scope INVENTORY.")
    async def add_run_item(self, info: Info, input: AddRunItemInput) -> RunItemPayload:
        run_id = uuid_id(input.production_run_id, "ProductionRun")
        if run_id is None:
            return RunItemPayload(user_errors=missing("production run", "production_run_id"))
        return await mutate(
            info,
            RunItemPayload,
            lambda session, viewer: editing.add_item(session, viewer, run_id, input.new()),
            lambda done: {
                "production_run": ProductionRun.of(done[0]),
                "item": RunItem.of(done[1]),
            },
        )

    @strawberry.mutation(description="Change an item of a run. Needs the scope INVENTORY.")
    async def update_run_item(self, info: Info, input: UpdateRunItemInput) -> RunItemPayload:
        line = uuid_id(input.id, "RunItem")
        if line is None:
            return RunItemPayload(user_errors=missing(_LINE))
        run_id = optional_uuid(input.production_run_id, "ProductionRun")
        changes = RunItemChanges(
            given(input.quantity), given(input.successful_quantity), given(input.failed_quantity)
        )
        return await mutate(
            info,
            RunItemPayload,
            lambda session, viewer: editing.update_item(session, viewer, line, changes, run_id),
            lambda done: {
                "production_run": ProductionRun.of(done[0]),
                "item": RunItem.of(done[1]),
            },
        )

    @strawberry.mutation(description="Remove an item of a run. Needs the scope INVENTORY.")
    async def remove_run_item(self, info: Info, input: RemoveRunItemInput) -> RunItemPayload:
        line = uuid_id(input.id, "RunItem")
        if line is None:
            return RunItemPayload(user_errors=missing(_LINE))
        run_id = optional_uuid(input.production_run_id, "ProductionRun")
        return await mutate(
            info,
            RunItemPayload,
            lambda session, viewer: editing.remove_item(session, viewer, line, run_id),
            lambda row: {"production_run": ProductionRun.of(row)},
        )

    @strawberry.mutation(description="Add a spool to a run. Needs the scope INVENTORY.")
    async def add_run_material(self, info: Info, input: AddRunMaterialInput) -> RunMaterialPayload:
        run_id = uuid_id(input.production_run_id, "ProductionRun")
        if run_id is None:
            return RunMaterialPayload(user_errors=missing("production run", "production_run_id"))
        return await mutate(
            info,
            RunMaterialPayload,
            lambda session, viewer: editing.add_material(session, viewer, run_id, input.new()),
            lambda done: {
                "production_run": ProductionRun.of(done[0]),
                "material": RunMaterial.of(done[1]),
            },
        )

    @strawberry.mutation(description="Change a material of a run. Needs the scope INVENTORY.")
    async def update_run_material(
        self, info: Info, input: UpdateRunMaterialInput
    ) -> RunMaterialPayload:
        line = uuid_id(input.id, "RunMaterial")
        if line is None:
            return RunMaterialPayload(user_errors=missing(_LINE))
        run_id = optional_uuid(input.production_run_id, "ProductionRun")
        changes = RunMaterialChanges(
            **{name: given(getattr(input, name)) for name in RunMaterialChanges.__match_args__}
        )
        return await mutate(
            info,
            RunMaterialPayload,
            lambda session, viewer: editing.update_material(session, viewer, line, changes, run_id),
            lambda done: {
                "production_run": ProductionRun.of(done[0]),
                "material": RunMaterial.of(done[1]),
            },
        )

    @strawberry.mutation(description="Remove a material of a run. Needs the scope INVENTORY.")
    async def remove_run_material(
        self, info: Info, input: RemoveRunMaterialInput
    ) -> RunMaterialPayload:
        line = uuid_id(input.id, "RunMaterial")
        if line is None:
            return RunMaterialPayload(user_errors=missing(_LINE))
        run_id = optional_uuid(input.production_run_id, "ProductionRun")
        return await mutate(
            info,
            RunMaterialPayload,
            lambda session, viewer: editing.remove_material(session, viewer, line, run_id),
            lambda row: {"production_run": ProductionRun.of(row)},
        )
