"""Spools are added, changed, used and deleted."""

from datetime import date
from decimal import Decimal

import strawberry

from app.spools import fields, service
from app.spools.models import TransactionType
from schema.context import Info
from schema.errors import UserError, missing, mutate
from schema.fields import about, given
from schema.ids import global_id, uuid_id
from schema.scalars import Grams
from schema.spools.types import Spool


@strawberry.input(description="The spool to add.")
class CreateSpoolInput:
    material: str = about("PLA, PETG, ABS, TPU, ASA, Nylon, PC, HIPS, PVA or Custom.")
    color: str = about("Name of the colour.")
    net_weight: Grams = about("Filament on the full spool.")
    diameter: Decimal = about("1.75 or 2.85.", default=fields.DIAMETERS[0])
    remaining_weight: Grams | None = about("What is left; all of it without it.", default=None)
    brand: str | None = about("Brand.", default=None)
    color_hex: str | None = about("Colour, `#rrggbb`.", default=None)
    finish: str | None = about("Finish, `matte`.", default=None)
    spool_weight: Grams | None = about("The empty spool.", default=None)
    purchase_price: Decimal | None = about("What it cost.", default=None)
    supplier: str | None = about("Where it was bought.", default=None)
    purchase_date: date | None = about("When it was bought.", default=None)
    notes: str | None = about("Notes.", default=None)
    tray_uuid: str | None = about("Identity on the spool's tag.", default=None)


@strawberry.type(description="The new spool.")
class CreateSpoolPayload:
    spool: Spool | None = about("The spool.", default=None)
    user_errors: list[UserError] = about("Why nothing was added.", default_factory=list)


@strawberry.input(description="What to change; what is left out stays as it is.")
class UpdateSpoolInput:
    id: strawberry.ID = about("Global id of the spool.")
    material: strawberry.Maybe[str] = about("Material.")
    color: strawberry.Maybe[str] = about("Name of the colour.")
    net_weight: strawberry.Maybe[Grams] = about("Filament on the full spool.")
    diameter: strawberry.Maybe[Decimal] = about("1.75 or 2.85.")
    remaining_weight: strawberry.Maybe[Grams] = about("What is left, as weighed.")
    brand: strawberry.Maybe[str | None] = about("Brand.")
    color_hex: strawberry.Maybe[str | None] = about("Colour, `#rrggbb`.")
    finish: strawberry.Maybe[str | None] = about("Finish.")
    spool_weight: strawberry.Maybe[Grams | None] = about("The empty spool.")
    purchase_price: strawberry.Maybe[Decimal | None] = about("What it cost.")
    supplier: strawberry.Maybe[str | None] = about("Where it was bought.")
    purchase_date: strawberry.Maybe[date | None] = about("When it was bought.")
    notes: strawberry.Maybe[str | None] = about("Notes.")
    tray_uuid: strawberry.Maybe[str | None] = about("Identity on the spool's tag.")
    reason: str | None = about("Why the weight is another one.", default=None)


@strawberry.type(description="The changed spool.")
class UpdateSpoolPayload:
    spool: Spool | None = about("The spool as it is now.", default=None)
    user_errors: list[UserError] = about("Why nothing was changed.", default_factory=list)


@strawberry.input(description="What to take off a spool.")
class DeductSpoolInput:
    id: strawberry.ID = about("Global id of the spool.")
    weight_grams: Grams = about("How much, above 0.")
    reason: str | None = about("What it was used for.", default=None)
    type: TransactionType = about("USAGE or WASTE.", default=TransactionType.USAGE)


@strawberry.type(description="The spool after the deduction.")
class DeductSpoolPayload:
    spool: Spool | None = about("The spool as it is now.", default=None)
    deducted: Grams | None = about("What was taken.", default=None)
    user_errors: list[UserError] = about("Why nothing was taken.", default_factory=list)


