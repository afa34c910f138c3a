"""Tokens to see cameras with, and the end of what they show."""

from datetime import datetime

import strawberry

from app.accounts.models import Scope
from app.errors import NotFound
from app.printers import models
from schema.camera.types import camera_path
from schema.context import Context, Info
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


@strawberry.input(description="What a camera token is to be good for.")
class CreateCameraTokenInput:
    printer_id: strawberry.ID | None = about(
        "The only printer to be seen with it; every printer of the team without it.", default=None
    )


@strawberry.type(
    description="A camera token: what stands for a key in the address of a picture, for pages that "
    "cannot send headers."
)
class CreateCameraTokenPayload:
    token: str | None = about(
        "What to send as `?token=` to streams and snapshots; good for nothing else.", default=None
    )
    expires_at: datetime | None = about(
        "When it ends, and what is watched with it: after 60 minutes, or with the key before.",
        default=None,
    )
    stream_path: str | None = about(
        "The moving picture of the printer (MJPEG), with the token; `&fps=`, 1 to 30, may be "
        "added. Null without a printer.",
        default=None,
    )
    snapshot_path: str | None = about(
        "One picture of the printer (JPEG), with the token. Null without a printer.", default=None
    )
    user_errors: list[UserError] = about("Why nothing was made.", default_factory=list)


@strawberry.type
class CameraMutations:
    @strawberry.mutation(
        description="Make a token to see cameras with. It ends with the key or the sign-in it was "
        "made with. Needs the scope READ."
    )
    async def create_camera_token(
        self, info: Info, input: CreateCameraTokenInput
    ) -> CreateCameraTokenPayload:
        context = info.context
        try:
            context.viewer.require(Scope.READ)
            wanted = input.printer_id
            row = None if wanted is None else await _printer(context, wanted, "printer_id")
            printer_id = None if row is None else row.id
            made = context.runtime.accounts.make_camera_token(context.viewer, printer_id)
        except USER_ERRORS as error:
            return CreateCameraTokenPayload(user_errors=user_errors(error))
        payload = CreateCameraTokenPayload(token=made.value, expires_at=made.expires_at)
        if printer_id is not None:
            payload.stream_path = f"{camera_path(printer_id, 'stream')}?token={made.value}"
            payload.snapshot_path = f"{camera_path(printer_id, 'snapshot')}?token={made.value}"
        return payload

    @strawberry.mutation(
        description="End every stream of a printer's camera, at once, and let go of the camera. "
        "Needs the scope CONTROL."
    )
    async def stop_camera(self, info: Info, input: StopCameraInput) -> StopCameraPayload:
        context = info.context
        try:
            context.viewer.require(Scope.CONTROL)
            row = await _printer(context, input.id, "id")
        except USER_ERRORS as error:
            return StopCameraPayload(user_errors=user_errors(error))
        context.runtime.cameras.stop(row.id)
        return StopCameraPayload(printer=Printer.of(row))


async def _printer(context: Context, wanted: strawberry.ID, field: str) -> models.Printer:
    row = await context.loaders.printers.get(integer_id(wanted, "Printer"))
    if row is None:
        raise NotFound("There is no such printer.", field=field)
    return row
