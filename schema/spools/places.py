"""People say in which slot a spool is."""

import strawberry

from app.spools import places
from schema.context import Info
from schema.errors import UserError, missing, mutate
from schema.fields import about
from schema.ids import integer_id, uuid_id
from schema.spools.types import Spool


@strawberry.input(description="Where a spool is. A tag that the printer reads goes before this.")
class AssignSpoolInput:
    spool_id: strawberry.ID = about("Global id of the spool.")
    printer_id: strawberry.ID = about("Global id of the printer.")
    ams_unit: int | None = about(
        "Number of the AMS unit as the printer counts; null for an external holder.", default=None
    )
    slot: int = about("Number of the slot, from 0.")


@strawberry.type(description="The spool in its place.")
class AssignSpoolPayload:
    spool: Spool | None = about("The spool as it is now.", default=None)
    user_errors: list[UserError] = about("Why nothing was changed.", default_factory=list)


@strawberry.input(description="The spool that was taken out.")
class UnassignSpoolInput:
    spool_id: strawberry.ID = about("Global id of the spool.")


@strawberry.type(description="The spool without a place.")
class UnassignSpoolPayload:
    spool: Spool | None = about("The spool as it is now.", default=None)
    user_errors: list[UserError] = about("Why nothing was changed.", default_factory=list)


@strawberry.type
class SpoolPlaceMutations:
    @strawberry.mutation(
        description="Say in which slot of which printer a spool is, so that prints from that slot "
        "make it lighter. Needs the scope INVENTORY."
    )
    async def assign_spool(self, info: Info, input: AssignSpoolInput) -> AssignSpoolPayload:
        spool_id = uuid_id(input.spool_id, "Spool")
        if spool_id is None:
            return AssignSpoolPayload(user_errors=missing("spool"))
        printer_id = integer_id(input.printer_id, "Printer")
        if printer_id is None:
            return AssignSpoolPayload(user_errors=missing("printer"))
        return await mutate(
            info,
            AssignSpoolPayload,
            lambda session, viewer: places.assign(
                session, viewer, spool_id, printer_id, input.ams_unit, input.slot
            ),
            lambda row: {"spool": Spool.of(row)},
        )

    @strawberry.mutation(description="Say that a spool is in no slot. Needs the scope INVENTORY.")
    async def unassign_spool(self, info: Info, input: UnassignSpoolInput) -> UnassignSpoolPayload:
        spool_id = uuid_id(input.spool_id, "Spool")
        if spool_id is None:
            return UnassignSpoolPayload(user_errors=missing("spool"))
        return await mutate(
            info,
            UnassignSpoolPayload,
            lambda session, viewer: places.take_out(session, viewer, spool_id),
            lambda row: {"spool": Spool.of(row)},
        )
