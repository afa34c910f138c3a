"""Production runs are completed, cancelled and failed."""

from typing import Any

import strawberry

from app.production import ending
from app.production.ending import Ending, Waste
from app.spools.consumption import Consumption
from schema.context import Info
from schema.errors import UserError, missing, mutate
from schema.fields import about
from schema.ids import NO_UUID, uuid_id
from schema.production.types import ProductionRun
from schema.scalars import Grams
from schema.spools.types import Spool


@strawberry.type(description="What a spool gave when a run ended.")
class SpoolUsage:
    row: strawberry.Private[Consumption]
    previous_weight: Grams = about("What it held before.")
    new_weight: Grams = about("What it holds now.")
    deducted: Grams = about("What was taken; 0 when prints had taken it before.")

    @classmethod
    def of(cls, row: Consumption) -> "SpoolUsage":
        return cls(
            row=row,
            previous_weight=Grams(row.before),
            new_weight=Grams(row.after),
            deducted=Grams(row.taken),
        )

    @strawberry.field(description="The spool.")
    async def spool(self, info: Info) -> Spool:
        row = await info.context.loaders.spools.get(self.row.spool_id)
        if row is None:
            raise RuntimeError("a usage without its spool")
        return Spool.of(row)


@strawberry.input(description="Filament that was used up in vain.")
class WasteInput:
    spool_id: strawberry.ID = about("One of the run's spools.")
    grams: Grams = about("How much of it.")


@strawberry.input(description="The production run to complete.")
class CompleteProductionRunInput:
    id: strawberry.ID = about("Global id of the run.")


@strawberry.input(description="The production run to cancel.")
class CancelProductionRunInput:
    id: strawberry.ID = about("Global id of the run.")
    materials: list[WasteInput] = about("What was used up.", default_factory=list)


@strawberry.input(description="The production run that failed.")
class FailProductionRunInput:
    id: strawberry.ID = about("Global id of the run.")
    failure_reason: str = about("Why it failed.")
    materials: list[WasteInput] = about("What was used up.", default_factory=list)


@strawberry.type(description="The production run that ended, and what its spools gave for that.")
class EndProductionRunPayload:
    production_run: ProductionRun | None = about("The run as it is now.", default=None)
    inventory_updated: bool = about("Whether anything was taken off a spool.", default=False)
    spools: list[SpoolUsage] = about("What each of its spools gave.", default_factory=list)
    user_errors: list[UserError] = about("Why nothing was changed.", default_factory=list)


def _presented(done: Ending) -> dict[str, Any]:
    return {
        "production_run": ProductionRun.of(done.run),
        "inventory_updated": done.inventory_updated,
        "spools": [SpoolUsage.of(row) for row in done.spools],
    }


def _waste(given: list[WasteInput]) -> list[Waste]:
    return [Waste(uuid_id(item.spool_id, "Spool") or NO_UUID, item.grams) for item in given]


@strawberry.type
class ProductionEndingMutations:
    @strawberry.mutation(
        description="Complete a run and take what it used off its spools. Needs the scope "
        "INVENTORY."
    )
    async def complete_production_run(
        self, info: Info, input: CompleteProductionRunInput
    ) -> EndProductionRunPayload:
        run_id = uuid_id(input.id, "ProductionRun")
        if run_id is None:
            return EndProductionRunPayload(user_errors=missing("production run"))
        return await mutate(
            info,
            EndProductionRunPayload,
            lambda session, viewer: ending.complete_run(session, viewer, run_id),
            _presented,
        )

    @strawberry.mutation(
        description="Cancel a run; what was used up is taken as waste. Needs the scope INVENTORY."
    )
    async def cancel_production_run(
        self, info: Info, input: CancelProductionRunInput
    ) -> EndProductionRunPayload:
        run_id = uuid_id(input.id, "ProductionRun")
        if run_id is None:
            return EndProductionRunPayload(user_errors=missing("production run"))
        waste = _waste(input.materials)
        return await mutate(
            info,
            EndProductionRunPayload,
            lambda session, viewer: ending.cancel_run(session, viewer, run_id, waste),
            _presented,
        )

    @strawberry.mutation(
        description="Fail a run; what was used up is taken as waste. Needs the scope INVENTORY."
    )
    async def fail_production_run(
        self, info: Info, input: FailProductionRunInput
    ) -> EndProductionRunPayload:
        run_id = uuid_id(input.id, "ProductionRun")
        if run_id is None:
            return EndProductionRunPayload(user_errors=missing("production run"))
        waste = _waste(input.materials)
        return await mutate(
            info,
            EndProductionRunPayload,
            lambda session, viewer: ending.fail_run(
                session, viewer, run_id, input.failure_reason, waste
            ),
            _presented,
        )
