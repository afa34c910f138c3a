"""Printers are added, changed, removed and told what to do."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import strawberry

from app.accounts.models import Scope
from app.archives.removal import remove_printer
from app.errors import NotFound
from app.print_queue import detaching
from app.printers import service
from app.printers.commands import PrinterCommands
from app.printers.models import Trust
from app.printers.status import SpeedLevel
from schema.context import Info
from schema.errors import USER_ERRORS, UserError, missing, mutate, user_errors
from schema.fields import about, given
from schema.ids import global_id, integer_id
from schema.printers.types import Printer


@strawberry.input(description="The printer to add.")
class AddPrinterInput:
    name: str = about("Name, as people call it.")
    serial_number: str = about("Serial number, as the printer shows it.")
    ip_address: str | None = about(
        "Address; without it the printer is known on the central broker alone.", default=None
    )
    access_code: str | None = about("Access code the printer shows. Never read back.", default=None)
    model: str | None = about("Product name; from the serial number without it.", default=None)
    mqtt_port: int = about("Port of its MQTT broker.", default=service.MQTT_PORT)
    ftps_port: int = about("Port of its file server.", default=service.FTPS_PORT)
    camera_port: int | None = about(
        "Port of its camera; without it that of the model, 6000 or 322.", default=None
    )
    trust: Trust = about("How it proves who it is.", default=Trust.PINNED)
    requires_plate_clear: bool = about(
        "Whether a person must clear the plate before the next print of the queue.", default=True
    )


@strawberry.type(description="The new printer.")
class AddPrinterPayload:
    printer: Printer | None = about("The printer.", default=None)
    user_errors: list[UserError] = about("Why nothing was added.", default_factory=list)


@strawberry.input(description="What to change; what is left out stays as it is.")
class UpdatePrinterInput:
    id: strawberry.ID = about("Global id of the printer.")
    name: strawberry.Maybe[str] = about("Name.")
    model: strawberry.Maybe[str] = about("Product name.")
    ip_address: strawberry.Maybe[str | None] = about("Address.")
    access_code: strawberry.Maybe[str | None] = about("Access code. Never read back.")
    mqtt_port: strawberry.Maybe[int] = about("Port of its MQTT broker.")
    ftps_port: strawberry.Maybe[int] = about("Port of its file server.")
    camera_port: strawberry.Maybe[int] = about("Port of its camera.")
    trust: strawberry.Maybe[Trust] = about("How it proves who it is.")
    requires_plate_clear: strawberry.Maybe[bool] = about(
        "Whether a person must clear the plate before the next print of the queue."
    )
    forget_key: bool = about("Trust the next certificate the printer shows.", default=False)


@strawberry.type(description="The changed printer.")
class UpdatePrinterPayload:
    printer: Printer | None = about("The printer as it is now.", default=None)
    user_errors: list[UserError] = about("Why nothing was changed.", default_factory=list)


@strawberry.input(description="The printer to remove.")
class DeletePrinterInput:
    id: strawberry.ID = about("Global id of the printer.")


@strawberry.type(description="The removed printer. Its archives stay in the history.")
class DeletePrinterPayload:
    deleted_id: strawberry.ID | None = about("Global id of what is gone.", default=None)
    user_errors: list[UserError] = about("Why nothing was removed.", default_factory=list)


@strawberry.input(description="The printer to ask for a full report.")
class RefreshPrinterStatusInput:
    id: strawberry.ID = about("Global id of the printer.")


@strawberry.type(description="The printer that was asked.")
class RefreshPrinterStatusPayload:
    printer: Printer | None = about("The printer; its answer follows as a report.", default=None)
    user_errors: list[UserError] = about("Why it was not asked.", default_factory=list)


@strawberry.input(description="The printer to act on.")
class PrinterActionInput:
    id: strawberry.ID = about("Global id of the printer.")


@strawberry.input(description="The speed to print at.")
class SetPrintSpeedInput:
    id: strawberry.ID = about("Global id of the printer.")
    level: SpeedLevel = about("Speed preset.")


@strawberry.input(description="The light to switch.")
class SetChamberLightInput:
    id: strawberry.ID = about("Global id of the printer.")
    on: bool = about("On or off.")


@strawberry.type(description="The printer that was acted on.")
class PrinterActionPayload:
    printer: Printer | None = about("The printer; its state follows as a report.", default=None)
    user_errors: list[UserError] = about("Why it did nothing.", default_factory=list)


Command = Callable[[PrinterCommands, int], Awaitable[None]]
Acted = TypeVar("Acted", PrinterActionPayload, RefreshPrinterStatusPayload)


async def _act(info: Info, id: strawberry.ID, payload: type[Acted], command: Command) -> Acted:
    """Send a command to a printer of the team. No database session is held meanwhile."""
    context = info.context
    try:
        context.viewer.require(Scope.CONTROL)
        row = await context.loaders.printers.get(integer_id(id, "Printer"))
        if row is None:
            raise NotFound("There is no such printer.", field="id")
        await command(context.runtime.commands, row.id)
    except USER_ERRORS as error:
        return payload(user_errors=user_errors(error))
    return payload(printer=Printer.of(row))


@strawberry.type
class PrinterMutations:
    @strawberry.mutation(description="Add a printer and connect to it. Needs the scope ADMIN.")
    async def add_printer(self, info: Info, input: AddPrinterInput) -> AddPrinterPayload:
        new = service.NewPrinter(**vars(input))
        sealer = info.context.runtime.sealer
        return await mutate(
            info,
            AddPrinterPayload,
            lambda session, viewer: service.add_printer(session, viewer, new, sealer),
            lambda row: {"printer": Printer.of(row)},
        )

    @strawberry.mutation(description="Change a printer. Needs the scope ADMIN.")
    async def update_printer(self, info: Info, input: UpdatePrinterInput) -> UpdatePrinterPayload:
        printer_id = integer_id(input.id, "Printer")
        if printer_id is None:
            return UpdatePrinterPayload(user_errors=missing("printer"))
        plain = {"id", "forget_key"}
        fields = {name: given(value) for name, value in vars(input).items() if name not in plain}
        changes = service.PrinterChanges(**fields, forget_key=input.forget_key)
        sealer = info.context.runtime.sealer
        return await mutate(
            info,
            UpdatePrinterPayload,
            lambda session, viewer: service.update_printer(
                session, viewer, printer_id, changes, sealer
            ),
            lambda row: {"printer": Printer.of(row)},
        )

    @strawberry.mutation(description="Remove a printer. Needs the scope ADMIN.")
    async def delete_printer(self, info: Info, input: DeletePrinterInput) -> DeletePrinterPayload:
        printer_id = integer_id(input.id, "Printer")
        if printer_id is None:
            return DeletePrinterPayload(user_errors=missing("printer"))
        context = info.context
        return await mutate(
            info,
            DeletePrinterPayload,
            lambda session, viewer: remove_printer(session, viewer, printer_id),
            lambda deleted: {"deleted_id": global_id("Printer", deleted)},
            lambda: detaching.from_printer(context.step, context.viewer, printer_id),
        )

    @strawberry.mutation(description="Ask a printer for a full report. Needs CONTROL.")
    async def refresh_printer_status(
        self, info: Info, input: RefreshPrinterStatusInput
    ) -> RefreshPrinterStatusPayload:
        return await _act(
            info,
            input.id,
            RefreshPrinterStatusPayload,
            lambda printers, key: printers.refresh(key),
        )

    @strawberry.mutation(description="Pause a print. Needs the scope CONTROL.")
    async def pause_print(self, info: Info, input: PrinterActionInput) -> PrinterActionPayload:
        return await _act(
            info, input.id, PrinterActionPayload, lambda printers, key: printers.pause(key)
        )

    @strawberry.mutation(description="Go on with a paused print. Needs the scope CONTROL.")
    async def resume_print(self, info: Info, input: PrinterActionInput) -> PrinterActionPayload:
        return await _act(
            info, input.id, PrinterActionPayload, lambda printers, key: printers.resume(key)
        )

    @strawberry.mutation(description="Stop a print for good. Needs the scope CONTROL.")
    async def stop_print(self, info: Info, input: PrinterActionInput) -> PrinterActionPayload:
        return await _act(
            info, input.id, PrinterActionPayload, lambda printers, key: printers.stop(key)
        )

    @strawberry.mutation(description="Choose a speed preset. Needs the scope CONTROL.")
    async def set_print_speed(self, info: Info, input: SetPrintSpeedInput) -> PrinterActionPayload:
        return await _act(
            info,
            input.id,
            PrinterActionPayload,
            lambda printers, key: printers.set_speed(key, input.level),
        )

    @strawberry.mutation(description="Switch the chamber light. Needs the scope CONTROL.")
    async def set_chamber_light(
        self, info: Info, input: SetChamberLightInput
    ) -> PrinterActionPayload:
        return await _act(
            info,
            input.id,
            PrinterActionPayload,
            lambda printers, key: printers.set_light(key, on=input.on),
        )

    @strawberry.mutation(description="Tell that the plate was cleared. Needs the scope CONTROL.")
    async def clear_plate(self, info: Info, input: PrinterActionInput) -> PrinterActionPayload:
        printer_id = integer_id(input.id, "Printer")
        if printer_id is None:
            return PrinterActionPayload(user_errors=missing("printer"))
        return await mutate(
            info,
            PrinterActionPayload,
            lambda session, viewer: service.clear_plate(session, viewer, printer_id),
            lambda row: {"printer": Printer.of(row)},
        )
