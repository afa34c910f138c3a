"""Ending what a camera shows."""

from __future__ import annotations

import strawberry

from app.accounts.models import Scope
from app.errors import NotFound
from schema.context import Info
from schema.errors import USER_ERRORS, UserError, user_errors
from schema.fields import about
from schema.ids import integer_id
from schema.printers.types import Printer


@strawberry.input(description="The printer whose camera is to be left alone.")
class StopCameraInput:
    id: strawberry.ID = about("Global id of the printer.")


@strawberry.type(description="The printer nobody watches any more.")
class StopCameraPayload:
    printer: Printer | None = about("The printer.", default=None)
    user_errors: list[UserError] = about("Why nothing was stopped.", default_factory=list)


@strawberry.type
class CameraMutations:
    @strawberry.mutation(
        description="End every stream of a printer's camera, at once, and let go of the camera. "
        "Needs the scope CONTROL."
    )
    async def stop_camera(self, info: Info, input: StopCameraInput) -> StopCameraPayload:
        context = info.context
        try:
            context.viewer.require(Scope.CONTROL)
            row = await context.loaders.printers.get(integer_id(input.id, "Printer"))
            if row is None:
                raise NotFound("There is no such printer.", field="id")
        except USER_ERRORS as error:
            return StopCameraPayload(user_errors=user_errors(error))
        context.runtime.cameras.stop(row.id)
        return StopCameraPayload(printer=Printer.of(row))