@strawberry.input(description="What to put on a spool.")
class AddToSpoolInput:
    id: strawberry.ID = about("Global id of the spool.")
    weight_grams: Grams = about("How much, above 0.")
    reason: str | None = about("Where it came from.", default=None)
    type: TransactionType = about("RETURN or PURCHASE.", default=TransactionType.RETURN)


@strawberry.type(description="The spool with what was added.")
class AddToSpoolPayload:
    spool: Spool | None = about("The spool as it is now.", default=None)
    user_errors: list[UserError] = about("Why nothing was added.", default_factory=list)


@strawberry.input(description="The spool to delete.")
class DeleteSpoolInput:
    id: strawberry.ID = about("Global id of the spool.")


@strawberry.type(description="The deleted spool.")
class DeleteSpoolPayload:
    deleted_id: strawberry.ID | None = about("Global id of what is gone.", default=None)
    user_errors: list[UserError] = about("Why nothing was deleted.", default_factory=list)


@strawberry.type
class SpoolMutations:
    @strawberry.mutation(description="Add a spool. Needs the scope INVENTORY.")
    async def create_spool(self, info: Info, input: CreateSpoolInput) -> CreateSpoolPayload:
        new = service.NewSpool(**vars(input))
        return await mutate(
            info,
            CreateSpoolPayload,
            lambda session, viewer: service.create_spool(session, viewer, new),
            lambda row: {"spool": Spool.of(row)},
        )

    @strawberry.mutation(description="Change a spool. Needs the scope INVENTORY.")
    async def update_spool(self, info: Info, input: UpdateSpoolInput) -> UpdateSpoolPayload:
        spool_id = uuid_id(input.id, "Spool")
        if spool_id is None:
            return UpdateSpoolPayload(user_errors=missing("spool"))
        changed = {
            name: given(value)
            for name, value in vars(input).items()
            if name not in ("id", "reason")
        }
        changes = service.SpoolChanges(**changed, reason=input.reason)
        return await mutate(
            info,
            UpdateSpoolPayload,
            lambda session, viewer: service.update_spool(session, viewer, spool_id, changes),
            lambda row: {"spool": Spool.of(row)},
        )

    @strawberry.mutation(description="Take filament off a spool. Needs the scope INVENTORY.")
    async def deduct_spool(self, info: Info, input: DeductSpoolInput) -> DeductSpoolPayload:
        spool_id = uuid_id(input.id, "Spool")
        if spool_id is None:
            return DeductSpoolPayload(user_errors=missing("spool"))
        return await mutate(
            info,
            DeductSpoolPayload,
            lambda session, viewer: service.deduct_spool(
                session, viewer, spool_id, input.weight_grams, input.reason, input.type
            ),
            lambda done: {"spool": Spool.of(done[0]), "deducted": Grams(done[1])},
        )

    @strawberry.mutation(description="Put filament on a spool. Needs the scope INVENTORY.")
    async def add_to_spool(self, info: Info, input: AddToSpoolInput) -> AddToSpoolPayload:
        spool_id = uuid_id(input.id, "Spool")
        if spool_id is None:
            return AddToSpoolPayload(user_errors=missing("spool"))
        return await mutate(
            info,
            AddToSpoolPayload,
            lambda session, viewer: service.add_to_spool(
                session, viewer, spool_id, input.weight_grams, input.reason, input.type
            ),
            lambda row: {"spool": Spool.of(row)},
        )

    @strawberry.mutation(description="Delete an unused spool. Needs the scope INVENTORY.")
    async def delete_spool(self, info: Info, input: DeleteSpoolInput) -> DeleteSpoolPayload:
        spool_id = uuid_id(input.id, "Spool")
        if spool_id is None:
            return DeleteSpoolPayload(user_errors=missing("spool"))
        return await mutate(
            info,
            DeleteSpoolPayload,
            lambda session, viewer: service.delete_spool(session, viewer, spool_id),
            lambda deleted: {"deleted_id": global_id("Spool", deleted)},
        )
